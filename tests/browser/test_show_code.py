"""Show my code on a real screen: it changes by itself, and says at once which office has read it."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.visitor import Visitor
from tests.support.counter import counter, redeem
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider


@pytest.fixture
def office(region: RunningProvider, citizen: MakeCitizen) -> RelyingParty:
    """A counter nobody has met before."""
    return counter(region, f"office-of-{citizen().username}")


def showing(visitor: Visitor, region: RunningProvider, citizen: MakeCitizen) -> str:
    """Sign in, tick, hold the telephone out; the digits on the screen."""
    somebody = citizen()
    visitor.open(f"{region.issuer}/account/code")
    visitor.sign_in(somebody)
    if visitor.path != "/account/code":
        visitor.open(f"{region.issuer}/account/code")
    visitor.find("#detail-birthdate").check()
    visitor.press("#code-show")
    return visitor.find("[data-digits]").inner_text()


def test_the_screen_says_which_office_has_read_what(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, office: RelyingParty
) -> None:
    visitor = visit()
    digits = showing(visitor, region, citizen)
    assert violations(visitor.page) == []
    assert visitor.find("[data-qr] svg").is_visible()

    with visitor.page.expect_navigation(url="**/account/code/used?**"):
        answer = redeem(office, digits)

    assert answer.members["birthdate"] == "1988-03-12"
    assert visitor.heading == "Your code was used"
    for words in ("Civil Affairs", "Full name", "Date of birth"):
        assert words in visitor.text
    assert violations(visitor.page) == []


def test_the_code_changes_by_itself_and_can_be_put_away(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, office: RelyingParty
) -> None:
    visitor = visit("zh-CN")
    visitor.context.add_init_script("const now = Date.now; Date.now = () => now() + (window.later ?? 0)")
    first = showing(visitor, region, citizen)
    picture = visitor.find("[data-qr]").inner_html()

    visitor.page.evaluate("window.later = 61000")
    visitor.page.wait_for_function(
        "first => document.querySelector('[data-digits]').textContent.trim() !== first", arg=first
    )

    second = visitor.find("[data-digits]").inner_text()
    assert visitor.find("[data-qr]").inner_html() != picture
    visitor.press("#code-end")
    assert visitor.path == "/account/code/used"
    assert redeem(office, second).error == "invalid_grant"


def test_without_a_script_the_button_tells_what_became_of_it(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, office: RelyingParty
) -> None:
    visitor = visit(java_script_enabled=False)
    digits = showing(visitor, region, citizen)
    assert redeem(office, digits).status == 200

    visitor.press("#code-end")

    assert visitor.heading == "Your code was used"
