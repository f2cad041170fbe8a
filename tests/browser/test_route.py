"""The route: mini-app, sign-in, consent, back, claims, refresh, sign-out everywhere. On every kind of screen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

SIGNED_OUT = {"zh-CN": "您已退出登录", "en": "You are signed out"}
SCREENS: dict[str, dict[str, Any]] = {
    "320 pixels wide": {"viewport": {"width": 320, "height": 640}},
    # What is left of 1280 by 1024 when everything is four times as large.
    "at 400 percent": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}


def walk(visitor: Visitor, tax: Site, citizen: Citizen, code: str | None = None) -> None:
    """From the mini-app's first page to its page of verified claims."""
    visitor.open(tax.address)
    visitor.press("#sign-in")
    visitor.sign_in(citizen, code)
    visitor.press("#consent-allow")


def come_and_go(visitor: Visitor, tax: Site, region: RunningProvider, citizen: Citizen) -> None:
    """The whole route, looking at what there is on the way."""
    walk(visitor, tax, citizen)
    assert visitor.origin == tax.address
    assert citizen.name in visitor.find("#claims").inner_text()
    visitor.press("#refresh")
    assert visitor.find("[role=status]").is_visible()
    visitor.press("#sign-out")
    assert visitor.page.url.startswith(f"{tax.address}/signed-out")
    assert visitor.heading == SIGNED_OUT[visitor.language]
    visitor.open(f"{region.issuer}/account")
    assert visitor.path == "/login"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_goes_the_whole_way_in_their_language(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen, language: str
) -> None:
    visitor = visit(language)
    spoken: set[str] = set()
    visitor.on_each_page = lambda page: spoken.add(page.locator("html").get_attribute("lang") or "")

    come_and_go(visitor, tax, region, citizen())

    assert spoken == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_needs_no_script(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen, language: str
) -> None:
    visitor = visit(language, java_script_enabled=False)

    come_and_go(visitor, tax, region, citizen())


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_has_to_be_scrolled_sideways(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen, screen: str
) -> None:
    """WCAG 2.2 §1.4.10."""
    visitor = visit("zh-CN", **SCREENS[screen])
    visitor.watch_width()

    come_and_go(visitor, tax, region, citizen(name="阿" * 60))


@pytest.mark.parametrize("screen", [{}, SCREENS["at 400 percent"]], ids=["on a phone", "at 400 percent"])
def test_the_keyboard_is_enough(
    visit: Visit, tax: Site, citizen: MakeCitizen, screen: dict[str, Any]
) -> None:
    """Every stop can be seen, and no control holds on to the focus (WCAG 2.2 §2.1.1, §2.1.2, §2.4.7, §2.4.11)."""
    visitor, person = visit("en", **screen), citizen()

    visitor.open(tax.address)
    visitor.tab_to("#sign-in")
    visitor.enter()
    visitor.tab_to("#username")
    visitor.type(person.username)
    visitor.tab_to("#login-submit")
    visitor.enter()
    visitor.tab_to("#password")
    visitor.type(person.password)
    visitor.enter()
    visitor.tab_to("#consent-allow")
    visitor.enter()
    visitor.tab_to("#sign-out")
    visitor.enter()

    assert visitor.heading == SIGNED_OUT["en"]


def test_the_skip_link_leads_past_the_header(visit: Visit, region: RunningProvider) -> None:
    visitor = visit()
    visitor.open(region.issuer)

    visitor.page.keyboard.press("Tab")
    skip = visitor.focus()
    visitor.page.keyboard.press("Enter")

    assert skip["name"] == "Skip to the main content"
    assert visitor.find("main:focus").count() == 1


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_whoever_has_an_authenticator_app_is_asked_for_its_code(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen, has_script: bool
) -> None:
    person = citizen()
    app = region.enrol_totp(person.account)
    visitor = visit(java_script_enabled=has_script)

    walk(visitor, tax, person, app.code())

    assert visitor.find("#methods").inner_text() == "password and one-time code"
    assert visitor.find("#strength").inner_text() == "Two proofs"


def test_a_stronger_proof_is_asked_for_only_when_the_app_wants_it(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    person, visitor = citizen(), visit()
    walk(visitor, tax, person)
    first = visitor.find("#strength").inner_text()
    app = region.enrol_totp(person.account)

    visitor.press("#stronger")
    asked = visitor.path
    visitor.give_code(app.code())

    assert (first, asked) == ("One proof", "/login/totp")
    assert visitor.find("#strength").inner_text() == "Two proofs"


def test_who_is_signed_in_and_has_agreed_is_asked_nothing(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    person, visitor = citizen(), visit()
    walk(visitor, tax, person)
    visitor.context.clear_cookies(name="__Host-mini-app")
    visitor.open(tax.address)

    visitor.press("#sign-in")

    assert visitor.origin == tax.address
    assert person.name in visitor.find("#claims").inner_text()


def test_consent_marks_what_is_new_since_last_time(visit: Visit, tax: Site, citizen: MakeCitizen) -> None:
    visitor = visit()
    visitor.open(tax.client.begin(scope="openid phone").url)
    visitor.sign_in(citizen())
    at_first = visitor.find(".claim .badge").count()
    visitor.press("#consent-allow")

    visitor.open(tax.client.begin(scope="openid phone address").url)

    assert at_first == 0
    assert visitor.find(".claim:has(.badge) .claim__label").all_inner_texts() == ["Postal address New"]


def test_chromium_keeps_our_cookies_closed(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    """`__Host-` cookies are accepted on this machine without TLS, and no script or other site gets at them."""
    visitor = visit()
    walk(visitor, tax, citizen())

    ours = {cookie["name"]: cookie for cookie in visitor.context.cookies(region.issuer)}

    assert set(ours) == {"__Host-idp_session", "__Host-idp_browser", "__Host-idp_way"}
    for cookie in ours.values():
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "east.id.localhost")
    assert visitor.page.evaluate("document.cookie") == ""
