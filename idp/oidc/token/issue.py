"""Mint tokens: what an access token and an ID token say.

Spec: RFC 9068 §2 (access tokens), OpenID Connect Core §2 and §3.1.3.6 (ID tokens), RFC 8707 §2.2 (one audience),
RFC 9449 §6.1 (`cnf`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.clock import to_seconds
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, new_value, sid_of
from idp.oidc.acr import AcrNames
from idp.oidc.client import Client
from idp.oidc.errors import InvalidTarget
from idp.oidc.grant import Grant, NewRefreshToken
from idp.oidc.ports import Signer
from idp.oidc.vocabulary import Algorithm, TokenType

ACCESS_TOKEN_TYPE = "at+jwt"
ID_TOKEN_TYPE = "JWT"
JTI_BYTES = 12


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what we issue may live."""

    access_token: timedelta
    id_token: timedelta
    refresh_token: timedelta
    """How long a refresh token may wait unused; the grant's own end limits it further."""


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes tokens out of things already consumed."""

    issuer: str
    userinfo_audience: str
    acr: AcrNames
    lifetimes: Lifetimes
    signer: Signer
    entropy: Entropy

    def refresh_token(self, grant: Grant, *, now: datetime) -> tuple[str, NewRefreshToken]:
        """A fresh refresh token and the record to store of it."""
        value = new_value(Kind.REFRESH_TOKEN, self.entropy)
        return value, NewRefreshToken(
            digest(value), min(now + self.lifetimes.refresh_token, grant.expires_at)
        )

    def for_person(
        self,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        audience: str,
        jkt: str | None = None,
        *,
        now: datetime,
    ) -> dict[str, Any]:
        """The response members of an access token that speaks for a person; bound to the key `jkt`, if given."""
        expires_at = min(now + self.lifetimes.access_token, grant.expires_at)
        claims = self._access_claims(client, grant.subject, scope, audience, expires_at, now=now)
        # The grant's id leads the jti: one look-up tells whether the permission behind the token still stands.
        claims["jti"] = f"{grant.id}.{self.entropy.token(JTI_BYTES)}"
        claims["auth_time"] = to_seconds(grant.auth_time)
        claims["acr"] = self.acr.name(grant.level)
        claims["amr"] = list(grant.amr)
        claims |= _home_of(grant)
        return self._response(client, claims, scope, expires_at, jkt, now)

    def for_machine(
        self,
        client: Client,
        scope: tuple[str, ...],
        audience: str,
        jkt: str | None = None,
        *,
        now: datetime,
    ) -> dict[str, Any]:
        """The response members of an access token that speaks for the client itself (RFC 6749 §4.4)."""
        expires_at = now + self.lifetimes.access_token
        claims = self._access_claims(client, client.client_id, scope, audience, expires_at, now=now)
        claims["jti"] = self.entropy.token(JTI_BYTES)
        return self._response(client, claims, scope, expires_at, jkt, now)

    def id_token(
        self,
        client: Client,
        grant: Grant,
        person: Mapping[str, Any],
        access_token: str,
        nonce: str | None,
        *,
        now: datetime,
    ) -> str:
        """Who signed in, when and how strongly, for the client's eyes only."""
        claims = {
            **{name: person[name] for name in grant.id_token_claims if name in person},
            "iss": self.issuer,
            "sub": grant.subject,
            "aud": client.client_id,
            "exp": to_seconds(now + self.lifetimes.id_token),
            "iat": to_seconds(now),
            "auth_time": to_seconds(grant.auth_time),
            "acr": self.acr.name(grant.level),
            "amr": list(grant.amr),
            "at_hash": half_hash(access_token, client.signing_alg),
            "sid": sid_of(grant.session_id, client.client_id),
        }
        claims |= _home_of(grant)
        if nonce is not None:
            claims["nonce"] = nonce
        return self.signer.sign(client.signing_alg, ID_TOKEN_TYPE, claims)

    def _access_claims(
        self,
        client: Client,
        subject: str,
        scope: tuple[str, ...],
        audience: str,
        expires_at: datetime,
        *,
        now: datetime,
    ) -> dict[str, Any]:
        return {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "client_id": client.client_id,
            "scope": " ".join(scope),
            "iat": to_seconds(now),
            "exp": to_seconds(expires_at),
        }

    def _response(
        self,
        client: Client,
        claims: dict[str, Any],
        scope: tuple[str, ...],
        expires_at: datetime,
        jkt: str | None,
        now: datetime,
    ) -> dict[str, Any]:
        if jkt is not None:
            claims["cnf"] = {"jkt": jkt}
        return {
            "access_token": self.signer.sign(client.signing_alg, ACCESS_TOKEN_TYPE, claims),
            "token_type": str(TokenType.BEARER if jkt is None else TokenType.DPOP),
            "expires_in": int((expires_at - now).total_seconds()),
            "scope": " ".join(scope),
        }

    def audience(self, asked: tuple[str, ...], granted: tuple[str, ...]) -> str:
        """The one audience of a new token: what is asked now, else the only one granted, else our userinfo.

        Raises: InvalidTarget — several at once, or one that was not granted. Spec: RFC 8707 §2.2.
        """
        if len(asked) > 1:
            raise InvalidTarget("one resource at a time: every token has exactly one audience")
        if asked:
            if asked[0] not in (*granted, self.userinfo_audience):
                raise InvalidTarget("the resource was not granted")
            return asked[0]
        return granted[0] if len(granted) == 1 else self.userinfo_audience


def _home_of(grant: Grant) -> dict[str, Any]:
    """Which region vouched for the person, where it was another one: written by us, whatever anybody asked for."""
    return {} if grant.home_iss is None else {"home_iss": grant.home_iss}


def half_hash(value: str, algorithm: Algorithm) -> str:
    """Left half of the hash that belongs to the signature algorithm. Spec: OpenID Connect Core §3.1.3.6."""
    # Ed25519 hashes with SHA-512 inside, so that is the algorithm's hash; the others are all SHA-256.
    hash_function = hashlib.sha512 if algorithm is Algorithm.EDDSA else hashlib.sha256
    full = hash_function(value.encode()).digest()
    return base64.urlsafe_b64encode(full[: len(full) // 2]).rstrip(b"=").decode()
