"""Giving every line of the audit trail its entry in the audit log, while the installation is served.

In every worker, each second: of several at once one wins, and most find nothing to do.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services

EVERY = timedelta(seconds=1)

log = logging.getLogger("idp.audit")


def start(services: Services) -> None:
    """Begin. The thread ends with the process."""
    threading.Thread(target=_run, args=(services,), name="sequencing", daemon=True).start()


def _run(services: Services) -> None:
    never = threading.Event()
    while True:
        # Not all workers at the same moment: between half and one and a half of the time.
        never.wait(EVERY.total_seconds() * (0.5 + services.entropy.bytes(1)[0] / 255))
        once(services)


def once(services: Services) -> None:
    """One round. Whatever fails is told to the log; the lines wait for the next round."""
    from idp.storage.failures import StorageError

    try:
        services.stores.audit_log.catch_up(services.entropy)
    except StorageError as error:
        log.warning("lines of the audit trail wait for their entries", extra={"detail": str(error)})
    except Exception:
        # Without this thread nothing that happens would be in the log any more.
        log.exception("lines of the audit trail wait for their entries")
