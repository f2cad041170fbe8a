"""Signatures of keys in browsers: Ed25519, and ECDSA on P-256 for browsers without it.

Spec: RFC 8032 §5.1.7; FIPS 186-5 §6.4; the forms are those of the Web Cryptography API.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from idp.authn.factors.gesture import KeyAlgorithm

SIGNATURE_BYTES = 64
_NUMBER_BYTES = 32
_POINT_BYTES = 65


class DeviceKeySignatures:
    """Implements `idp.authn.factors.gesture.SignatureCheck`."""

    def is_key(self, algorithm: KeyAlgorithm, public_key: bytes) -> bool:
        try:
            _read(algorithm, public_key)
        except ValueError:
            return False
        return True

    def is_signed(self, algorithm: KeyAlgorithm, public_key: bytes, message: bytes, signature: bytes) -> bool:
        if len(signature) != SIGNATURE_BYTES:
            return False
        key = _read(algorithm, public_key)
        try:
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, message)
            else:
                key.verify(_as_der(signature), message, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def _read(algorithm: KeyAlgorithm, public_key: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    if algorithm is KeyAlgorithm.ED25519:
        return Ed25519PublicKey.from_public_bytes(public_key)
    if len(public_key) != _POINT_BYTES:
        # Compressed points are read too; one key must have one form.
        raise ValueError("not an uncompressed point")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)


def _as_der(signature: bytes) -> bytes:
    first, second = signature[:_NUMBER_BYTES], signature[_NUMBER_BYTES:]
    return encode_dss_signature(int.from_bytes(first), int.from_bytes(second))
