"""How fresh and how strong: prompt, max_age, acr. OpenID Connect Core §3.1.2.1, §3.1.2.3, §5.5.1.1."""

from __future__ import annotations

import json

import pytest

from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of


class TestPrompt:
    """Core §3.1.2.1 (prompt), §3.1.2.3, §3.1.2.6."""

    def test_none_without_a_session_is_login_required(self, provider: Provider) -> None:
        page = provider.browser().get(provider.client().begin(prompt="none").url)

        assert answer_of(page.url)["error"] == "login_required"
        assert answer_of(page.url).keys() == {"error", "error_description", "state", "iss"}

    def test_none_without_consent_is_consent_required(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

        assert answer_of(browser.get(app.begin(prompt="none").url).url)["error"] == "consent_required"

    def test_none_answers_silently_with_the_same_person_and_time(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        first = claims_of(provider.tokens(browser, app).id_token)
        provider.clock.advance(minutes=10)

        second = claims_of(provider.tokens(browser, app, prompt="none").id_token)

        assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])
        assert second["iat"] > first["iat"]

    @pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
    def test_login_asks_again_and_tells_the_new_time(self, provider: Provider, prompt: str) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        first = claims_of(provider.tokens(browser, app).id_token)
        provider.clock.advance(seconds=2)

        assert browser.get(app.begin(prompt=prompt).url).path == "/login"
        second = claims_of(provider.tokens(browser, app, prompt=prompt).id_token)

        assert second["sub"] == first["sub"]
        assert second["auth_time"] == first["auth_time"] + 2

    def test_consent_asks_although_it_was_given(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        provider.arrive(browser, app)

        page = browser.get(app.begin(prompt="consent").url)

        assert page.path == "/consent"
        assert "code" in answer_of(browser.allow(page).url)

    @pytest.mark.parametrize("prompt", ["none login", "none consent", "nonsense", "create", "NONE"])
    def test_impossible_wishes_are_invalid_requests(self, provider: Provider, prompt: str) -> None:
        page = provider.browser().get(provider.client().begin(prompt=prompt).url)

        assert answer_of(page.url)["error"] == "invalid_request"


class TestMaxAge:
    """Core §3.1.2.1 (max_age)."""

    def test_an_old_sign_in_is_renewed_and_a_young_one_kept(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        first = claims_of(provider.tokens(browser, app).id_token)
        provider.clock.advance(seconds=2)

        young = claims_of(provider.tokens(browser, app, max_age="10000").id_token)
        old = claims_of(provider.tokens(browser, app, max_age="1").id_token)

        assert young["auth_time"] == first["auth_time"]
        assert old["auth_time"] == first["auth_time"] + 2

    @pytest.mark.parametrize("max_age", ["-1", "soon", "1.5", "1e3", "\u0661", "9" * 13])
    def test_what_is_no_number_of_seconds_is_refused(self, provider: Provider, max_age: str) -> None:
        page = provider.browser().get(provider.client().begin(max_age=max_age).url)

        assert answer_of(page.url)["error"] == "invalid_request"


class TestAcr:
    """Core §3.1.2.1 (acr_values), §5.5.1.1 (essential acr)."""

    @pytest.mark.parametrize("wish", ["urn:tongxing:acr:1 urn:tongxing:acr:2", "1 2", "gold", ""])
    def test_a_wish_is_never_an_error(self, provider: Provider, wish: str) -> None:
        provider.person()

        tokens = provider.tokens(provider.browser(), provider.client(), acr_values=wish)

        assert claims_of(tokens.id_token)["acr"] == "urn:tongxing:acr:1"

    def test_a_wish_for_two_factors_asks_who_has_them(self, provider: Provider) -> None:
        person = provider.person()
        app, browser = provider.client(), provider.browser()
        provider.arrive(browser, app)
        phone = provider.enrol_totp(person)

        tokens = provider.tokens(browser, app, acr_values="urn:tongxing:acr:2", totp=phone.code())

        assert claims_of(tokens.id_token)["acr"] == "urn:tongxing:acr:2"
        assert claims_of(tokens.id_token)["amr"] == ["pwd", "otp", "mfa"]

    def test_essential_and_met_is_told_as_met(self, provider: Provider) -> None:
        provider.person()
        wanted = {
            "id_token": {"acr": {"essential": True, "values": ["urn:tongxing:acr:2", "urn:tongxing:acr:1"]}}
        }

        tokens = provider.tokens(provider.browser(), provider.client(), claims=json.dumps(wanted))

        assert claims_of(tokens.id_token)["acr"] == "urn:tongxing:acr:1"

    def test_essential_and_impossible_is_unmet(self, provider: Provider) -> None:
        """Unmet Authentication Requirements 1.0 §2."""
        provider.person()
        wanted = {"id_token": {"acr": {"essential": True, "value": "urn:tongxing:acr:3"}}}

        arrival = provider.arrive(provider.browser(), provider.client(), claims=json.dumps(wanted))

        assert arrival.answer["error"] == "unmet_authentication_requirements"
