"""Recovery codes: ten written down in advance, each standing in once for a lost authenticator app.

Spec: NIST SP 800-63B-4 §3.1.2 (look-up secrets), §4.2.1 (saved recovery codes).
"""

from __future__ import annotations

from datetime import datetime

from idp.authn.credentials import CredentialStore
from idp.authn.factors.codes import WrongCode, as_typed
from idp.authn.permit import Permit
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret

CODES = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are misread."""
CHARACTERS = 16
"""Of 5 bits each: 80 bits."""
GROUP = 4

_MISREAD = str.maketrans("OIL", "011")


class RecoveryCodes:
    """Makes and checks them. Only digests keyed with `secret` are kept: a stolen table cannot be searched."""

    def __init__(self, credentials: CredentialStore, secret: Secret, entropy: Entropy) -> None:
        self._credentials = credentials
        self._key = keyed_digest(secret.reveal(), "recovery codes")
        self._entropy = entropy

    def renew(self, permit: Permit, *, now: datetime) -> tuple[str, ...]:
        """Void all earlier codes and return new ones, to be shown once."""
        account_id = permit.account_id
        codes = tuple(self._draw() for _ in range(CODES))
        digests = tuple(self._digest(account_id, normalise(code)) for code in codes)
        self._credentials.replace_recovery_codes(account_id, digests, now=now)
        return codes

    def verify(self, account_id: str, code: str, *, now: datetime) -> None:
        """Check a code and use it up. The caller has charged the throttle.

        Raises: WrongCode — unknown, voided or used before; nobody is told which.
        """
        typed = normalise(code)
        if len(typed) != CHARACTERS or not set(typed) <= set(ALPHABET):
            raise WrongCode
        if not self._credentials.use_recovery_code(account_id, self._digest(account_id, typed), now=now):
            raise WrongCode

    def _draw(self) -> str:
        # 256 is a multiple of 32, so the remainder favours no character.
        text = "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._entropy.bytes(CHARACTERS))
        return "-".join(text[start : start + GROUP] for start in range(0, CHARACTERS, GROUP))

    def _digest(self, account_id: str, code: str) -> bytes:
        # Bound to the account: the same row under another account is not a code of theirs.
        return bytes.fromhex(keyed_digest(self._key, account_id, code))


def normalise(code: str) -> str:
    """A code as typed, without dashes and spaces, in capitals, with misread letters put right."""
    return as_typed(code).upper().translate(_MISREAD)
