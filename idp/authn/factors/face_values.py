"""What the face check speaks of: pictures and checks that are refused, what is kept, and what computes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.authn.authenticators import Authenticator
from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.liveness import Embedding, Face, Hint
from idp.authn.factors.vault import SealedTemplate, TemplateOwner
from idp.oidc.proofs import Property


class BadImage(ValueError):
    """Not a picture we look at: no JPEG, too large, or damaged."""


class NotEnrolled(Exception):
    """No template to compare with: none was made, it was removed, or it is of another model."""


class CaptureOver(Exception):
    """This check has ended, belongs to another browser, or this frame was sent already."""


class NotRecognised(Exception):
    """The check failed and is over. Why is for the log alone."""


class FaceEngine(Protocol):
    """Finds and compares faces. What an operator's own engine implements."""

    @property
    def model_id(self) -> str:
        """Which model computes the embeddings: templates of another one are never compared."""
        ...

    @property
    def same_person(self) -> float:
        """Below this distance a face is that of the template."""
        ...

    @property
    def same_capture(self) -> float:
        """Below this distance a turned face is that of the same minute's baseline; wider, because it is turned."""
        ...

    def find(self, image: bytes) -> tuple[Face, ...]:
        """Every face of a JPEG, with its landmarks. Raises: BadImage, Busy."""
        ...

    def embed(self, image: bytes, face: Face) -> Embedding:
        """What makes this face its own. Raises: BadImage, Busy."""
        ...


@dataclass(frozen=True, slots=True)
class FaceConsent:
    """What a person agreed to, and when: apart from every other consent (PIPL art. 29)."""

    version: str
    text_hash: str
    """SHA-256, hex, of the very words that were shown."""
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A template as stored."""

    owner: TemplateOwner
    template: SealedTemplate
    consent: FaceConsent


class FaceStore(Protocol):
    """Templates, one a person. Removing its authenticator removes it (`AuthenticatorStore.remove`)."""

    def add(self, record: FaceRecord, authenticator: Authenticator) -> None:
        """Keep a template with its line among the authenticators, in the place of an earlier one. Durable."""
        ...

    def find(self, account_id: str) -> FaceRecord | None:
        """The template of a person, suspended or not."""
        ...

    def count(self) -> int:
        """How many people have one."""
        ...

    def set_worth(self, properties: Iterable[Property]) -> int:
        """Say of every enrolled face that it shows this at best; returns how many said otherwise.

        What a face is worth is the operator's to declare, not the day's on which it was enrolled.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Which check a request means, and who is asked: all of it must fit."""

    challenge_id: str
    purpose: ChallengePurpose
    account_id: str
    bound_to: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page learns of a frame. Of a check that is over: that it is over, and not how it ended."""

    hint: Hint
    step: int
    """The number that the next frame must carry."""
    passed: int
    of: int

    @property
    def is_over(self) -> bool:
        return self.hint is Hint.DONE
