"""The code on the screen: it changes every few seconds, and only we can make the next one.

Text: the sign-in's id, the step and an HMAC over both, joined by dots. The key never leaves the server, so a picture
of the screen is worth nothing a few seconds later. The two digits that both devices compare come from the same key.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.foundation.identifiers import MAX_TOKEN_LENGTH, Kind, is_kind, keyed_digest
from idp.foundation.secret import Secret

STEP = timedelta(seconds=3)
"""How long one code is the current one."""
OLDER_STEPS = 2
"""How many codes before the current one are taken: a camera, a browser and a slow line need a moment."""
NEWER_STEPS = 1
"""The clock of the machine that drew it may be a little ahead. Nobody but us can make a newer code."""
MAC_BYTES = 12
SMALLEST_NUMBER = 10
NUMBERS = 90


class NotACode(Exception):
    """Not a code that we made."""


class CodeTooOld(Exception):
    """It was a code, some seconds ago."""


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """What a phone read off a screen, taken apart and not yet believed."""

    sign_in_id: str
    step: int
    mac: str

    @classmethod
    def parse(cls, text: str) -> ScannedCode:
        """Raises: NotACode."""
        parts = text.split(".") if len(text) <= MAX_TOKEN_LENGTH and text.isascii() else []
        if len(parts) != 3 or not is_kind(Kind.QR_SIGN_IN, parts[0]) or not parts[1].isdecimal():
            raise NotACode
        return cls(parts[0], int(parts[1]), parts[2])


class RotatingCodes:
    """Makes and checks codes. `secret` is the installation's."""

    def __init__(self, secret: Secret) -> None:
        self._key = keyed_digest(secret.reveal(), "codes for signing in by scanning")

    def current(self, sign_in_id: str, begun_at: datetime, *, now: datetime) -> str:
        """The code to show now."""
        step = _step(begun_at, now)
        return f"{sign_in_id}.{step}.{self._mac(sign_in_id, step)}"

    def verify_made_here(self, code: ScannedCode) -> None:
        """Raises: NotACode — somebody else made it, or changed it."""
        if not hmac.compare_digest(code.mac, self._mac(code.sign_in_id, code.step)):
            raise NotACode

    def verify_fresh(self, code: ScannedCode, begun_at: datetime, *, now: datetime) -> None:
        """Raises: CodeTooOld."""
        current = _step(begun_at, now)
        if not current - OLDER_STEPS <= code.step <= current + NEWER_STEPS:
            raise CodeTooOld

    def number(self, sign_in_id: str) -> str:
        """The two digits that the screen shows once a phone has scanned, and that are typed on that phone."""
        drawn = int(keyed_digest(self._key, "number", sign_in_id), 16)
        return str(SMALLEST_NUMBER + drawn % NUMBERS)

    def _mac(self, sign_in_id: str, step: int) -> str:
        digest = bytes.fromhex(keyed_digest(self._key, "code", sign_in_id, str(step)))
        return urlsafe_b64encode(digest[:MAC_BYTES]).decode()


def _step(begun_at: datetime, now: datetime) -> int:
    return max(0, (now - begun_at) // STEP)
