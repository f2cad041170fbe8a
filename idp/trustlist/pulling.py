"""When and where a region asks for the next bundle, and what it makes of the answers: decisions without network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from idp.trustlist.admission import Fork, NotAdmitted, Rollback
from idp.trustlist.bundle import Bundle

BUNDLE_PATH = "/trust/bundle"
SEEN_PATH = "/trust/seen"
SCATTER = 0.2
"""A poll comes a fifth sooner or later: regions that began at one moment do not go on asking at one moment."""
PATIENCE = timedelta(seconds=60)
"""How late the next bundle may be before whoever has it is asked, and not only the first who answers."""
HINTS_APART = timedelta(seconds=1)
QUESTIONS = 3
"""So often the hub is asked after a hint, `HINTS_APART` from one another, until it has what was hinted at."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the bundle is: at the hub, and wherever somebody passes it on."""

    hub: str
    mirrors: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """In the order in which they are asked."""
        return (self.hub + BUNDLE_PATH, *self.mirrors)

    @property
    def seen(self) -> str:
        """Where a region says what it holds."""
        return self.hub + SEEN_PATH


def lineage_address(source: str, seq: int) -> str:
    """Where who gave us a bundle tells what came before it, from `seq` on."""
    return urljoin(source, f"lineage?from={seq}")


def wait(poll: timedelta, chance: float) -> timedelta:
    """How long until the next poll; `chance` is between 0 and 1."""
    return poll * (1 - SCATTER + 2 * SCATTER * chance)


def turn(poll: timedelta) -> timedelta:
    """How long a process's turn lasts: a little less than the shortest wait, so that it may take the next one too."""
    return poll * (1 - 2 * SCATTER)


def is_overdue(held: Bundle | None, *, now: datetime) -> bool:
    """Whether a newer bundle must exist, so that "nothing new" is no good answer: somebody may keep it from us."""
    return held is None or now > held.next_update + PATIENCE


def is_worth_asking(hinted_seq: int, held: Bundle | None) -> bool:
    """Whether a hint tells of something that we do not have. Nobody signed it: it can only make us ask."""
    return held is None or hinted_seq > held.seq


def is_alarm(error: Exception) -> bool:
    """Whether the hub's key signed what contradicts what it signed before: somebody has to look at that."""
    return isinstance(error, Fork | Rollback)


class Complaints:
    """What went wrong, said once until it goes well again: an outage of a day is one line, not three thousand."""

    def __init__(self) -> None:
        self._said: Mapping[str, frozenset[str]] = {}

    def is_new(self, source: str, kind: str) -> bool:
        """Whether this kind of failure of this source was not said yet; it is now."""
        said = self._said.get(source, frozenset())
        self._said = {**self._said, source: said | {kind}}
        return kind not in said

    def has_ended(self, source: str) -> bool:
        """The source answers well: whether it had not before."""
        had = bool(self._said.get(source))
        self._said = {name: kinds for name, kinds in self._said.items() if name != source}
        return had


def kind_of(error: Exception) -> str:
    """What kind of failure this is, for the log."""
    return type(error).__name__ if isinstance(error, NotAdmitted) else str(error)
