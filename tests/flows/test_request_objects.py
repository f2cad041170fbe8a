"""Signing in with a request that the mini-app signed (RFC 9101; OpenID Connect Core §6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import delete
from werkzeug.test import Client as HttpClient

from idp.app import create_app
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod
from idp.storage.clients import ClientRegistry
from idp.storage.schema import clients
from idp.storage.statement import Statement
from idp.wiring.protocol import Protocol
from idp.wiring.registering.callers import Callers
from tests.support.provider import Provider
from tests.support.relying_party import Answer, Pending, RelyingParty, answer_of, claims_of

KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256", {"kid": "k"}),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519", {"kid": "k"}),
    "PS256": lambda: RSAKey.generate_key(2048, {"kid": "k"}),
    "RS256": lambda: RSAKey.generate_key(2048, {"kid": "k"}),
}


@pytest.fixture
def app(provider: Provider) -> RelyingParty:
    """A mini-app with a key."""
    provider.person()
    return provider.client("signing", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)


def finish(provider: Provider, app: RelyingParty, pending: Pending) -> Answer:
    """Sign in, agree, redeem."""
    page = provider.walk(provider.browser(), pending.url)
    assert answer_of(page.url)["state"] == pending.state
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)
    assert claims_of(tokens.id_token)["nonce"] == pending.nonce
    return tokens


def test_a_citizen_signs_in_with_a_signed_request_in_the_address(
    provider: Provider, app: RelyingParty
) -> None:
    assert finish(provider, app, app.begin_signed()).status == 200


def test_and_with_one_that_was_pushed(provider: Provider, app: RelyingParty) -> None:
    pending, pushed = app.push_signed()

    assert pushed.status == 201
    assert finish(provider, app, pending).status == 200


def test_and_with_one_that_came_by_form(provider: Provider, app: RelyingParty) -> None:
    """It goes on as if it had been pushed: the address stays short however long the object is."""
    pending, token = app.request_object(padding="x" * 30_000)

    response = HttpClient(provider.app).post(
        "/authorize", data={"client_id": app.client_id, "request": token}, base_url=provider.issuer
    )
    pending.url = provider.issuer + response.headers["Location"]

    assert response.status_code == 303
    assert len(pending.url) < 300
    assert finish(provider, app, pending).status == 200


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_algorithm_that_a_client_may_register_is_verified(provider: Provider, algorithm: str) -> None:
    key, own = KEYS[algorithm](), ECKey.generate_key("P-256", {"kid": "for assertions"})
    provider.person()
    keys = [one.as_dict(private=False) for one in (key, own)]
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, jwks={"keys": keys})
    app.key = own

    pending, token = replace(app, key=key).request_object({"alg": algorithm})
    pending.url = app.address(client_id=app.client_id, request=token)

    assert finish(provider, app, pending).status == 200


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
def test_a_signed_request_may_be_encrypted_to_us(
    provider: Provider, app: RelyingParty, alg: str, enc: str
) -> None:
    """RFC 9101 §6.1: signed first, then encrypted to a key of the JWKS."""
    pending, token = app.request_object()
    encrypted = app.encrypted(token, alg, enc)
    pending.url = app.address(client_id=app.client_id, request=encrypted)

    assert finish(provider, app, pending).status == 200
    assert app.call("/par", {"request": encrypted}).status == 201


def published(app: RelyingParty) -> dict[str, Any]:
    """The key that request objects are encrypted to now."""
    return app.encryption_key("EC")


def test_encryption_keys_change_without_a_gap(provider: Provider, app: RelyingParty) -> None:
    """Each is published a day before it is the only one, and the old one still opens objects for that day."""
    ahead = provider.settings.key_publish_ahead.total_seconds()
    until_change = provider.settings.key_lifetime.total_seconds()
    old = published(app)
    provider.clock.advance(seconds=until_change - ahead + 2)
    new = published(app)

    _, token = app.request_object()
    assert app.call("/par", {"request": app.encrypted(token, key=old)}).status == 201
    assert app.call("/par", {"request": app.encrypted(token, key=new)}).status == 201
    provider.clock.advance(seconds=ahead)
    _, token = app.request_object()
    assert app.call("/par", {"request": app.encrypted(token, key=old)}).error == "invalid_request_object"
    assert app.call("/par", {"request": app.encrypted(token, key=new)}).status == 201
    assert new == published(app) != old


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "JWT", "application/oauth-authz-req+jwt", None])
def test_its_type_may_be_written_in_several_ways(
    provider: Provider, app: RelyingParty, typ: str | None
) -> None:
    _, token = app.request_object({"typ": typ})

    page = provider.browser().get(app.address(client_id=app.client_id, request=token))

    assert page.path == "/login"


def test_only_what_is_inside_counts(provider: Provider, app: RelyingParty) -> None:
    """RFC 9101 §6.3: not even a state from outside comes back."""
    pending, token = app.request_object(state=None, scope="openid")
    pending.url = app.address(
        client_id=app.client_id,
        request=token,
        state="forged",
        scope="openid email phone",
        redirect_uri="https://evil.example/",
        prompt="none",
        nonce="forged",
    )

    page = provider.walk(provider.browser(), pending.url)
    answer = answer_of(page.url)
    tokens = app.redeem(answer["code"], pending.verifier)

    assert page.url.startswith("https://tax.example/callback?")
    assert answer.keys() == {"code", "iss"}
    assert tokens.scope == "openid"
    assert claims_of(tokens.id_token)["nonce"] == pending.nonce


def test_parameters_may_be_json_of_their_own_kind(provider: Provider, app: RelyingParty) -> None:
    """Numbers, objects and arrays as JSON has them (RFC 9101 §4)."""
    pending = app.begin_signed(
        max_age=600,
        claims={"id_token": {"name": {"essential": True}}},
        resource=["https://api.tax.example"],
    )

    tokens = finish(provider, app, pending)

    assert claims_of(tokens.id_token)["name"]
    assert "auth_time" in claims_of(tokens.id_token)
    assert claims_of(tokens.access_token)["aud"] == "https://api.tax.example"


class TestAClientThatMustSign:
    """`require_signed_request_object` (RFC 9101 §10.5)."""

    @pytest.fixture
    def app(self, provider: Provider) -> RelyingParty:
        return provider.client(
            auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, require_signed_request_object=True
        )

    def test_its_plain_request_is_refused(self, provider: Provider, app: RelyingParty) -> None:
        answer = answer_of(provider.browser().get(app.begin().url).url)

        assert answer["error"] == "invalid_request"

    def test_its_unsigned_push_is_refused(self, app: RelyingParty) -> None:
        _, answer = app.push()

        assert (answer.status, answer.error) == (400, "invalid_request_object")

    def test_its_signed_requests_go_on(self, provider: Provider, app: RelyingParty) -> None:
        pushed, _ = app.push_signed()

        assert provider.browser().get(pushed.url).path == "/login"
        assert provider.browser().get(app.begin_signed().url).path == "/login"


def test_a_client_that_must_push_cannot_sign_instead(provider: Provider) -> None:
    app = provider.client(
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, require_pushed_authorization_requests=True
    )

    page = provider.browser().get(app.begin_signed().url)

    assert answer_of(page.url)["error"] == "invalid_request"


@dataclass
class Trusting:
    """A registrar that trusts one chain: who sends it becomes the client that it stands for."""

    registry: ClientRegistry
    trusted: Client
    now: datetime
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def register(self, client_id: str, chain: tuple[str, ...], *, now: datetime) -> Client | None:
        self.asked.append((client_id, chain))
        if client_id != self.trusted.client_id or chain != CHAIN:
            return None
        self.registry.add(self.trusted, now=now)
        return self.trusted


CHAIN = ("its own statement", "its superior's about it", "the anchor's")


class TestRegistrationByTheWay:
    """A federated client is registered by the request that it signed (OpenID Federation 1.0 §12.1)."""

    @pytest.fixture
    def entity(self, provider: Provider) -> RelyingParty:
        """Of another region, unknown here."""
        provider.person()
        with provider.twin() as elsewhere:
            app = elsewhere.client(
                "https://west.example/rp",
                auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
                redirect_uris=("https://west.example/callback",),
                trust_expires_at=provider.clock.now() + timedelta(days=1),
            )
            client = elsewhere.services.stores.registry.find_by_id(app.client_id)
            assert client is not None
        services = provider.services
        with services.database.transaction() as tx:
            tx.run(Statement(delete(clients)))
        self.registrar = Trusting(services.stores.registry, client, provider.clock.now())
        protocol = Protocol(
            provider.settings,
            services.stores,
            services.acr,
            services.keyring,
            services.encryption_keys,
            Callers(services.clients, services.stores.grants, self.registrar),
            services.entropy,
        )
        provider.app = create_app(
            provider.settings,
            replace(
                services,
                arrivals=protocol.arrivals(),
                pushed_authorization=protocol.pushed_authorization(),
                token_endpoint=protocol.token_endpoint(),
            ),
        )
        app.app = provider.app
        return app

    @pytest.mark.parametrize("place", ["header", "claim"])
    @pytest.mark.parametrize("way", ["address", "push", "form"])
    def test_it_signs_a_citizen_in(
        self, provider: Provider, entity: RelyingParty, way: str, place: str
    ) -> None:
        header, claims = (
            ({"trust_chain": [*CHAIN]}, {}) if place == "header" else ({}, {"trust_chain": [*CHAIN]})
        )
        pending, token = entity.request_object(header, **claims)
        form = {"client_id": entity.client_id, "request": token}
        match way:
            case "address":
                pending.url = entity.address(**form)
            case "push":
                answer = entity.call("/par", form)
                pending.url = entity.address(client_id=entity.client_id, request_uri=answer.request_uri)
            case _:
                posted = provider.send("POST", "/authorize", data=form)
                pending.url = posted.headers["Location"]

        assert finish(provider, entity, pending).status == 200
        assert self.registrar.asked == [(entity.client_id, CHAIN)]

    def test_without_trust_it_stays_a_stranger(self, provider: Provider, entity: RelyingParty) -> None:
        _, token = entity.request_object({"trust_chain": ["another chain"]})

        pushed = entity.call("/par", {"client_id": entity.client_id, "request": token})
        shown = provider.browser().get(entity.address(client_id=entity.client_id, request_uri="x"))
        plain = provider.browser().get(entity.begin().url)

        assert (pushed.status, pushed.error) == (401, "invalid_client")
        assert (shown.status, shown.is_outside) == (400, False)
        assert (plain.status, plain.is_outside) == (400, False)
