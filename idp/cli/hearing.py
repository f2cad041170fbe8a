"""Hearing what other regions tell, while the region is served: one thread in every worker, and one turn among all."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services
    from idp.wiring.signalling.home_streams import HomeStreams

log = logging.getLogger("idp.signals")


def start(services: Services) -> None:
    """Begin, where people of other regions come. The thread ends with the process."""
    hearing = services.hearing
    if hearing is not None:
        threading.Thread(target=_run, args=(hearing,), name="hearing", daemon=True).start()


def _run(hearing: HomeStreams) -> None:
    never = threading.Event()
    # Half as long as a turn, so that one that was missed is not missed for long.
    rest = hearing.every.total_seconds() / 2
    while not never.wait(rest):
        hear_once(hearing)


def hear_once(hearing: HomeStreams) -> None:
    """One round. Whatever fails is told to the log; the next round tries again."""
    from idp.storage.failures import StorageError

    try:
        hearing.round()
    except StorageError as error:
        log.warning("could not hear other regions", extra={"detail": str(error)})
    except Exception:
        # Without this thread the region would never hear again what its visitors' regions have ended.
        log.exception("could not hear other regions")
