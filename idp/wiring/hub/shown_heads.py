"""The heads of our log that regions say they were shown: one that is not ours was signed by somebody with our key.

That is how a hub whose key was stolen hears of it, from the first region that reports what the thief showed it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from idp.foundation.events import Event, EventKind, EventLog
from idp.transparency.checkpoint import open_checkpoint
from idp.transparency.note import BadNote, NotSigned, Verify
from idp.wiring.witnessing.log import Log

log = logging.getLogger("idp.hub")


class ShownHeads:
    """Compares with the log as it is here."""

    def __init__(self, hub_log: Log, verifier: Verify, events: EventLog) -> None:
        self._log, self._verifier, self._events = hub_log, verifier, events

    def compare(self, note: str, region: str, *, now: datetime) -> None:
        """Tell somebody when the head is not of our log. What our key did not sign says nothing."""
        try:
            shown = open_checkpoint(note, self._log.origin, self._log.keys, self._verifier).checkpoint
        except (BadNote, NotSigned):
            return
        try:
            is_ours = self._log.root(shown.size) == shown.root
        except LookupError:
            # Longer than ours: either somebody else goes on with our log, or this database is an old one.
            is_ours = False
        if not is_ours:
            log.error("a region was shown a head that our log never had", extra={"region": region})
            kind = EventKind.LOG_CONTRADICTED
            self._events.record(Event(kind, now, subject=f"{self._log.origin} {shown.size} {region}"))
