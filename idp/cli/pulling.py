"""Following the hub while the region is served: a quiet thread in every worker, of which one asks at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from idp.trustlist.pulling import HINTS_APART, turn, wait

if TYPE_CHECKING:
    from idp.wiring import Services
    from idp.wiring.following.following import Following

log = logging.getLogger("idp.trust")


def start(services: Services) -> None:
    """Begin, where a hub is followed. The thread ends with the process; several pulling at once do no harm."""
    following = services.following
    if following is not None:
        threading.Thread(target=_run, args=(services, following), name="pulling", daemon=True).start()


def _run(services: Services, following: Following) -> None:
    never = threading.Event()
    begin(services, following)
    while True:
        chance = services.entropy.bytes(1)[0] / 255
        is_hinted = following.hints.wait(wait(services.settings.trust_poll, chance))
        pull_once(services, following, is_hinted=is_hinted)
        if is_hinted:
            never.wait(HINTS_APART.total_seconds())
            _guarded(lambda: following.hints.asked(following.trust().bundle))


def begin(services: Services, following: Following) -> None:
    """What a killed process left undone, and what was taken away while nothing ran here: before the first round."""
    _guarded(following.puller.follow)
    pull_once(services, following, is_hinted=False)


def pull_once(services: Services, following: Following, *, is_hinted: bool) -> None:
    """One round, if it is ours to make."""

    def round_of_ours() -> None:
        every, now = turn(services.settings.trust_poll), services.clock.now()
        is_ours = services.stores.trust_bundles.claim_pull(services.settings.trust_anchor, every, now=now)
        if is_ours or is_hinted:
            following.puller.pull()

    _guarded(round_of_ours)


def _guarded(step: Callable[[], None]) -> None:
    """Whatever fails is told to the log; the next round tries again."""
    from idp.storage.failures import StorageError

    try:
        step()
    except StorageError as error:
        log.warning("could not look for a trust bundle", extra={"detail": str(error)})
    except Exception:
        # Without this thread the region would go on with what it holds until it is too old for anybody to sign in.
        log.exception("could not look for a trust bundle")
