"""What the voice check speaks of: recordings that cannot be judged, what is kept, and what computes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idp.authn.authenticators import Authenticator
from idp.authn.factors.vault import SealedTemplate

LONGEST_ANSWER = timedelta(seconds=12)
LONGEST_READING = timedelta(seconds=15)
"""Of all ten digits. As a file it stays below half a megabyte, from which on it would touch the server's disk."""


class Fault(StrEnum):
    """Why a recording cannot be judged. It tells nothing about whose voice it is."""

    NOT_A_RECORDING = "not_a_recording"
    TOO_LONG = "too_long"
    TOO_QUIET = "too_quiet"
    OTHER_NUMBER_OF_WORDS = "other_number_of_words"
    READINGS_DIFFER = "readings_differ"
    """Enrolment: the second reading does not sound like the first."""


class Unheard(Exception):
    """This recording cannot be judged."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class OtherVoice(Exception):
    """Other digits than were asked for, or another voice. Which of the two, and by how much, nobody is told.

    Spec: NIST SP 800-63B-4 §3.2.3; whoever learns scores can climb towards somebody else's voice.
    """


class NotEnrolled(Exception):
    """This person has not recorded their voice, or has put it out of use."""


class QuestionOver(Exception):
    """The digits were answered before, are too old, or were shown to another browser: show fresh ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A recording, and the digits it should contain, in this order."""

    recording: bytes
    digits: str


class Listener(Protocol):
    """Compares speech. Works a few at a time; beyond that it raises `Busy`."""

    @property
    def model_id(self) -> str:
        """What computes the templates; one of another model is never compared."""
        ...

    def learn(self, first: Reading, second: Reading) -> bytes:
        """The template of a person who read all ten digits twice.

        Raises: Unheard — a reading cannot be judged, or the second does not confirm the first; Busy.
        """
        ...

    def check(self, template: bytes, reading: Reading) -> None:
        """See that the person of the template says just these digits. Keeps nothing of the recording.

        Raises: OtherVoice, Unheard, Busy.
        """
        ...


@dataclass(frozen=True, slots=True)
class VoiceConsent:
    """A person's separate consent to the recording of their voice."""

    version: str
    text_hash: str
    """SHA-256, hex, of the very words they agreed to."""
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    """An enrolled voice as stored."""

    template: SealedTemplate
    model_id: str
    version: int
    """Counts the enrolments."""
    spoken: str
    """The language they speak the digits in, as a BCP 47 tag; empty for one that the pages do not speak."""
    consent: VoiceConsent


class VoiceStore(Protocol):
    """Enrolled voices, one a person. Removing its authenticator removes it (`AuthenticatorStore.remove`)."""

    def save(self, authenticator: Authenticator, record: VoiceRecord) -> None:
        """Keep a voice with its line among the authenticators, in the place of an earlier one. Durable."""
        ...

    def find(self, account_id: str) -> VoiceRecord | None:
        """The enrolled voice of a person, suspended or not."""
        ...
