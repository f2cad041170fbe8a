"""Signing in on a screen by scanning its code with a signed-in phone: the whole way, and every way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.adapters.file_messages import latest
from idp.authn.factors.qr_values import Over
from idp.authn.messages import Channel
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method, Property
from idp.web.cookies import SESSION
from tests.support.provider import EVERY_CLAIM, Provider
from tests.support.relying_party import answer_of, claims_of
from tests.support.scanning import open_account_screen, open_screen, phone_of, screen_in


def test_a_phone_signs_a_screen_in(provider: Provider) -> None:
    """The mini-app learns that it was approved on another device, and no more than two factors."""
    app, phone = provider.client(), phone_of(provider)
    screen = open_screen(provider, app)

    assert screen.state()["state"] == "waiting"
    page = phone.scan(screen.code())
    assert page.path == "/qr/confirm"
    assert "Tax" in page.text
    claimed = screen.state()
    page = phone.type_number(page, claimed["number"])
    matched = screen.state()
    answer = phone.approve(page)
    approved = screen.state()
    page = screen.browser.allow(screen.finish())

    assert (claimed["state"], matched["state"], approved["state"]) == ("claimed", "matched", "approved")
    assert answer.status == 200
    assert screen.pending is not None
    tokens = app.redeem(answer_of(page.url)["code"], screen.pending.verifier)
    claims = claims_of(tokens.id_token)
    assert claims["acr"] == "urn:tongxing:acr:2"
    assert claims["amr"] == ["hwk", "user", "xdev", "mfa"]


def test_what_the_screen_gets_is_worth_less_than_the_passkey(provider: Provider) -> None:
    phone = phone_of(provider)
    screen = open_account_screen(provider)

    phone.confirm(screen)
    screen.finish()

    sessions = provider.services.stores.sessions.list_of(phone.account.id, now=provider.clock.now())
    (proof,) = [proof for session in sessions for proof in session.proofs if proof.method is Method.QR]
    assert proof.properties == {
        Property.POSSESSION,
        Property.USER_VERIFIED,
        Property.DEVICE_BOUND,
        Property.CROSS_DEVICE,
    }


def test_the_phone_shows_which_app_where_in_which_browser_and_since_when(provider: Provider) -> None:
    app, phone = provider.client(), phone_of(provider)
    screen = open_screen(provider, app)
    provider.clock.advance(seconds=70)

    page = phone.scan(screen.code())

    for words in ("Tax", "East Tax Office", "Firefox on Windows", "198.51.100.7", "1 minute ago"):
        assert words in page.text
    assert "In another network than this phone" in page.text
    assert "Did you open it yourself?" in page.text
    assert "press No" in page.text


def test_the_same_network_is_said_to_be_the_same(provider: Provider) -> None:
    app, phone = provider.client(), phone_of(provider, address="198.51.100.7")
    screen = open_screen(provider, app)

    page = phone.scan(screen.code())

    assert "In the same network as this phone" in page.text


def test_the_number_is_on_the_screen_only_once_a_phone_has_scanned(provider: Provider) -> None:
    app, phone = provider.client(), phone_of(provider)
    screen = open_screen(provider, app)
    before = screen.state()

    page = phone.scan(screen.code())
    after = screen.state()

    assert "number" not in before
    assert len(after["number"]) == 2
    assert f">{after['number']}<" not in page.text


def test_the_person_finds_it_in_their_history(provider: Provider) -> None:
    phone = phone_of(provider)
    screen = open_account_screen(provider)

    phone.confirm(screen)
    screen.finish()

    kinds = [event.kind for event in provider.services.stores.events.of_account(phone.account.id, 10)]
    assert kinds.count(EventKind.SIGNED_IN_BY_QR) == 1


def test_the_person_is_told_on_another_channel(provider: Provider, tmp_path: Path) -> None:
    with provider.twin(message_folder=tmp_path) as region:
        phone = phone_of(region, claims={**EVERY_CLAIM, "locale": "en"})
        screen = open_account_screen(region)

        phone.confirm(screen)
        screen.finish()
        region.services.post.deliver(Channel.EMAIL)

    (told,) = latest(tmp_path, 5)
    assert "another screen" in told
    assert "Firefox on Windows" in told


def test_nobody_can_ask_for_the_number_before_a_phone_has_scanned(provider: Provider) -> None:
    screen = open_account_screen(provider)
    waiting = provider.services.stores.qr_sign_ins.find(screen.sign_in)

    assert waiting is not None
    with pytest.raises(Over):
        provider.services.qr_sign_ins.number(waiting)


@pytest.mark.parametrize("step", ["claimed", "matched", "approved"])
def test_the_phone_can_say_no_at_every_step(provider: Provider, step: str) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    page = phone.scan(screen.code())
    if step != "claimed":
        page = phone.type_number(page, screen.state()["number"])
    if step == "approved":
        phone.approve(page)
        page = phone.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")

    page = phone.say_no(page)

    assert page.path == "/qr/stopped"
    assert screen.state()["state"] == "denied"
    assert screen.finish().status == 400
    assert screen.browser.cookie(SESSION) is None


@pytest.mark.parametrize("step", ["waiting", "claimed", "matched", "approved"])
def test_the_screen_can_take_another_way_at_every_step(provider: Provider, step: str) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    code = screen.code()
    if step != "waiting":
        page = phone.scan(code)
    if step in ("matched", "approved"):
        page = phone.type_number(page, screen.state()["number"])
    if step == "approved":
        phone.approve(page)

    back = screen.browser.post("/login/qr/cancel", screen.fields)

    assert back.path == "/login"
    assert screen.state()["state"] == "over"
    after = (
        phone.scan(code) if step == "waiting" else phone.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")
    )
    assert after.status == 400


def test_a_code_that_nobody_scans_expires_and_a_new_one_can_be_had(provider: Provider) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    provider.clock.advance(minutes=2)

    assert screen.state() == {"state": "expired"}
    screen.begin()
    phone.confirm(screen)

    assert screen.finish().path == "/account"


def test_who_is_not_signed_in_on_the_phone_is_told_to_sign_in_first(provider: Provider) -> None:
    page = provider.browser().get("/qr")

    assert "Sign in here first" in page.text
    assert not [form for form in page.forms if form.action == "/qr"]


def test_without_a_passkey_it_is_said_before_the_screen_is_bothered(provider: Provider) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    services = provider.services
    (passkey,) = [
        one for one in services.stores.authenticators.of(phone.account.id) if one.method is Method.PASSKEY
    ]
    services.stores.authenticators.suspend(phone.account.id, passkey.id, now=provider.clock.now())

    page = phone.scan(screen.code())

    assert "You need a passkey for this" in page.text
    assert screen.state()["state"] == "waiting"


def test_on_the_same_device_the_other_ways_are_offered(provider: Provider) -> None:
    """RFC 10027: what does not cross devices should not be asked to."""
    app, phone = provider.client(), phone_of(provider)
    screen = screen_in(provider, phone.browser, app, prompt="login")

    page = phone.scan(screen.code())

    assert "You are on the same device" in page.text
    assert "Are you reading this on the phone itself?" in screen.page.text


def test_a_refused_passkey_can_be_tried_again(provider: Provider) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    page = phone.type_number(phone.scan(screen.code()), screen.state()["number"])
    refused = phone.browser.post("/qr/approve", {**phone.fields_of(page), "answer": "{}"})

    again = phone.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")
    phone.approve(again)

    assert refused.status == 400
    assert screen.finish().path == "/account"


def test_after_the_use_the_phone_says_so_and_leads_to_the_devices(provider: Provider) -> None:
    phone, screen = phone_of(provider), open_account_screen(provider)
    phone.confirm(screen)
    screen.finish()

    page = phone.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")

    assert "That screen is signed in" in page.text
    assert 'href="/account/sessions"' in page.text


def test_only_the_scanning_page_may_use_the_camera(provider: Provider) -> None:
    phone = phone_of(provider)

    scan, overview = phone.browser.get("/account/scan"), phone.browser.get("/account")

    assert "camera=(self)" in scan.headers["Permissions-Policy"]
    assert "camera=()" in overview.headers["Permissions-Policy"]
    assert "jsQR" in scan.text
    assert "jsQR" not in overview.text


def test_a_browser_without_scripts_is_told_and_offered_the_other_ways(provider: Provider) -> None:
    screen = open_account_screen(provider)

    assert "needs JavaScript" in screen.page.text
    assert screen.browser.post("/login/qr/cancel", {**screen.fields, "sign_in": ""}).path == "/login"
