"""Carrying approved changes out when their time has come, while the installation is served.

In every worker; of several at once one wins.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services

EVERY = timedelta(seconds=5)

log = logging.getLogger("idp.changes")


def start(services: Services) -> None:
    """Begin. The thread ends with the process."""
    threading.Thread(target=_run, args=(services,), name="changing", daemon=True).start()


def _run(services: Services) -> None:
    never = threading.Event()
    while True:
        # Not all workers at the same moment: between half and one and a half of the time.
        never.wait(EVERY.total_seconds() * (0.5 + services.entropy.bytes(1)[0] / 255))
        once(services)


def once(services: Services) -> None:
    """One round. Whatever fails is told to the log; the next round tries again."""
    from idp.storage.failures import StorageError

    try:
        services.changes.apply_due(now=services.clock.now())
    except StorageError as error:
        log.warning("approved changes wait", extra={"detail": str(error)})
    except Exception:
        # Without this thread no approved change would ever happen, and no alarm be raised.
        log.exception("approved changes wait")
