"""Clients, requests and grants to start a story from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from idp.foundation.identifiers import digest
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.client import Client
from idp.oidc.grant import Grant
from idp.oidc.parameters import Parameters
from idp.oidc.pkce import challenge_of
from idp.oidc.vocabulary import AcrLevel, ClientAuthMethod, GrantType

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ISSUER = "https://id.east.example"
USERINFO = f"{ISSUER}/userinfo"
CALLBACK = "https://tax.example/callback"
API = "https://api.tax.example"
OTHER_API = "https://records.tax.example"
SECRET = "cs_correct-horse-battery-staple-and-more"
VERIFIER = "v" * 43
ACR = AcrNames("urn:tongxing:acr:", AcrLevel.TWO_FACTORS)

_CLIENT = Client(
    client_id="tax",
    name={"en": "Tax", "zh-CN": "税务"},
    organisation="Tax Office",
    region="east",
    auth_method=ClientAuthMethod.SECRET_BASIC,
    redirect_uris=(CALLBACK,),
    sector="tax.example",
    post_logout_redirect_uris=("https://tax.example/signed-out",),
    grant_types=frozenset(GrantType),
    scopes=("openid", "profile", "email", "offline_access", "returns.read", "returns.write"),
    resources=(API, OTHER_API),
    audiences=(API,),
    secret_hash=digest(SECRET),
)
_GRANT = Grant(
    id="gr_grant",
    client_id="tax",
    account_id="acct_ada",
    session_id="se_session",
    subject="subject-at-tax",
    scope=("openid", "profile", "email"),
    userinfo_claims=("name", "email", "email_verified"),
    id_token_claims=(),
    resources=(),
    level=AcrLevel.ONE_FACTOR,
    amr=("pwd",),
    auth_time=NOW - timedelta(minutes=10),
    offline=False,
    expires_at=NOW + timedelta(hours=8),
)
_AUTHORIZATION = {
    "client_id": "tax",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


def a_client(**changes: Any) -> Client:
    """The Tax mini-app, changed."""
    return replace(_CLIENT, **changes)


def a_native_app(*redirect_uris: str) -> Client:
    """A mini-app installed on a telephone or computer."""
    return a_client(
        application_type="native",
        auth_method=ClientAuthMethod.NONE,
        secret_hash=None,
        redirect_uris=redirect_uris,
    )


def a_grant(**changes: Any) -> Grant:
    """What Ada allowed Tax, changed."""
    return replace(_GRANT, **changes)


def parameters(**values: str | list[str] | None) -> Parameters:
    """Parameters as they come over the wire; a list repeats, None leaves out."""
    pairs = [
        (name, one)
        for name, value in values.items()
        if value is not None
        for one in (value if isinstance(value, list) else [value])
    ]
    return Parameters.from_urlencoded(urlencode(pairs).encode())


def authorization(**changes: str | list[str] | None) -> Parameters:
    """A good authorization request, changed."""
    return parameters(**(_AUTHORIZATION | changes))


def a_request(**changes: str | list[str] | None) -> AuthorizationRequest:
    """A good authorization request, changed and read."""
    return AuthorizationRequest.parse(authorization(**changes))
