"""The authorization code grant: a code for tokens, once.

Spec: RFC 6749 §4.1.3, §4.1.2 (single use, revocation on reuse); RFC 7636 §4.6; OpenID Connect Core §3.1.3.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.oidc import pkce
from idp.oidc.client import Client
from idp.oidc.dpop import ProvedKey
from idp.oidc.errors import InvalidGrant, ProtocolError
from idp.oidc.grant import AuthorizationCode, FoundCode, Grant, NewRefreshToken
from idp.oidc.parameters import Parameters
from idp.oidc.token.binding import jkt_of, require_key_of_code
from idp.oidc.token.context import GrantServices
from idp.oidc.vocabulary import GrantType

MAX_FAILURES = 3
"""After this many wrong attempts the code is dead: whoever guesses at a verifier gets no fourth try."""

_UNUSABLE = "the code is unknown, expired, used or not for this client"


def redeem_code(
    services: GrantServices,
    client: Client,
    parameters: Parameters,
    proved: ProvedKey | None = None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Tokens for a code, bound to the proved key.

    Raises: InvalidRequest, InvalidGrant, InvalidDpopProof, InvalidTarget. A reused code also revokes what its first
    use produced.
    """
    value = parameters.required("code")
    found = services.codes.find(digest(value)) if is_kind(Kind.CODE, value) else None
    if found is None:
        raise InvalidGrant(_UNUSABLE, detail="no such code")
    code_digest = digest(value)
    if found.is_consumed:
        raise _reused(services, client, found, now)
    try:
        _require_redeemable(found, client, parameters, now)
        require_key_of_code(found.code, proved)
        audience = services.mint.audience(parameters.many("resource"), found.code.grant.resources)
    except ProtocolError:
        services.codes.record_failure(code_digest)
        raise
    refresh_value, refresh_record = _refresh_token(services, client, found.code.grant, now)
    jkt = jkt_of(proved)
    if not services.codes.consume(code_digest, refresh_record, jkt, now=now):
        # Somebody else's attempt won between our look and our claim: that is reuse too.
        raise _reused(services, client, found, now)
    return _mint(services, client, found, audience, refresh_value, jkt, now)


def _require_redeemable(found: FoundCode, client: Client, parameters: Parameters, now: datetime) -> None:
    code = found.code
    if code.grant.client_id != client.client_id:
        raise InvalidGrant(_UNUSABLE, detail="the code was issued to another client")
    if found.failures >= MAX_FAILURES or code.expires_at <= now or not found.is_account_active:
        raise InvalidGrant(_UNUSABLE, detail="too many failures, expired, or account disabled")
    _require_same_redirect_uri(code, parameters.one("redirect_uri"))
    pkce.verify(parameters.one("code_verifier"), code.code_challenge)


def _require_same_redirect_uri(code: AuthorizationCode, presented: str | None) -> None:
    """Spec: RFC 6749 §4.1.3: it was in the authorization request, so it must be here, identical."""
    if presented is None or not hmac.compare_digest(presented.encode(), code.redirect_uri.encode()):
        raise InvalidGrant("redirect_uri differs from the authorization request")


def _reused(services: GrantServices, client: Client, found: FoundCode, now: datetime) -> InvalidGrant:
    grant = found.code.grant
    line = Event(EventKind.CODE_REUSED, now, client_id=client.client_id, subject=grant.id)
    services.grants.revoke(grant.id, now=now, saying=line)
    return InvalidGrant(_UNUSABLE, detail="the code was used before; its grant is revoked")


def _refresh_token(
    services: GrantServices, client: Client, grant: Grant, now: datetime
) -> tuple[str | None, NewRefreshToken | None]:
    if GrantType.REFRESH_TOKEN not in client.grant_types:
        return None, None
    return services.mint.refresh_token(grant, now=now)


def _mint(
    services: GrantServices,
    client: Client,
    found: FoundCode,
    audience: str,
    refresh_value: str | None,
    jkt: str | None,
    now: datetime,
) -> dict[str, Any]:
    grant = found.code.grant
    response = services.mint.for_person(client, grant, grant.scope, audience, jkt, now=now)
    if refresh_value is not None:
        response["refresh_token"] = refresh_value
    response["id_token"] = services.mint.id_token(
        client, grant, found.person, response["access_token"], found.code.nonce, now=now
    )
    return response
