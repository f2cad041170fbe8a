"""What tokens say and how long they live: RFC 9068, RFC 8707 §2.2, OpenID Connect Core §2, §8, §11, §12."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from idp.oidc.vocabulary import GrantType
from tests.support.provider import Provider
from tests.support.relying_party import claims_of

RESOURCE = "https://api.tax.example"


class TestAccessToken:
    """RFC 9068 §2.2, §3; RFC 8707 §2.2."""

    def test_it_says_what_a_resource_needs(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        now = int(provider.clock.now().timestamp())

        tokens = provider.tokens(provider.browser(), app, resource=RESOURCE, scope="openid tax.read")
        header, claims = app.verified(tokens.access_token)

        assert header.keys() == {"alg", "typ", "kid"}
        assert header["typ"] == "at+jwt"
        jti = claims.pop("jti")
        assert len(jti) > 20
        assert claims == {
            "iss": provider.issuer,
            "sub": claims_of(tokens.id_token)["sub"],
            "aud": RESOURCE,
            "client_id": app.client_id,
            "scope": "openid tax.read",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "acr": "urn:tongxing:acr:1",
            "amr": ["pwd"],
        }

    def test_every_token_has_a_jti_of_its_own(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        first = provider.tokens(browser, app)
        tokens = [first, provider.tokens(browser, app), app.refresh(first.refresh_token)]

        assert len({claims_of(each.access_token)["jti"] for each in tokens}) == 3

    def test_without_resource_it_is_for_userinfo(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()

        tokens = provider.tokens(provider.browser(), app)

        assert claims_of(tokens.access_token)["aud"] == f"{provider.issuer}/userinfo"

    def test_with_several_resources_each_token_is_for_one(self, provider: Provider) -> None:
        provider.person()
        other = "https://api.other.example"
        app = provider.client(resources=(RESOURCE, other))
        arrival = provider.arrive(provider.browser(), app, resource=[RESOURCE, other])

        tokens = app.redeem(arrival.code, arrival.pending.verifier, resource=other)
        both = app.refresh(tokens.refresh_token, resource=[RESOURCE, other])
        one = app.refresh(tokens.refresh_token, resource=RESOURCE)

        assert claims_of(tokens.access_token)["aud"] == other
        assert both.error == "invalid_target"
        assert claims_of(one.access_token)["aud"] == RESOURCE

    def test_a_machine_speaks_for_itself(self, provider: Provider) -> None:
        """RFC 9068 §2.2: `sub` is the client, and there is no person to tell of."""
        app = provider.client(grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}), redirect_uris=())

        tokens = app.token(grant_type="client_credentials", scope="tax.read")
        _, claims = app.verified(tokens.access_token)

        assert tokens.members.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert claims["sub"] == claims["client_id"] == app.client_id
        assert claims["aud"] == RESOURCE
        assert not {"auth_time", "acr", "amr"} & claims.keys()
        assert app.introspect(tokens.access_token).members["active"] is True


class TestIdToken:
    """Core §2, §3.1.3.6, §3.1.3.7, §12.2."""

    def test_it_says_who_for_whom_and_when(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        now = int(provider.clock.now().timestamp())

        tokens = provider.tokens(provider.browser(), app)
        header, claims = app.verified(tokens.id_token)

        assert header["kid"]
        assert (claims["iss"], claims["aud"]) == (provider.issuer, app.client_id)
        assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 300, now)
        assert 0 < len(claims["sub"]) <= 255
        assert claims["sub"].isascii()

    @pytest.mark.parametrize("algorithm", ["ES256", "PS256", "RS256", "EdDSA"])
    def test_at_hash_is_half_of_the_right_hash(self, provider: Provider, algorithm: str) -> None:
        """§3.1.3.6: SHA-256 for the -256 algorithms, SHA-512 for Ed25519."""
        provider.person()
        app = provider.client(signing_alg=algorithm)
        tokens = provider.tokens(provider.browser(), app)

        full = hashlib.new(
            "sha512" if algorithm == "EdDSA" else "sha256", tokens.access_token.encode()
        ).digest()

        half = base64.urlsafe_b64encode(full[: len(full) // 2]).rstrip(b"=").decode()
        assert claims_of(tokens.id_token)["at_hash"] == half

    def test_after_a_refresh_it_is_the_same_person_and_sign_in(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)
        provider.clock.advance(minutes=5)

        before, after = claims_of(tokens.id_token), claims_of(app.refresh(tokens.refresh_token).id_token)

        for name in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
            assert after[name] == before[name]
        assert after["iat"] == before["iat"] + 300
        assert "nonce" not in after


class TestRefresh:
    """RFC 6749 §6; RFC 9700 §4.14; Core §11, §12."""

    def test_it_ends_with_the_session(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        tokens = provider.tokens(browser, app)

        browser.submit(browser.get("/account"), "/account/sign-out")

        assert app.refresh(tokens.refresh_token).error == "invalid_grant"

    def test_with_offline_access_it_outlives_the_session(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        tokens = provider.tokens(browser, app, scope="openid profile offline_access", prompt="consent")

        browser.submit(browser.get("/account"), "/account/sign-out")
        provider.clock.advance(days=13)
        refreshed = app.refresh(tokens.refresh_token)

        assert refreshed.status == 200
        assert app.userinfo(refreshed.access_token).status == 200

    def test_the_family_ends_with_its_grant(self, provider: Provider) -> None:
        """Rotation does not make a permission last for ever: 90 days, however often it is used."""
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app, scope="openid offline_access", prompt="consent")
        for _ in range(8):
            provider.clock.advance(days=11)
            tokens = app.refresh(tokens.refresh_token)
            assert tokens.status == 200

        provider.clock.advance(days=3)

        assert app.refresh(tokens.refresh_token).error == "invalid_grant"

    def test_an_ordinary_grant_ends_when_the_session_could_last_no_longer(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)
        provider.clock.advance(hours=11)
        tokens = app.refresh(tokens.refresh_token)

        provider.clock.advance(hours=1, seconds=1)

        assert app.refresh(tokens.refresh_token).error == "invalid_grant"


class TestSubjects:
    """Core §8, §8.1: pairwise by default."""

    def sub(self, provider: Provider, client_id: str, username: str = "gulbahar", **changes: Any) -> str:
        app = provider.client(client_id, **changes)
        return str(claims_of(provider.tokens(provider.browser(), app, username=username).id_token)["sub"])

    def test_one_sector_knows_a_person_by_one_name_and_another_by_another(self, provider: Provider) -> None:
        provider.person()

        tax, tax_too = self.sub(provider, "tax"), self.sub(provider, "tax-too")
        health = self.sub(provider, "health", sector="health.example")

        assert tax == tax_too != health

    def test_two_people_are_two(self, provider: Provider) -> None:
        provider.person("one")
        provider.person("two")

        assert self.sub(provider, "tax", "one") != self.sub(provider, "tax-too", "two")

    def test_a_name_survives_every_change_of_keys(self, provider: Provider) -> None:
        provider.person()
        before = self.sub(provider, "tax")
        for _ in range(3):
            provider.services.keyring.rotate(immediately=True)
            provider.clock.advance(days=60)

        assert self.sub(provider, "tax-too") == before

    def test_public_subjects_are_the_same_everywhere_and_no_pairwise_one(self, provider: Provider) -> None:
        provider.person()

        one = self.sub(provider, "one", subject_type="public", sector="one.example")
        two = self.sub(provider, "two", subject_type="public", sector="two.example")

        assert one == two != self.sub(provider, "tax")

    def test_a_name_gives_nothing_away(self, provider: Provider) -> None:
        account = provider.person()

        sub = self.sub(provider, "tax")

        assert account.id not in sub
        assert account.username not in sub
        assert len(sub) >= 26  # 160 bits
