"""What the protocol needs from outside, with what each must promise under a race.

Implemented in `idp.storage` and `idp.adapters`; joined in `idp.wiring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from idp.foundation.events import Event
from idp.oidc.authorization.transaction import Proved, Transaction
from idp.oidc.client import Client
from idp.oidc.grant import (
    AuthorizationCode,
    FoundCode,
    FoundRefreshToken,
    LiveGrant,
    NewRefreshToken,
)
from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord
from idp.oidc.unverified_request_object import UnverifiedRequestObject
from idp.oidc.vocabulary import Algorithm


class ClientDirectory(Protocol):
    """The registry of mini-apps, as read by the protocol."""

    def find_by_id(self, client_id: str) -> Client | None:
        """The client, at most one second out of date; None when there is none."""
        ...


class ClientRegistrar(Protocol):
    """Who may become a client by calling: an entity of a federation that we trust."""

    def register(self, client_id: str, chain: tuple[str, ...], *, now: datetime) -> Client | None:
        """The client that `client_id` becomes by its trust chain, or was before and still is; None: not one of ours.

        `chain` is what the caller sent along, its own statement first, unverified; empty when it sent none.
        Raises: ProtocolError — trust fails. Spec: OpenID Federation 1.0 §12.1.
        """
        ...


class PeerChains(Protocol):
    """Whether an entity came to trust us by an anchor that we trust too."""

    def require(self, chain: tuple[str, ...], peer_chain: tuple[str, ...], *, now: datetime) -> None:
        """See that `peer_chain` leads from us to the anchor that `chain`, the sender's own, ends in.

        Raises: ProtocolError — it does not. Spec: OpenID Federation 1.0 §4.4.
        """
        ...


class CodeStore(Protocol):
    """Authorization codes, by digest."""

    def add(self, digest: bytes, code: AuthorizationCode) -> None:
        """Keep a new code."""
        ...

    def find(self, digest: bytes) -> FoundCode | None:
        """The code, consumed or not, expired or not; None when it never was."""
        ...

    def consume(
        self, digest: bytes, refresh_token: NewRefreshToken | None, jkt: str | None = None, *, now: datetime
    ) -> bool:
        """Mark the code used, open its grant and keep the family's first refresh token, in one transaction.

        `jkt`: the key that the grant's first tokens are bound to.
        Atomic: of any number of concurrent calls exactly one returns True, and only it leaves anything behind.
        False means used, expired or gone. Durable when it returns. Spec: RFC 6749 §4.1.2.
        """
        ...

    def record_failure(self, digest: bytes) -> None:
        """Count a failed redemption; survives the refusal that follows."""
        ...


class GrantStore(Protocol):
    """Grants and their refresh tokens."""

    def find_live(self, grant_id: str, jti: str, *, now: datetime) -> LiveGrant | None:
        """The grant, when it is in force and the access token `jti` has not been revoked by itself."""
        ...

    def revoke(self, grant_id: str, *, now: datetime, saying: Event | None = None) -> bool:
        """End the grant and everything made from it. True when this call ended it. Never undone.

        With `saying`, the audit trail gets this line in the same transaction: both or neither.
        """
        ...

    def find_refresh_token(self, digest: bytes, *, now: datetime) -> FoundRefreshToken | None:
        """The refresh token, consumed or not; None when it never was."""
        ...

    def rotate(self, digest: bytes, successor: NewRefreshToken, *, now: datetime) -> bool:
        """Mark a refresh token used and keep its successor, in one transaction.

        Atomic: of any number of concurrent calls exactly one returns True. False means used, expired, or its grant
        no longer in force. Spec: RFC 9700 §4.14.2.
        """
        ...

    def revoke_access_token(self, jti: str, expires_at: datetime) -> None:
        """Refuse one access token from now until it would have expired anyway."""
        ...

    def is_access_token_revoked(self, jti: str) -> bool:
        """Whether `revoke_access_token` was called for it."""
        ...


class AssertionLog(Protocol):
    """Client assertions seen, so that none counts twice."""

    def claim(self, client_id: str, jti: str, expires_at: datetime, *, now: datetime) -> bool:
        """True for the first call with (client_id, jti), False for every other. Atomic. Spec: RFC 7523 §3."""
        ...


class Signer(Protocol):
    """Signs with the region's protocol keys."""

    def sign(self, algorithm: Algorithm, token_type: str, claims: Mapping[str, Any]) -> str:
        """A compact JWS with `kid` and `typ` in its header. The key is inside its published window."""
        ...


class TokenVerifier(Protocol):
    """Verifies signatures. Every method raises `ProtocolError` and never returns unverified content."""

    def access_token(self, token: str) -> Mapping[str, Any]:
        """Claims of a token of type `at+jwt` that we signed; not yet checked for time, audience or revocation.

        Raises: InvalidToken.
        """
        ...

    def id_token_hint(self, token: str) -> Mapping[str, Any]:
        """Claims of an ID token that we signed, expired or not (OpenID Connect RP-Initiated Logout §2).

        Raises: InvalidRequest.
        """
        ...

    def client_assertion(self, token: str, client: Client) -> Mapping[str, Any]:
        """Claims of an assertion signed with one of the client's registered keys. Raises: InvalidClient."""
        ...

    def unverified_assertion_subject(self, token: str) -> str:
        """Whom an assertion *says* it is from, to look up the keys it must verify with. Raises: InvalidClient."""
        ...

    def open_request_object(self, token: str) -> UnverifiedRequestObject:
        """Take a request object apart, decrypted where it was encrypted to us.

        Raises: InvalidRequestObject; RequestNotSupported — it is not signed (`alg` is `none`).
        """
        ...

    def verify_request_object(self, opened: UnverifiedRequestObject, client: Client) -> None:
        """Require one of the client's registered keys behind it. Raises: InvalidRequestObject."""
        ...


class TransactionStore(Protocol):
    """Transactions, by digest of their id."""

    def add(self, transaction: Transaction) -> None:
        """Keep a new transaction."""
        ...

    def find(self, transaction_id: str) -> Transaction | None:
        """The transaction in any state, expired or not; None when it never was."""
        ...

    def set_username(self, transaction_id: str, username: str) -> None:
        """Remember who they say they are; forgets what was proved for somebody else."""
        ...

    def set_proved(self, transaction_id: str, proved: Proved) -> None:
        """Remember what was proved while more is owed."""
        ...

    def set_session(self, transaction_id: str, session_id: str) -> None:
        """Remember that the person proved themselves within this transaction; clears what was proved before."""
        ...

    def set_consented(self, transaction_id: str) -> None:
        """Remember that the person agreed within this transaction."""
        ...

    def count_wrong_answer(self, transaction_id: str) -> int:
        """Count a wrong answer, committed at once; returns the count so far."""
        ...

    def fulfil(
        self,
        transaction_id: str,
        code_digest: bytes,
        code: AuthorizationCode,
        pushed_digest: bytes | None = None,
        *,
        now: datetime,
    ) -> bool:
        """Leave PENDING, claim the pushed request it began with, and keep the code, in one transaction.

        Of concurrent calls exactly one returns True, for the transaction and for the pushed request.
        """
        ...

    def finish(self, transaction_id: str, *, now: datetime) -> bool:
        """Leave PENDING for FULFILLED without a code (account pages). Exactly one call returns True."""
        ...

    def cancel(self, transaction_id: str, pushed_digest: bytes | None = None, *, now: datetime) -> bool:
        """Leave PENDING for CANCELLED and claim the pushed request. Exactly one call returns True."""
        ...


class KeyStore(Protocol):
    """Signing keys of every purpose."""

    def published(self, purpose: KeyPurpose) -> tuple[KeyRecord, ...]:
        """Every key of the purpose that is not retired, oldest first."""
        ...

    def every(self) -> tuple[KeyRecord, ...]:
        """Every key there ever was, oldest first."""
        ...

    def generation(self) -> int:
        """A number that grows with every change to any key."""
        ...

    def apply(self, plan: KeyPlan, *, generation: int) -> bool:
        """Add and change keys in one durable transaction, provided nothing changed since `generation`.

        True when applied; False when somebody else was first, and then nothing happened.
        """
        ...
