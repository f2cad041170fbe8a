"""The audit trail for who may read all of it: a page at a time, or taken away with proofs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from idp.foundation.entropy import Entropy
from idp.foundation.event_search import MAX_PAGE, EventFilter, EventPlace, KeptEvent
from idp.storage.audit_log import AuditLog
from idp.storage.event_search import EventSearchRepository
from idp.transparency.audit_export import event_line, head_line
from idp.wiring.witnessing.log import Log


@dataclass(frozen=True, slots=True)
class Audit:
    """One for a process."""

    search: EventSearchRepository
    trail: AuditLog
    log: Log
    entropy: Entropy

    def page(self, wanted: EventFilter, after: EventPlace | None, limit: int) -> tuple[KeptEvent, ...]:
        """The latest lines first, below a place."""
        return self.search.page(wanted, after, limit)

    def export(self, wanted: EventFilter) -> Iterator[dict[str, Any]]:
        """Lines with their proofs under one checkpoint, which comes first. What happens meanwhile is not in it.

        Raises: ServerError — no log key is in force.
        """
        signed = self.log.signed_head()
        size = signed.checkpoint.size
        prove = self.log.prover(size)
        yield head_line(str(signed))
        after: EventPlace | None = None
        while page := self.search.page(wanted, after, MAX_PAGE):
            for kept in page:
                if kept.log_index is not None and kept.log_index < size:
                    (entry,) = self.log.entries(kept.log_index, kept.log_index + 1)
                    yield event_line(kept, entry, prove(kept.log_index))
            after = page[-1].place

    def forget(self, account_id: str) -> int:
        """Blank whom lines concern that name this account; how many. Every proof holds as before."""
        return self.trail.forget(account_id, self.entropy)
