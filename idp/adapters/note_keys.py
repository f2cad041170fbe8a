"""Ed25519 for signed notes: the keyring's keys as log and witness, and verifying what others signed.

Spec: RFC 8032; C2SP signed-note.
"""

from __future__ import annotations

import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.adapters.jose_keys import SigningKey
from idp.adapters.keyring import Keyring
from idp.foundation.compact_jws import decode_segment
from idp.oidc.vocabulary import Algorithm
from idp.transparency.note import NoteKey, SignatureType


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Implements `idp.transparency.note.Verify`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class KeyringNoteSigner:
    """Signs notes under one name with one key. Implements `idp.transparency.note.NoteSigner`."""

    def __init__(self, key: NoteKey, signing: SigningKey) -> None:
        self._key, self._signing = key, signing

    @property
    def key(self) -> NoteKey:
        return self._key

    def sign(self, message: bytes) -> bytes:
        return self._signing.signature(message)


def note_signer(keyring: Keyring, name: str, kind: SignatureType) -> KeyringNoteSigner:
    """With the key that is in force now. Raises: ServerError — none is."""
    signing = keyring.signing_key(Algorithm.EDDSA)
    public = next(record.public_jwk for record in keyring.view().records if record.kid == signing.kid)
    return KeyringNoteSigner(NoteKey(name, kind, _raw(str(public["x"]))), signing)


def note_keys(keyring: Keyring, name: str, kind: SignatureType) -> tuple[NoteKey, ...]:
    """The keys of a keyring that verifiers may believe: those that are published."""
    published = json.loads(keyring.jwks().body)["keys"]
    return tuple(NoteKey(name, kind, _raw(jwk["x"])) for jwk in published if jwk.get("crv") == "Ed25519")


def _raw(x: str) -> bytes:
    return decode_segment(x.encode("ascii"))
