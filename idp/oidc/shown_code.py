"""The code a citizen shows at a counter: what it is made of, how it is drawn anew, and where it is kept.

A *showing* is one person standing at one counter with the page open. Its code changes every minute; the one before
works a little longer, for the officer who is still typing; and once any of them was redeemed, all are dead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret
from idp.oidc.vocabulary import AcrLevel

EVERY = timedelta(seconds=60)
"""How often a showing draws a new code."""
LIFETIME = timedelta(seconds=80)
"""How long a code works: as long as it is shown, and the time it takes to type twelve digits."""
LONGEST_SHOWING = timedelta(minutes=10)
"""After this the person is asked again: a page left open must not go on drawing codes."""
DIGITS = 12
GROUP = 4
MAX_TYPED = 64
SHOWING_BYTES = 16

DETAILS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "family_name", "given_name", "middle_name"),
    "gender": ("gender",),
    "birthdate": ("birthdate",),
    "real_name_assurance": ("real_name_assurance",),
    "phone_number": ("phone_number", "phone_number_verified"),
    "email": ("email", "email_verified"),
    "address": ("address",),
}
"""What a person can show, and the claims that go with it: what a counter has a use for, nothing else."""


@dataclass(frozen=True, slots=True)
class Showing:
    """One person at one counter."""

    id: str
    account_id: str
    session_id: str
    details: tuple[str, ...]
    """What the person ticked; keys of `DETAILS`."""
    level: AcrLevel
    """How well the person had proved who they are when it began."""
    auth_time: datetime
    began_at: datetime

    @property
    def is_over_at(self) -> datetime:
        return self.began_at + LONGEST_SHOWING

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims behind what was ticked."""
        return tuple(claim for detail in DETAILS if detail in self.details for claim in DETAILS[detail])


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A code as kept: by digests only."""

    digest: bytes
    """SHA-256 of the value in the QR code."""
    digits_digest: bytes
    """Keyed: twelve digits alone could be searched through."""
    showing: Showing
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code that can be redeemed at this moment, and the person behind it."""

    stored: StoredCode
    person: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redemption:
    """What became of a showing."""

    client_id: str
    released: tuple[str, ...]
    """The claims that were handed over."""
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What is on the screen, once."""

    value: str = field(repr=False)
    """In the QR code."""
    digits: str = field(repr=False)
    """The same for those who type, in groups of four."""
    showing: Showing


class ShownCodeStore(Protocol):
    """Shown codes, by digest."""

    def add(self, code: StoredCode) -> bool:
        """Keep a code of a showing. False, and nothing kept, when the showing was redeemed already.

        False too when another code has the same digits, which happens to nobody twice.
        """
        ...

    def find(self, digest: bytes, *, now: datetime) -> FoundCode | None:
        """The code with this value, while it can be redeemed: in time, unused, its session and account in force."""
        ...

    def find_by_digits(self, digits_digest: bytes, *, now: datetime) -> FoundCode | None:
        """The same, by its digits."""
        ...

    def redeem(self, digest: bytes, redemption: Redemption) -> bool:
        """Use a code up, and end its showing and every other of that person, in one transaction.

        Atomic: of any number of concurrent calls for the codes of one person exactly one returns True, and only while
        session and account are in force. Durable when it returns.
        """
        ...

    def showing(self, showing_id: str, account_id: str) -> Showing | None:
        """A showing of this person, redeemed or not; None once it was ended."""
        ...

    def redemption(self, showing_id: str, account_id: str) -> Redemption | None:
        """What became of it, when it was redeemed."""
        ...

    def redemptions_of(self, account_id: str, limit: int) -> tuple[Redemption, ...]:
        """Where a person showed something, latest first."""
        ...

    def end(self, account_id: str) -> None:
        """Forget every code of a person that was not redeemed, and so their showings: they put their telephone away."""
        ...


class CodeDisplay:
    """Draws codes. `secret` keys the digests of the digits."""

    def __init__(self, issuer: str, codes: ShownCodeStore, secret: Secret, entropy: Entropy) -> None:
        self._issuer = issuer
        self._codes = codes
        self._key = keyed_digest(secret.reveal(), "shown codes")
        self._entropy = entropy

    def new_showing_id(self) -> str:
        """An id for a showing that begins."""
        return self._entropy.token(SHOWING_BYTES)

    def draw(self, showing: Showing, *, now: datetime) -> ShownCode | None:
        """A new code of `showing`; None when the showing is over: redeemed, or too long."""
        if now >= showing.is_over_at:
            return None
        value = new_value(Kind.SHOWN_CODE, self._entropy)
        digits = str(int.from_bytes(self._entropy.bytes(16)) % 10**DIGITS).zfill(DIGITS)
        stored = StoredCode(digest(value), self.digest_of_digits(digits), showing, now + LIFETIME)
        return ShownCode(value, in_groups(digits), showing) if self._codes.add(stored) else None

    def address(self, code: ShownCode) -> str:
        """What the QR code says: whose region it is, and the value behind the `#`, which no browser sends anywhere."""
        return f"{self._issuer}/account/code#{code.value}"

    def find(self, presented: str, *, now: datetime) -> FoundCode | None:
        """The code that a counter scanned or typed."""
        if is_kind(Kind.SHOWN_CODE, presented):
            return self._codes.find(digest(presented), now=now)
        digits = as_digits(presented)
        return self._codes.find_by_digits(self.digest_of_digits(digits), now=now) if digits else None

    def digest_of_digits(self, digits: str) -> bytes:
        """What is kept in place of the digits."""
        return bytes.fromhex(keyed_digest(self._key, digits))


def in_groups(digits: str) -> str:
    """Digits as they are read out."""
    return " ".join(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))


def as_digits(typed: str) -> str | None:
    """Twelve digits without what people put between them; None when it is anything else."""
    folded = unicodedata.normalize("NFKC", typed[:MAX_TYPED])
    digits = "".join(folded.replace("-", " ").split())
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdecimal() else None
