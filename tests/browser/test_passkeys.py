"""Passkeys in a real browser: its own dialogs, its own idea of what may be asked, our pages around them."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from idp.oidc.proofs import Property
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import Citizen, Visitor
from tests.support.server import RunningProvider

PASSKEYS = "/account/security/passkeys"
ADD = f"{PASSKEYS}/add"
OFFER = "/login/passkey-offer"
QUESTION = "**/login/passkey/options"
ABLE = "document.querySelector('[data-passkey-able]').value === '1'"


def about_to_add(region: RunningProvider, visitor: Visitor, citizen: Citizen) -> None:
    """Signed in by password, in front of the page that makes passkeys; nobody is offered on the way what is there."""
    visitor.open(region.issuer + ADD)
    visitor.sign_in(citizen)
    assert visitor.path == ADD


def with_a_passkey(
    region: RunningProvider, visitor: Visitor, citizen: Citizen, **options: object
) -> VirtualAuthenticator:
    """Made on the page."""
    device = VirtualAuthenticator(visitor, **options)
    about_to_add(region, visitor, citizen)
    visitor.fill("#label", "My phone")
    visitor.press("#passkey-create")
    expect(visitor.find("main")).to_contain_text("My phone")
    return device


def signed_out(visitor: Visitor) -> None:
    visitor.press("#account-sign-out")


def at_the_button(
    region: RunningProvider, visitor: Visitor, device: VirtualAuthenticator, path: str = "/account"
) -> None:
    """On the page with the one button, whatever the browser would suggest at the user name."""
    device.hold_still()
    visitor.open(region.issuer + path)
    visitor.open(visitor.page.url.replace("/login?", "/login/passkey?"))
    device.hold_still(False)


def test_a_passkey_is_made_and_signs_in_without_a_user_name(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    device = with_a_passkey(region, visitor, person)
    signed_out(visitor)
    at_the_button(region, visitor, device)

    visitor.press("#passkey-start")

    assert visitor.path == "/account"
    assert device.credentials[0]["rpId"] == "id.localhost"
    assert device.credentials[0]["signCount"] >= 2
    (line,) = region.services.stores.passkeys.of(person.account.id)
    assert not line.is_backup_eligible


def test_the_browser_offers_passkeys_at_the_user_name(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor = visit("zh-CN")
    device = with_a_passkey(region, visitor, citizen())
    signed_out(visitor)
    device.hold_still()
    visitor.open(region.issuer + "/account/sessions")
    assert visitor.path == "/login"
    assert visitor.find("#username").get_attribute("autocomplete") == "username webauthn"
    # Nothing waits on this page for an answer, so none comes while the next one is being opened.
    visitor.page.goto("about:blank")
    device.hold_still(False)

    # The virtual authenticator picks the suggestion as soon as there is one.
    visitor.page.goto(region.issuer + "/account/sessions")
    visitor.page.wait_for_url("**/account/sessions")


def test_the_way_on_the_first_page_is_gone_in_place(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor = visit()
    device = with_a_passkey(region, visitor, citizen())
    signed_out(visitor)
    device.hold_still()
    with visitor.page.expect_response(QUESTION):
        visitor.open(region.issuer + "/account")

    def answer(route: Route) -> None:
        """What was asked unseen is over by now: this is the question of the press."""
        device.hold_still(False)
        route.continue_()

    visitor.page.route(QUESTION, answer)
    visitor.find("#way-passkey").click()

    visitor.page.wait_for_url("**/account")


def test_a_finger_that_is_not_the_owners_is_answered_in_words(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor = visit()
    device = with_a_passkey(region, visitor, citizen())
    signed_out(visitor)
    at_the_button(region, visitor, device)
    device.recognise(False)

    visitor.find("#passkey-start").click()

    expect(visitor.find("[data-passkey-status]")).to_have_text(
        "No passkey was used. You can try again or choose another way."
    )
    device.recognise(True)
    visitor.press("#passkey-start")
    assert visitor.path == "/account"


def test_a_key_that_only_notices_a_touch_follows_the_password(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    no_reader = {"hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
    VirtualAuthenticator(visitor, transport="usb", **no_reader)
    about_to_add(region, visitor, person)
    visitor.press("#security-key-create")
    assert "used together with your password" in visitor.text
    signed_out(visitor)
    visitor.open(region.issuer + "/account")

    visitor.sign_in(person)
    assert visitor.path == "/login/passkey"
    visitor.press("#passkey-start")

    assert visitor.path == "/account"


def test_a_synced_passkey_is_told_apart(region: RunningProvider, visit: Visit, citizen: MakeCitizen) -> None:
    visitor, person = visit(), citizen()

    with_a_passkey(region, visitor, person, defaultBackupEligibility=True, defaultBackupState=True)

    assert "on all your devices" in visitor.text
    (key,) = region.services.stores.passkeys.of(person.account.id)
    line = region.services.stores.authenticators.find(person.account.id, key.authenticator_id)
    assert line is not None
    assert Property.DEVICE_BOUND not in line.properties


def test_one_device_makes_one_passkey(region: RunningProvider, visit: Visit, citizen: MakeCitizen) -> None:
    visitor = visit()
    device = with_a_passkey(region, visitor, citizen())
    at_the_button(region, visitor, device, ADD)
    visitor.press("#passkey-start")

    visitor.find("#passkey-create").click()

    expect(visitor.find("[data-passkey-status]")).to_have_text(
        "This device or key already has a passkey for your account."
    )
    assert len(device.credentials) == 1


def test_a_copied_device_is_refused(region: RunningProvider, visit: Visit, citizen: MakeCitizen) -> None:
    visitor = visit()
    device = with_a_passkey(region, visitor, citizen())
    copied = device.credentials[0]
    signed_out(visitor)
    at_the_button(region, visitor, device)
    visitor.press("#passkey-start")
    signed_out(visitor)
    device.put(copied, signCount=0)
    at_the_button(region, visitor, device)

    visitor.press("#passkey-start")

    assert visitor.path == "/login/passkey"
    assert "That did not work with this passkey" in visitor.text


def test_what_was_removed_here_is_forgotten_by_its_keeper(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor = visit()
    device = with_a_passkey(region, visitor, citizen())
    at_the_button(region, visitor, device, ADD)
    visitor.press("#passkey-start")
    visitor.open(region.issuer + PASSKEYS)
    visitor.find("summary").filter(has_text="Remove").click()

    visitor.press("button.button--grave")

    assert "no longer opens your account" in visitor.text
    visitor.wait_until(lambda: device.credentials == [])


def test_a_passkey_that_nobody_knows_is_forgotten_and_one_of_another_region_is_not(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    device = with_a_passkey(region, visitor, person)
    (key,) = region.services.stores.passkeys.of(person.account.id)
    region.services.stores.authenticators.remove(
        person.account.id, key.authenticator_id, now=region.clock.now()
    )
    kept = device.credentials[0]
    visitor.context.clear_cookies()

    at_the_button(region, visitor, device)
    visitor.press("#passkey-start")

    assert "no longer in use here" in visitor.text
    visitor.wait_until(lambda: device.credentials == [])

    device.put(kept, userHandle="b3RoZXIgcmVnaW9u")
    visitor.press("#passkey-start")

    assert "does not belong to an account of this region" in visitor.text
    visitor.page.wait_for_timeout(300)
    assert len(device.credentials) == 1


def test_the_offer_is_taken_or_skipped_and_the_task_goes_on(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    for button in ("#passkey-create", "#passkey-skip"):
        visitor, person = visit(), citizen()
        device = VirtualAuthenticator(visitor)
        visitor.open(region.issuer + "/account/apps")
        visitor.give_name(person.username)
        # Whoever is quicker than the browser's answer is not offered one.
        visitor.page.wait_for_function(ABLE)
        visitor.give_password(person.password)
        assert visitor.path == OFFER

        visitor.press(button)

        assert visitor.path == "/account/apps"
        assert len(device.credentials) == (button == "#passkey-create")


def test_without_scripts_the_pages_say_so_and_name_another_way(
    region: RunningProvider, visit: Visit, citizen: MakeCitizen
) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.open(region.issuer + "/account")
    visitor.open(visitor.page.url.replace("/login?", "/login/passkey?"))
    assert "JavaScript is switched off" in visitor.text
    assert not visitor.find("#passkey-start").is_visible()

    visitor.press("text=Sign in another way")
    visitor.sign_in(citizen())

    assert visitor.path == "/account"
