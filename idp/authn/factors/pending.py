"""A seed on its way through the pages of an enrolment: sealed for one person and one session, for ten minutes.

Nothing is stored before a code has shown that the seed works, and no page shows a typed seed again.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

from idp.authn.factors.seal import BrokenSeal, Seal
from idp.foundation.clock import from_seconds, to_seconds

LIFETIME = timedelta(minutes=10)
"""How long a seed may wait for its first code."""
_TIME_BYTES = 8
_MAX_SEALED_TEXT = 512


class EnrolmentOver(Exception):
    """The enrolment page is too old, or belongs to another session: begin again."""


class PendingSeeds:
    """Carries seeds of one `purpose` from page to page."""

    def __init__(self, seal: Seal, purpose: str) -> None:
        self._seal = seal
        self._purpose = purpose

    def wrap(self, account_id: str, session_id: str, seed: bytes, *, now: datetime) -> str:
        """The seed as text for a hidden field."""
        pending = to_seconds(now).to_bytes(_TIME_BYTES, "big") + seed
        sealed = self._seal.seal(self._purpose, _owner(account_id, session_id), pending)
        return urlsafe_b64encode(sealed).decode()

    def unwrap(self, account_id: str, session_id: str, wrapped: str, *, now: datetime) -> bytes:
        """The seed again. Raises: EnrolmentOver."""
        try:
            pending = self._seal.open(self._purpose, _owner(account_id, session_id), _decoded(wrapped))
        except BrokenSeal as error:
            raise EnrolmentOver from error
        if now - from_seconds(int.from_bytes(pending[:_TIME_BYTES], "big")) > LIFETIME:
            raise EnrolmentOver
        return pending[_TIME_BYTES:]


def _owner(account_id: str, session_id: str) -> str:
    return f"{account_id} {session_id}"


def _decoded(wrapped: str) -> bytes:
    if len(wrapped) > _MAX_SEALED_TEXT:
        raise BrokenSeal
    try:
        return urlsafe_b64decode(wrapped)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal from error
