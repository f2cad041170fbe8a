"""What is done again and again while an installation is served, by a quiet thread for each in every worker.

Of several workers at once one wins, or all of them do no harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that is done in rounds."""

    name: str
    """Of its thread."""
    every: timedelta
    do: Callable[[Services], object]
    log: logging.Logger
    trouble: str
    """What the log says when a round came to nothing; the next one tries again."""


def _sweep(services: Services) -> None:
    now = services.clock.now()
    services.stores.housekeeping.sweep(now=now)
    if services.apps is not None:
        services.apps.end_retired(now=now)
        services.stores.app_figures.fold(now=now)


SWEEPING = Work(
    "sweeping", timedelta(minutes=10), _sweep, logging.getLogger("idp.sweeping"), "could not sweep"
)
"""Sweeping out what lapsed, ending what retired, counting."""
SEQUENCING = Work(
    "sequencing",
    timedelta(seconds=1),
    lambda services: services.stores.audit_log.catch_up(services.entropy),
    logging.getLogger("idp.audit"),
    "lines of the audit trail wait for their entries",
)
"""Giving every line of the audit trail its entry in the audit log. Most rounds find nothing to do."""
CHANGING = Work(
    "changing",
    timedelta(seconds=5),
    lambda services: services.changes.apply_due(now=services.clock.now()),
    logging.getLogger("idp.changes"),
    "approved changes wait",
)
"""Carrying approved changes out when their time has come."""
WORKS = (SWEEPING, SEQUENCING, CHANGING)


def start(services: Services) -> None:
    """Begin. The threads end with the process."""
    for work in WORKS:
        threading.Thread(target=_run, args=(services, work), name=work.name, daemon=True).start()


def _run(services: Services, work: Work) -> None:
    never = threading.Event()
    while True:
        # Not all workers at the same moment: between half and one and a half of the time.
        never.wait(work.every.total_seconds() * (0.5 + services.entropy.bytes(1)[0] / 255))
        once(services, work)


def once(services: Services, work: Work) -> None:
    """One round. Whatever fails is told to the log."""
    from idp.storage.failures import StorageError

    try:
        work.do(services)
    except StorageError as error:
        work.log.warning(work.trouble, extra={"detail": str(error)})
    except Exception:
        # Without its thread the work would never be done again, and nobody would notice.
        work.log.exception(work.trouble)
