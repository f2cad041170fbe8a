"""Questions we asked and wait to be answered: each for one purpose, bound to one browser, answered once.

Spec: NIST SP 800-63B-4 §3.2.7 (replay resistance); WebAuthn Level 3 §13.4.3 (challenges).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

MAX_WRONG_ANSWERS = 6
"""A challenge dies with this many wrong answers."""


class ChallengePurpose(StrEnum):
    """What is asked. A challenge of one purpose does not exist for another."""

    PASSKEY_SIGN_IN = "passkey_sign_in"
    PASSKEY_ENROLMENT = "passkey_enrolment"
    PASSKEY_APPROVAL = "passkey_approval"
    """A passkey on the phone approves a sign-in on another screen."""
    GESTURE_SIGN_IN = "gesture_sign_in"
    GESTURE_ENROLMENT = "gesture_enrolment"
    FACE_SIGN_IN = "face_sign_in"
    FACE_ENROLMENT = "face_enrolment"
    VOICE_SIGN_IN = "voice_sign_in"
    VOICE_ENROLMENT = "voice_enrolment"
    TEXT_MESSAGE_SIGN_IN = "text_message_sign_in"
    TEXT_MESSAGE_ENROLMENT = "text_message_enrolment"
    REGION_LINK = "region_link"
    """Whether an account in another region, proved just now, is to lead to the one here."""
    RECOVERY_EMAIL = "recovery_email"
    RECOVERY_TEXT_MESSAGE = "recovery_text_message"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One open question."""

    id: str
    """The bearer value (`Kind.CHALLENGE`); stored as a digest."""
    purpose: ChallengePurpose
    account_id: str | None
    """Who is asked; None while we do not know."""
    bound_to: bytes
    """Digest of what must come with the answer: the browser cookie, and the transaction where there is one."""
    data: Mapping[str, Any] = field(repr=False)
    """What the check needs, as JSON. Codes are kept as keyed digests, anything else secret is sealed."""
    created_at: datetime
    expires_at: datetime
    step: int = 0
    """How far a challenge of several steps has come."""
    wrong_answers: int = 0


class ChallengeStore(Protocol):
    """Challenges, by digest of their id."""

    def add(self, challenge: Challenge) -> None:
        """Keep a new one."""
        ...

    def find(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> Challenge | None:
        """The challenge while it can be answered: of this purpose, in time, not consumed, not worn out."""
        ...

    def advance(
        self,
        challenge_id: str,
        purpose: ChallengePurpose,
        *,
        step: int,
        data: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        """Move from `step` to the next with new `data`. Atomic: of concurrent calls for one step one returns True."""
        ...

    def consume(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> bool:
        """Use it up and forget its data. Atomic: True once, and only while it can be answered. Durable on return."""
        ...

    def count_wrong_answer(self, challenge_id: str) -> int:
        """Count a wrong answer, committed at once; returns the count so far."""
        ...
