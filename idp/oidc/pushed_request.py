"""Requests that a client pushed ahead of the browser, and the one-time address of each. Spec: RFC 9126 §2.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequestUri
from idp.oidc.grant import AuthorizationCode
from idp.oidc.parameters import Parameters

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = timedelta(seconds=60)
"""How long a browser may take to arrive with it. Whoever arrived in time may finish signing in later."""


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """What a client asks for, examined when it was pushed and kept as it was."""

    client_id: str
    parameters: Parameters
    created_at: datetime
    expires_at: datetime
    is_consumed: bool = False
    """Whether it led to an answer already."""


class PushedRequestStore(Protocol):
    """Pushed authorization requests, by digest of the value in their `request_uri`."""

    def add(self, digest: bytes, request: PushedRequest) -> None:
        """Keep a new request."""
        ...

    def find(self, digest: bytes) -> PushedRequest | None:
        """The request, consumed or not, expired or not; None when it never was."""
        ...

    def consume(self, digest: bytes, *, now: datetime) -> bool:
        """Mark the request used. Atomic: of any number of concurrent calls exactly one returns True.

        Expired ones too: who arrived in time may be answered later.
        """
        ...

    def answer(self, digest: bytes, code_digest: bytes, code: AuthorizationCode, *, now: datetime) -> bool:
        """`consume`, and keep the code, in one transaction. Of concurrent calls exactly one returns True."""
        ...


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """A pushed request that a browser may still use, and the digest under which it is claimed later."""

    digest: bytes
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """Keeps pushed requests and finds them again."""

    store: PushedRequestStore
    entropy: Entropy

    def keep(self, client: Client, parameters: Parameters, *, now: datetime) -> str:
        """Keep an examined request of `client`; returns its `request_uri`, of which we keep only a digest."""
        value = new_value(Kind.PUSHED_REQUEST, self.entropy)
        self.store.add(digest(value), PushedRequest(client.client_id, parameters, now, now + LIFETIME))
        return REQUEST_URI_PREFIX + value

    def find(self, request_uri: str, client: Client, *, now: datetime) -> FoundRequest:
        """The request behind a `request_uri`, while `client` may use it.

        Raises: InvalidRequestUri — unknown, another client's, used or expired; the answer never says which.
        """
        value = request_uri.removeprefix(REQUEST_URI_PREFIX)
        if value == request_uri or not is_kind(Kind.PUSHED_REQUEST, value):
            raise _refused("not one of ours")
        found = self.store.find(digest(value))
        if found is None or found.client_id != client.client_id:
            raise _refused("unknown, or another client's")
        if found.is_consumed or found.expires_at <= now:
            raise _refused("used or expired")
        return FoundRequest(digest(value), found.parameters)


def is_pushed(request_uri: str) -> bool:
    """Whether a `request_uri` claims to come from the pushed authorization request endpoint."""
    return request_uri.startswith(REQUEST_URI_PREFIX)


def _refused(why: str) -> InvalidRequestUri:
    return InvalidRequestUri("the request_uri is unknown, expired, used or of another client", detail=why)
