"""HOTP: six digits from a hardware token, a new one at each press of its button.

A code is good for the counter after the last one used and the few behind it, and each counter is used at most once.
Spec: RFC 4226 §5.3, §7.2 to §7.4; NIST SP 800-63B-4 §3.1.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idp.authn.authenticators import Authenticator
from idp.authn.factors.codes import CodeAlreadyUsed, WrongCode, as_typed
from idp.authn.factors.pending import EnrolmentOver, PendingSeeds
from idp.authn.factors.seal import Seal
from idp.authn.factors.token_keys import KeyRefused, parse_key
from idp.authn.permit import Permit
from idp.authn.throttle import Throttle, ThrottledFactor
from idp.oidc.proofs import Method, Proof, Property

__all__ = ["EnrolmentOver", "Hotp", "HotpRecord", "HotpStore", "KeyRefused"]

ID = Method.HOTP.value
"""A person has one hardware token, so it is called what it is."""
PROPERTIES = frozenset({Property.POSSESSION})
DIGITS = 6
LOOK_AHEAD = 10
"""Presses in a pocket that do no harm. Every one of them is one more code that a guess may hit (RFC 4226 §7.4)."""
SEARCH = 1_000
"""Counters searched for two codes in a row: for a new token, or one pressed much too often."""

_ENROLLED = "hotp seed"
_PENDING = "hotp enrolment"


@dataclass(frozen=True, slots=True)
class HotpRecord:
    """A hardware token as kept."""

    seed_sealed: bytes = field(repr=False)
    next_counter: int
    """The first counter that has not been used up."""


class HotpStore(Protocol):
    """Hardware tokens."""

    def set(self, authenticator: Authenticator, record: HotpRecord) -> None:
        """Keep one with its line among the authenticators, in the place of an earlier one. Durable."""
        ...

    def find(self, account_id: str, authenticator_id: str) -> HotpRecord | None:
        """The token, unless it is suspended."""
        ...

    def use(self, account_id: str, authenticator_id: str, counter: int) -> bool:
        """Use up a counter and all before it. Atomic: True once, only for counters not used up.

        Spec: RFC 4226 §7.2.
        """
        ...


class HotpEngine(Protocol):
    """The arithmetic of RFC 4226."""

    def matching_counter(self, seed: bytes, codes: tuple[str, ...], *, first: int, last: int) -> int | None:
        """The first counter from `first` to `last` at which these codes follow one another."""
        ...


class Hotp:
    """Enrols hardware tokens and checks their codes."""

    def __init__(self, store: HotpStore, seal: Seal, engine: HotpEngine, throttle: Throttle) -> None:
        self._store = store
        self._seal = seal
        self._engine = engine
        self._throttle = throttle
        self._pending = PendingSeeds(seal, _PENDING)

    def begin(self, account_id: str, session_id: str, typed_key: str, *, now: datetime) -> str:
        """Read the token's key; returns it sealed, for the page that asks for its codes. Raises: KeyRefused."""
        return self._pending.wrap(account_id, session_id, parse_key(typed_key), now=now)

    def confirm(
        self,
        permit: Permit,
        session_id: str,
        sealed: str,
        codes: tuple[str, str],
        *,
        label: str,
        now: datetime,
    ) -> None:
        """Enrol, once the token has shown two codes in a row; both are used up by it.

        Misses at an earlier token stay counted. Raises: EnrolmentOver, WrongCode.
        """
        seed = self._pending.unwrap(permit.account_id, session_id, sealed, now=now)
        last = self._second_of(seed, codes, first=0)
        kept = self._seal.seal(_ENROLLED, permit.account_id, seed)
        line = Authenticator(permit.account_id, ID, Method.HOTP, PROPERTIES, label, created_at=now)
        self._store.set(line, HotpRecord(kept, last + 1))

    def check(self, account_id: str, code: str, address: str, *, now: datetime) -> Proof:
        """Check a code and use it up. Charged before anything is looked at.

        Raises: WrongCode, CodeAlreadyUsed, TooManyAttempts.
        """
        self._throttle.admit(ThrottledFactor.HOTP, account_id, address, now=now)
        record = self._found(account_id)
        first = record.next_counter
        counter = self._engine.matching_counter(
            self._opened(account_id, record), (_digits(code),), first=first, last=first + LOOK_AHEAD
        )
        if counter is None:
            raise WrongCode
        self._use(account_id, counter)
        self._throttle.forgive(ThrottledFactor.HOTP, account_id, address)
        return Proof(Method.HOTP, now, PROPERTIES)

    def resynchronise(self, permit: Permit, codes: tuple[str, str], address: str, *, now: datetime) -> None:
        """Find the counter again by two codes in a row; both are used up. Never backwards: old codes stay old.

        Only with a permit: at the sign-in page this wide a search would make guessing easier (RFC 4226 §7.4).
        Raises: WrongCode, CodeAlreadyUsed, TooManyAttempts.
        """
        account_id = permit.account_id
        self._throttle.admit(ThrottledFactor.HOTP, account_id, address, now=now)
        record = self._found(account_id)
        last = self._second_of(self._opened(account_id, record), codes, first=record.next_counter)
        self._use(account_id, last)
        self._throttle.forgive(ThrottledFactor.HOTP, account_id, address)

    def is_enrolled(self, account_id: str) -> bool:
        """Whether this person has a token that works."""
        return self._store.find(account_id, ID) is not None

    def _found(self, account_id: str) -> HotpRecord:
        record = self._store.find(account_id, ID)
        if record is None:
            # Removed or suspended in another window meanwhile: there is no right code any more.
            raise WrongCode
        return record

    def _opened(self, account_id: str, record: HotpRecord) -> bytes:
        return self._seal.open(_ENROLLED, account_id, record.seed_sealed)

    def _second_of(self, seed: bytes, codes: tuple[str, str], *, first: int) -> int:
        in_a_row = (_digits(codes[0]), _digits(codes[1]))
        counter = self._engine.matching_counter(seed, in_a_row, first=first, last=first + SEARCH)
        if counter is None:
            raise WrongCode
        return counter + 1

    def _use(self, account_id: str, counter: int) -> None:
        if not self._store.use(account_id, ID, counter):
            raise CodeAlreadyUsed


def _digits(code: str) -> str:
    digits = as_typed(code)
    if len(digits) != DIGITS or not digits.isdecimal():
        raise WrongCode
    return digits
