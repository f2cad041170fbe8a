"""The OpenID Foundation's test programme for OpenID Federation 1.0, replayed: providers, by automatic registration.

As `test_federation_programme.py`; the programme is a relying party that nobody registered. It sends neither PKCE nor a
nonce, has its keys at an address, and addresses its assertions to the token endpoint: all of it takes `IDP_COMPAT`.
Every module that expects an error takes a page in place of a redirect, as the specification has it (§12.1.3). Its pages
are looked at by people, so each has to say what was wrong.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.browser import Page
from tests.support.clock import FakeClock
from tests.support.federation import new_key, seconds
from tests.support.federation_joined import Joined, join
from tests.support.federation_programme import EAST, FIVE_MINUTES, PROGRAMME, WAYS, WELL_KNOWN
from tests.support.leak_guard import LeakGuard
from tests.support.relying_party import ASSERTION_TYPE

OBJECT = "invalid_request_object"
CHAIN = "invalid_trust_chain"


@pytest.fixture
def algorithm() -> str:
    return "ES256"


@pytest.fixture
def joined(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard, algorithm: str
) -> Iterator[Joined]:
    built = join(tmp_path, sqlite_template, clock, leak_guard, algorithm, compat=True)
    yield built
    built.close()


@pytest.fixture
def known(joined: Joined) -> Joined:
    """As in the programme, whose modules follow each other: it registered a moment ago."""
    joined.programme.sign_in("get", joined.programme.request_object())
    return joined


def require_refused(page: Page, error: str, *hints: str) -> None:
    """A page of ours, no redirect and no code, which tells a developer what was wrong."""
    text = html.unescape(page.text)
    assert (page.status, page.is_outside) == (400, False)
    assert page.path == "/authorize"
    assert f"<code>{error}</code>" in text
    assert all(hint in text for hint in hints), text


class TestSigningIn:
    @pytest.mark.parametrize("algorithm", ["ES256", "PS256", "RS256"])
    @pytest.mark.parametrize("way", WAYS)
    def test_it_registers_by_its_first_request(self, joined: Joined, way: str) -> None:
        """openid-federation-automatic-client-registration-with-jar-and-get, …-with-jar-and-post, …-with-par"""
        programme = joined.programme

        assert programme.sign_in(way, programme.request_object())["aud"] == PROGRAMME

    @pytest.mark.parametrize("place", ["claims", "header"])
    @pytest.mark.parametrize("way", WAYS)
    def test_it_registers_by_the_chain_it_brings(self, joined: Joined, way: str, place: str) -> None:
        """…-with-jar-and-get-and-trust-chain, …-post-and-trust-chain, …-with-par-and-trust-chain, …-in-claims"""
        programme = joined.programme
        joined.roads.asked.clear()

        chain = {"trust_chain": programme.chain()}
        claims, header = (chain, {}) if place == "claims" else ({}, chain)

        assert programme.sign_in(way, programme.request_object(None, header, **claims))
        assert joined.roads.asked == [f"{PROGRAMME}/jwks"]

    def test_its_request_may_be_encrypted_by_the_older_oaep(self, joined: Joined) -> None:
        """openid-federation-automatic-client-registration-with-jar-and-encrypted-request-object"""
        programme = joined.programme

        assert programme.sign_in("get", programme.encrypted(programme.request_object()))

    def test_its_configuration_is_asked_for(self, joined: Joined) -> None:
        """openid-federation-automatic-client-registration-expect-entity-configuration-request"""
        joined.programme.ask(joined.programme.request_object())

        assert f"{PROGRAMME}{WELL_KNOWN}" in joined.roads.asked

    def test_a_configuration_by_another_name_registers_nobody(self, joined: Joined) -> None:
        """openid-federation-automatic-client-registration-invalid-iss-in-entity-configuration"""
        joined.programme.claims["iss"] = f"{PROGRAMME}/1"

        require_refused(joined.programme.ask(joined.programme.request_object()), CHAIN)
        assert joined.region.services.clients.find_by_id(PROGRAMME) is None


class TestBrokenRequests:
    @pytest.mark.parametrize(
        ("claims", "hint"),
        [
            pytest.param({"client_id": f"{PROGRAMME}/1"}, "client_id", id="client-id-in-request-object"),
            pytest.param({"iss": f"{PROGRAMME}/1"}, "iss", id="request-object-iss"),
            pytest.param({"iss": None}, "iss", id="missing-request-object-iss"),
            pytest.param({"aud": f"{EAST}/1"}, "aud must be the issuer", id="request-object-aud"),
            pytest.param({"aud": None}, "aud must be the issuer", id="missing-request-object-aud"),
            pytest.param({"jti": None}, "jti", id="missing-request-object-jti"),
            pytest.param({"exp": None}, "exp must be ahead", id="missing-request-object-exp"),
            pytest.param({"sub": PROGRAMME}, "sub is not allowed", id="request-object-sub"),
        ],
    )
    def test_a_claim_that_must_not_be_so_is_named(
        self, known: Joined, claims: dict[str, str | None], hint: str
    ) -> None:
        """openid-federation-automatic-client-registration-invalid-… (the name of the case)"""
        page = known.programme.ask(known.programme.request_object(**claims))

        require_refused(page, OBJECT, hint)

    def test_a_request_of_five_minutes_ago_is_refused(self, known: Joined) -> None:
        """openid-federation-automatic-client-registration-invalid-request-object-exp"""
        past = seconds(known.clock.now()) - FIVE_MINUTES

        require_refused(known.programme.ask(known.programme.request_object(exp=past)), OBJECT, "exp")

    def test_a_request_counts_once(self, joined: Joined) -> None:
        """openid-federation-automatic-client-registration-invalid-duplicate-request-object-jti"""
        jti = "3d1f4c0e-one-and-the-same"
        joined.programme.sign_in("get", joined.programme.request_object(jti=jti))

        page = joined.programme.ask(joined.programme.request_object(jti=jti))

        require_refused(page, OBJECT, "jti was used before")

    def test_somebody_elses_name_beside_the_object_is_refused(self, known: Joined) -> None:
        """openid-federation-automatic-client-registration-invalid-client-id-in-query-parameters"""
        page = known.programme.ask(known.programme.request_object(), client_id=f"{PROGRAMME}INVALID")

        require_refused(page, CHAIN, "the entity says nothing about itself")

    def test_a_signature_that_was_tampered_with_is_refused(self, known: Joined) -> None:
        """openid-federation-automatic-client-registration-invalid-signature-on-request-object"""
        signed, _, signature = known.programme.request_object().rpartition(".")
        changed = ("B" if signature[0] == "A" else "A") + signature[1:]

        require_refused(known.programme.ask(f"{signed}.{changed}"), OBJECT, "sign")

    @pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
    def test_keys_that_are_not_its_own_sign_nothing(self, known: Joined, algorithm: str) -> None:
        """openid-federation-automatic-client-registration-invalid-signature-with-other-keys-on-request-object"""
        page = known.programme.ask(known.programme.request_object(new_key(algorithm)))

        require_refused(page, OBJECT)

    @pytest.mark.parametrize("is_known", [False, True], ids=["stranger", "known"])
    @pytest.mark.parametrize(
        ("cut", "error"),
        [
            pytest.param(slice(None, None, -1), "invalid_trust_anchor", id="order"),
            pytest.param(slice(-2, None), CHAIN, id="too-short"),
        ],
    )
    def test_a_chain_that_is_none_is_refused_though_its_sender_is_known(
        self, joined: Joined, cut: slice, error: str, is_known: bool
    ) -> None:
        """openid-federation-automatic-client-registration-invalid-trust-chain-order, …-too-short"""
        programme = joined.programme
        if is_known:
            programme.sign_in("get", programme.request_object())

        page = programme.ask(programme.request_object(trust_chain=programme.chain()[cut]))

        require_refused(page, error)


class TestAudienceOfAssertions:
    """What the programme sends to the token endpoint, and no further."""

    def code(self, joined: Joined) -> str:
        programme, region = joined.programme, joined.region
        address = programme.begin("get", programme.request_object())
        page = region.walk(region.browser(), address)
        return page.url.partition("code=")[2].partition("&")[0]

    @pytest.mark.parametrize("audience", [EAST, f"{EAST}/token"])
    def test_the_token_endpoint_takes_either(self, joined: Joined, audience: str) -> None:
        assert joined.programme.redeem(self.code(joined), audience).status_code == 200

    @pytest.mark.parametrize("audience", [f"{EAST}/par", f"{EAST}/token/", f"{EAST}/introspect"])
    def test_and_no_other(self, joined: Joined, audience: str) -> None:
        answer = joined.programme.redeem(self.code(joined), audience)

        assert (answer.status_code, (answer.json or {})["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("path", ["/par", "/introspect", "/revoke"])
    def test_nowhere_else_an_endpoint_is_named(self, known: Joined, path: str) -> None:
        signed = {"request": known.programme.request_object()} if path == "/par" else {"token": "x"}
        form = known.programme.assertion(f"{EAST}/token") | signed

        answer = known.region.send("POST", path, data=form)

        assert (answer.json or {})["error"] == "invalid_client"

    def test_a_mini_app_of_the_registry_names_the_issuer(self, joined: Joined) -> None:
        app = joined.region.client("keys", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)

        answers = [
            app.send(
                "POST",
                "/token",
                {
                    "grant_type": "authorization_code",
                    "code": "ac_x",
                    "client_assertion": app.assertion(aud=audience),
                    "client_assertion_type": ASSERTION_TYPE,
                },
            )
            for audience in (f"{EAST}/token", EAST)
        ]

        assert [answer.error for answer in answers] == ["invalid_client", "invalid_grant"]
