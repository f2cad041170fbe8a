"""Weighs a bundle that the hub signed: its place in the log, its witnesses, and whether it needs them.

Here the following of a hub meets its log; the rules are `idp.trustlist.belief`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.transparency import note as notes
from idp.transparency.note import UnverifiedNote, Verify
from idp.trustlist.admission import Pinned
from idp.trustlist.belief import Belief, Evidence, believe, judges, known_log_keys, log_keys
from idp.trustlist.bundle import Bundle
from idp.wiring.witnessing.evidence import evidence


@dataclass(frozen=True, slots=True)
class Weighed:
    """A bundle that counts."""

    belief: Belief
    checkpoint: str
    """The head of the log under it, with the log's own signature alone; empty where none was proven."""


class Weighing:
    """One for each process. `verifier` checks what logs and witnesses sign."""

    def __init__(self, pinned: Pinned, ladder: tuple[str, ...], verifier: Verify) -> None:
        self._pinned, self._ladder, self._verifier = pinned, ladder, verifier

    def __call__(
        self, new: Bundle, held: Bundle | None, known: Belief | None, *, now: datetime
    ) -> Weighed | None:
        """How a newer bundle counts; None when it says nothing new after all. Raises: NotAdmitted."""
        found = evidence(
            new,
            judges(self._pinned, held),
            log_keys(self._pinned, held, new),
            self._verifier,
            is_log_due=bool(known_log_keys(self._pinned, held)),
            now=now,
        )
        belief = believe(new, held, known, found, self._ladder, now=now)
        if belief is None or (_is_same(new, held) and known is not None and belief.since <= known.since):
            return None
        return Weighed(belief, _signed_by_its_log(new, found))


def _is_same(new: Bundle, held: Bundle | None) -> bool:
    return held is not None and new.content_hash == held.content_hash


def _signed_by_its_log(bundle: Bundle, found: Evidence) -> str:
    """What proves to others what the log showed us: who cosigned it they can ask themselves."""
    if bundle.log is None or found.head is None:
        return ""
    note = notes.parse(bundle.log.checkpoint)
    origin = note.text.partition("\n")[0]
    return str(UnverifiedNote(note.text, tuple(one for one in note.signatures if one.name == origin)))
