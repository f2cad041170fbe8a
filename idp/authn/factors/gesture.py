"""Gesture: a pattern that unlocks a key in this browser.

The browser keeps a blob that is the key's seed, masked with what PBKDF2 makes of the pattern. A wrong pattern unmasks
another key, as good as the right one in every way that can be seen there, so a stolen blob cannot be tried out in
private. Only we hold the public key, so only we can tell; and we stop at the tenth miss.

The pattern never comes here. That it has six dots and is no well-known shape is therefore checked by the browser alone
(`static/js/gesture_shapes.js`): whoever gets round that weakens their own account and nobody else's.
Spec: NIST SP 800-63B-4 §3.1.6 (software cryptographic authenticators), §3.2.10 (activation secrets).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idp.authn.authenticators import Authenticator, new_authenticator_id
from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.permit import Permit
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, is_kind, new_value
from idp.oidc.proofs import Method, Proof, Property

MOST_MISSES = 10
"""Misses in a row that switch the key off. Spec: NIST SP 800-63B-4 §3.2.10."""
CHALLENGE_LIFETIME = timedelta(minutes=5)
"""How long a question waits for its answer; drawing twice at enrolment takes a while."""
PROPERTIES = frozenset({Property.POSSESSION, Property.USER_VERIFIED, Property.DEVICE_BOUND})
"""Not phishing-resistant and not attested: a script of our origin could take the key with it."""
_LABEL = "tongxing gesture 1"


class WrongGesture(Exception):
    """Signed by another key: the pattern was another one."""

    def __init__(self, key: DeviceKey, left: int) -> None:
        super().__init__("wrong gesture")
        self.key = key
        self.left = left
        """How many tries remain. At none the caller removes the key."""


class GestureOff(Exception):
    """There is no such key in force: it was removed, suspended, missed too often, or is somebody else's."""


class QuestionOver(Exception):
    """The question is too old, was answered already, or was put to another browser."""


class BadDeviceKey(Exception):
    """What came to be enrolled is no public key, or whoever sent it does not hold the private one."""


class KeyAlgorithm(StrEnum):
    """What the browser can sign with."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    """For browsers without Ed25519; ECDSA with SHA-256, the signature as two numbers of 32 bytes."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """The public half of a key in one browser."""

    account_id: str
    id: str
    """The authenticator's id. Random, so that nobody can wear out a key that they do not hold."""
    algorithm: KeyAlgorithm
    public_key: bytes
    """32 bytes for Ed25519, the uncompressed point (65 bytes) for P-256."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """What a browser sends when it has made its key."""

    challenge: str
    algorithm: KeyAlgorithm
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is asked to sign."""

    challenge: str
    """The bearer value of the challenge."""
    key_id: str
    """The key that is to be made; empty at sign-in, where the browser says which of its keys answers."""


class DeviceKeyStore(Protocol):
    """Public keys of browsers."""

    def add(self, key: DeviceKey, authenticator: Authenticator) -> None:
        """Keep a key and its authenticator, in one transaction."""
        ...

    def find(self, key_id: str) -> DeviceKey | None:
        """The key with this id, whoever's it is; None when it is suspended or its account is switched off."""
        ...

    def charge(self, key_id: str, *, most: int) -> int | None:
        """Count one attempt, committed at once; returns the count so far, or None when `most` was reached before.

        Atomic: of any number of concurrent attempts at most `most` are let through without a success.
        """
        ...

    def forgive(self, key_id: str, *, count: int) -> None:
        """The attempt that was counted as number `count` was right: count from nothing again.

        Unless others tried at the same moment: then all stay counted until the next success.
        """
        ...


class SignatureCheck(Protocol):
    """The arithmetic of signatures."""

    def is_key(self, algorithm: KeyAlgorithm, public_key: bytes) -> bool:
        """Whether this can be a public key at all."""
        ...

    def is_signed(self, algorithm: KeyAlgorithm, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` is by the private half of `public_key`."""
        ...


class Gestures:
    """Enrols browsers and checks their answers. `origin` is the issuer's, as browsers write it."""

    def __init__(
        self,
        keys: DeviceKeyStore,
        challenges: ChallengeStore,
        check: SignatureCheck,
        origin: str,
        entropy: Entropy,
    ) -> None:
        self._keys = keys
        self._challenges = challenges
        self._check = check
        self._origin = origin
        self._entropy = entropy

    def begin_enrolment(self, permit: Permit, bound_to: bytes, *, now: datetime) -> Question:
        """Name the key that this browser is to make."""
        key_id = new_authenticator_id(Method.GESTURE, self._entropy)
        purpose = ChallengePurpose.GESTURE_ENROLMENT
        return Question(self._ask(purpose, bound_to, permit.account_id, key_id, now), key_id)

    def check_made(self, permit: Permit, bound_to: bytes, key: MadeKey, *, now: datetime) -> DeviceKey:
        """The key a browser made for this person, who holds its private half. Raises: QuestionOver, BadDeviceKey."""
        asked = self._open(key.challenge, ChallengePurpose.GESTURE_ENROLMENT, bound_to, now)
        key_id = str(asked.data["key_id"])
        message = self.message(key.challenge, key_id)
        if asked.account_id != permit.account_id:
            raise QuestionOver
        if not self._check.is_key(key.algorithm, key.public_key):
            raise BadDeviceKey
        if not self._check.is_signed(key.algorithm, key.public_key, message, key.signature):
            raise BadDeviceKey
        return DeviceKey(permit.account_id, key_id, key.algorithm, key.public_key)

    def enrol(self, permit: Permit, key: DeviceKey, *, label: str, now: datetime) -> None:
        """Take a checked key into use. `label`: what its owner calls the browser."""
        line = Authenticator(permit.account_id, key.id, Method.GESTURE, PROPERTIES, label, created_at=now)
        self._keys.add(replace(key, account_id=permit.account_id), line)

    def begin_sign_in(self, bound_to: bytes, account_id: str | None, *, now: datetime) -> Question:
        """`account_id`: whose key it must be; None while nobody is known."""
        return Question(self._ask(ChallengePurpose.GESTURE_SIGN_IN, bound_to, account_id, "", now), "")

    def verify(
        self, challenge: str, bound_to: bytes, key_id: str, signature: bytes, *, now: datetime
    ) -> tuple[DeviceKey, Proof]:
        """Which key signed, and what that proves. The attempt is charged before it is looked at.

        Raises: QuestionOver, WrongGesture, GestureOff.
        """
        asked = self._open(challenge, ChallengePurpose.GESTURE_SIGN_IN, bound_to, now)
        key = self._keys.find(key_id)
        if key is None or asked.account_id not in (None, key.account_id):
            raise GestureOff
        count = self._keys.charge(key.id, most=MOST_MISSES)
        if count is None:
            raise GestureOff
        message = self.message(challenge, key.id)
        if not self._check.is_signed(key.algorithm, key.public_key, message, signature):
            raise WrongGesture(key, MOST_MISSES - count)
        self._keys.forgive(key.id, count=count)
        return key, Proof(Method.GESTURE, now, PROPERTIES)

    def message(self, challenge: str, key_id: str) -> bytes:
        """What the browser signs. It puts in its own origin: an answer got on another page is worth nothing here.

        Transaction and browser are named by the challenge, which is good for one of each. None of the parts has a
        line break, so nothing can be moved from one line to the next.
        """
        return "\n".join((_LABEL, self._origin, key_id, challenge)).encode()

    def _ask(
        self,
        purpose: ChallengePurpose,
        bound_to: bytes,
        account_id: str | None,
        key_id: str,
        now: datetime,
    ) -> str:
        value = new_value(Kind.CHALLENGE, self._entropy)
        kept = {"key_id": key_id}
        self._challenges.add(
            Challenge(value, purpose, account_id, bound_to, kept, now, now + CHALLENGE_LIFETIME)
        )
        return value

    def _open(self, value: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime) -> Challenge:
        """The question, used up by this answer whatever it is worth."""
        asked = self._challenges.find(value, purpose, now=now) if is_kind(Kind.CHALLENGE, value) else None
        if asked is None or not hmac.compare_digest(asked.bound_to, bound_to):
            raise QuestionOver
        if not self._challenges.consume(value, purpose, now=now):
            raise QuestionOver
        return asked
