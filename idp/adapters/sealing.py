"""Sealing by AES-256-GCM with keys derived from the provider's secret key.

A sealed value is one version byte, a random 96-bit nonce, and the ciphertext with its tag. Version, purpose
and context are authenticated with it, and every purpose has a key of its own.
Spec: NIST SP 800-38D; RFC 5869 (HKDF).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.authn.factors.seal import BrokenSeal
from idp.foundation.entropy import Entropy
from idp.foundation.secret import Secret

__all__ = ["BrokenSeal", "Sealer"]

VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_LABEL = b"tongxing sealing 1 "


class Sealer:
    """Seals what must be read again: private keys, TOTP seeds."""

    def __init__(self, secret_key: Secret, entropy: Entropy) -> None:
        self._secret_key = secret_key
        self._entropy = entropy
        self._keys: dict[str, AESGCM] = {}

    def seal(self, purpose: str, context: str, plaintext: bytes) -> bytes:
        """Encrypt for one purpose (a label in our code) and one context (the owner's identifier)."""
        nonce = self._entropy.bytes(_NONCE_BYTES)
        return VERSION + nonce + self._key(purpose).encrypt(nonce, plaintext, _associated(purpose, context))

    def open(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """Decrypt. Raises: BrokenSeal — changed, moved, of another version, or sealed under another key."""
        if sealed[:1] != VERSION:
            raise BrokenSeal("unknown version")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._key(purpose).decrypt(nonce, ciphertext, _associated(purpose, context))
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("cannot be opened") from error

    def _key(self, purpose: str) -> AESGCM:
        # Purposes are a handful of constants of ours, so this never grows.
        if purpose not in self._keys:
            self._keys[purpose] = self._derive(purpose)
        return self._keys[purpose]

    def _derive(self, purpose: str) -> AESGCM:
        derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_LABEL + purpose.encode())
        return AESGCM(derivation.derive(self._secret_key.reveal().encode()))


def _associated(purpose: str, context: str) -> bytes:
    parts = (purpose.encode(), context.encode())
    return VERSION + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
