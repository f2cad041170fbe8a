"""Client authentication: exactly one method, the one the client registered.

Spec: RFC 6749 §2.3; OpenID Connect Core §9; RFC 7523 §3; RFC 10070 (audience = issuer only; the profile `compat` also
allows the token endpoint, there alone).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from idp.foundation.clock import from_seconds
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.oidc.client_finder import ClientFinder
from idp.oidc.errors import InvalidClient, InvalidRequest, ProtocolError
from idp.oidc.parameters import Parameters
from idp.oidc.ports import AssertionLog, ClientDirectory, ClientRegistrar, TokenVerifier
from idp.oidc.profile import may_name_endpoint
from idp.oidc.vocabulary import ClientAuthMethod

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW = timedelta(seconds=30)
"""How far a client's clock may be off; an assertion's `jti` is remembered for as long as this lets it live."""
MAX_ASSERTION_LIFE = timedelta(minutes=5)
MAX_JTI_LENGTH = 256

# No text has this digest, so a client without a secret cannot be entered with any.
_NO_SECRET = bytes(32)
_REFUSAL = "client authentication failed"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presents, before it is checked."""

    method: ClientAuthMethod
    client_id: str
    secret_or_assertion: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.method}, {self.client_id!r})"


@dataclass(frozen=True, slots=True)
class ClientAuthenticator:
    """Finds out which client is calling, or raises."""

    issuer: str
    clients: ClientDirectory
    assertions: AssertionLog
    verifier: TokenVerifier
    registrar: ClientRegistrar | None = None

    @property
    def finder(self) -> ClientFinder:
        """Whom it knows."""
        return ClientFinder(self.clients, self.registrar)

    def authenticate(
        self,
        parameters: Parameters,
        authorization: str | None,
        chain: tuple[str, ...] | None = None,
        *,
        endpoint: str | None = None,
        now: datetime,
    ) -> Client:
        """The calling client. `chain`: the trust chain that came along, where an endpoint takes one; it may be empty.

        `endpoint`: its address, where older clients may name it as the audience of their assertions.

        Raises: InvalidClient — unknown, switched off, wrong method or wrong proof (the answer never says which).
        InvalidRequest — no method or several at once. Where `chain` is given also what trust fails by.
        """
        credentials = self._read(parameters, authorization)
        client = self._find(credentials.client_id, chain, now)
        if credentials.method in (ClientAuthMethod.SECRET_BASIC, ClientAuthMethod.SECRET_POST):
            # Compared even for an unknown client: the time taken does not tell whether it exists.
            _verify_secret(credentials.secret_or_assertion, client)
        if client is None or not client.enabled or client.auth_method is not credentials.method:
            # What nobody is called may be a secret in the wrong place, so it is not quoted.
            who = client.client_id if client else "nobody"
            raise InvalidClient(
                _REFUSAL, detail=f"{who}: unknown, off, or not registered for {credentials.method}"
            )
        if credentials.method is ClientAuthMethod.PRIVATE_KEY_JWT:
            self._verify_assertion(credentials.secret_or_assertion, client, endpoint, now)
        return client

    def _find(self, client_id: str, chain: tuple[str, ...] | None, now: datetime) -> Client | None:
        try:
            return self.finder.find(client_id, chain or (), now=now)
        except ProtocolError as error:
            if chain is not None:
                raise
            # Other endpoints have no words for trust: who is not trusted is no client.
            raise InvalidClient(_REFUSAL, detail=f"trust: {error.description}") from error

    def _read(self, parameters: Parameters, authorization: str | None) -> Credentials:
        found = [
            *_from_header(authorization),
            *_from_body_secret(parameters),
            *self._from_assertion(parameters),
        ]
        if len(found) > 1:
            raise InvalidRequest("more than one client authentication method was used")
        client_id = parameters.one("client_id")
        if not found:
            if client_id is None:
                raise InvalidClient("client authentication is required")
            return Credentials(ClientAuthMethod.NONE, client_id)
        if client_id is not None and client_id != found[0].client_id:
            raise InvalidClient(_REFUSAL, detail="client_id differs from the authenticated one")
        return found[0]

    def _from_assertion(self, parameters: Parameters) -> list[Credentials]:
        assertion = parameters.one("client_assertion")
        assertion_type = parameters.one("client_assertion_type")
        if assertion is None and assertion_type is None:
            return []
        if assertion is None or assertion_type != ASSERTION_TYPE:
            raise InvalidClient(
                "client_assertion and its type must both be given", detail="assertion pair incomplete"
            )
        subject = self.verifier.unverified_assertion_subject(assertion)
        return [Credentials(ClientAuthMethod.PRIVATE_KEY_JWT, subject, assertion)]

    def _verify_assertion(self, assertion: str, client: Client, endpoint: str | None, now: datetime) -> None:
        claims = self.verifier.client_assertion(assertion, client)
        audience = self.issuer
        if endpoint is not None and claims.get("aud") == endpoint and may_name_endpoint(client):
            audience = endpoint
        expires_at = require_assertion_claims(claims, client.client_id, audience, now)
        # Last, so that a forged or foreign assertion cannot use up somebody's jti.
        if not self.assertions.claim(client.client_id, claims["jti"], expires_at + CLOCK_SKEW, now=now):
            raise InvalidClient(_REFUSAL, detail="assertion jti was used before")


def _verify_secret(presented: str, client: Client | None) -> None:
    stored = client.secret_hash if client and client.secret_hash else _NO_SECRET
    if not hmac.compare_digest(digest(presented), stored):
        raise InvalidClient(_REFUSAL, detail="wrong secret or unknown client")


def _from_header(authorization: str | None) -> list[Credentials]:
    if authorization is None:
        return []
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("only the Basic scheme is accepted here")
    try:
        raw_id, colon, raw_secret = (
            base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        )
        # RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
        client_id, secret = unquote_plus(raw_id, errors="strict"), unquote_plus(raw_secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("the Authorization header is malformed") from error
    if not colon or not client_id.isprintable():
        raise InvalidClient("the Authorization header is malformed")
    return [Credentials(ClientAuthMethod.SECRET_BASIC, client_id, secret)]


def _from_body_secret(parameters: Parameters) -> list[Credentials]:
    secret = parameters.one("client_secret")
    if secret is None:
        return []
    return [Credentials(ClientAuthMethod.SECRET_POST, parameters.required("client_id"), secret)]


def require_assertion_claims(
    claims: Mapping[str, Any], client_id: str, issuer: str, now: datetime
) -> datetime:
    """Check what an assertion with a good signature says, and return when it expires.

    Raises: InvalidClient. Spec: OpenID Connect Core §9; RFC 7523 §3; the audience is the issuer as a string, because
    any other lets a hostile server hand the assertion on (audience injection).
    """

    def refuse(why: str) -> InvalidClient:
        return InvalidClient(_REFUSAL, detail=f"assertion: {why}")

    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise refuse("iss and sub must be the client_id")
    if claims.get("aud") != issuer:
        raise refuse("aud must be the issuer, as a string")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_LENGTH or not jti.isprintable():
        raise refuse("jti is required")
    expires_at = _moment(claims, "exp")
    if expires_at is None or not now - CLOCK_SKEW < expires_at <= now + MAX_ASSERTION_LIFE + CLOCK_SKEW:
        raise refuse("exp is required, in the future and at most five minutes ahead")
    for name in ("nbf", "iat"):
        moment = _moment(claims, name)
        if moment is not None and moment > now + CLOCK_SKEW:
            raise refuse(f"{name} is in the future")
    return expires_at


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**33:
        raise InvalidClient(_REFUSAL, detail=f"assertion: {name} is not a date")
    return from_seconds(int(value))
