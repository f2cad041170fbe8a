"""Signing keys of one purpose as one process holds them: replaced as a whole, used without a lock.

Every process looks at most once a second whether the store changed, and takes the next step of the schedule
itself when one is due; the store lets one of them win. While the store cannot be reached, signing goes on
with the keys at hand for as long as their windows last.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from idp.adapters.jose_keys import SigningKey, VerifyingKey, encoded_header, generate, verifying_key
from idp.adapters.sealing import Sealer
from idp.foundation.clock import Clock
from idp.oidc import key_schedule
from idp.oidc.errors import ServerError
from idp.oidc.key_schedule import KeyPolicy, is_revoked, signing_record
from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord, KeyState
from idp.oidc.ports import KeyStore
from idp.oidc.token.issue import ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE
from idp.oidc.vocabulary import Algorithm

SEAL_PURPOSE = "signing-key"
CHECK_EVERY = timedelta(seconds=1)
UNUSED_AFTER = 3 * CHECK_EVERY
"""When nothing is under way any more that a process signed with a key before it learned that it signs no longer."""
RETRY_AFTER = timedelta(seconds=5)
"""How long a store that failed is left alone: a request waits for it at most this often."""
MAX_ATTEMPTS = 5

_log = logging.getLogger(__name__)

Planner = Callable[[tuple[KeyRecord, ...], datetime], KeyPlan]


class StoreTooBusy(RuntimeError):
    """Others changed the keys again and again while we tried to."""


@dataclass(frozen=True, slots=True)
class JwksDocument:
    """The published keys, ready to be sent."""

    body: bytes
    etag: str
    """With its quotes, as the header wants it."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """The keys at one generation of the store."""

    generation: int
    records: tuple[KeyRecord, ...]
    signing_records: Mapping[Algorithm, tuple[KeyRecord, ...]]
    signing_keys: Mapping[str, SigningKey]
    """By kid: the keys that sign now or will next."""
    verifying_keys: Mapping[str, Mapping[bytes, VerifyingKey]]
    """By token type, then by the header that such tokens of ours carry. Access tokens have the published keys; ID
    tokens, which come back as hints, also those long out of use, but none that was revoked."""
    jwks: JwksDocument


class Keyring:
    """The process's view of the keys."""

    def __init__(
        self,
        store: KeyStore,
        sealer: Sealer,
        policy: KeyPolicy,
        clock: Clock,
        purpose: KeyPurpose = KeyPurpose.PROTOCOL,
        algorithms: tuple[Algorithm, ...] = tuple(Algorithm),
    ) -> None:
        self.purpose = purpose
        self.algorithms = algorithms
        self._store = store
        self._sealer = sealer
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._view: KeyView | None = None
        self._checked_at: datetime | None = None
        self._check_after = CHECK_EVERY

    def open(self) -> None:
        """Read the keys, making them when there are none: at start, so that no request waits for it.

        Raises: BrokenSeal — sealed under another secret key; and whatever the store raises.
        """
        with self._lock:
            self._apply(self._due)

    def rotate(self, algorithms: tuple[Algorithm, ...] | None = None, *, immediately: bool = False) -> None:
        """Change keys ahead of time: when verifiers know the successor, or at once with `immediately`."""
        chosen = self.algorithms if algorithms is None else algorithms

        def planned(records: tuple[KeyRecord, ...], now: datetime) -> KeyPlan:
            return key_schedule.force_rotate(
                records, self._policy, chosen, now, self._make_key, immediately=immediately
            )

        with self._lock:
            self._apply(planned)

    def stop_signing(self, kid: str) -> bool:
        """Let the successor of a key sign in its place; whether the key was signing. Raises: UnknownKey.

        Other processes learn of it within `CHECK_EVERY`, and sign with it until then.
        """

        def planned(records: tuple[KeyRecord, ...], now: datetime) -> KeyPlan:
            return key_schedule.stop_signing(records, kid, self._policy, self.algorithms, now, self._make_key)

        is_signing = any(one.kid == kid and one.state is KeyState.SIGNING for one in self.view().records)
        if is_signing:
            with self._lock:
                self._apply(planned)
        return is_signing

    def withdraw(self, kid: str) -> None:
        """Withdraw a compromised key as `revoke` does, but see first that no process of ours signs with it any more.

        Else some would go on for a moment, others refuse what those signed, and sign-ins under way would fail. Takes
        `UNUSED_AFTER` for a key that signs; not for a request that somebody waits for, nor within a transaction.
        Raises: UnknownKey.
        """
        if self.stop_signing(kid):
            threading.Event().wait(UNUSED_AFTER.total_seconds())
        self.revoke(kid)

    def revoke(self, kid: str) -> None:
        """Withdraw a compromised key; its successor signs at once. Raises: UnknownKey."""

        def planned(records: tuple[KeyRecord, ...], now: datetime) -> KeyPlan:
            return key_schedule.revoke(records, kid, self._policy, self.algorithms, now, self._make_key)

        with self._lock:
            self._apply(planned)

    def forget(self) -> None:
        """Read the keys again before the next use: what was read last may not have been committed."""
        with self._lock:
            self._view, self._checked_at = None, None

    def view(self, *, wait: bool = False) -> KeyView:
        """The keys as seen at most a second ago, unless the store cannot be reached.

        With `wait`, also when another thread is looking just now and has not come back.
        """
        if wait or self._is_check_due():
            self._check(wait=wait or self._view is None)
        if self._view is None:
            raise ServerError("no signing keys are loaded")
        return self._view

    def signing_key(self, algorithm: Algorithm) -> SigningKey:
        """The key to sign with now. Raises: ServerError — none is inside its window."""
        for wait in (False, True):
            view = self.view(wait=wait)
            record = signing_record(view.signing_records[algorithm], algorithm, self._clock.now())
            if record is not None:
                return view.signing_keys[record.kid]
        raise ServerError("no signing key is in force", detail=f"{algorithm}, generation {view.generation}")

    def find_verifying_key(self, token_type: str, header: bytes) -> VerifyingKey | None:
        """The key behind a token of ours, by its type and its encoded header; None when it is not ours."""
        for wait in (False, True):
            key = self.view(wait=wait).verifying_keys[token_type].get(header)
            if key is not None:
                return key
        return None

    def jwks(self) -> JwksDocument:
        """The keys that verifiers may trust."""
        return self.view().jwks

    def _is_check_due(self) -> bool:
        checked_at, now = self._checked_at, self._clock.now()
        # A clock set back must not keep us from looking.
        return checked_at is None or not checked_at <= now < checked_at + self._check_after

    def _check(self, *, wait: bool) -> None:
        """Look for changes; one thread does, the others go on with what there is, or wait for it."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if self._is_check_due():
                self._apply(self._due)
                self._checked_at, self._check_after = self._clock.now(), CHECK_EVERY
        except Exception:
            if self._view is None:
                raise
            self._checked_at, self._check_after = self._clock.now(), RETRY_AFTER
            _log.exception("the key store cannot be read; signing goes on with the keys at hand")
        finally:
            self._lock.release()

    def _due(self, records: tuple[KeyRecord, ...], now: datetime) -> KeyPlan:
        return key_schedule.plan(records, self._policy, self.algorithms, now, self._make_key)

    def _apply(self, planner: Planner) -> None:
        """Bring the view up to date and carry out the plan; begin again whenever somebody else was first."""
        for _ in range(MAX_ATTEMPTS):
            view = self._read()
            plan = planner(view.records, self._clock.now())
            if not plan.add and not plan.change:
                return
            if self._store.apply(plan, generation=view.generation):
                self._read()
                return
        raise StoreTooBusy("the keys were changed by somebody else at every attempt")

    def _read(self) -> KeyView:
        generation = self._store.generation()
        if self._view is None or self._view.generation != generation:
            every = self._store.every()
            records = tuple(record for record in every if record.purpose is self.purpose)
            self._view = self._build(generation, records)
        return self._view

    def _build(self, generation: int, records: tuple[KeyRecord, ...]) -> KeyView:
        held = self._view.signing_keys if self._view else {}
        able = [record for record in records if record.state in (KeyState.PENDING, KeyState.SIGNING)]
        published = [record for record in records if record.state is not KeyState.RETIRED]
        known = [record for record in records if not is_revoked(record)]
        return KeyView(
            generation=generation,
            records=records,
            signing_records={
                algorithm: tuple(record for record in able if record.algorithm is algorithm)
                for algorithm in self.algorithms
            },
            signing_keys={record.kid: held.get(record.kid) or self._unseal(record) for record in able},
            verifying_keys={
                ACCESS_TOKEN_TYPE: _by_header(published, ACCESS_TOKEN_TYPE),
                ID_TOKEN_TYPE: _by_header(known, ID_TOKEN_TYPE),
            },
            jwks=_document(published),
        )

    def _unseal(self, record: KeyRecord) -> SigningKey:
        private_der = self._sealer.open(SEAL_PURPOSE, record.kid, record.private_sealed)
        return SigningKey(record.kid, record.algorithm, private_der)

    def _make_key(
        self,
        algorithm: Algorithm,
        *,
        created_at: datetime,
        signs_from: datetime,
        signs_until: datetime,
        published_until: datetime,
    ) -> KeyRecord:
        pair = generate(algorithm)
        return KeyRecord(
            kid=pair.kid,
            purpose=self.purpose,
            algorithm=algorithm,
            state=KeyState.PENDING,
            public_jwk=pair.public_jwk,
            private_sealed=self._sealer.seal(SEAL_PURPOSE, pair.kid, pair.private_der),
            created_at=created_at,
            signs_from=signs_from,
            signs_until=signs_until,
            published_until=published_until,
        )


def _by_header(records: list[KeyRecord], token_type: str) -> dict[bytes, VerifyingKey]:
    return {
        encoded_header(record.kid, record.algorithm, token_type): verifying_key(record.public_jwk)
        for record in records
    }


def _document(published: list[KeyRecord]) -> JwksDocument:
    body = orjson.dumps({"keys": [dict(record.public_jwk) for record in published]})
    return JwksDocument(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
