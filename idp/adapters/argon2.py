"""Argon2id by argon2-cffi, a few at a time.

Spec: RFC 9106; OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from idp.authn.factors.password import Busy, WrongPassword

LONGEST_WAIT = timedelta(seconds=5)
"""How long a sign-in waits for its turn before it is told to come back."""
_SALT_BYTES = 16
_ABSENT = "nobody has this password"


class Argon2Hasher:
    """Hashes and checks passwords, at most `concurrency` at once in this process.

    Each hash fills `memory_kib` of memory and a whole core: more of them at once only make everybody wait.
    """

    def __init__(
        self,
        *,
        memory_kib: int,
        passes: int,
        concurrency: int,
        longest_wait: timedelta = LONGEST_WAIT,
    ) -> None:
        self._argon2 = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, salt_len=_SALT_BYTES, type=Type.ID
        )
        self._places = threading.BoundedSemaphore(concurrency)
        self._longest_wait = longest_wait
        self._absent = self.hash(_ABSENT)

    def hash(self, password: str) -> str:
        """An encoded Argon2id hash with a fresh salt. Raises: Busy."""
        with self._place():
            return self._argon2.hash(password)

    def verify(self, encoded: str, password: str) -> None:
        """Check a password against its encoded hash. Raises: WrongPassword, Busy."""
        with self._place():
            try:
                self._argon2.verify(encoded, password)
            except VerifyMismatchError as error:
                raise WrongPassword from error

    def verify_absent(self, password: str) -> NoReturn:
        """The work of `verify` for an account that does not exist. Raises: WrongPassword (always), Busy."""
        self.verify(self._absent, password)
        # Even the text this hash was made from opens nothing.
        raise WrongPassword

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` was made with other parameters than these."""
        return self._argon2.check_needs_rehash(encoded)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._longest_wait.total_seconds()):
            raise Busy
        try:
            yield
        finally:
            self._places.release()
