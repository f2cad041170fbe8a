"""Sweeping out what lapsed, ending what retired, counting: a quiet thread in every worker while it serves."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services

EVERY = timedelta(minutes=10)

log = logging.getLogger("idp.sweeping")


def start(services: Services) -> None:
    """Begin. The thread ends with the process; two workers sweeping at once do no harm."""
    threading.Thread(target=_run, args=(services,), name="sweeping", daemon=True).start()


def _run(services: Services) -> None:
    never = threading.Event()
    while True:
        # Not all workers at the same moment: between half and one and a half of the time.
        never.wait(EVERY.total_seconds() * (0.5 + services.entropy.bytes(1)[0] / 255))
        sweep_once(services)


def sweep_once(services: Services) -> None:
    """One sweep. A database that cannot be reached is told to the log; the next sweep tries again."""
    from idp.storage.failures import StorageError

    try:
        services.stores.housekeeping.sweep(now=services.clock.now())
        if services.apps is not None:
            services.apps.end_retired(now=services.clock.now())
            services.stores.app_figures.fold(now=services.clock.now())
    except StorageError as error:
        log.warning("could not sweep", extra={"detail": str(error)})
