"""The voice check: six fresh digits, spoken by the person whose own ten digits we hold.

An extra sign beside another factor and never more: it has an `amr` value and no weight in any level, since a voice
is copied from any recording. Spec: NIST SP 800-63B-4 §3.2.3 (voice SHALL NOT be used); RFC 8176 §2 (`vbm`).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.authn.authenticators import AuthenticatorStore
from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.password import Busy
from idp.authn.factors.vault import TemplateOwner, TemplateVault
from idp.authn.factors.voice_values import (
    Listener,
    NotEnrolled,
    QuestionOver,
    Reading,
    VoiceRecord,
    VoiceStore,
)
from idp.authn.throttle import Throttle, ThrottledFactor
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value
from idp.oidc.proofs import Method, Proof, Property

DIGITS = "0123456789"
ASKED_FOR = 6
"""Digits of a question, no two alike: there are 151 200 of them, and no part of an answer fits twice into another."""
QUESTION_LIFETIME = timedelta(minutes=2)
"""From showing the digits to having the recording."""
PROPERTIES = frozenset({Property.VOICE})
AUTHENTICATOR_ID = Method.VOICE.value


@dataclass(frozen=True, slots=True)
class Question:
    """Digits to be read aloud."""

    id: str
    digits: str
    spoken: str
    """The language the person enrolled in; empty when the pages do not speak it."""


class Voices:
    """Asks for digits and checks who says them. Recordings are looked at and forgotten."""

    def __init__(
        self,
        voices: VoiceStore,
        authenticators: AuthenticatorStore,
        challenges: ChallengeStore,
        vault: TemplateVault,
        listener: Listener,
        throttle: Throttle,
        entropy: Entropy,
    ) -> None:
        self._voices = voices
        self._authenticators = authenticators
        self._challenges = challenges
        self._vault = vault
        self._listener = listener
        self._throttle = throttle
        self._entropy = entropy

    def ask(self, account_id: str, bound_to: bytes, *, now: datetime) -> Question:
        """Fresh digits for somebody who has shown another factor.

        `bound_to` is a digest of the browser and the transaction they are shown in. Raises: NotEnrolled.
        """
        record = self._active(account_id)
        digits = drawn(ASKED_FOR, self._entropy)
        asked = Challenge(
            id=new_value(Kind.CHALLENGE, self._entropy),
            purpose=ChallengePurpose.VOICE_SIGN_IN,
            account_id=account_id,
            bound_to=bound_to,
            data={"digits": digits},
            created_at=now,
            expires_at=now + QUESTION_LIFETIME,
        )
        self._challenges.add(asked)
        return Question(asked.id, digits, record.spoken)

    def verify(
        self,
        account_id: str,
        question_id: str,
        recording: bytes,
        bound_to: bytes,
        address: str,
        *,
        now: datetime,
    ) -> Proof:
        """Check a spoken answer, of which each question gets one, right or wrong.

        Raises: QuestionOver, NotEnrolled, TooManyAttempts, Unheard, OtherVoice, Busy.
        """
        asked = self._challenges.find(question_id, ChallengePurpose.VOICE_SIGN_IN, now=now)
        if asked is None or not is_for(asked, account_id, bound_to):
            raise QuestionOver
        record = self._active(account_id)
        if not self._challenges.consume(question_id, ChallengePurpose.VOICE_SIGN_IN, now=now):
            raise QuestionOver
        self._throttle.admit(ThrottledFactor.VOICE, account_id, address, now=now)
        template = self._vault.open(owner(account_id, record.model_id, record.version), record.template)
        try:
            self._listener.check(template, Reading(recording, str(asked.data["digits"])))
        except Busy:
            self._throttle.take_back(ThrottledFactor.VOICE, account_id, address)
            raise
        self._throttle.forgive(ThrottledFactor.VOICE, account_id, address)
        return Proof(Method.VOICE, now, PROPERTIES)

    def _active(self, account_id: str) -> VoiceRecord:
        line = self._authenticators.find(account_id, AUTHENTICATOR_ID)
        record = self._voices.find(account_id)
        # Another model measures otherwise: its distances would say nothing.
        if line is None or not line.is_active or record is None or record.model_id != self._listener.model_id:
            raise NotEnrolled
        return record


def is_for(challenge: Challenge, account_id: str, bound_to: bytes) -> bool:
    """Whether it was put to this person, in this browser and at this place."""
    return challenge.account_id == account_id and hmac.compare_digest(challenge.bound_to, bound_to)


def owner(account_id: str, model_id: str, version: int) -> TemplateOwner:
    """What the template of a voice is bound to."""
    return TemplateOwner(account_id, Method.VOICE, model_id, version)


def drawn(count: int, entropy: Entropy) -> str:
    """So many of the ten digits in random order, each at most once."""
    left, taken = list(DIGITS), []
    for _ in range(count):
        # 64 bits for at most ten: the likeliest digit is likelier by less than 2^-60.
        taken.append(left.pop(int.from_bytes(entropy.bytes(8), "big") % len(left)))
    return "".join(taken)
