"""The protocol's stores, kept in memory with the promises of `idp.oidc.ports`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from idp.foundation.events import Event
from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient, InvalidRequest, InvalidToken
from idp.oidc.grant import (
    AuthorizationCode,
    FoundCode,
    FoundRefreshToken,
    Grant,
    LiveGrant,
    NewRefreshToken,
)
from idp.oidc.vocabulary import Algorithm

PERSON = {"name": "Ada 阿达", "email": "ada@example.org", "email_verified": True, "nickname": "ad"}


@dataclass
class MemoryClients:
    """Implements `ClientDirectory`."""

    clients: dict[str, Client] = field(default_factory=dict)

    @classmethod
    def of(cls, *clients: Client) -> MemoryClients:
        return cls({client.client_id: client for client in clients})

    def find_by_id(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)


@dataclass
class MemoryGrants:
    """Implements `GrantStore`; a grant is in force until it is revoked or expires."""

    grants: dict[str, Grant] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    refresh_tokens: dict[bytes, tuple[str, datetime]] = field(default_factory=dict)
    consumed: set[bytes] = field(default_factory=set)
    revoked_access_tokens: dict[str, datetime] = field(default_factory=dict)
    loses_every_race: bool = False
    """Somebody else always comes first between our look and our claim."""
    said: list[Event] = field(default_factory=list)
    """What the audit trail was told."""

    def add(self, grant: Grant) -> None:
        self.grants[grant.id] = grant

    def keep(self, grant: Grant, refresh_token: NewRefreshToken) -> None:
        self.grants[grant.id] = grant
        self.refresh_tokens[refresh_token.digest] = (grant.id, refresh_token.expires_at)

    def find_live(self, grant_id: str, jti: str, *, now: datetime) -> LiveGrant | None:
        if jti in self.revoked_access_tokens or not self._is_live(grant_id, now):
            return None
        return LiveGrant(self.grants[grant_id], PERSON)

    def revoke(self, grant_id: str, *, now: datetime, saying: Event | None = None) -> bool:
        ended = grant_id in self.grants and grant_id not in self.revoked
        self.revoked.add(grant_id)
        self.said += [saying] if ended and saying is not None else []
        return ended

    def find_refresh_token(self, digest: bytes, *, now: datetime) -> FoundRefreshToken | None:
        if digest not in self.refresh_tokens:
            return None
        grant_id, expires_at = self.refresh_tokens[digest]
        return FoundRefreshToken(
            grant=self.grants[grant_id],
            expires_at=expires_at,
            is_consumed=digest in self.consumed,
            is_grant_live=self._is_live(grant_id, now),
            person=PERSON,
        )

    def rotate(self, digest: bytes, successor: NewRefreshToken, *, now: datetime) -> bool:
        grant_id, expires_at = self.refresh_tokens[digest]
        lost = self.loses_every_race or digest in self.consumed
        if lost or expires_at <= now or not self._is_live(grant_id, now):
            return False
        self.consumed.add(digest)
        self.refresh_tokens[successor.digest] = (grant_id, successor.expires_at)
        return True

    def revoke_access_token(self, jti: str, expires_at: datetime) -> None:
        self.revoked_access_tokens[jti] = expires_at

    def is_access_token_revoked(self, jti: str) -> bool:
        return jti in self.revoked_access_tokens

    def _is_live(self, grant_id: str, now: datetime) -> bool:
        grant = self.grants.get(grant_id)
        return grant is not None and grant_id not in self.revoked and now < grant.expires_at


@dataclass
class MemoryCodes:
    """Implements `CodeStore`."""

    grants: MemoryGrants
    codes: dict[bytes, FoundCode] = field(default_factory=dict)
    loses_every_race: bool = False

    def add(self, digest: bytes, code: AuthorizationCode) -> None:
        self.codes[digest] = FoundCode(
            code, is_consumed=False, is_account_active=True, failures=0, person=PERSON
        )

    def change(self, digest: bytes, **changes: Any) -> None:
        self.codes[digest] = replace(self.codes[digest], **changes)

    def find(self, digest: bytes) -> FoundCode | None:
        return self.codes.get(digest)

    def consume(
        self, digest: bytes, refresh_token: NewRefreshToken | None, jkt: str | None = None, *, now: datetime
    ) -> bool:
        found = self.codes[digest]
        if self.loses_every_race or found.is_consumed or found.code.expires_at <= now:
            return False
        self.change(digest, is_consumed=True)
        grant = replace(found.code.grant, jkt=jkt)
        self.grants.add(grant)
        if refresh_token is not None:
            self.grants.keep(grant, refresh_token)
        return True

    def record_failure(self, digest: bytes) -> None:
        self.change(digest, failures=self.codes[digest].failures + 1)


@dataclass
class MemoryAssertions:
    """Implements `AssertionLog`."""

    seen: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def claim(self, client_id: str, jti: str, expires_at: datetime, *, now: datetime) -> bool:
        if (client_id, jti) in self.seen:
            return False
        self.seen[client_id, jti] = expires_at
        return True


class OpenSigner:
    """Implements `Signer` and `TokenVerifier` with tokens that anybody can read: `algorithm type claims`."""

    def sign(self, algorithm: Algorithm, token_type: str, claims: Mapping[str, Any]) -> str:
        return f"{algorithm} {token_type} {json.dumps(claims)}"

    def access_token(self, token: str) -> Mapping[str, Any]:
        claims = self.read(token, "at+jwt")
        if claims is None:
            raise InvalidToken("not an access token")
        return claims

    def id_token_hint(self, token: str) -> Mapping[str, Any]:
        claims = self.read(token, "JWT")
        if claims is None:
            raise InvalidRequest("not an ID token")
        return claims

    def client_assertion(self, token: str, client: Client) -> Mapping[str, Any]:
        claims = self.read(token, f"assertion-of-{client.client_id}")
        if claims is None:
            raise InvalidClient("signed with another key")
        return claims

    def unverified_assertion_subject(self, token: str) -> str:
        subject: str = json.loads(token.split(" ", 2)[2])["sub"]
        return subject

    def read(self, token: str, token_type: str) -> dict[str, Any] | None:
        """Claims of a token of this type, or None."""
        parts = token.split(" ", 2)
        if len(parts) != 3 or parts[1] != token_type:
            return None
        claims: dict[str, Any] = json.loads(parts[2])
        return claims
