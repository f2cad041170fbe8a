"""The arithmetic of TOTP and HOTP by pyotp. Spec: RFC 6238; RFC 4226; the key URI format that apps share."""

from __future__ import annotations

from base64 import b32encode
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

from idp.foundation.clock import to_seconds


class PyotpEngine:
    """SHA-1, six digits, thirty seconds: what pyotp, every app and every token take for granted."""

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

    def matching_counter(self, seed: bytes, codes: tuple[str, ...], *, first: int, last: int) -> int | None:
        """The first counter at which `codes` follow one another. It looks at every one, so its time does not tell."""
        hotp = pyotp.HOTP(self.secret_text(seed))
        matching = [
            counter
            for counter in range(first, last + 1)
            if all(hotp.verify(code, counter + distance) for distance, code in enumerate(codes))
        ]
        return matching[0] if matching else None
