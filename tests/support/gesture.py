"""A browser's pattern key without a browser: what `static/js/gesture_keys.js` does, in Python."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.authn.authenticators import new_authenticator_id
from idp.authn.factors.gesture import DeviceKey, KeyAlgorithm
from idp.authn.permit import Ground, Permit
from idp.foundation.entropy import SystemEntropy
from idp.oidc.proofs import Method
from tests.support.browser import Browser, Form, Page
from tests.support.provider import Provider

PATTERN = (1, 6, 2, 5, 7, 8)
OTHER_PATTERN = (2, 4, 5, 9, 6, 3)
LABEL = "tongxing gesture 1"
ROUNDS = 1_000
"""Browsers use 600 000: here nobody has stolen anything."""


@dataclass(frozen=True)
class PatternKey:
    """What one browser keeps: nothing in it tells the right pattern from any other."""

    id: str
    origin: str
    salt: bytes
    blob: bytes
    algorithm: KeyAlgorithm = KeyAlgorithm.ED25519

    def public_key(self, pattern: tuple[int, ...] = PATTERN) -> bytes:
        """The public half of the key that this pattern unlocks."""
        key = self._key(pattern)
        if isinstance(key, Ed25519PrivateKey):
            return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, challenge: str, pattern: tuple[int, ...] = PATTERN) -> bytes:
        """The answer to a challenge by whatever key this pattern unlocks."""
        message = "\n".join((LABEL, self.origin, self.id, challenge)).encode()
        key = self._key(pattern)
        if isinstance(key, Ed25519PrivateKey):
            return key.sign(message)
        first, second = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
        return first.to_bytes(32) + second.to_bytes(32)

    def on(self, origin: str) -> PatternKey:
        """The same key, asked by a page of another origin."""
        return replace(self, origin=origin)

    def _key(self, pattern: tuple[int, ...]) -> Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
        written = "-".join(map(str, pattern)).encode()
        mask = hashlib.pbkdf2_hmac("sha256", written, self.salt, ROUNDS)
        seed = bytes(one ^ other for one, other in zip(self.blob, mask, strict=True))
        if self.algorithm is KeyAlgorithm.ED25519:
            return Ed25519PrivateKey.from_private_bytes(seed)
        return ec.derive_private_key(int.from_bytes(seed), ec.SECP256R1())


def new_key(key_id: str, origin: str, algorithm: KeyAlgorithm = KeyAlgorithm.ED25519) -> PatternKey:
    """A browser's new key; `PATTERN` unlocks it."""
    return PatternKey(key_id, origin, os.urandom(16), os.urandom(32), algorithm)


def enrolled(provider: Provider, account_id: str, label: str = "Chrome on Android") -> PatternKey:
    """A browser of this person in which `PATTERN` was set up."""
    key = new_key(new_authenticator_id(Method.GESTURE, SystemEntropy()), provider.issuer)
    made = DeviceKey(account_id, key.id, key.algorithm, key.public_key())
    permit = Permit(account_id, Ground.OPERATOR)
    provider.services.gestures.enrol(permit, made, label=label, now=provider.clock.now())
    return key


def filled(form: Form, key: PatternKey, pattern: tuple[int, ...] = PATTERN) -> dict[str, str]:
    """The form of a page with the dots, as its script fills it in."""
    signature = key.sign(form.fields["challenge"], pattern)
    return {**form.fields, "key": key.id, "signature": signature.hex()}


def draw(browser: Browser, page: Page, key: PatternKey, pattern: tuple[int, ...] = PATTERN) -> Page:
    """Draw a pattern on this page."""
    return browser.post("/login/gesture", filled(page.form("/login/gesture"), key, pattern))
