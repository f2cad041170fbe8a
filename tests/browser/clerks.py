"""Members of the staff at their own browsers, each with a passkey; every page that they open is sound."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from idp.governance.roles import StaffRole
from idp.wiring.governing.staff_desk import BOOTSTRAP
from tests.browser.axe import violations
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import TOO_WIDE, Visitor
from tests.support.server import RunningProvider


def sound(page: Page) -> None:
    """Nothing for axe to find, and nothing that one has to scroll sideways for."""
    assert violations(page) == []
    assert page.evaluate(TOO_WIDE) == []


def link_for(
    region: RunningProvider, name: str, role: StaffRole | None = None, organisation: str | None = None
) -> str:
    """A one-time link for somebody new; an administrator unless said otherwise."""
    staff, now = region.services.staff, region.services.clock.now()
    invited = staff.invite(name, {role or staff.admin_role}, organisation, by="test", now=now)
    return staff.renew_link(invited.id, by=BOOTSTRAP, now=now).address


def clerk(
    region: RunningProvider,
    visit: Callable[..., Visitor],
    name: str,
    role: StaffRole,
    organisation: str | None = None,
    language: str = "en",
) -> Visitor:
    """Invited, joined by a link, and signed in with a passkey."""
    visitor = visit(language)
    VirtualAuthenticator(visitor)
    visitor.open(link_for(region, name, role, organisation))
    visitor.press("#console-join")
    visitor.press("#console-sign-in")
    visitor.on_each_page = sound
    return visitor
