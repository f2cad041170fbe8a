"""Templates of faces and voices, each under a key of its own (`idp.authn.factors.vault` says why).

A fresh 256-bit key for each template, wrapped under a key derived from the provider's secret key; encryption and
rotation have keys derived from it. A sealed template is one version byte, a nonce, and AES-256-GCM ciphertext.
`KeyedVault` is for any bytes and needs nothing but cryptography; `RotatingVault` is for vectors and needs numpy.
Spec: RFC 3394 (key wrap); RFC 5869 (HKDF); NIST SP 800-38D.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from idp.adapters.rotation import as_bytes, from_bytes, rotated
from idp.authn.factors.seal import BrokenSeal
from idp.authn.factors.vault import SealedTemplate, TemplateOwner
from idp.foundation.entropy import Entropy
from idp.foundation.secret import Secret

FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class KeyedVault:
    """Implements `idp.authn.factors.vault.TemplateVault`."""

    def __init__(self, secret_key: Secret, entropy: Entropy) -> None:
        self._wrapping_key = _derived(secret_key.reveal().encode(), "tongxing template keys 1")
        self._entropy = entropy

    def seal(self, owner: TemplateOwner, template: bytes) -> SealedTemplate:
        return self.seal_under(self._entropy.bytes(_KEY_BYTES), owner, template)

    def open(self, owner: TemplateOwner, kept: SealedTemplate) -> bytes:
        return self.open_with_key(owner, kept)[1]

    def seal_under(self, key: bytes, owner: TemplateOwner, template: bytes) -> SealedTemplate:
        """The same, where the caller drew the key because it derives more from it."""
        nonce, gcm = self._entropy.bytes(_NONCE_BYTES), AESGCM(_derived(key, "encryption"))
        sealed = FORMAT + nonce + gcm.encrypt(nonce, template, _associated(owner))
        return SealedTemplate(aes_key_wrap(self._wrapping_key, key), sealed)

    def open_with_key(self, owner: TemplateOwner, kept: SealedTemplate) -> tuple[bytes, bytes]:
        """The template's key, and the template. Raises: BrokenSeal."""
        if kept.sealed[:1] != FORMAT:
            raise BrokenSeal("unknown format")
        nonce, ciphertext = kept.sealed[1 : 1 + _NONCE_BYTES], kept.sealed[1 + _NONCE_BYTES :]
        try:
            key = aes_key_unwrap(self._wrapping_key, kept.wrapped_key)
            return key, AESGCM(_derived(key, "encryption")).decrypt(nonce, ciphertext, _associated(owner))
        except (InvalidUnwrap, InvalidTag, ValueError) as error:
            raise BrokenSeal("cannot be opened") from error


class RotatingVault:
    """Implements `idp.authn.factors.vault.VectorVault`."""

    def __init__(self, secret_key: Secret, entropy: Entropy) -> None:
        self._vault = KeyedVault(secret_key, entropy)
        self._entropy = entropy

    def seal(self, owner: TemplateOwner, vector: Sequence[float]) -> SealedTemplate:
        key = self._entropy.bytes(_KEY_BYTES)
        return self._vault.seal_under(key, owner, as_bytes(rotated(vector, _derived(key, "rotation"))))

    def distance(self, owner: TemplateOwner, kept: SealedTemplate, vector: Sequence[float]) -> float:
        key, template = self._vault.open_with_key(owner, kept)
        turned = from_bytes(template)
        if len(turned) != len(vector):
            raise BrokenSeal("another kind of vector")
        return math.dist(turned, rotated(vector, _derived(key, "rotation")))


def _derived(key: bytes, label: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=label.encode()).derive(key)


def _associated(owner: TemplateOwner) -> bytes:
    """Each part with its length, so that no two owners make the same bytes."""
    parts = (owner.account_id, owner.factor, owner.model_id, str(owner.version))
    return FORMAT + b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
