"""What older clients and certification need of entities (`compat`): each where it is allowed, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import orjson
import pytest

from idp.oidc.vocabulary import Profile
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import Answer, Pending, RelyingParty, answer_of, claims_of

WITHOUT = {"code_challenge": None, "code_challenge_method": None}
JWK_SET = "application/jwk-set+json"


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


Joined = Callable[[bool], Provider]


@pytest.fixture
def joined(provider: Provider, others: Neighbours) -> Iterator[Joined]:
    """The provider with `compat` on or off; both have one database."""
    with ExitStack() as stack:
        yield lambda compat: stack.enter_context(federated_provider(provider, others, compat=compat))


@pytest.fixture
def lenient(joined: Joined) -> Provider:
    provider = joined(True)
    provider.person()
    return provider


def metadata_of(others: Neighbours) -> dict[str, Any]:
    found: dict[str, Any] = others.health.metadata["openid_relying_party"]
    return found


def by_address(others: Neighbours, **answer: Any) -> str:
    """Move the keys of Health to an address of its own."""
    address = f"{others.health.id}/jwks"
    keys = metadata_of(others).pop("jwks")
    metadata_of(others)["jwks_uri"] = address
    said = {"status": 200, "kind": JWK_SET, "body": orjson.dumps(keys), **answer}
    others.instead[address, address] = said["status"], said["kind"], said["body"]
    return address


def code_of(provider: Provider, pending: Pending) -> str:
    return answer_of(provider.walk(provider.browser(), pending.url).url)["code"]


def asked(others: Neighbours, address: str) -> int:
    return others.asked.count((address, address))


def push_with_chain(others: Neighbours, app: RelyingParty, **claims: Any) -> Answer:
    _, token = app.request_object({"trust_chain": others.tokens(others.health)}, **claims)
    return app.send("POST", "/par", {"client_id": app.client_id, "request": token})


class TestWithoutProofKey:
    @pytest.mark.parametrize("way", ["address", "push"])
    def test_a_signed_request_may_come_without(self, lenient: Provider, others: Neighbours, way: str) -> None:
        app = others.client(lenient)
        pending = app.begin_signed(**WITHOUT) if way == "address" else app.push_signed(**WITHOUT)[0]

        tokens = app.redeem(code_of(lenient, pending), None)

        assert tokens.status == 200, tokens.members
        assert claims_of(tokens.id_token)["aud"] == app.client_id

    def test_a_verifier_that_nobody_asked_for_is_refused(self, lenient: Provider, others: Neighbours) -> None:
        """Somebody took the challenge out of a request, or put another code into an answer (RFC 9700 §4.8.2)."""
        app = others.client(lenient)
        pending = app.begin_signed(**WITHOUT)

        assert app.redeem(code_of(lenient, pending), pending.verifier).error == "invalid_grant"

    @pytest.mark.parametrize("verifier", [None, "v" * 43])
    def test_a_challenge_that_was_sent_counts(
        self, lenient: Provider, others: Neighbours, verifier: str | None
    ) -> None:
        app = others.client(lenient)
        pending = app.begin_signed()

        assert app.redeem(code_of(lenient, pending), verifier).error == "invalid_grant"

    @pytest.mark.parametrize(
        "claims",
        [
            {"code_challenge_method": "plain"},
            {"code_challenge_method": None},
            {"code_challenge": None},
            {"code_challenge": "short"},
        ],
    )
    def test_half_a_challenge_is_refused(
        self, lenient: Provider, others: Neighbours, claims: dict[str, Any]
    ) -> None:
        assert others.client(lenient).push_signed(**claims)[1].error == "invalid_request"

    def test_what_is_not_signed_needs_it(self, lenient: Provider, others: Neighbours) -> None:
        app = others.client(lenient)

        assert app.push(**WITHOUT)[1].error == "invalid_request"
        assert app.push()[1].status == 201

    def test_a_mini_app_of_the_registry_needs_it(self, lenient: Provider) -> None:
        page = lenient.browser().get(lenient.client().begin(**WITHOUT).url)

        assert answer_of(page.url)["error"] == "invalid_request"


class TestWithoutAnAuthenticationMethod:
    def test_left_out_it_is_by_key(self, lenient: Provider, others: Neighbours) -> None:
        del metadata_of(others)["token_endpoint_auth_method"]
        app = others.client(lenient)
        pending = app.begin_signed()

        assert app.redeem(code_of(lenient, pending), pending.verifier).status == 200

    @pytest.mark.parametrize("method", ["client_secret_basic", "none"])
    def test_another_one_is_refused(self, lenient: Provider, others: Neighbours, method: str) -> None:
        metadata_of(others)["token_endpoint_auth_method"] = method

        assert push_with_chain(others, others.client(lenient)).error == "invalid_metadata"


class TestKeysByAddress:
    @pytest.mark.parametrize("kind", [JWK_SET, "application/json"])
    def test_are_fetched_once_and_kept(self, lenient: Provider, others: Neighbours, kind: str) -> None:
        address = by_address(others, kind=kind)
        app = others.client(lenient)
        pending = app.begin_signed()

        assert app.redeem(code_of(lenient, pending), pending.verifier).status == 200
        assert app.push_signed()[1].status == 201
        assert asked(others, address) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 404},
            {"kind": "text/html"},
            {"body": b"{"},
            {"body": b'{"keys": []}'},
            {"body": b'{"keys": 7}'},
            {"body": b"[]"},
            {"body": b'{"keys": [], "keys": []}'},
        ],
    )
    def test_that_are_none_register_nobody(
        self, lenient: Provider, others: Neighbours, answer: dict[str, Any]
    ) -> None:
        by_address(others, **answer)

        assert push_with_chain(others, others.client(lenient)).error == "invalid_metadata"
        assert lenient.services.clients.find_by_id(others.health.id) is None

    def test_of_endless_length_register_nobody(self, lenient: Provider, others: Neighbours) -> None:
        keys = metadata_of(others)["jwks"]
        by_address(others, body=orjson.dumps({**keys, "padding": "x" * 65_536}))

        assert push_with_chain(others, others.client(lenient)).error == "invalid_metadata"

    def test_whoever_failed_is_left_alone_for_seconds(self, lenient: Provider, others: Neighbours) -> None:
        address, app = by_address(others, status=500), others.client(lenient)
        for _ in range(3):
            assert push_with_chain(others, app).error == "invalid_metadata"
        assert asked(others, address) == 1

        lenient.clock.advance(seconds=11)
        push_with_chain(others, app)

        assert asked(others, address) == 2

    def test_on_another_host_are_not_fetched(self, lenient: Provider, others: Neighbours) -> None:
        by_address(others)
        elsewhere = metadata_of(others)["jwks_uri"] = f"{others.address('elsewhere')}/jwks"

        assert push_with_chain(others, others.client(lenient)).error == "invalid_metadata"
        assert asked(others, elsewhere) == 0

    def test_keys_at_hand_are_enough(self, lenient: Provider, others: Neighbours) -> None:
        keys = metadata_of(others)["jwks"]
        address = by_address(others)
        metadata_of(others)["jwks"] = keys

        push_with_chain(others, others.client(lenient))

        assert asked(others, address) == 0


def test_an_object_may_be_encrypted_by_the_older_alg(lenient: Provider, others: Neighbours) -> None:
    app = others.client(lenient)
    _, token = app.request_object()
    wrapped = app.encrypted(token, "RSA-OAEP", "A256GCM")

    assert app.send("POST", "/par", {"client_id": app.client_id, "request": wrapped}).status == 201
    advertised = lenient.services.metadata["request_object_encryption_alg_values_supported"]
    assert "RSA-OAEP" in advertised


def test_all_of_it_together_as_certification_does_it(lenient: Provider, others: Neighbours) -> None:
    del metadata_of(others)["token_endpoint_auth_method"]
    by_address(others)
    app = others.client(lenient)
    pending, token = app.request_object(**WITHOUT, nonce=None, state=None, nbf=None, iat=None)
    pending.url = app.address(client_id=app.client_id, request=app.encrypted(token, "RSA-OAEP"))

    assert app.redeem(code_of(lenient, pending), None).status == 200


def test_who_registers_explicitly_is_told_the_keys_that_were_fetched(
    lenient: Provider, others: Neighbours
) -> None:
    del metadata_of(others)["token_endpoint_auth_method"]
    keys = metadata_of(others)["jwks"]
    address = by_address(others)
    chain = others.health.chain(now=others.clock.now())
    chain[0].claims["aud"] = ISSUER
    headers = {"Content-Type": "application/entity-statement+jwt"}

    answer = lenient.send("POST", "/fed/register", data=chain.tokens()[0].encode(), headers=headers)

    assert answer.status_code == 200, answer.text
    told = claims_of(answer.text)["metadata"]["openid_relying_party"]
    assert (told["jwks"], told["token_endpoint_auth_method"]) == (keys, "private_key_jwt")
    assert asked(others, address) == 1


class TestWhereItIsNotAllowed:
    @pytest.fixture
    def strict(self, joined: Joined) -> Provider:
        return joined(False)

    def test_no_request_comes_without_proof_key(self, strict: Provider, others: Neighbours) -> None:
        assert others.client(strict).push_signed(**WITHOUT)[1].error == "invalid_request"

    def test_nobody_leaves_out_how_it_proves_itself(self, strict: Provider, others: Neighbours) -> None:
        del metadata_of(others)["token_endpoint_auth_method"]

        assert push_with_chain(others, others.client(strict)).error == "invalid_metadata"

    def test_no_keys_are_fetched(self, strict: Provider, others: Neighbours) -> None:
        address = by_address(others)

        assert push_with_chain(others, others.client(strict)).error == "invalid_metadata"
        assert asked(others, address) == 0

    def test_the_older_alg_opens_nothing(self, strict: Provider, others: Neighbours) -> None:
        app = others.client(strict)
        _, token = app.request_object()
        wrapped = app.encrypted(token, "RSA-OAEP")

        answer = app.send("POST", "/par", {"client_id": app.client_id, "request": wrapped})

        assert answer.error == "invalid_request_object"
        advertised = strict.services.metadata["request_object_encryption_alg_values_supported"]
        assert "RSA-OAEP" not in advertised

    def test_who_registered_while_it_was_allowed_registers_anew(
        self, lenient: Provider, joined: Joined, others: Neighbours
    ) -> None:
        assert others.client(lenient).push_signed(**WITHOUT)[1].status == 201

        strict = joined(False)

        assert strict.services.clients.find_by_id(others.health.id) is None
        app = others.client(strict)
        assert app.push_signed(**WITHOUT)[1].error == "invalid_request"
        assert app.push_signed()[1].status == 201
        client = strict.services.clients.find_by_id(others.health.id)
        assert client is not None
        assert client.profile is Profile.STANDARD
