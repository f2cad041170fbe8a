"""Proof of possession: RFC 9449, clause by clause."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.dpop import KeyHolder, hash_of
from tests.support.provider import Provider
from tests.support.relying_party import ASSERTION_TYPE, Answer, answer_of

API = "https://api.tax.example"


@pytest.fixture
def holder(provider: Provider) -> KeyHolder:
    """A confidential client with a key; it has heard a nonce already."""
    found = KeyHolder(provider.client(audiences=(API,)))
    assert found.machine().status == 200
    return found


def signed_in(provider: Provider, holder: KeyHolder, **parameters: Any) -> Answer:
    """The tokens of a sign-in whose code was redeemed with a proof."""
    arrival = provider.arrive(provider.browser(), holder.app, **parameters)
    return holder.redeem(arrival.code, arrival.pending.verifier)


def another(holder: KeyHolder) -> KeyHolder:
    """The same client with another key."""
    return dataclasses.replace(holder, key=ECKey.generate_key("P-256"))


class TestTheTokenEndpoint:
    """§5: a token request with a proof gets a token bound to the key."""

    def test_a_token_is_bound_to_the_key_of_its_proof(self, provider: Provider, holder: KeyHolder) -> None:
        """§5, §6.1: `token_type` is DPoP, and `cnf.jkt` the thumbprint of RFC 7638."""
        provider.person()

        tokens = signed_in(provider, holder)
        _, claims = holder.app.verified(tokens.access_token)

        assert tokens.token_type == "DPoP"
        assert claims["cnf"] == {"jkt": holder.jkt}
        assert tokens.id_token
        assert tokens.refresh_token

    def test_without_a_proof_it_is_a_bearer_token_as_ever(self, provider: Provider) -> None:
        app = provider.client()

        answer = app.token(grant_type="client_credentials", scope="tax.read")

        assert answer.token_type == "Bearer"
        assert "cnf" not in app.verified(answer.access_token)[1]
        assert "DPoP-Nonce" not in answer.headers

    @pytest.mark.parametrize("method", ClientAuthMethod)
    def test_whichever_way_the_client_proves_itself(
        self, provider: Provider, method: ClientAuthMethod
    ) -> None:
        provider.person()
        holder = KeyHolder(provider.client(auth_method=method))

        tokens = signed_in(provider, holder)

        assert (tokens.status, tokens.token_type) == (200, "DPoP")
        assert holder.userinfo(tokens.access_token).status == 200

    @pytest.mark.parametrize(
        ("algorithm", "key"),
        [
            ("ES256", ECKey.generate_key("P-256")),
            ("EdDSA", OKPKey.generate_key("Ed25519")),
            ("PS256", RSAKey.generate_key(2048)),
        ],
        ids=["ES256", "EdDSA", "PS256"],
    )
    @pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
    def test_every_advertised_algorithm_works(self, provider: Provider, algorithm: str, key: Any) -> None:
        """§5.1: `dpop_signing_alg_values_supported`."""
        holder = KeyHolder(provider.client(), key, algorithm)

        assert algorithm in provider.services.metadata["dpop_signing_alg_values_supported"]
        answer = holder.machine()
        assert answer.token_type == "DPoP"
        assert holder.app.verified(answer.access_token)[1]["cnf"] == {"jkt": key.thumbprint()}

    def test_a_client_may_want_no_other_tokens(self, provider: Provider) -> None:
        """§5.2: `dpop_bound_access_tokens`."""
        holder = KeyHolder(provider.client(dpop_bound_access_tokens=True))

        bare = holder.app.token(grant_type="client_credentials", scope="tax.read")

        assert (bare.status, bare.error) == (400, "invalid_dpop_proof")
        assert holder.machine().token_type == "DPoP"


class TestRefreshTokens:
    """§5: of a public client they are bound to the key; a confidential one proves itself anyway."""

    @pytest.fixture
    def public(self, provider: Provider) -> KeyHolder:
        provider.person()
        return KeyHolder(provider.client(auth_method=ClientAuthMethod.NONE))

    def test_a_public_client_refreshes_with_its_key(self, provider: Provider, public: KeyHolder) -> None:
        tokens = signed_in(provider, public)

        fresh = public.refresh(tokens.refresh_token)

        assert (fresh.status, fresh.token_type) == (200, "DPoP")
        assert public.refresh(fresh.refresh_token).status == 200

    def test_a_public_client_refreshes_with_no_other_key(self, provider: Provider, public: KeyHolder) -> None:
        tokens = signed_in(provider, public)

        stolen = another(public).refresh(tokens.refresh_token)

        assert (stolen.status, stolen.error) == (400, "invalid_grant")
        assert public.refresh(tokens.refresh_token).status == 200

    @pytest.mark.parametrize("method", [ClientAuthMethod.NONE, ClientAuthMethod.SECRET_BASIC])
    def test_nobody_goes_on_without_a_proof(self, provider: Provider, method: ClientAuthMethod) -> None:
        provider.person()
        holder = KeyHolder(provider.client(auth_method=method))
        tokens = signed_in(provider, holder)

        bare = holder.app.refresh(tokens.refresh_token)

        assert (bare.status, bare.error) == (400, "invalid_dpop_proof")
        assert holder.refresh(tokens.refresh_token).status == 200

    def test_a_confidential_client_may_change_its_key(self, provider: Provider, holder: KeyHolder) -> None:
        provider.person()
        tokens, later = signed_in(provider, holder), another(holder)

        fresh = later.refresh(tokens.refresh_token)

        assert holder.app.verified(fresh.access_token)[1]["cnf"] == {"jkt": later.jkt}
        assert later.userinfo(fresh.access_token).status == 200

    def test_a_grant_that_began_without_a_key_may_get_one(
        self, provider: Provider, holder: KeyHolder
    ) -> None:
        provider.person()
        tokens = provider.tokens(provider.browser(), holder.app)

        fresh = holder.refresh(tokens.refresh_token)

        assert (tokens.token_type, fresh.token_type) == ("Bearer", "DPoP")


class TestIntrospection:
    """§6.2."""

    def test_it_tells_type_and_key(self, holder: KeyHolder) -> None:
        token = holder.machine().access_token

        told = holder.app.introspect(token)

        assert (told.active, told.token_type, told.cnf) == (True, "DPoP", {"jkt": holder.jkt})

    def test_a_bearer_token_has_none(self, holder: KeyHolder) -> None:
        token = holder.app.token(grant_type="client_credentials", scope="tax.read").access_token

        told = holder.app.introspect(token)

        assert told.token_type == "Bearer"
        assert "cnf" not in told.members


class TestUserinfo:
    """§7: the resource that we serve ourselves."""

    @pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
    def test_a_bound_token_comes_with_its_scheme_and_a_proof(
        self, provider: Provider, holder: KeyHolder, scheme: str
    ) -> None:
        """§7.1; RFC 9110 §11.1: the scheme is case-insensitive."""
        person = provider.person()
        tokens = signed_in(provider, holder)

        answer = holder.userinfo(tokens.access_token, scheme=scheme)

        assert answer.status == 200
        assert answer.name == person.claims["name"]
        assert answer.headers["DPoP-Nonce"] == holder.nonce

    def test_by_post_too(self, provider: Provider, holder: KeyHolder) -> None:
        provider.person()
        token = signed_in(provider, holder).access_token
        proof = holder.proof("POST", "/userinfo", ath=hash_of(token))

        answer = holder.app.send(
            "POST", "/userinfo", headers={"Authorization": f"DPoP {token}", "DPoP": proof}
        )

        assert answer.status == 200

    def test_a_refusal_says_which_scheme_and_which_algorithms(
        self, provider: Provider, holder: KeyHolder
    ) -> None:
        """§7.1: `DPoP` with `error` and `algs`."""
        provider.person()
        token = signed_in(provider, holder).access_token

        answer = another(holder).userinfo(token)

        assert (answer.status, answer.error) == (401, "invalid_token")
        assert re.fullmatch(
            r'DPoP error="invalid_token", error_description="[^"]+", algs="ES256 EdDSA PS256"',
            answer.headers["WWW-Authenticate"],
        )

    def test_whoever_brings_nothing_learns_both_schemes(self, provider: Provider) -> None:
        """§7.2."""
        answer = provider.client().send("GET", "/userinfo")

        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answer.headers["WWW-Authenticate"].endswith(', DPoP algs="ES256 EdDSA PS256"')

    def test_the_scheme_without_a_proof_is_refused(self, provider: Provider, holder: KeyHolder) -> None:
        provider.person()
        token = signed_in(provider, holder).access_token

        answer = holder.app.send("GET", "/userinfo", headers={"Authorization": f"DPoP {token}"})

        assert (answer.status, answer.error) == (401, "invalid_dpop_proof")

    def test_a_token_that_is_bound_to_no_key_has_the_other_scheme(
        self, provider: Provider, holder: KeyHolder
    ) -> None:
        """§7.1: the key of the proof must be the one in the token, and there is none."""
        provider.person()
        token = provider.tokens(provider.browser(), holder.app).access_token

        assert holder.userinfo(token).error == "invalid_token"
        assert holder.app.userinfo(token).status == 200


class TestNonces:
    """§8, §9."""

    def test_the_first_proof_is_told_the_nonce(self, provider: Provider) -> None:
        """§8: 400, `use_dpop_nonce`, `DPoP-Nonce`, kept by nobody."""
        holder = KeyHolder(provider.client())

        answer = holder.machine(holder.proof("POST", "/token"))

        assert (answer.status, answer.error) == (400, "use_dpop_nonce")
        # §8.1: at least one of these characters, and no others.
        assert re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", answer.headers["DPoP-Nonce"])
        assert answer.headers["Cache-Control"] == "no-store"
        assert holder.machine(holder.proof("POST", "/token")).status == 200

    def test_the_pushed_request_endpoint_wants_one_too(self, provider: Provider) -> None:
        holder = KeyHolder(provider.client())
        _, members = holder.app.ask()

        answer = holder.call_once("/par", members, holder.proof("POST", "/par"))

        assert (answer.status, answer.error) == (400, "use_dpop_nonce")
        assert holder.call_once("/par", members, holder.proof("POST", "/par")).status == 201

    def test_userinfo_tells_it_in_its_challenge(self, provider: Provider, holder: KeyHolder) -> None:
        """§9: 401 with `WWW-Authenticate: DPoP error="use_dpop_nonce"`."""
        provider.person()
        token = signed_in(provider, holder).access_token

        answer = holder.userinfo(token, holder.proof_for(token, nonce=None))

        assert (answer.status, answer.error) == (401, "use_dpop_nonce")
        assert answer.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce"')
        assert answer.headers["DPoP-Nonce"] == holder.nonce

    def test_a_client_that_lacked_it_has_lost_nothing(self, provider: Provider) -> None:
        """Neither its code nor its assertion: the very same request goes through with another proof."""
        provider.person()
        app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        credentials = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": app.assertion()}
        arrival = provider.arrive(provider.browser(), app)
        holder = KeyHolder(dataclasses.replace(app, auth_method="none"))

        answer = holder.redeem(arrival.code, arrival.pending.verifier, **credentials)

        assert (answer.status, answer.token_type) == (200, "DPoP")

    def test_a_success_brings_the_next_one(self, provider: Provider, holder: KeyHolder) -> None:
        """§8.2: whoever calls now and then is never turned away."""
        seen = set()
        for _ in range(10):
            answer = holder.machine(holder.proof("POST", "/token"))
            assert answer.status == 200
            seen.add(answer.headers["DPoP-Nonce"])
            provider.clock.advance(minutes=1)

        assert len(seen) == 5

    def test_it_is_good_for_two_minutes_and_at_most_four(self, provider: Provider, holder: KeyHolder) -> None:
        nonce = holder.nonce
        provider.clock.advance(seconds=119)
        assert holder.machine(holder.proof("POST", "/token", nonce=nonce)).status == 200

        provider.clock.advance(seconds=121)

        assert holder.machine(holder.proof("POST", "/token", nonce=nonce)).error == "use_dpop_nonce"


class TestCodes:
    """§10: a request may name the key that alone redeems its code."""

    def test_by_its_parameter(self, provider: Provider, holder: KeyHolder) -> None:
        provider.person()

        tokens = signed_in(provider, holder, dpop_jkt=holder.jkt)

        assert tokens.token_type == "DPoP"

    def test_another_key_does_not_redeem_it(self, provider: Provider, holder: KeyHolder) -> None:
        provider.person()
        arrival = provider.arrive(provider.browser(), holder.app, dpop_jkt=holder.jkt)

        stolen = another(holder).redeem(arrival.code, arrival.pending.verifier)
        bare = holder.app.redeem(arrival.code, arrival.pending.verifier)

        assert (stolen.status, stolen.error) == (400, "invalid_grant")
        assert (bare.status, bare.error) == (400, "invalid_dpop_proof")
        assert holder.redeem(arrival.code, arrival.pending.verifier).status == 200

    @pytest.mark.parametrize("jkt", ["x", "x" * 42, "x" * 44, "x" * 42 + "=", "x" * 42 + " "])
    def test_what_is_no_thumbprint_is_refused(self, provider: Provider, jkt: str) -> None:
        page = provider.browser().get(provider.client().begin(dpop_jkt=jkt).url)

        assert answer_of(page.url)["error"] == "invalid_request"

    def test_by_a_proof_with_the_pushed_request(self, provider: Provider, holder: KeyHolder) -> None:
        """§10.1."""
        provider.person()
        pending, members = holder.app.ask()
        pushed = holder.call("/par", members)
        address = holder.app.address(client_id=holder.app.client_id, request_uri=pushed.request_uri)
        code = answer_of(provider.walk(provider.browser(), address).url)["code"]

        stolen = another(holder).redeem(code, pending.verifier)

        assert pushed.status == 201
        assert pushed.headers["DPoP-Nonce"]
        assert stolen.error == "invalid_grant"
        assert holder.redeem(code, pending.verifier).token_type == "DPoP"

    def test_by_both_when_they_agree(self, holder: KeyHolder) -> None:
        """§10.1: otherwise the request is refused."""
        _, members = holder.app.ask(dpop_jkt=holder.jkt)

        assert holder.call("/par", members).status == 201
        refused = another(holder).call("/par", members)
        assert (refused.status, refused.error) == (400, "invalid_dpop_proof")

    def test_within_a_request_object(self, provider: Provider) -> None:
        """Signed by the client, and still compared with the proof sent along."""
        provider.person()
        app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        holder = KeyHolder(app)
        pending, token = app.request_object(dpop_jkt=holder.jkt)
        form = {"client_id": app.client_id, "request": token}

        assert another(holder).call("/par", form).error == "invalid_dpop_proof"
        pushed = app.call("/par", form)
        address = app.address(client_id=app.client_id, request_uri=pushed.request_uri)
        code = answer_of(provider.walk(provider.browser(), address).url)["code"]

        assert another(holder).redeem(code, pending.verifier).error == "invalid_grant"
        assert holder.redeem(code, pending.verifier).status == 200


class TestWhatAProofSays:
    """§4.2, §4.3: what is tolerated. What is refused is in `tests/attacks/test_dpop.py`."""

    @pytest.mark.parametrize(
        "htu",
        [
            "HTTP://EAST.id.LOCALHOST:8001/token",
            "http://east.id.localhost:8001/token?a=b",
            "http://east.id.localhost:8001/token#fragment",
            "http://east.id.localhost:8001/%74oken",
            "http://east.id.localhost:8001/a/../token",
        ],
    )
    def test_an_address_may_be_spelt_otherwise(self, holder: KeyHolder, htu: str) -> None:
        """§4.3 (9), RFC 3986 §6.2: without query and fragment, normalised."""
        assert holder.machine(holder.proof("POST", "/token", htu=htu)).status == 200

    @pytest.mark.parametrize("seconds", [-60, -10, 10, 60])
    def test_clocks_may_differ(self, provider: Provider, holder: KeyHolder, seconds: int) -> None:
        issued_at = int(provider.clock.now().timestamp()) + seconds

        assert holder.machine(holder.proof("POST", "/token", iat=issued_at)).status == 200

    def test_members_of_other_uses_do_not_count(self, holder: KeyHolder) -> None:
        proof = holder.proof("POST", "/token", nbf=1, exp=2, aud="x", sub="y", extra={"a": [1]})

        assert holder.machine(proof).status == 200
