"""The metadata of our own entities, by entity type.

What a provider can do is the discovery document's to say; here is only what the federation adds to it.
Spec: OpenID Federation 1.0 §5; OpenID Connect Dynamic Client Registration 1.0 §2; Back-Channel Logout 1.0 §2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idp.federation import addresses
from idp.federation.constraints import FEDERATION_ENTITY
from idp.federation.federation_jwt import ALGORITHMS

Json = dict[str, Any]

PROVIDER = "openid_provider"
RELYING_PARTY = "openid_relying_party"


def named(name: str, texts: Mapping[str, str]) -> Json:
    """A parameter in every language: plain in English or else in the first, and beside it each by its tag.

    Spec: OpenID Federation 1.0 §14; OpenID Connect Registration §2.1.
    """
    if not texts:
        return {}
    plain = texts.get("en", next(iter(texts.values())))
    return {name: plain, **{f"{name}#{tag}": text for tag, text in texts.items() if tag != "en"}}


def about_organisation(names: Mapping[str, str], contact: str) -> Json:
    """Who is behind an entity. Spec: OpenID Federation 1.0 §5.2.2."""
    return {**named("organization_name", names), **({"contacts": [contact]} if contact else {})}


def superior_metadata(base: str, organisation: Mapping[str, Any]) -> Json:
    """Of who vouches for others: where each question is answered. `base`: its address without a path."""
    endpoints = {
        "federation_fetch_endpoint": addresses.FETCH,
        "federation_list_endpoint": addresses.LIST,
        "federation_resolve_endpoint": addresses.RESOLVE,
        "federation_historical_keys_endpoint": addresses.HISTORICAL_KEYS,
        "federation_trust_mark_endpoint": addresses.TRUST_MARK,
        "federation_trust_mark_status_endpoint": addresses.TRUST_MARK_STATUS,
        "federation_trust_mark_list_endpoint": addresses.TRUST_MARK_LIST,
    }
    return {
        FEDERATION_ENTITY: {
            **organisation,
            **{name: base + path for name, path in endpoints.items()},
            # Only resolving answers more to whom we know; everything else is the same for everybody (§8.8).
            "federation_resolve_endpoint_auth_methods": ["none", "private_key_jwt"],
            "endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        }
    }


def provider_metadata(
    issuer: str, discovery: Mapping[str, Any], jwks: Mapping[str, Any], organisation: Mapping[str, Any]
) -> Json:
    """Of the provider: the discovery document, its keys by value, and how entities register."""
    return {
        FEDERATION_ENTITY: dict(organisation),
        PROVIDER: {
            # With `jwks_uri`: readers of OpenID Connect Discovery know no other way, and it leads to the same keys.
            **discovery,
            "jwks": dict(jwks),
            "signed_jwks_uri": issuer + addresses.SIGNED_JWKS,
            "client_registration_types_supported": ["automatic", "explicit"],
            "federation_registration_endpoint": issuer + addresses.REGISTRATION,
        },
    }


def broker_metadata(
    issuer: str,
    jwks: Mapping[str, Any],
    scopes: Iterable[str],
    names: Mapping[str, str],
    organisation: Mapping[str, Any],
) -> Json:
    """Of the broker: a relying party of every other region. `jwks`: the keys of its requests."""
    return {
        FEDERATION_ENTITY: dict(organisation),
        RELYING_PARTY: {
            **named("client_name", names),
            **{name: value for name, value in organisation.items() if name.startswith("organization_name")},
            "application_type": "web",
            "client_registration_types": ["automatic"],
            "redirect_uris": [issuer + addresses.BROKER_CALLBACK],
            "post_logout_redirect_uris": [issuer + addresses.BROKER_SIGNED_OUT],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "subject_type": "pairwise",
            "scope": " ".join(scopes),
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "id_token_signed_response_alg": "ES256",
            "request_object_signing_alg": "ES256",
            "require_signed_request_object": True,
            "require_pushed_authorization_requests": True,
            "dpop_bound_access_tokens": True,
            "backchannel_logout_uri": issuer + addresses.BROKER_LOGOUT,
            "backchannel_logout_session_required": True,
            "jwks": dict(jwks),
        },
    }
