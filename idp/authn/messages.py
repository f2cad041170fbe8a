"""Messages to people: what one is, who sends it, and where it waits until it is sent.

Nothing is sent while somebody waits for a page: a message is kept, sealed, and sent right after by a thread of its
own (`idp.authn.post`). So no answer is slow because a mail server is, and its time tells nobody who is registered.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

MAX_ADDRESS = 254
"""Characters of an e-mail address (RFC 5321 §4.5.3.1.3); no telephone number is as long."""
MAX_SUBJECT = 200


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says."""

    subject: str = field(repr=False)
    """Left out where the channel has none. Never a code: mail servers keep subjects in their logs."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person. Raises: UnfitMessage — it could be read as more than one header or recipient."""

    channel: Channel
    to: str = field(repr=False)
    """A verified e-mail address, or a telephone number with its country code."""
    words: Words = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.to) <= MAX_ADDRESS or not _is_one_word(self.to):
            raise UnfitMessage("the address is none")
        if len(self.words.subject) > MAX_SUBJECT or not _is_one_line(self.words.subject):
            raise UnfitMessage("the subject is not one line")


class UnfitMessage(ValueError):
    """Not a message for one recipient with one subject."""


class MessageDelayed(Exception):
    """It could not be sent now; later it may. The text says why to the operator, without address or words."""


class MessageRefused(Exception):
    """It will never be sent: the recipient or the message was refused. The text is as in `MessageDelayed`."""


class Messenger(Protocol):
    """Sends messages of one channel."""

    def send(self, message: Message) -> None:
        """Hand it over, within seconds. Raises: MessageDelayed, MessageRefused."""
        ...


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message on its way, as kept."""

    id: str
    channel: Channel
    message_sealed: bytes = field(repr=False)
    due_at: datetime
    """When to try next. Whoever tries moves it on first, so that of several processes one sends."""
    expires_at: datetime
    """From then on it is of no use: an old code, old news."""
    attempts: int = 0


class Outbox(Protocol):
    """Messages that wait to be sent."""

    def add(self, waiting: WaitingMessage) -> None:
        """Keep one; within a transaction, only together with everything else in it."""
        ...

    def due(self, channel: Channel, limit: int, *, now: datetime) -> tuple[WaitingMessage, ...]:
        """Those to be tried now, the longest waiting first."""
        ...

    def claim(self, waiting: WaitingMessage, next_due_at: datetime) -> bool:
        """Take the next attempt at it. Atomic: of concurrent callers one; the next attempt is at `next_due_at`."""
        ...

    def remove(self, message_id: str) -> None:
        """It was sent, or never will be."""
        ...


def _is_one_word(text: str) -> bool:
    return not any(character.isspace() or _is_control(character) for character in text)


def _is_one_line(text: str) -> bool:
    return not any(_is_control(character) for character in text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
