"""Draws the consequences of a trust bundle: what hung from a region, a key or a ceiling that it takes away, ends.

Said by the bundle as it is and not by what changed: drawn twice they do nothing the second time, and drawn late, after
a crash or a night without network, they do everything.
"""

from __future__ import annotations

import logging
from datetime import datetime

from idp.storage.withdrawals import Ended, Withdrawals
from idp.trustlist.bundle import Bundle, RegionStatus
from idp.trustlist.withdrawal import lost_homes, lost_regions, thefts

log = logging.getLogger("idp.trust")


class Consequences:
    """Called with what is held, at every round."""

    def __init__(self, withdrawals: Withdrawals, ladder: tuple[str, ...]) -> None:
        self._withdrawals, self._ladder = withdrawals, ladder

    def __call__(self, bundle: Bundle, *, is_news: bool, now: datetime) -> None:
        """`is_news`: they were not all drawn before. Raises: StorageError — and then they are drawn the next time."""
        if not is_news:
            self._end_stragglers(bundle, now)
            return
        for home in lost_homes(bundle, self._withdrawals.homes(), self._ladder):
            _tell(home.issuer, self._withdrawals.end_home(home.issuer, home.above, now=now))
        for region in lost_regions(bundle, self._withdrawals.superiors()):
            _tell(region, self._withdrawals.end_clients_of(region, now=now))
        for theft in thefts(bundle):
            _tell(theft.issuer, self._withdrawals.end_theft(theft.issuer, theft.kid, theft.since, now=now))

    def _end_stragglers(self, bundle: Bundle, now: datetime) -> None:
        """Sign-ins that a worker finished in the second before it saw the bundle that takes their region away.

        What is above a ceiling, and what clients do, is looked at again at every use; only these would stay open.
        """
        inactive = {one.op for one in bundle.regions if one.status is not RegionStatus.ACTIVE}
        for issuer in filter(self._withdrawals.has_open, inactive):
            _tell(issuer, self._withdrawals.end_home(issuer, 0, now=now))


def _tell(who: str, ended: Ended) -> None:
    if ended:
        log.warning("what hung from %s has ended", who, extra={"detail": str(ended)})
