"""What is noted and told to the owner when a recovery waits, ends or is stopped: on every verified channel."""

from __future__ import annotations

from collections.abc import Callable

from idp.authn.messages import Channel, Words
from idp.authn.recovery import Recovery, Waiting
from idp.foundation.events import Event, EventKind
from idp.web.locale import day_and_time
from idp.web.recover.words import done_message, stopped_message, waiting_message
from idp.web.services import services
from idp.web.telling import say


def waiting(recovery: Recovery, stop_key: str) -> None:
    """The waiting has begun: when it ends, and how to stop it."""
    assert isinstance(recovery.state, Waiting)
    until = recovery.state.until
    address = f"{services().settings.issuer}/recover/stop?key={stop_key}"
    _tell(recovery, EventKind.RECOVERY_WAITING, lambda: waiting_message(day_and_time(until), address))


def recovered(recovery: Recovery) -> None:
    """It was finished."""
    _tell(recovery, EventKind.RECOVERED, done_message)


def stopped(recovery: Recovery) -> None:
    """It was stopped."""
    _tell(recovery, EventKind.RECOVERY_STOPPED, stopped_message)


def _tell(recovery: Recovery, kind: EventKind, words: Callable[[], Words]) -> None:
    assert recovery.account_id is not None
    now = services().clock.now()
    services().stores.events.record(Event(kind, now, account_id=recovery.account_id, subject=recovery.id))

    def on(channel: Channel) -> Words:
        return words()

    say(recovery.account_id, on)
