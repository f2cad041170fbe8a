"""The staff in a real browser: a one-time link, a passkey, the console; a second passkey, a token, signing out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.clerks import link_for
from tests.browser.conftest import Visit
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import Visitor
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser


def at_home(region: RunningProvider, visitor: Visitor) -> VirtualAuthenticator:
    """Joined by a link, and signed in."""
    device = VirtualAuthenticator(visitor)
    visitor.open(link_for(region, "Ada"))
    visitor.press("#console-join")
    visitor.press("#console-sign-in")
    return device


def test_somebody_joins_by_a_link_adds_a_passkey_and_makes_a_token(
    region: RunningProvider, visit: Visit
) -> None:
    visitor = visit()
    device = VirtualAuthenticator(visitor)
    visitor.open(link_for(region, "Ada"))
    # What the link carries has left the address bar, and with it the history.
    assert visitor.page.url == f"{region.issuer}/console/join"
    assert violations(visitor.page) == []

    visitor.press("#console-join")
    assert visitor.path == "/console/sign-in"
    assert violations(visitor.page) == []
    visitor.press("#console-sign-in")
    assert visitor.path == "/console"
    assert violations(visitor.page) == []

    visitor.open(f"{region.issuer}/console/me")
    visitor.press("#add-passkey")
    device = VirtualAuthenticator(visitor, transport="usb")
    visitor.fill("#label", "Key in the safe")
    visitor.press("#passkey-create")
    expect(visitor.find("main")).to_contain_text("Key in the safe")
    assert len(device.credentials) == 1
    assert violations(visitor.page) == []

    visitor.open(f"{region.issuer}/console/me/tokens")
    visitor.fill("#label", "Report")
    visitor.find("#action-staff\\.read").check()
    visitor.press("#make-token")
    expect(visitor.find(".console-once")).to_contain_text("tk_")
    assert violations(visitor.page) == []

    visitor.press("#console-sign-out")
    assert visitor.path == "/console/sign-in"
    visitor.open(f"{region.issuer}/console/staff")
    assert visitor.path == "/console/sign-in"


def test_a_finger_that_is_not_the_owners_opens_nothing(region: RunningProvider, visit: Visit) -> None:
    visitor = visit("zh-CN")
    device = at_home(region, visitor)
    visitor.press("#console-sign-out")

    device.recognise(False)
    visitor.find("#console-sign-in").click()

    expect(visitor.find("[data-passkey-status]")).to_contain_text("没有使用通行密钥")
    assert visitor.path == "/console/sign-in"
    device.recognise(True)
    visitor.press("#console-sign-in")
    assert visitor.path == "/console"
