"""Nonces for proofs of possession: whoever uses one has heard from us lately.

Nothing is stored. A nonce is the number of a stretch of time under a key, the same for everybody and in every
process; it is no secret, only nobody can know it ahead. Spec: RFC 9449 §8, §9.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret

STRETCH = timedelta(minutes=2)
"""A nonce is good in its own stretch and in the next: for two to four minutes."""
LENGTH = 32
"""Hexadecimal digits: 128 bits."""


@dataclass(frozen=True, slots=True)
class DpopNonces:
    """Makes nonces and knows them again."""

    key: Secret
    issuer: str
    """Another provider's nonces are none of ours, even if it had our key."""

    def current(self, *, now: datetime) -> str:
        """The nonce of this moment."""
        return self._of(_number(now))

    def is_in_force(self, nonce: str, *, now: datetime) -> bool:
        """Whether it is of this stretch of time, or of the one before."""
        number = _number(now)
        return any(
            hmac.compare_digest(nonce.encode(), self._of(each).encode()) for each in (number, number - 1)
        )

    def _of(self, number: int) -> str:
        return keyed_digest(self.key.reveal(), "DPoP nonce", self.issuer, str(number))[:LENGTH]


def _number(now: datetime) -> int:
    return to_seconds(now) // int(STRETCH.total_seconds())
