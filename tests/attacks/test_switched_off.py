"""A person or an app that was switched off gets nothing more, at any door, from that moment on."""

from __future__ import annotations

import dataclasses
import time

import pytest

from idp.accounts.person import Account
from idp.storage.cached_clients import LOOK_AGAIN_AFTER
from tests.support.browser import Browser
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import Answer, RelyingParty


class Held:
    """Everything that a person and an app hold while both are in order."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.account: Account = provider.person()
        self.phone = provider.enrol_totp(self.account)
        self.app: RelyingParty = provider.client()
        self.browser: Browser = provider.browser()
        page = self.browser.sign_in(
            self.browser.get(self.app.begin().url), "gulbahar", PASSWORD, self.phone.code()
        )
        self.browser.allow(page)
        self.tokens: Answer = provider.tokens(self.browser, self.app)
        self.offline = provider.tokens(
            self.browser, self.app, scope="openid offline_access", prompt="consent"
        )
        self.waiting = provider.arrive(self.browser, self.app)
        midway = provider.browser()
        at_totp = midway.sign_in(midway.get(self.app.begin().url), "gulbahar", PASSWORD)
        self.midway = (midway, at_totp)
        self.consenting = self.browser.get(self.app.begin(prompt="consent").url)
        provider.clock.advance(seconds=30)


@pytest.fixture
def held(provider: Provider) -> Held:
    return Held(provider)


def test_a_disabled_person_is_out_at_every_door(held: Held) -> None:
    """Codes, refresh tokens (offline ones too), access tokens, sessions, and sign-ins that were under way."""
    app, provider = held.app, held.provider
    assert app.userinfo(held.tokens.access_token).status == 200

    assert provider.services.stores.accounts.set_active(held.account.id, False, now=provider.clock.now())

    assert app.redeem(held.waiting.code, held.waiting.pending.verifier).error == "invalid_grant"
    for tokens in (held.tokens, held.offline):
        assert app.refresh(tokens.refresh_token).error == "invalid_grant"
        assert app.userinfo(tokens.access_token).status == 401
        assert app.introspect(tokens.access_token).members == {"active": False}
        assert app.introspect(tokens.refresh_token).members == {"active": False}
    assert held.browser.get("/account").path == "/login"
    assert "error=login_required" in held.browser.get(app.begin(prompt="none").url).url
    midway, at_totp = held.midway
    assert not midway.submit(at_totp, "/login/totp", code=held.phone.code()).is_outside
    assert midway.get("/account").path == "/login"
    assert not held.browser.allow(held.consenting).is_outside
    fresh = provider.browser()
    assert fresh.sign_in(fresh.get("/account"), "gulbahar", PASSWORD).status == 400


def test_switching_a_person_on_again_revives_nothing(held: Held) -> None:
    """A revocation that was acknowledged is never undone: they sign in afresh."""
    accounts, now = held.provider.services.stores.accounts, held.provider.clock.now()
    accounts.set_active(held.account.id, False, now=now)
    accounts.set_active(held.account.id, True, now=now)

    assert held.app.redeem(held.waiting.code, held.waiting.pending.verifier).error == "invalid_grant"
    for tokens in (held.tokens, held.offline):
        assert held.app.refresh(tokens.refresh_token).error == "invalid_grant"
        assert held.app.userinfo(tokens.access_token).status == 401
    assert held.browser.get("/account").path == "/login"
    fresh = held.provider.browser()
    page = fresh.sign_in(fresh.get("/account"), "gulbahar", PASSWORD)
    assert page.path == "/login/totp"


def switched_off(held: Held) -> None:
    assert held.provider.services.stores.registry.set_enabled(held.app.client_id, False)


def test_a_disabled_app_is_out_at_every_door(held: Held) -> None:
    """Authorization, each grant, userinfo, introspection, revocation, and sign-ins that were under way."""
    switched_off(held)

    with held.provider.twin() as updated:
        app = dataclasses.replace(held.app, app=updated.app)
        assert updated.browser().get(app.begin().url).status == 400
        assert app.redeem(held.waiting.code, held.waiting.pending.verifier).error == "invalid_client"
        assert app.refresh(held.tokens.refresh_token).error == "invalid_client"
        assert app.token(grant_type="client_credentials").error == "invalid_client"
        assert app.introspect(held.tokens.access_token).error == "invalid_client"
        assert app.revoke(held.tokens.access_token).error == "invalid_client"
        for tokens in (held.tokens, held.offline):
            assert app.userinfo(tokens.access_token).error == "invalid_token"
        cookies = {"Cookie": held.browser.cookie_header}
        page = held.consenting
        for path in ("/consent", "/login/cancel"):
            fields = {**page.form("/consent").fields, "decision": "allow"}
            answer = updated.send("POST", path, data=fields, headers=cookies)
            assert answer.status_code in (400, 403)
            assert "Location" not in answer.headers


def test_a_process_learns_of_a_disabled_app_within_a_second(held: Held) -> None:
    """Clients are remembered, but never longer than that (`LOOK_AGAIN_AFTER`)."""
    assert held.app.userinfo(held.tokens.access_token).status == 200
    switched_off(held)

    time.sleep(LOOK_AGAIN_AFTER)

    assert held.app.userinfo(held.tokens.access_token).status == 401
    assert held.app.refresh(held.tokens.refresh_token).error == "invalid_client"


def test_a_resource_learns_that_a_disabled_apps_token_is_over(held: Held) -> None:
    api = held.provider.client("api", audiences=("https://api.tax.example",))
    token = held.provider.tokens(held.browser, held.app, resource="https://api.tax.example").access_token
    assert api.introspect(token).members["active"] is True
    switched_off(held)

    with held.provider.twin() as updated:
        there = dataclasses.replace(api, app=updated.app)

        assert there.introspect(token).members == {"active": False}


def test_withdrawing_consent_ends_every_token_made_under_it(held: Held) -> None:
    """Offline ones too, and the next request asks again."""
    page = held.browser.get("/account/apps")
    held.browser.submit(page, "/account/apps/withdraw", "app-withdraw-1")

    for tokens in (held.tokens, held.offline):
        assert held.app.refresh(tokens.refresh_token).error == "invalid_grant"
        assert held.app.userinfo(tokens.access_token).status == 401
    assert held.app.redeem(held.waiting.code, held.waiting.pending.verifier).error == "invalid_grant"
    assert held.browser.get(held.app.begin().url).path == "/consent"


def test_revoking_a_token_is_seen_at_once_and_everywhere(held: Held) -> None:
    with held.provider.twin() as other:
        there = dataclasses.replace(held.app, app=other.app)
        assert there.userinfo(held.tokens.access_token).status == 200

        held.app.revoke(held.tokens.refresh_token)

        for app in (held.app, there):
            assert app.userinfo(held.tokens.access_token).status == 401
            assert app.introspect(held.tokens.access_token).members == {"active": False}
            assert app.refresh(held.tokens.refresh_token).error == "invalid_grant"
