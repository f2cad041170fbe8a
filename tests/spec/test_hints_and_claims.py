"""Hints and the claims parameter: OpenID Connect Core §3.1.2.1, §5.4, §5.5."""

from __future__ import annotations

import json

import pytest

from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of


class TestHints:
    """Core §3.1.2.1 (login_hint, ui_locales, id_token_hint)."""

    def test_login_hint_fills_the_field_and_decides_nothing(self, provider: Provider) -> None:
        provider.person("other")
        app, browser = provider.client(), provider.browser()

        page = browser.get(app.begin(login_hint="gulbahar@mail.example").url)

        assert page.form("/login").fields["username"] == "gulbahar@mail.example"
        assert browser.sign_in(page, "other", PASSWORD).path == "/consent"

    @pytest.mark.parametrize(
        ("wish", "language"),
        [
            ("en", "en"),
            ("zh-CN en", "zh-CN"),
            ("de fr en-GB", "en"),
            ("zh-Hant", "zh-CN"),
            ("x-klingon", "en"),
        ],
    )
    def test_ui_locales_choose_the_language_as_far_as_there_is_one(
        self, provider: Provider, wish: str, language: str
    ) -> None:
        app, browser = provider.client(), provider.browser()
        browser.headers = {"Accept-Language": "en"}

        page = browser.get(app.begin(ui_locales=wish).url)

        assert page.headers["Content-Language"] == language

    def test_id_token_hint_of_who_is_there_answers_silently(self, provider: Provider) -> None:
        """Even long expired (§3.1.2.1)."""
        provider.person()
        app, browser = provider.client(), provider.browser()
        hint = provider.tokens(browser, app).id_token
        provider.clock.advance(minutes=30)

        arrival = provider.arrive(browser, app, prompt="none", id_token_hint=hint)

        assert "code" in arrival.answer

    def test_id_token_hint_of_somebody_else_is_login_required(self, provider: Provider) -> None:
        provider.person("first")
        provider.person("second")
        app, browser = provider.client(), provider.browser()
        hint = provider.tokens(provider.browser(), app, username="first").id_token
        provider.arrive(browser, app, "second")

        silent = browser.get(app.begin(prompt="none", id_token_hint=hint).url)
        shown = browser.get(app.begin(id_token_hint=hint).url)

        assert answer_of(silent.url)["error"] == "login_required"
        assert shown.path == "/login"
        assert browser.sign_in(shown, "first", PASSWORD).is_outside
        again = browser.sign_in(
            browser.get(app.begin(prompt="login", id_token_hint=hint).url), "second", PASSWORD
        )
        assert answer_of(again.url)["error"] == "login_required"

    def test_a_sub_asked_for_by_value_is_that_person_or_nobody(self, provider: Provider) -> None:
        """Core §5.5.1."""
        provider.person()
        app, browser = provider.client(), provider.browser()
        sub = claims_of(provider.tokens(browser, app).id_token)["sub"]

        mine = browser.get(
            app.begin(prompt="none", claims=json.dumps({"id_token": {"sub": {"value": sub}}})).url
        )
        other = browser.get(
            app.begin(prompt="none", claims=json.dumps({"id_token": {"sub": {"value": "x"}}})).url
        )

        assert "code" in answer_of(mine.url)
        assert answer_of(other.url)["error"] == "login_required"


class TestClaimsParameter:
    """Core §5.5."""

    def test_a_claim_goes_where_it_was_asked_for(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        wanted = {"userinfo": {"name": {"essential": True}}, "id_token": {"email": None}}

        tokens = provider.tokens(provider.browser(), app, scope="openid", claims=json.dumps(wanted))

        id_token, told = claims_of(tokens.id_token), app.userinfo(tokens.access_token).members
        assert "name" in told
        assert "name" not in id_token
        assert id_token["email"] == "gulbahar@mail.example"

    def test_unknown_claims_are_left_out_without_a_word(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        wanted = {
            "userinfo": {"shoe_size": {"essential": True}, "name": {}},
            "id_token": {"x": None},
            "other": 1,
        }

        tokens = provider.tokens(provider.browser(), app, scope="openid", claims=json.dumps(wanted))

        assert app.userinfo(tokens.access_token).members.keys() == {"sub", "name"}

    @pytest.mark.parametrize(
        "claims",
        [
            "",
            "{",
            "[]",
            "1",
            "null",
            '"x"',
            '{"userinfo": []}',
            '{"id_token": {"name": 1}}',
            '{"id_token": {"acr": {"values": 1}}}',
            '{"userinfo":' * 2_000,
            "[" * 9_000,
        ],
        ids=lambda value: repr(value[:24]),
    )
    def test_what_is_no_such_object_is_an_invalid_request(self, provider: Provider, claims: str) -> None:
        page = provider.browser().get(provider.client().begin(claims=claims, prompt="none").url)

        # An empty parameter is an absent one (RFC 6749 §3.1).
        assert answer_of(page.url)["error"] == ("invalid_request" if claims else "login_required")

    def test_the_id_token_carries_no_profile_unless_asked(self, provider: Provider) -> None:
        """Core §5.4: with the code flow, scope claims are for userinfo."""
        provider.person()

        tokens = provider.tokens(
            provider.browser(), provider.client(), scope="openid profile email phone address"
        )

        registered = {"iss", "sub", "sid", "aud", "exp", "iat", "auth_time", "acr", "amr", "at_hash", "nonce"}
        assert claims_of(tokens.id_token).keys() == registered
