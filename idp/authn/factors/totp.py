"""TOTP: six digits from an authenticator app. SHA-1, 6 digits, 30 seconds, because every app knows them.

A code is good for its own time step and one to either side, and each step is used at most once.
Spec: RFC 6238 §4, §5.2; RFC 4226 §5.3; NIST SP 800-63B-4 §3.1.4.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.authn.credentials import CredentialStore, TotpRecord
from idp.authn.factors.codes import CodeAlreadyUsed, WrongCode, as_typed
from idp.authn.factors.seal import BrokenSeal, Seal
from idp.authn.permit import Permit
from idp.foundation.clock import from_seconds, to_seconds
from idp.foundation.entropy import Entropy

SEED_BYTES = 20
"""160 bits, the length RFC 4226 §4 recommends."""
DIGITS = 6
WINDOW_STEPS = 1
"""Steps before and after the present one that are accepted: clocks differ and people type slowly."""
ENROLMENT_LIFETIME = timedelta(minutes=10)
"""How long a seed may wait on the page for its first code."""

_ENROLLED = "totp seed"
_PENDING = "totp enrolment"
_TIME_BYTES = 8
_MAX_SEALED_TEXT = 512


class NotEnrolled(Exception):
    """This person has no authenticator app."""


class EnrolmentOver(Exception):
    """The enrolment page is too old, or belongs to another session: begin again."""


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """What the enrolment page shows, once. Nothing is stored before the first code is right."""

    secret_base32: str
    otpauth_uri: str
    sealed: str
    """The seed on its way through the form: sealed for this person and this session."""


class TotpEngine(Protocol):
    """The arithmetic of RFC 6238."""

    def secret_text(self, seed: bytes) -> str:
        """The seed as people type it into an app: base32."""
        ...

    def uri(self, seed: bytes, *, issuer: str, account: str) -> str:
        """The `otpauth:` address that apps read from a QR code."""
        ...

    def matching_step(self, seed: bytes, code: str, *, window: int, now: datetime) -> int | None:
        """The time step whose code this is, within `window` steps of now. Compares in constant time."""
        ...


class Totp:
    """Enrols authenticator apps and checks their codes."""

    def __init__(
        self, credentials: CredentialStore, seal: Seal, engine: TotpEngine, entropy: Entropy
    ) -> None:
        self._credentials = credentials
        self._seal = seal
        self._engine = engine
        self._entropy = entropy

    def begin(
        self, account_id: str, session_id: str, *, issuer: str, account: str, now: datetime
    ) -> TotpEnrolment:
        """Draw a seed. `issuer` and `account` are the labels the app shows."""
        seed = self._entropy.bytes(SEED_BYTES)
        pending = to_seconds(now).to_bytes(_TIME_BYTES, "big") + seed
        sealed = self._seal.seal(_PENDING, _owner(account_id, session_id), pending)
        return self._enrolment(seed, urlsafe_b64encode(sealed).decode(), issuer, account)

    def resume(
        self, account_id: str, session_id: str, sealed: str, *, issuer: str, account: str, now: datetime
    ) -> TotpEnrolment:
        """The same page again, after a wrong code. Raises: EnrolmentOver."""
        seed = self._pending_seed(account_id, session_id, sealed, now)
        return self._enrolment(seed, sealed, issuer, account)

    def confirm(self, permit: Permit, session_id: str, sealed: str, code: str, *, now: datetime) -> None:
        """Enrol, once the app has shown its first code; that code is used up by it.

        Raises: EnrolmentOver, WrongCode.
        """
        account_id = permit.account_id
        seed = self._pending_seed(account_id, session_id, sealed, now)
        step = self._matching_step(seed, code, now)
        kept = self._seal.seal(_ENROLLED, account_id, seed)
        self._credentials.set_totp(account_id, TotpRecord(kept, now, step))

    def verify(self, account_id: str, code: str, *, now: datetime) -> None:
        """Check a code and use it up. The caller has charged the throttle.

        Raises: NotEnrolled, WrongCode, CodeAlreadyUsed.
        """
        record = self._credentials.find_totp(account_id)
        if record is None:
            raise NotEnrolled
        step = self._matching_step(self._seal.open(_ENROLLED, account_id, record.seed_sealed), code, now)
        if not self._credentials.use_totp_step(account_id, step):
            raise CodeAlreadyUsed

    def _enrolment(self, seed: bytes, sealed: str, issuer: str, account: str) -> TotpEnrolment:
        uri = self._engine.uri(seed, issuer=issuer, account=account)
        return TotpEnrolment(self._engine.secret_text(seed), uri, sealed)

    def _pending_seed(self, account_id: str, session_id: str, sealed: str, now: datetime) -> bytes:
        try:
            pending = self._seal.open(_PENDING, _owner(account_id, session_id), _decode(sealed))
        except BrokenSeal as error:
            raise EnrolmentOver from error
        begun_at = from_seconds(int.from_bytes(pending[:_TIME_BYTES], "big"))
        if now - begun_at > ENROLMENT_LIFETIME:
            raise EnrolmentOver
        return pending[_TIME_BYTES:]

    def _matching_step(self, seed: bytes, code: str, now: datetime) -> int:
        digits = as_typed(code)
        if len(digits) != DIGITS or not digits.isdecimal():
            raise WrongCode
        step = self._engine.matching_step(seed, digits, window=WINDOW_STEPS, now=now)
        if step is None:
            raise WrongCode
        return step


def _owner(account_id: str, session_id: str) -> str:
    return f"{account_id} {session_id}"


def _decode(sealed: str) -> bytes:
    if len(sealed) > _MAX_SEALED_TEXT:
        raise BrokenSeal
    try:
        return urlsafe_b64decode(sealed)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal from error
