"""Taking a voice into use: a separate consent, then all ten digits read twice, in the person's own language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.authn.authenticators import Authenticator
from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.vault import TemplateVault
from idp.authn.factors.voice import AUTHENTICATOR_ID, DIGITS, PROPERTIES, drawn, is_for, owner
from idp.authn.factors.voice_values import (
    Listener,
    QuestionOver,
    Reading,
    Unheard,
    VoiceConsent,
    VoiceRecord,
    VoiceStore,
)
from idp.authn.permit import Permit
from idp.authn.throttle import Throttle, ThrottledFactor
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value
from idp.oidc.proofs import Method

LIFETIME = timedelta(minutes=15)
"""From agreeing to having both readings."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Two readings of all ten digits, in these orders, that are waited for."""

    id: str
    first: str
    second: str
    spoken: str


class VoiceEnrolments:
    """Enrols voices. Nothing of a voice is kept before both readings agree."""

    def __init__(
        self,
        voices: VoiceStore,
        challenges: ChallengeStore,
        vault: TemplateVault,
        listener: Listener,
        throttle: Throttle,
        entropy: Entropy,
    ) -> None:
        self._voices = voices
        self._challenges = challenges
        self._vault = vault
        self._listener = listener
        self._throttle = throttle
        self._entropy = entropy

    def begin(
        self, permit: Permit, consent: VoiceConsent, spoken: str, bound_to: bytes, *, now: datetime
    ) -> Enrolment:
        """Ask for two readings, once the person has agreed. `spoken` as in `VoiceRecord`.

        The first is in order, because that is easiest; the second is not, so that one recording is not both.
        """
        data = {
            "first": DIGITS,
            "second": drawn(len(DIGITS), self._entropy),
            "spoken": spoken,
            "consent": _consent_to_json(consent),
        }
        begun = Challenge(
            id=new_value(Kind.CHALLENGE, self._entropy),
            purpose=ChallengePurpose.VOICE_ENROLMENT,
            account_id=permit.account_id,
            bound_to=bound_to,
            data=data,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        self._challenges.add(begun)
        return _enrolment(begun)

    def find(self, permit: Permit, enrolment_id: str, bound_to: bytes, *, now: datetime) -> Enrolment:
        """The readings that are waited for. Raises: QuestionOver."""
        return _enrolment(self._open(permit, enrolment_id, bound_to, now))

    def complete(
        self,
        permit: Permit,
        enrolment_id: str,
        recordings: tuple[bytes, bytes],
        bound_to: bytes,
        *,
        now: datetime,
    ) -> None:
        """Learn the voice from both readings; one enrolled before is replaced, and earlier misses are forgotten.

        Raises: QuestionOver; Unheard — both may be read again, a few times; Busy.
        """
        waiting = self._open(permit, enrolment_id, bound_to, now)
        asked = _enrolment(waiting)
        readings = Reading(recordings[0], asked.first), Reading(recordings[1], asked.second)
        try:
            template = self._listener.learn(*readings)
        except Unheard:
            self._challenges.count_wrong_answer(enrolment_id)
            raise
        if not self._challenges.consume(enrolment_id, ChallengePurpose.VOICE_ENROLMENT, now=now):
            raise QuestionOver
        self._keep(permit, template, asked, _consent_from_json(waiting.data["consent"]), now)
        self._throttle.reset(ThrottledFactor.VOICE, permit.account_id)

    def _keep(
        self, permit: Permit, template: bytes, asked: Enrolment, consent: VoiceConsent, now: datetime
    ) -> None:
        account_id, model_id = permit.account_id, self._listener.model_id
        before = self._voices.find(account_id)
        version = before.version + 1 if before else 1
        sealed = self._vault.seal(owner(account_id, model_id, version), template)
        line = Authenticator(account_id, AUTHENTICATOR_ID, Method.VOICE, PROPERTIES, label="", created_at=now)
        self._voices.save(line, VoiceRecord(sealed, model_id, version, asked.spoken, consent))

    def _open(self, permit: Permit, enrolment_id: str, bound_to: bytes, now: datetime) -> Challenge:
        found = self._challenges.find(enrolment_id, ChallengePurpose.VOICE_ENROLMENT, now=now)
        if found is None or not is_for(found, permit.account_id, bound_to):
            raise QuestionOver
        return found


def _enrolment(challenge: Challenge) -> Enrolment:
    data = challenge.data
    return Enrolment(challenge.id, data["first"], data["second"], data["spoken"])


def _consent_to_json(consent: VoiceConsent) -> dict[str, Any]:
    return {
        "version": consent.version,
        "text_hash": consent.text_hash,
        "agreed_at": to_milliseconds(consent.agreed_at),
    }


def _consent_from_json(kept: Mapping[str, Any]) -> VoiceConsent:
    return VoiceConsent(kept["version"], kept["text_hash"], from_milliseconds(kept["agreed_at"]))
