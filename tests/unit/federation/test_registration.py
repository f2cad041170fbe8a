"""From metadata to client. OpenID Federation 1.0 §12; OpenID Connect Dynamic Client Registration 1.0 §2."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from idp.federation.registration import (
    CANNOT_HONOUR,
    MAX_CLIENT_ID_LENGTH,
    Offer,
    RegistrationError,
    RegistrationType,
    Standing,
    client_from,
)
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, SubjectType

APP = "https://health.west.example"
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1"}
ENDS = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
STANDING = Standing("https://west.example/fed", "West", ENDS)
OFFER = Offer(("openid", "profile", "email", "offline_access"))
GONE = object()

FULL: dict[str, Any] = {
    "client_name": "Health",
    "client_name#zh-CN": "健康",
    "organization_name": "West Health",
    "redirect_uris": [f"{APP}/callback", f"{APP}/callback"],
    "post_logout_redirect_uris": [f"{APP}/bye"],
    "token_endpoint_auth_method": "private_key_jwt",
    "grant_types": ["authorization_code", "refresh_token", "implicit"],
    "response_types": ["code", "id_token"],
    "scope": "profile openid offline_access everything",
    "jwks": {"keys": [KEY, {**KEY, "kid": "2", "use": "enc"}, {**KEY, "kid": "3", "use": "sig"}]},
    "id_token_signed_response_alg": "ES256",
    "subject_type": "pairwise",
    "client_registration_types": ["automatic"],
    "logo_uri": f"{APP}/logo.png",
    "policy_uri": f"{APP}/policy",
    "tos_uri": f"{APP}/tos",
    "backchannel_logout_uri": f"{APP}/backchannel-logout",
    "backchannel_logout_session_required": True,
    "require_pushed_authorization_requests": True,
    "require_signed_request_object": True,
    "dpop_bound_access_tokens": True,
    "contacts": ["health@west.example"],
}


def _client(entity_id: str = APP, offer: Offer = OFFER, **changes: Any) -> Client:
    metadata = {name: value for name, value in {**FULL, **changes}.items() if value is not GONE}
    return client_from(entity_id, metadata, STANDING, offer)


def _refused(entity_id: str = APP, offer: Offer = OFFER, **changes: Any) -> str:
    with pytest.raises(RegistrationError) as refused:
        _client(entity_id, offer, **changes)
    return str(refused.value.code)


def test_an_entity_is_the_client_its_metadata_describes() -> None:
    assert _client() == Client(
        client_id=APP,
        name={"en": "Health", "zh-CN": "健康"},
        organisation="West Health",
        region="https://west.example/fed",
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=(f"{APP}/callback",),
        sector="health.west.example",
        post_logout_redirect_uris=(f"{APP}/bye",),
        grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
        scopes=("openid", "profile", "offline_access"),
        jwks={"keys": [KEY, {**KEY, "kid": "3", "use": "sig"}]},
        signing_alg=Algorithm.ES256,
        subject_type=SubjectType.PAIRWISE,
        logo_uri=f"{APP}/logo.png",
        policy_uri=f"{APP}/policy",
        tos_uri=f"{APP}/tos",
        backchannel_logout_uri=f"{APP}/backchannel-logout",
        backchannel_logout_session_required=True,
        require_pushed_authorization_requests=True,
        require_signed_request_object=True,
        dpop_bound_access_tokens=True,
        trust_expires_at=ENDS,
    )


def test_no_entity_borrows_a_picture_that_was_published_here() -> None:
    assert _client(logo="0" * 64).logo is None


def test_what_metadata_leaves_out_means_what_the_registration_specification_says() -> None:
    client = client_from(
        APP,
        {
            "redirect_uris": [f"{APP}/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [KEY]},
        },
        Standing("https://west.example/fed"),
        OFFER,
    )

    assert client.name == {"en": "health.west.example"}
    assert client.organisation == "health.west.example"
    assert client.grant_types == {GrantType.AUTHORIZATION_CODE}
    assert client.scopes == ("openid",)
    assert client.signing_alg is Algorithm.RS256
    assert client.application_type == "web"
    assert client.trust_expires_at is None
    assert not client.require_pushed_authorization_requests


def test_the_organisation_is_the_entitys_own_word_else_what_trust_says() -> None:
    assert _client().organisation == "West Health"
    assert _client(organization_name=GONE).organisation == "West"


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": GONE},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": ["private_key_jwt"]},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"request_object_signing_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": ["ES256"]},
        {"subject_type": "public"},
        {"sector_identifier_uri": "https://tax.east.example/sector.json"},
        {"sector_identifier_uri": "https://user@health.west.example"},
        {"response_types": ["id_token"]},
        {"response_types": "code"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": []},
        {"scope": ""},
        {"scope": "profile"},
        {"scope": ["openid"]},
        {"jwks": GONE},
        {"jwks": GONE, "jwks_uri": f"{APP}/jwks.json"},
        {"jwks": GONE, "signed_jwks_uri": f"{APP}/jwks.jwt"},
        {"jwks": {"keys": "all"}},
        {"jwks": {"keys": ["mine"]}},
        {"jwks": [KEY]},
        {"tls_client_certificate_bound_access_tokens": True},
        {"require_signed_request_object": "yes"},
        {"dpop_bound_access_tokens": "yes"},
        {"post_logout_redirect_uris": f"{APP}/bye"},
        {"client_name": 7},
        {"client_name#zh-CN": ["健康"]},
        {"client_registration_types": ["explicit"]},
        *({name: "x"} for name in CANNOT_HONOUR),
    ],
)
def test_what_we_cannot_honour_is_refused(changes: dict[str, Any]) -> None:
    assert _refused(**changes) == "invalid_client_metadata"


@pytest.mark.parametrize("uris", [GONE, [], f"{APP}/callback", [7]])
def test_without_a_redirect_address_nobody_can_be_sent_back(uris: Any) -> None:
    assert _refused(redirect_uris=uris) in ("invalid_redirect_uri", "invalid_client_metadata")


@pytest.mark.parametrize(
    "entity_id",
    [
        "health",
        "http://health.west.example",
        "https://tax@health.west.example",
        "https://10.0.0.1",
        f"{APP}/{'a' * MAX_CLIENT_ID_LENGTH}",
    ],
)
def test_an_id_that_is_no_entity_id_registers_nobody(entity_id: str) -> None:
    assert _refused(entity_id) == "invalid_client_metadata"


def test_an_address_on_another_host_does_not_give_the_subjects_of_that_host() -> None:
    """A sector taken from the redirect address would make any entity know a person by somebody else's subject."""
    client = _client(redirect_uris=["https://tax.east.example/callback"])

    assert client.sector == "health.west.example"
    assert _client(f"{APP}:8443/app").sector == "health.west.example"


def test_offline_access_goes_with_refresh_tokens_only() -> None:
    assert "offline_access" not in _client(grant_types=["authorization_code"]).scopes


def test_an_entity_registers_only_the_way_it_says() -> None:
    explicit = Offer(OFFER.scopes, RegistrationType.EXPLICIT)

    assert _refused(offer=explicit) == "invalid_client_metadata"
    assert _client(offer=explicit, client_registration_types=["automatic", "explicit"])
    assert _client(offer=Offer(OFFER.scopes, None), client_registration_types=["explicit"])


def test_a_client_that_lists_what_it_can_do_gets_what_both_can() -> None:
    """Spec: OpenID Connect Relying Party Metadata Choices 1.0."""
    client = _client(
        token_endpoint_auth_method=GONE,
        token_endpoint_auth_methods_supported=["client_secret_basic", "private_key_jwt"],
        id_token_signed_response_alg=GONE,
        id_token_signing_alg_values_supported=["RS256", "ES256", "ES512"],
    )

    assert client.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
    assert client.signing_alg is Algorithm.ES256
    assert _client(id_token_signing_alg_values_supported=["ES512"]).signing_alg is Algorithm.ES256


def test_an_algorithm_is_known_by_its_newer_name_too() -> None:
    assert _client(id_token_signed_response_alg="Ed25519").signing_alg is Algorithm.EDDSA


def test_the_metadata_is_left_as_it_was() -> None:
    before = deepcopy(FULL)

    client = _client()
    assert client.jwks is not None
    client.jwks["keys"][0]["kid"] = "changed"

    assert before == FULL
