"""Where the secrets of the factors are kept, and what must be atomic about them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PasswordRecord:
    """A password as stored: an Argon2id string with its parameters."""

    argon2_hash: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TotpRecord:
    """A confirmed TOTP enrolment: the sealed seed and the last time step used."""

    seed_sealed: bytes
    confirmed_at: datetime
    last_used_step: int


class CredentialStore(Protocol):
    """Passwords, TOTP seeds and recovery codes of accounts."""

    def find_password(self, account_id: str) -> PasswordRecord | None:
        """The current password."""
        ...

    def set_password(self, account_id: str, record: PasswordRecord) -> None:
        """Set or replace the password, in use from now on (also where it was suspended). Durable."""
        ...

    def replace_hash(self, account_id: str, record: PasswordRecord) -> None:
        """Keep the same password hashed with other parameters."""
        ...

    def find_totp(self, account_id: str) -> TotpRecord | None:
        """The TOTP enrolment."""
        ...

    def set_totp(self, account_id: str, record: TotpRecord) -> None:
        """Enrol, replacing an earlier enrolment; in use from now on. Durable."""
        ...

    def remove_totp(self, account_id: str, *, now: datetime) -> bool:
        """Remove the enrolment. True when there was one."""
        ...

    def use_totp_step(self, account_id: str, step: int) -> bool:
        """Use up a time step. Atomic: True once for each step, only for steps later than the last used one.

        Spec: RFC 6238 §5.2.
        """
        ...

    def replace_recovery_codes(self, account_id: str, digests: tuple[bytes, ...], *, now: datetime) -> None:
        """Void every earlier recovery code and keep these, in one transaction."""
        ...

    def use_recovery_code(self, account_id: str, digest: bytes, *, now: datetime) -> bool:
        """Use up one recovery code. Atomic: True once."""
        ...

    def count_recovery_codes(self, account_id: str) -> int:
        """How many are left."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """How patience with one key wears out. All spans are whole seconds."""

    free: int
    """Misses that cost nothing: the wait begins after this many."""
    first_delay: timedelta
    """The wait after miss number `free`; every further miss doubles it."""
    longest_delay: timedelta
    """Where the doubling ends."""
    disable_after: int | None = None
    """After this many misses nothing is admitted until `forgive`. None: never."""
    window: timedelta | None = None
    """Counting starts afresh once the first counted miss is this old. None: misses never grow old."""

    def wait_after(self, misses: int) -> timedelta:
        """How long the next attempt waits after `misses` charges, from the last one that was allowed."""
        if misses < self.free:
            return timedelta(0)
        # Past 2^20 any delay has met its ceiling; a larger shift would only make large numbers.
        return min(self.first_delay * (1 << min(misses - self.free, 20)), self.longest_delay)


class ThrottleStore(Protocol):
    """Counts of misses, charged before the check and taken back after a success."""

    def charge(self, key: str, schedule: Schedule, *, now: datetime) -> Charge:
        """Count one attempt under `key` and say whether it may go ahead.

        Atomic and committed at once: a crash or a second process cannot lose it, and of concurrent attempts
        at most as many are allowed as the schedule has room for. A refused attempt is not counted and does not
        move `retry_at`: nobody's waiting time grows because somebody reloads a page.
        """
        ...

    def together(self) -> AbstractContextManager[object]:
        """What is charged or taken back inside is committed together, once, when the block ends."""
        ...

    def forgive(self, key: str) -> None:
        """Forget every miss under `key`, even a disabled one: its owner succeeded, or an operator reset it."""
        ...

    def refund(self, key: str) -> None:
        """Take back one charge (never below none): that attempt was a success, but others share the key.

        The remaining misses stay, and so does a wait that is running.
        """
        ...


@dataclass(frozen=True, slots=True)
class Charge:
    """What the throttle says to one attempt."""

    allowed: bool
    retry_at: datetime | None
    """When the next attempt may be made, if this one may not and the key is not disabled."""
    disabled: bool
    """Too many misses in all: this factor stays closed until it is reset or another way in is used."""
