"""Sending the messages that wait, while the region is served: a quiet thread for each channel in every worker."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.authn.messages import Channel
    from idp.wiring import Services

EVERY = timedelta(seconds=1)
"""How long a message waits at most before somebody looks: people sit in front of the page that asks for its code."""
AFTER_TROUBLE = timedelta(seconds=30)

log = logging.getLogger("idp.delivering")


def start(services: Services) -> None:
    """Begin. A thread for each channel, so that a mail server that hangs holds up no text message."""
    for channel in services.post.channels:
        threading.Thread(
            target=_run, args=(services, channel), name=f"delivering {channel}", daemon=True
        ).start()


def _run(services: Services, channel: Channel) -> None:
    never = threading.Event()
    while True:
        rest = EVERY if deliver_once(services, channel) else AFTER_TROUBLE
        never.wait(rest.total_seconds())


def deliver_once(services: Services, channel: Channel) -> bool:
    """One round; False when the database could not be asked. The messages wait, the next round tries again."""
    from idp.storage.failures import StorageError

    try:
        services.post.deliver(channel)
    except StorageError as error:
        log.warning("could not deliver", extra={"detail": str(error)})
        return False
    return True
