"""What guards an account, seen and changed in a real browser: by finger, by keyboard, without scripts."""

from __future__ import annotations

import pytest

from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

SECURITY = "/account/security"
ADD_PASSKEY = "/account/security/passkeys/add"
SUSPEND = "main details:has(#authenticator-suspend) summary"
REMOVE = "main details:has(#authenticator-remove) summary"
WEAK = {"en": "Your password alone opens your account.", "zh-CN": "目前只凭密码就能进入您的账户。"}
SAFE = {
    "en": "Your account asks for two proofs: your password and something you have.",
    "zh-CN": "进入您的账户需要两样证明：您的密码和您手中的东西。",
}


def guarded(region: RunningProvider, visitor: Visitor, person: Citizen, path: str = SECURITY) -> None:
    """Signed in with the password and a code of the authenticator app."""
    app = region.enrol_totp(person.account)
    visitor.open(region.issuer + path)
    visitor.sign_in(person, app.code())
    assert visitor.path == path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_thing_said_is_how_safe_the_account_is(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, language: str
) -> None:
    weak, safe = citizen(), citizen()
    one, other = visit(language), visit(language)

    one.open(region.issuer + SECURITY)
    one.sign_in(weak)
    guarded(region, other, safe)

    assert one.find(".guard__sentence").inner_text() == WEAK[language]
    assert one.find(".guard a").get_attribute("href") == ADD_PASSKEY
    assert other.find(".guard__sentence").inner_text() == SAFE[language]


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_an_app_is_suspended_taken_back_and_removed(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen, has_script: bool
) -> None:
    visitor, person = visit(java_script_enabled=has_script), citizen()
    visitor.watch_width()
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    guarded(region, visitor, person)
    visitor.press("a[href$='/authenticators/totp']")

    visitor.find(SUSPEND).click()
    visitor.press("#authenticator-suspend")
    assert "It is suspended." in visitor.find("[role=status].notice").inner_text()
    visitor.press("#authenticator-resume")
    assert "It is back in use." in visitor.find("[role=status].notice").inner_text()
    visitor.find(REMOVE).click()
    visitor.press("#authenticator-remove")

    assert visitor.path == SECURITY
    assert "It was removed" in visitor.find("[role=status].notice").inner_text()
    assert visitor.find(".guard__sentence").inner_text() == WEAK["en"]
    visitor.press("a[href='/account/history']")
    assert "The authenticator app was removed" in visitor.text


def test_the_keyboard_is_enough_to_give_it_a_name(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    guarded(region, visitor, person)

    visitor.tab_to("a[href$='/authenticators/totp']")
    visitor.enter()
    visitor.tab_to("#label")
    visitor.page.keyboard.press("Control+A")
    visitor.type("古丽的手机 𬭚")
    visitor.tab_to("#authenticator-rename")
    visitor.enter()

    assert visitor.find("h2").first.inner_text() == "古丽的手机 𬭚"
    visitor.tab_to(SUSPEND)
    visitor.page.keyboard.press("Enter")
    visitor.tab_to("#authenticator-suspend")


def test_the_last_way_in_explains_itself(visit: Visit, region: RunningProvider, citizen: MakeCitizen) -> None:
    visitor = visit()
    visitor.open(region.issuer + SECURITY)
    visitor.sign_in(citizen())

    visitor.press("a[href$='/authenticators/password']")

    assert "Your last way in" in visitor.text
    assert visitor.find("#authenticator-remove, #authenticator-suspend").count() == 0


def test_a_name_that_is_too_long_is_said_at_the_field(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    guarded(region, visitor, person, f"{SECURITY}/authenticators/totp")

    visitor.find("#label").evaluate("field => field.removeAttribute('maxlength')")
    visitor.fill("#label", "x" * 65)
    visitor.press("#authenticator-rename")

    assert "Enter a name" in visitor.find("[role=alert]").inner_text()
    assert visitor.find("#label[aria-invalid=true]").input_value() == "x" * 65


def test_a_passkey_takes_the_place_of_the_password(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    """From the weakest account to one without a password."""
    visitor, person = visit(), citizen()
    device = VirtualAuthenticator(visitor)
    visitor.open(region.issuer + ADD_PASSKEY)
    visitor.sign_in(person)
    visitor.press("#passkey-create")
    device.hold_still()
    visitor.open(f"{region.issuer}{SECURITY}/authenticators/password")
    visitor.open(visitor.page.url.replace("/login?", "/login/passkey?"))
    device.hold_still(False)
    visitor.press("#passkey-start")

    visitor.find(REMOVE).click()
    visitor.press("#authenticator-remove")

    assert "There is no password to steal." in visitor.find(".guard").inner_text()
    assert visitor.find("a[href$='/authenticators/password']").count() == 0
