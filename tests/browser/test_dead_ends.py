"""When it does not work out: the person learns what happened and what to do next, and nobody is sent astray."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import SUPPORT_CONTACT, MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.browser.visitor import LANGUAGES, Visitor
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser


def begin(visitor: Visitor, tax: Site) -> None:
    """From the mini-app to the first question."""
    visitor.open(tax.address)
    visitor.press("#sign-in")


def assert_tells_what_to_do(visitor: Visitor, status_words: str) -> None:
    """The page stands on our own address, says what happened, what to do, and whom to ask."""
    assert visitor.heading == status_words
    assert "What you can do" in visitor.text
    assert SUPPORT_CONTACT in visitor.text
    assert visitor.find(".reference__number").inner_text()
    assert visitor.page.title().startswith("Error: ")


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_wrong_password_is_said_at_its_field_and_can_be_put_right(
    visit: Visit, tax: Site, citizen: MakeCitizen, has_script: bool
) -> None:
    visitor, person = visit(java_script_enabled=has_script), citizen()
    begin(visitor, tax)
    visitor.give_name(person.username)

    visitor.give_password("not the password")

    said = "The user name or the password is not right. Check both and try again."
    assert visitor.find("[role=alert]").inner_text().endswith(said)
    assert visitor.find("#password[aria-invalid=true][aria-describedby=password-problem]").count() == 1
    assert visitor.find("#password").input_value() == ""
    assert visitor.page.title().startswith("Error: ")
    visitor.give_password(person.password)
    assert visitor.path == "/consent"


def test_an_unknown_name_looks_the_same_as_a_wrong_password(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    """OWASP ASVS 5.0 6.3.8."""
    shown = []
    for name in (citizen().username, "nobody-has-this-name"):
        visitor = visit()
        begin(visitor, tax)
        visitor.give_name(name)
        visitor.give_password("not the password")
        shown.append(visitor.text.replace(name, "NAME"))

    assert shown[0] == shown[1]


def test_an_empty_name_is_asked_for_again(visit: Visit, tax: Site) -> None:
    visitor = visit()
    begin(visitor, tax)

    visitor.give_name("")

    assert "Enter your user name" in visitor.find("[role=alert]").inner_text()
    assert visitor.path == "/login"


def test_whoever_guesses_has_to_wait_and_is_told_how_long(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    begin(visitor, tax)
    visitor.give_name(person.username)
    for _ in range(5):
        visitor.give_password("not the password")

    visitor.give_password("not the password")

    assert re.search(r"Wait \d+ seconds", visitor.find("[role=alert]").inner_text())


def test_the_sixth_wrong_answer_ends_the_sign_in(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    person = citizen()
    app = region.enrol_totp(person.account)
    visitor = visit()
    begin(visitor, tax)
    visitor.give_name(person.username)
    visitor.give_password("not the password")
    visitor.give_password(person.password)
    for _ in range(4):
        visitor.give_code(app.wrong())

    visitor.give_code(app.wrong())

    assert_tells_what_to_do(visitor, "Too many wrong answers")
    visitor.press("main a.button")
    assert visitor.path == "/login"


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_does_not_agree_is_back_at_the_app_having_shared_nothing(
    visit: Visit, tax: Site, citizen: MakeCitizen, language: str
) -> None:
    visitor = visit(language)
    begin(visitor, tax)
    visitor.sign_in(citizen())

    visitor.press("#consent-deny")

    assert visitor.origin == tax.address
    assert visitor.find("#error-code").inner_text() == "access_denied"
    assert visitor.heading == {"zh-CN": "您没有同意", "en": "You did not agree"}[language]


def test_a_sign_in_can_be_cancelled_at_every_step(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    person = citizen()
    region.enrol_totp(person.account)
    steps = ("/login", "/login/password", "/login/totp")
    for step in steps:
        visitor = visit()
        begin(visitor, tax)
        if step != "/login":
            visitor.give_name(person.username)
        if step == "/login/totp":
            visitor.give_password(person.password)
        assert visitor.path == step

        visitor.press("#login-cancel")

        assert visitor.origin == tax.address
        assert visitor.find("#error-code").inner_text() == "access_denied"


def test_a_mini_app_that_nobody_registered_gets_nobody(
    visit: Visit, region: RunningProvider, tax: Site
) -> None:
    visitor = visit()
    address = tax.client.begin(client_id="nobody").url

    visitor.open(address)

    assert_tells_what_to_do(visitor, "We do not know this app")
    assert visitor.origin == region.issuer


def test_nobody_is_sent_to_an_address_that_is_not_registered(
    visit: Visit, region: RunningProvider, tax: Site
) -> None:
    visitor = visit()

    visitor.open(tax.client.begin(redirect_uri=f"{tax.address}/callbakc").url)

    assert_tells_what_to_do(visitor, "This link does not work")
    assert visitor.origin == region.issuer
    assert tax.address not in visitor.requested


def test_what_the_app_asks_wrongly_is_the_apps_to_explain(visit: Visit, tax: Site) -> None:
    visitor = visit()

    visitor.open(tax.client.begin(scope="openid no_such_scope").url)

    assert visitor.origin == tax.address


def test_a_page_that_has_expired_offers_to_start_again(visit: Visit, tax: Site, citizen: MakeCitizen) -> None:
    """The same sign-in is open in two windows and finished in one of them."""
    visitor = visit()
    begin(visitor, tax)
    late = visitor.another_window()
    late.open(visitor.page.url)
    visitor.sign_in(citizen())
    visitor.press("#consent-allow")

    late.give_name("whoever")

    assert_tells_what_to_do(late, "This page has expired")
    late.press("main a.button")
    # The person is signed in by now, so the app answers; it finished this very sign-in already and says so.
    assert late.origin == tax.address


def test_a_page_we_never_made_has_expired_too(visit: Visit, region: RunningProvider) -> None:
    visitor = visit()

    visitor.open(f"{region.issuer}/login?transaction=tx_made_up")

    assert_tells_what_to_do(visitor, "This page has expired")
    assert "Go back to the app in this browser" in visitor.text


def test_a_sign_in_cannot_be_continued_in_another_browser(visit: Visit, tax: Site) -> None:
    visitor, other = visit(), visit()
    begin(visitor, tax)

    other.open(visitor.page.url)

    assert_tells_what_to_do(other, "This page belongs to another browser")


def test_a_form_that_was_tampered_with_changes_nothing(visit: Visit, tax: Site, citizen: MakeCitizen) -> None:
    visitor, person = visit(), citizen()
    begin(visitor, tax)
    visitor.page.evaluate("document.querySelector('form[action=\"/login\"] [name=step_token]').value = 'x'")

    visitor.give_name(person.username)

    assert_tells_what_to_do(visitor, "This request did not come from our page")


def test_an_address_that_does_not_exist_says_so(visit: Visit, region: RunningProvider) -> None:
    visitor = visit()

    visitor.open(f"{region.issuer}/no/such/page")

    assert_tells_what_to_do(visitor, "There is no such page")
    assert urlsplit(visitor.page.url).path == "/no/such/page"


def test_an_app_that_insists_on_two_proofs_is_explained_to_whoever_has_one(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    """OpenID Connect Core §5.5.1.1; the way back carries `unmet_authentication_requirements`."""
    wish = '{"id_token": {"acr": {"essential": true, "value": "urn:tongxing:acr:2"}}}'
    visitor = visit()
    visitor.open(tax.client.begin(claims=wish, scope="openid").url)
    visitor.sign_in(citizen())

    explained = visitor.path
    visitor.press("#login-cancel")

    assert explained == "/login/second-factor"
    assert visitor.origin == tax.address
    assert "error=unmet_authentication_requirements" in visitor.page.url
