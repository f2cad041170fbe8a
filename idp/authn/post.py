"""The post: takes messages in, and sends those that are due, as often as it takes and as long as they matter.

A message is a row until it was handed over: a killed process loses none. One that was being sent when its process
died is sent again, so somebody may get it twice; that beats never.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.authn.factors.seal import BrokenSeal, Seal
from idp.authn.messages import (
    Channel,
    Message,
    MessageDelayed,
    MessageRefused,
    Messenger,
    Outbox,
    WaitingMessage,
    Words,
)
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy

FIRST_WAIT = timedelta(minutes=1)
"""Between the first attempt and the second; longer than any attempt may take, so that no two overlap."""
LONGEST_WAIT = timedelta(hours=1)
AT_ONCE = 20
"""Messages of one channel looked at in one round."""

_PURPOSE = "outgoing message"
_ID_BYTES = 16
_PADDED = 1_024
"""Bytes to which a message is filled up, so that even its row does not tell whether there was one."""

log = logging.getLogger("idp.post")


class Post:
    """Keeps messages and sends them. `messengers` are the channels that the operator set up."""

    def __init__(
        self,
        outbox: Outbox,
        seal: Seal,
        messengers: Mapping[Channel, Messenger],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._outbox = outbox
        self._seal = seal
        self._messengers = messengers
        self._clock = clock
        self._entropy = entropy

    @property
    def channels(self) -> frozenset[Channel]:
        """How messages can be sent here; none when the operator set up nothing."""
        return frozenset(self._messengers)

    def can_send(self, channel: Channel) -> bool:
        """Whether the operator set this channel up."""
        return channel in self._messengers

    def take(self, channel: Channel, message: Message | None, *, good_for: timedelta, now: datetime) -> None:
        """Keep a message until it is sent, at most for `good_for`.

        None costs the same and sends nothing: for an answer that must not tell whether there is anybody to write to.
        """
        message_id = self._entropy.token(_ID_BYTES)
        sealed = self._seal.seal(_PURPOSE, message_id, _encode(message))
        self._outbox.add(WaitingMessage(message_id, channel, sealed, now, now + good_for))

    def deliver(self, channel: Channel) -> int:
        """Send what is due on one channel; returns how many messages left."""
        due = self._outbox.due(channel, AT_ONCE, now=self._clock.now())
        return sum(self._attempt(waiting) for waiting in due)

    def _attempt(self, waiting: WaitingMessage) -> bool:
        now = self._clock.now()
        # The claim is also the plan for the next time: when this attempt fails, or this process, nothing is to be done.
        if not self._outbox.claim(waiting, now + wait_after(waiting.attempts)):
            return False
        if waiting.expires_at <= now:
            log.warning("a message was given up", extra={"detail": waiting.channel.value})
            self._outbox.remove(waiting.id)
            return False
        return self._send(waiting)

    def _send(self, waiting: WaitingMessage) -> bool:
        try:
            message = _decode(self._seal.open(_PURPOSE, waiting.id, waiting.message_sealed))
            if message is not None:
                self._messengers[waiting.channel].send(message)
        except MessageDelayed as error:
            log.warning("a message could not be sent yet", extra={"detail": f"{waiting.channel}: {error}"})
            return False
        except MessageRefused as error:
            log.warning("a message was refused", extra={"detail": f"{waiting.channel}: {error}"})
            message = None
        except BrokenSeal:
            # Sealed under another secret key: nobody can ever read it, and it must not hold up the others.
            log.warning("a message cannot be opened", extra={"detail": waiting.channel.value})
            message = None
        self._outbox.remove(waiting.id)
        return message is not None


def wait_after(attempts: int) -> timedelta:
    """From one attempt to the next, `attempts` having been made before it: doubling up to an hour."""
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


def _encode(message: Message | None) -> bytes:
    fields = (
        None if message is None else [message.channel, message.to, message.words.subject, message.words.text]
    )
    return json.dumps(fields, ensure_ascii=False).encode().ljust(_PADDED)


def _decode(kept: bytes) -> Message | None:
    fields = json.loads(kept)
    if fields is None:
        return None
    channel, to, subject, text = fields
    return Message(Channel(channel), to, Words(subject, text))
