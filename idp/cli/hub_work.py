"""What the hub does while it is served: sign the bundle every minute, and visit the regions.

In every worker; of several at once one wins each time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub

EVERY = timedelta(seconds=1)
"""How often it is looked whether something is due."""

log = logging.getLogger("idp.hub")


def start(services: Services) -> None:
    """Begin, on a hub. A thread for each, so that regions that answer slowly hold up no signature."""
    hub = services.hub
    if hub is None:
        return
    # Before the first request: whoever asks then gets a bundle.
    once(services, hub.publish)
    for name, work in works(hub).items():
        threading.Thread(target=_run, args=(services, work), name=name, daemon=True).start()


def works(hub: Hub) -> dict[str, Callable[..., None]]:
    """What is done again and again, by the name of its thread."""
    return {"publishing": hub.publish, "visiting": hub.regions.visit_due}


def _run(services: Services, work: Callable[..., None]) -> None:
    never = threading.Event()
    while True:
        never.wait(EVERY.total_seconds())
        once(services, work)


def once(services: Services, work: Callable[..., None]) -> None:
    """One round. Whatever fails is told to the log; the next round tries again."""
    from idp.storage.failures import StorageError

    now: datetime = services.clock.now()
    try:
        work(now=now)
    except StorageError as error:
        log.warning("the trust list could not be looked after", extra={"detail": str(error)})
    except Exception:
        # Without this thread the bundle would grow old, and with it all trust between the regions.
        log.exception("the trust list could not be looked after")
