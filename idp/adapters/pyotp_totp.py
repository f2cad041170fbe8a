"""The arithmetic of TOTP by pyotp. Spec: RFC 6238; the key URI format that authenticator apps share."""

from __future__ import annotations

from base64 import b32encode
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

from idp.foundation.clock import to_seconds


class PyotpEngine:
    """SHA-1, six digits, thirty seconds: what pyotp and every app take for granted."""

    def secret_text(self, seed: bytes) -> str:
        """The seed in base32, without padding, which some apps refuse."""
        return b32encode(seed).decode().rstrip("=")

    def uri(self, seed: bytes, *, issuer: str, account: str) -> str:
        """The `otpauth:` address. A colon would end the issuer's part of the label, so labels lose theirs."""
        totp = pyotp.TOTP(self.secret_text(seed))
        return totp.provisioning_uri(name=account.replace(":", " "), issuer_name=issuer.replace(":", " "))

    def matching_step(self, seed: bytes, code: str, *, window: int, now: datetime) -> int | None:
        """The step this is the code of, if it is one near `now`. pyotp compares in constant time."""
        totp = pyotp.TOTP(self.secret_text(seed))
        try:
            # Seconds, not the datetime: pyotp would read a naive one as local time.
            return totp.verify_and_get_timecode(code, for_time=to_seconds(now), valid_window=window)
        except OTPVerificationError:
            return None
