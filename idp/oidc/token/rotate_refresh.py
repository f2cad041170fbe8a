"""The refresh token grant: each token once; a second use ends the whole family.

Spec: RFC 6749 §6; RFC 9700 §4.14.2; OpenID Connect Core §12.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.oidc.claims import withheld
from idp.oidc.client import Client
from idp.oidc.dpop import ProvedKey
from idp.oidc.errors import InvalidGrant
from idp.oidc.grant import FoundRefreshToken, Grant
from idp.oidc.parameters import Parameters
from idp.oidc.scopes import OPENID, narrow
from idp.oidc.token.binding import jkt_of, require_key_of_grant
from idp.oidc.token.context import GrantServices

_UNUSABLE = "the refresh token is unknown, expired, used, revoked or not for this client"


def rotate_refresh(
    services: GrantServices,
    client: Client,
    parameters: Parameters,
    proved: ProvedKey | None = None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """New tokens for a refresh token, which is thereby used up; bound to the proved key.

    Raises: InvalidRequest, InvalidGrant, InvalidDpopProof, InvalidScope, InvalidTarget. Reuse also revokes the family.
    """
    value = parameters.required("refresh_token")
    token_digest = digest(value)
    found = (
        services.grants.find_refresh_token(token_digest, now=now)
        if is_kind(Kind.REFRESH_TOKEN, value)
        else None
    )
    if found is None or found.grant.client_id != client.client_id:
        raise InvalidGrant(_UNUSABLE, detail="no such refresh token, or another client's")
    if found.is_consumed:
        raise _reused(services, client, found, now)
    if not found.is_grant_live or found.expires_at <= now:
        raise InvalidGrant(_UNUSABLE, detail="expired, revoked, or account disabled")
    require_key_of_grant(found.grant, client, proved)
    scope = narrow(parameters.words("scope"), found.grant.scope)
    audience = services.mint.audience(parameters.many("resource"), found.grant.resources)
    successor_value, successor = services.mint.refresh_token(found.grant, now=now)
    if not services.grants.rotate(token_digest, successor, now=now):
        raise _reused(services, client, found, now)
    response = services.mint.for_person(client, found.grant, scope, audience, jkt_of(proved), now=now)
    response["refresh_token"] = successor_value
    if OPENID in scope:
        # No nonce: it belongs to the authentication response alone (OpenID Connect Core §12.2).
        response["id_token"] = services.mint.id_token(
            client, _narrowed(found.grant, scope), found.person, response["access_token"], None, now=now
        )
    return response


def _narrowed(grant: Grant, scope: tuple[str, ...]) -> Grant:
    left_out = withheld(grant.scope, scope)
    return replace(
        grant, id_token_claims=tuple(name for name in grant.id_token_claims if name not in left_out)
    )


def _reused(services: GrantServices, client: Client, found: FoundRefreshToken, now: datetime) -> InvalidGrant:
    """The thief or the owner came second; we cannot tell which, so both lose (RFC 9700 §4.14.2)."""
    line = Event(EventKind.REFRESH_TOKEN_REUSED, now, client_id=client.client_id, subject=found.grant.id)
    services.grants.revoke(found.grant.id, now=now, saying=line)
    return InvalidGrant(_UNUSABLE, detail="the refresh token was used before; its family is revoked")
