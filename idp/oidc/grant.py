"""What a person allowed one client once: the root that codes, refresh tokens and access tokens hang from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.vocabulary import AcrLevel


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission, from one sign-in, to one client. Revoking it kills everything made from it."""

    id: str
    client_id: str
    account_id: str
    session_id: str
    subject: str
    scope: tuple[str, ...]
    userinfo_claims: tuple[str, ...]
    """Claims the person agreed to that userinfo releases."""
    id_token_claims: tuple[str, ...]
    """Claims the person agreed to that were asked for in the ID token."""
    resources: tuple[str, ...]
    level: AcrLevel
    amr: tuple[str, ...]
    auth_time: datetime
    offline: bool
    """Whether it outlives the browser session (`offline_access`)."""
    expires_at: datetime
    home_iss: str | None = None
    """The region that vouched for the person, when it was not this one."""
    jkt: str | None = None
    """The thumbprint of the key that its first tokens were bound to (RFC 9449 §5); None: to none."""


@dataclass(frozen=True, slots=True)
class LiveGrant:
    """A grant found to be in force (not revoked, not expired, its account active), with the person's claims."""

    grant: Grant
    person: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What an authorization code stands for. The code itself is never stored, only its digest."""

    grant: Grant
    redirect_uri: str
    nonce: str | None
    code_challenge: str | None
    """None only where the client's profile lets it do without."""
    expires_at: datetime
    jkt: str | None = None
    """The thumbprint of the key that alone may redeem it, when the request named one (RFC 9449 §10)."""


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code as the store knows it."""

    code: AuthorizationCode
    is_consumed: bool
    is_account_active: bool
    failures: int
    person: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FoundRefreshToken:
    """A refresh token as the store knows it, with the grant of its family."""

    grant: Grant
    expires_at: datetime
    is_consumed: bool
    is_grant_live: bool
    """Not revoked, not expired, account active."""
    person: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewRefreshToken:
    """A refresh token about to be stored: the digest of its value, and when it lapses if unused."""

    digest: bytes
    expires_at: datetime
