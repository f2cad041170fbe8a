"""A client as a row: a few columns that are searched or checked, and a JSON document for the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from idp.foundation.clock import from_milliseconds
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.storage.rows import document, milliseconds_or_none
from idp.storage.statement import Row


def values_of(client: Client) -> dict[str, Any]:
    """The client as column values."""
    return {
        "client_id": client.client_id,
        "profile": client.profile.value,
        "organisation": client.organisation,
        "region": client.region,
        "auth_method": client.auth_method.value,
        "secret_hash": client.secret_hash,
        "enabled": client.enabled,
        "document": document(_members(client)),
        "backchannel_logout_uri": client.backchannel_logout_uri,
    }


def client_of(row: Row) -> Client:
    """The client that a row stands for."""
    members = orjson.loads(row.document)
    return Client(
        client_id=row.client_id,
        name=members["name"],
        organisation=row.organisation,
        region=row.region,
        auth_method=ClientAuthMethod(row.auth_method),
        redirect_uris=tuple(members["redirect_uris"]),
        sector=members["sector"],
        profile=Profile(row.profile),
        application_type=members["application_type"],
        post_logout_redirect_uris=tuple(members["post_logout_redirect_uris"]),
        grant_types=frozenset(GrantType(word) for word in members["grant_types"]),
        scopes=tuple(members["scopes"]),
        resources=tuple(members["resources"]),
        audiences=tuple(members["audiences"]),
        secret_hash=row.secret_hash,
        jwks=members["jwks"],
        signing_alg=Algorithm(members["signing_alg"]),
        subject_type=SubjectType(members["subject_type"]),
        purposes=members["purposes"],
        logo_uri=members["logo_uri"],
        policy_uri=members["policy_uri"],
        tos_uri=members["tos_uri"],
        # Clients registered before these existed have none of them.
        require_pushed_authorization_requests=members.get("require_pushed_authorization_requests", False),
        require_signed_request_object=members.get("require_signed_request_object", False),
        dpop_bound_access_tokens=members.get("dpop_bound_access_tokens", False),
        backchannel_logout_uri=row.backchannel_logout_uri,
        backchannel_logout_session_required=members.get("backchannel_logout_session_required", False),
        trust_expires_at=_moment_or_none(members.get("trust_expires_at")),
        logo=members.get("logo"),
        claims=_tuple_or_none(members.get("claims")),
        retires_at=_moment_or_none(members.get("retires_at")),
        enabled=bool(row.enabled),
    )


def _members(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "sector": client.sector,
        "application_type": client.application_type,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "grant_types": sorted(client.grant_types),
        "scopes": client.scopes,
        "resources": client.resources,
        "audiences": client.audiences,
        "jwks": client.jwks,
        "signing_alg": client.signing_alg,
        "subject_type": client.subject_type,
        "purposes": client.purposes,
        "logo_uri": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "require_pushed_authorization_requests": client.require_pushed_authorization_requests,
        "require_signed_request_object": client.require_signed_request_object,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
        "trust_expires_at": milliseconds_or_none(client.trust_expires_at),
        "logo": client.logo,
        "claims": client.claims,
        "retires_at": milliseconds_or_none(client.retires_at),
    }


def _tuple_or_none(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _moment_or_none(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
