"""Credentials and counts of misses in memory, keeping the promises of `idp.authn.credentials`."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from idp.authn.credentials import Charge, PasswordRecord, Schedule, TotpRecord


@dataclass
class MemoryCredentials:
    """Passwords, TOTP seeds and recovery codes."""

    passwords: dict[str, PasswordRecord] = field(default_factory=dict)
    totp: dict[str, TotpRecord] = field(default_factory=dict)
    recovery_codes: dict[str, set[bytes]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    """The account ids whose passwords were asked for, in order."""

    def find_password(self, account_id: str) -> PasswordRecord | None:
        self.looked_up.append(account_id)
        return self.passwords.get(account_id)

    def set_password(self, account_id: str, record: PasswordRecord) -> None:
        self.passwords[account_id] = record

    def find_totp(self, account_id: str) -> TotpRecord | None:
        return self.totp.get(account_id)

    def set_totp(self, account_id: str, record: TotpRecord) -> None:
        self.totp[account_id] = record

    def replace_hash(self, account_id: str, record: PasswordRecord) -> None:
        self.passwords[account_id] = record

    def remove_totp(self, account_id: str, *, now: datetime) -> bool:
        self.recovery_codes.pop(account_id, None)
        return self.totp.pop(account_id, None) is not None

    def use_totp_step(self, account_id: str, step: int) -> bool:
        record = self.totp.get(account_id)
        if record is None or step <= record.last_used_step:
            return False
        self.totp[account_id] = replace(record, last_used_step=step)
        return True

    def replace_recovery_codes(self, account_id: str, digests: tuple[bytes, ...], *, now: datetime) -> None:
        self.recovery_codes[account_id] = set(digests)

    def use_recovery_code(self, account_id: str, digest: bytes, *, now: datetime) -> bool:
        left = self.recovery_codes.get(account_id, set())
        found = digest in left
        left.discard(digest)
        return found

    def count_recovery_codes(self, account_id: str) -> int:
        return len(self.recovery_codes.get(account_id, set()))


@dataclass
class _Misses:
    count: int
    began_at: datetime
    open_at: datetime


@dataclass
class MemoryThrottle:
    """Counts of misses by key."""

    misses: dict[str, _Misses] = field(default_factory=dict)

    def charge(self, key: str, schedule: Schedule, *, now: datetime) -> Charge:
        found = self.misses.get(key, _Misses(0, now, now))
        if schedule.disable_after is not None and found.count >= schedule.disable_after:
            return Charge(allowed=False, retry_at=None, disabled=True)
        if now < found.open_at:
            return Charge(allowed=False, retry_at=found.open_at, disabled=False)
        if schedule.window is not None and now - found.began_at >= schedule.window:
            found = _Misses(0, now, now)
        count = found.count + 1
        self.misses[key] = _Misses(count, found.began_at, now + schedule.wait_after(count))
        return Charge(allowed=True, retry_at=None, disabled=False)

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()

    def forgive(self, key: str) -> None:
        self.misses.pop(key, None)

    def refund(self, key: str) -> None:
        if key in self.misses:
            self.misses[key].count = max(0, self.misses[key].count - 1)


class RepeatableEntropy:
    """The same unguessable values in every run, never the same value twice."""

    def __init__(self) -> None:
        self._drawn = 0

    def bytes(self, size_bytes: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(str(self._drawn).encode()).digest(size_bytes)

    def token(self, size_bytes: int = 32) -> str:
        return self.bytes(size_bytes).hex()
