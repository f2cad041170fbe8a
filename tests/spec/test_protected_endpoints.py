"""Userinfo, introspection and revocation: OpenID Connect Core §5.3, RFC 6750, RFC 7662, RFC 7009."""

from __future__ import annotations

import dataclasses

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import EVERY_CLAIM, Provider
from tests.support.relying_party import Answer, RelyingParty, claims_of

EVERY_SCOPE = "openid profile email phone address real_name"

WAYS = ["get", "post with header", "post with form"]


def ask(app: RelyingParty, token: str, way: str) -> Answer:
    header = {"Authorization": f"Bearer {token}"}
    match way:
        case "get":
            return app.send("GET", "/userinfo", headers=header)
        case "post with header":
            return app.send("POST", "/userinfo", headers=header)
        case _:
            return app.send("POST", "/userinfo", {"access_token": token})


class TestUserinfo:
    """Core §5.3; RFC 6750 §2, §3."""

    @pytest.mark.parametrize("way", WAYS)
    def test_it_answers_three_ways(self, provider: Provider, way: str) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)

        answer = ask(app, tokens.access_token, way)

        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.members["sub"] == claims_of(tokens.id_token)["sub"]

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_the_scheme_is_known_in_any_case(self, provider: Provider, scheme: str) -> None:
        """RFC 9110 §11.1."""
        provider.person()
        app = provider.client()
        token = provider.tokens(provider.browser(), app).access_token

        assert app.send("GET", "/userinfo", headers={"Authorization": f"{scheme} {token}"}).status == 200

    def test_every_standard_claim_comes_with_its_type(self, provider: Provider) -> None:
        """Core §5.1: numeric updated_at, boolean *_verified, address as an object."""
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app, scope=EVERY_SCOPE)

        told = app.userinfo(tokens.access_token).members

        assert {name: told[name] for name in EVERY_CLAIM} == EVERY_CLAIM
        assert told.keys() == EVERY_CLAIM.keys() | {"sub"}

    @pytest.mark.parametrize(
        ("scope", "claims"),
        [
            ("openid", set()),
            ("openid email", {"email", "email_verified"}),
            ("openid phone", {"phone_number", "phone_number_verified"}),
            ("openid address", {"address"}),
            ("openid real_name", {"real_name_assurance"}),
        ],
    )
    def test_a_scope_tells_its_claims(self, provider: Provider, scope: str, claims: set[str]) -> None:
        """Core §5.4."""
        provider.person()
        app = provider.client()

        tokens = provider.tokens(provider.browser(), app, scope=scope)

        assert app.userinfo(tokens.access_token).members.keys() == claims | {"sub"}

    def test_what_is_not_known_is_left_out(self, provider: Provider) -> None:
        """Core §5.3.2: neither null nor empty."""
        provider.person(claims={"name": "Only a Name"})
        app = provider.client()

        tokens = provider.tokens(provider.browser(), app, scope=EVERY_SCOPE)

        told = app.userinfo(tokens.access_token).members
        assert told["name"] == "Only a Name"
        assert None not in told.values()
        assert "email" not in told

    def test_what_changes_is_told_as_it_is_now(self, provider: Provider) -> None:
        account = provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)
        changed = dataclasses.replace(account, claims={**account.claims, "name": "A New Name"})
        provider.services.stores.accounts.set_claims(changed, (account.username,))

        assert app.userinfo(tokens.access_token).name == "A New Name"

    @pytest.mark.parametrize(
        "token", ["", "x", "a.b.c", "rt_" + "x" * 43], ids=["none", "word", "dots", "refresh token"]
    )
    def test_a_bad_token_is_challenged(self, provider: Provider, token: str) -> None:
        """RFC 6750 §3: 401 with WWW-Authenticate: Bearer."""
        app = provider.client()

        answer = ask(app, token, "get")

        assert (answer.status, answer.error) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answer.headers["Cache-Control"] == "no-store"

    def test_an_expired_token_is_a_bad_one(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)
        provider.clock.advance(seconds=299)
        assert app.userinfo(tokens.access_token).status == 200

        provider.clock.advance(seconds=1)

        assert app.userinfo(tokens.access_token).error == "invalid_token"

    def test_a_token_in_the_address_is_refused(self, provider: Provider) -> None:
        """RFC 6750 §2.3, RFC 9700 §4.3.2: it would be logged on the way."""
        provider.person()
        app = provider.client()
        token = provider.tokens(provider.browser(), app).access_token

        answer = app.send("GET", f"/userinfo?access_token={token}")

        assert (answer.status, answer.error) == (400, "invalid_request")

    def test_a_token_is_sent_in_one_way_at_a_time(self, provider: Provider) -> None:
        """RFC 6750 §2."""
        provider.person()
        app = provider.client()
        token = provider.tokens(provider.browser(), app).access_token

        twice = app.send("POST", "/userinfo", {"access_token": token}, {"Authorization": f"Bearer {token}"})
        doubled = app.send("POST", "/userinfo", {"access_token": [token, token]})

        assert (twice.error, doubled.error) == ("invalid_request", "invalid_request")

    def test_without_openid_there_is_nothing_to_tell(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app, scope="openid email")

        answer = app.userinfo(app.refresh(tokens.refresh_token, scope="email").access_token)

        assert (answer.status, answer.error) == (403, "insufficient_scope")

    def test_any_accept_header_gets_json(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        token = provider.tokens(provider.browser(), app).access_token
        for accept in ("application/json", "application/jwt", "text/html", "*/*", "nonsense"):
            header = {"Authorization": f"Bearer {token}", "Accept": accept}

            assert app.send("GET", "/userinfo", headers=header).headers["Content-Type"] == "application/json"


class TestIntrospection:
    """RFC 7662."""

    def test_a_client_sees_its_own_access_token(self, provider: Provider) -> None:
        """§2.2: every claim of the token, and that it is in force."""
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)

        told = app.introspect(tokens.access_token)

        assert (told.status, told.headers["Cache-Control"]) == (200, "no-store")
        assert told.members == {"active": True, "token_type": "Bearer", **claims_of(tokens.access_token)}

    def test_a_client_sees_its_own_refresh_token(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)

        told = app.introspect(tokens.refresh_token).members

        assert told["active"] is True
        assert (told["client_id"], told["sub"]) == (app.client_id, claims_of(tokens.id_token)["sub"])
        assert told["scope"] == "openid profile"
        app.refresh(tokens.refresh_token)
        assert app.introspect(tokens.refresh_token).members == {"active": False}

    def test_a_resource_sees_tokens_meant_for_it(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        api = provider.client("api", audiences=("https://api.tax.example",))
        for_api = provider.tokens(provider.browser(), app, resource="https://api.tax.example")
        for_userinfo = app.refresh(for_api.refresh_token, resource=f"{provider.issuer}/userinfo")

        assert api.introspect(for_api.access_token).members["active"] is True
        assert api.introspect(for_userinfo.access_token).members == {"active": False}
        assert api.introspect(for_api.refresh_token).members == {"active": False}

    @pytest.mark.parametrize("token", ["x", "a.b.c", "rt_x", "ac_x", "\u901a\u884c", "x" * 9_000])
    def test_what_is_no_token_is_inactive_and_no_error(self, provider: Provider, token: str) -> None:
        """§2.2: nothing but `active: false`."""
        told = provider.client().introspect(token)

        assert (told.status, told.members) == (200, {"active": False})

    def test_an_expired_or_ended_token_is_inactive(self, provider: Provider) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        expired = provider.tokens(browser, app)
        provider.clock.advance(minutes=5)
        ended = provider.tokens(browser, app)
        browser.submit(browser.get("/account"), "/account/sign-out")

        for tokens in (expired, ended):
            assert app.introspect(tokens.access_token).members == {"active": False}

    def test_only_an_authenticated_client_may_ask(self, provider: Provider) -> None:
        """§2.1."""
        app = provider.client()
        public = provider.client("public", auth_method=ClientAuthMethod.NONE)

        assert app.send("POST", "/introspect", {"token": "x"}).error == "invalid_client"
        wrong = dataclasses.replace(app, secret="cs_wrong")
        assert (wrong.introspect("x").status, wrong.introspect("x").error) == (401, "invalid_client")
        assert public.introspect("x").error == "unauthorized_client"

    def test_a_token_is_required(self, provider: Provider) -> None:
        assert provider.client().call("/introspect", {}).error == "invalid_request"


class TestRevocation:
    """RFC 7009."""

    def test_revoking_a_refresh_token_ends_everything_of_its_grant(self, provider: Provider) -> None:
        """§2.1: the access tokens too."""
        provider.person()
        app = provider.client()
        first = provider.tokens(provider.browser(), app)
        second = app.refresh(first.refresh_token)

        answer = app.revoke(second.refresh_token)

        assert (answer.status, answer.members) == (200, {})
        assert answer.headers["Cache-Control"] == "no-store"
        assert app.refresh(second.refresh_token).error == "invalid_grant"
        for tokens in (first, second):
            assert app.userinfo(tokens.access_token).status == 401

    def test_a_used_refresh_token_revokes_too(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        first = provider.tokens(provider.browser(), app)
        second = app.refresh(first.refresh_token)

        app.revoke(first.refresh_token)

        assert app.refresh(second.refresh_token).error == "invalid_grant"

    def test_revoking_an_access_token_ends_that_one(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)
        other = app.refresh(tokens.refresh_token)

        assert app.revoke(tokens.access_token).status == 200

        assert app.userinfo(tokens.access_token).error == "invalid_token"
        assert app.userinfo(other.access_token).status == 200
        assert app.refresh(other.refresh_token).status == 200

    def test_a_machines_token_can_be_revoked(self, provider: Provider) -> None:
        app = provider.client()
        token = app.token(grant_type="client_credentials").access_token

        app.revoke(token)

        assert app.introspect(token).members == {"active": False}

    @pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
    def test_the_hint_is_only_a_hint(self, provider: Provider, hint: str | None) -> None:
        """§2.1: wrong ones do no harm."""
        provider.person()
        app = provider.client()
        tokens = provider.tokens(provider.browser(), app)

        answer = app.call("/revoke", {"token": tokens.refresh_token, "token_type_hint": hint})

        assert answer.status == 200
        assert app.refresh(tokens.refresh_token).error == "invalid_grant"

    @pytest.mark.parametrize("token", ["x", "a.b.c", "rt_x", "", "\u901a\u884c"])
    def test_an_unknown_token_is_no_error(self, provider: Provider, token: str) -> None:
        """§2.2: except that there must be one (§2.1)."""
        answer = provider.client().revoke(token)

        assert (answer.status, answer.error) == ((200, None) if token else (400, "invalid_request"))

    def test_only_an_authenticated_client_may_revoke(self, provider: Provider) -> None:
        app = provider.client()

        assert app.send("POST", "/revoke", {"token": "x"}).error == "invalid_client"

    def test_a_public_client_revokes_its_own(self, provider: Provider) -> None:
        provider.person()
        app = provider.client(auth_method=ClientAuthMethod.NONE)
        tokens = provider.tokens(provider.browser(), app)

        assert app.revoke(tokens.refresh_token).status == 200

        assert app.refresh(tokens.refresh_token).error == "invalid_grant"
