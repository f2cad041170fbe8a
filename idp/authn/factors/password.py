"""Passwords: which ones are accepted, and how they are kept.

Length and a blocklist, no rules about kinds of characters, no forced changes.
Spec: NIST SP 800-63B-4 §3.1.1; RFC 8265 §4.2 (OpaqueString); OWASP ASVS 5.0 V6.2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NoReturn, Protocol

from idp.authn.credentials import CredentialStore, PasswordRecord
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.permit import Permit

MAX_LENGTH = 256
"""Code points. Hashing costs the same for any of them; more would only be a burden to read in."""


class PasswordProblem(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UNUSABLE_CHARACTERS = "unusable_characters"
    """Control characters, which no keyboard types again the same way."""
    COMMON = "common"
    """On the blocklist, or made of nothing but what everybody uses."""
    PERSONAL = "personal"
    """Little more than the person's own name or username, or the region's name."""


class PasswordRefused(ValueError):
    """A new password that is not accepted; the page says `problem` in words."""

    def __init__(self, problem: PasswordProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class WrongPassword(Exception):
    """Not the password."""


class Busy(Exception):
    """Every place for hashing is taken and stayed so; try again in a moment."""


class Hasher(Protocol):
    """Turns passwords into what may be stored. Each call costs about the same work."""

    def hash(self, password: str) -> str:
        """Raises: Busy."""
        ...

    def verify(self, encoded: str, password: str) -> None:
        """Raises: WrongPassword, Busy."""
        ...

    def verify_absent(self, password: str) -> NoReturn:
        """Do the work of `verify` where there is nothing to compare with. Raises: WrongPassword, Busy."""
        ...

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` was made with other parameters than today's."""
        ...


def prepare(password: str) -> str:
    """The form in which a password is hashed: the same however it was typed. Spec: RFC 8265 §4.2.2.

    Raises: PasswordRefused — too long, or with characters no password can have.
    """
    if len(password) > MAX_LENGTH:
        raise PasswordRefused(PasswordProblem.TOO_LONG)
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in spaced):
        raise PasswordRefused(PasswordProblem.UNUSABLE_CHARACTERS)
    return unicodedata.normalize("NFC", spaced)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a new password must be."""

    min_length: int
    """Code points (`password_min_length` of the settings)."""
    blocklist: Blocklist
    region_words: tuple[str, ...] = ()
    """The region's names, which half of a town would choose."""

    def check(self, password: str, about: Iterable[str]) -> str:
        """Return the prepared password. `about` are texts on the person: username, names, e-mail address.

        Raises: PasswordRefused.
        """
        prepared = prepare(password)
        if len(prepared) < self.min_length:
            raise PasswordRefused(PasswordProblem.TOO_SHORT)
        folded = prepared.casefold()
        if folded in self.blocklist:
            raise PasswordRefused(PasswordProblem.COMMON)
        words = _personal_words((*about, *self.region_words))
        if any(len(folded.replace(word, "")) < self.min_length for word in words if word in folded):
            raise PasswordRefused(PasswordProblem.PERSONAL)
        return prepared


class Passwords:
    """Sets passwords."""

    def __init__(self, credentials: CredentialStore, hasher: Hasher, policy: PasswordPolicy) -> None:
        self._credentials = credentials
        self._hasher = hasher
        self._policy = policy

    def check(self, password: str, *, about: Iterable[str]) -> None:
        """Say beforehand whether `set` would accept it. Raises: PasswordRefused."""
        self._policy.check(password, about)

    def set(self, permit: Permit, password: str, *, about: Iterable[str], now: datetime) -> None:
        """Give the permit's account a new password. The caller ends other sessions afterwards.

        Raises: PasswordRefused, Busy.
        """
        prepared = self._policy.check(password, about)
        record = PasswordRecord(self._hasher.hash(prepared), now)
        self._credentials.set_password(permit.account_id, record)


def _personal_words(texts: Iterable[str]) -> set[str]:
    """What of a person's particulars is guessed first: each text, and each part of it that is a word."""
    words: set[str] = set()
    for text in texts:
        folded = unicodedata.normalize("NFC", text).casefold()
        separated = "".join(character if character.isalnum() else " " for character in folded)
        words.update((folded, separated.replace(" ", ""), *separated.split()))
    return {word for word in words if len(word) >= (4 if word.isascii() else 2)}
