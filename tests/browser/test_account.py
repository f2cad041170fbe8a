"""A person's own pages: the authenticator app, recovery codes, devices, apps, password."""

from __future__ import annotations

import re

import pyotp
import pytest
import segno

from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.provider import Authenticator, permit_for
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

NEW_PASSWORD = "four quiet herons by the lake"


def open_account(visitor: Visitor, region: RunningProvider, citizen: Citizen, page: str = "") -> None:
    """Sign in to the account and be on the page asked for."""
    visitor.open(f"{region.issuer}/account{page}")
    visitor.sign_in(citizen)
    assert visitor.path == f"/account{page}"


def share_with_tax(visitor: Visitor, tax: Site, citizen: Citizen) -> None:
    visitor.open(tax.address)
    visitor.press("#sign-in")
    visitor.sign_in(citizen)
    visitor.press("#consent-allow")


def shown_seed(visitor: Visitor) -> pyotp.TOTP:
    """The seed as a person would type it into their app."""
    visitor.find("main details summary").click()
    return pyotp.TOTP(visitor.find(".key").inner_text().replace(" ", ""))


def modules(svg: str) -> str:
    """The dark squares of a QR code, as its drawing says."""
    (path,) = re.findall(r'<path[^>]* d="([^"]+)"', svg)[-1:]
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_we_know_is_shown_in_plain_words(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, language: str
) -> None:
    visitor, person = visit(language), citizen()

    open_account(visitor, region, person)

    assert person.name in visitor.text
    assert {"zh-CN": "1988年3月12日", "en": "March 12, 1988"}[language] in visitor.text
    for raw in ("1988-03-12", "birthdate", "True", "{"):
        assert raw not in visitor.text


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_an_authenticator_app_is_set_up_and_asked_for_at_the_next_sign_in(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen, has_script: bool
) -> None:
    visitor, person = visit(java_script_enabled=has_script), citizen()
    open_account(visitor, region, person, "/security")
    visitor.press("a[href='/account/security/totp']")
    app = shown_seed(visitor)
    now = region.clock.now()

    visitor.fill("#code", app.at(now))
    visitor.press("#totp-confirm")
    recovery_codes = visitor.find(".codes__code").all_inner_texts()

    assert len(set(recovery_codes)) == 10
    other = visit(java_script_enabled=has_script)
    other.open(tax.address)
    other.press("#sign-in")
    # The code that confirmed is used up, so the next one; a step early is within the window.
    other.sign_in(person, app.at(now, counter_offset=1))
    assert other.path == "/consent"


def test_the_picture_and_the_text_say_the_same_seed(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    open_account(visitor, region, person, "/security/totp")

    drawn = visitor.find(".qr svg").evaluate("element => element.outerHTML")
    uri = shown_seed(visitor).provisioning_uri(name=person.username, issuer_name="Region East")

    assert modules(drawn) == modules(segno.make_qr(uri, error="m").svg_inline(border=4))


def test_a_wrong_first_code_keeps_the_same_picture(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    open_account(visitor, region, person, "/security/totp")
    before = shown_seed(visitor)

    visitor.fill("#code", Authenticator(before, region.clock).wrong())
    visitor.press("#totp-confirm")

    assert "That code is not right" in visitor.find("[role=alert]").inner_text()
    assert shown_seed(visitor).secret == before.secret


def test_a_recovery_code_opens_the_account_once(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    person = citizen()
    region.enrol_totp(person.account)
    code, *_ = region.services.recovery_codes.renew(permit_for(person.account), now=region.clock.now())
    said = []
    for _ in range(2):
        visitor = visit()
        visitor.open(f"{region.issuer}/account/security")
        visitor.sign_in(person)
        visitor.press("a[href^='/login/ways']")
        visitor.press("#way-recovery_code")
        visitor.give_code(code.lower().replace("-", " "))
        said.append(visitor.text)

    assert "You have 9 recovery codes left." in said[0]
    assert "That recovery code is not right or was used already." in said[1]


def test_recovery_codes_can_be_copied(visit: Visit, region: RunningProvider, citizen: MakeCitizen) -> None:
    visitor, person = visit(permissions=["clipboard-read", "clipboard-write"]), citizen()
    open_account(visitor, region, person, "/security/totp")
    visitor.fill("#code", shown_seed(visitor).at(region.clock.now()))
    visitor.press("#totp-confirm")

    visitor.find("[data-copy]").click()

    visitor.find("[data-codes-status]:not(:empty)").wait_for()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.split() == visitor.find(".codes__code").all_inner_texts()


def test_removing_the_authenticator_app_leaves_the_password(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    person = citizen()
    app = region.enrol_totp(person.account)
    visitor = visit()
    visitor.open(f"{region.issuer}/account/security")
    visitor.sign_in(person, app.code())
    visitor.press("a[href$='/authenticators/totp']")
    visitor.find("main details:has(#authenticator-remove) summary").click()

    visitor.press("#authenticator-remove")

    assert "It was removed" in visitor.find("[role=status].notice").inner_text()
    open_account(visit(), region, person)


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_browser_can_be_signed_out_from_here(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, language: str
) -> None:
    visitor, lost, person = visit(language), visit(), citizen()
    open_account(visitor, region, person, "/sessions")
    open_account(lost, region, person)
    visitor.open(f"{region.issuer}/account/sessions")
    assert visitor.find(".cards > li").count() == 2

    visitor.press("#session-end-2")

    assert visitor.find(".cards > li").count() == 1
    lost.open(f"{region.issuer}/account")
    assert lost.path == "/login"
    visitor.open(f"{region.issuer}/account")
    assert visitor.path == "/account"


def test_consent_withdrawn_ends_what_the_app_had(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    share_with_tax(visitor, tax, person)
    owner = visitor.another_window()
    owner.open(f"{region.issuer}/account/apps")
    assert "Full name" in owner.text

    owner.press("#app-withdraw-1")
    visitor.press("#refresh")

    assert owner.find("[role=status].notice").inner_text() == "This app can no longer see your data."
    # The app was told by the region, or was refused when it asked: whichever came first.
    assert visitor.heading in ("Your sign-in has ended", "Your yearly assessment, in minutes")
    assert person.name not in visitor.text
    visitor.press("#sign-in")
    assert visitor.path == "/consent"


def test_a_new_password_signs_out_everywhere_else(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, other, person = visit(), visit(), citizen()
    open_account(other, region, person)
    open_account(visitor, region, person, "/security")
    visitor.press("a[href$='/authenticators/password']")
    visitor.press("a[href='/account/security/password']")

    visitor.fill("#current_password", person.password)
    visitor.fill("#new_password", NEW_PASSWORD)
    visitor.press("#password-change")

    assert "Your password was changed." in visitor.find("[role=status].notice").inner_text()
    other.open(f"{region.issuer}/account")
    other.sign_in(person)
    assert "not right" in other.find("[role=alert]").inner_text()
    other.give_password(NEW_PASSWORD)
    assert other.path == "/account"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too short"),
        ("passwordpassword", "would be guessed"),
        ("{username} {username}", "too close to your name"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_with_the_reason(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, password: str, said: str
) -> None:
    visitor, person = visit(), citizen()
    open_account(visitor, region, person, "/security/password")

    visitor.fill("#current_password", person.password)
    visitor.fill("#new_password", password.format(username=person.username))
    visitor.press("#password-change")

    assert said in visitor.find("[role=alert]").inner_text()
    assert visitor.find("#new_password[aria-invalid=true]").count() == 1


def test_the_password_can_be_looked_at_before_it_is_sent(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    visitor.open(f"{region.issuer}/account")
    visitor.give_name(person.username)
    visitor.fill("#password", person.password)

    visitor.find("[data-reveal=password]").click()

    assert visitor.find("#password").get_attribute("type") == "text"
    visitor.press("#login-submit")
    assert visitor.path == "/account"


def test_signing_out_of_the_account_is_signing_out(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor = visit()
    open_account(visitor, region, citizen())

    visitor.press("#account-sign-out")

    assert (visitor.path, visitor.heading) == ("/signed-out", "You are signed out")
    visitor.open(f"{region.issuer}/account")
    assert visitor.path == "/login"
