"""How the witnesses stand to the hub's log, and what of the list waits for them: what pages, API and commands show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from idp.foundation.sentence import Sentence
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Admit, Change, Restore, SetCeiling, SetWitnesses


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """A witness of now, and how it answered."""

    key: str
    address: str
    size: int
    """Entries of the log that it has stood by."""
    answered_at: datetime | None
    """When it cosigned last; None: never."""
    fault: Sentence | None
    """Why it did not when it was asked last; None when it did."""

    @property
    def name(self) -> str:
        """What it is called in its key."""
        return self.key.partition("+")[0]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What gives trust and is not out yet."""

    since: datetime
    """When the first content was stored that is newer than the one that is out."""
    standing: int
    """Witnesses that stand by it already."""
    needed: int
    """How many have to."""
    not_out: frozenset[str] = frozenset()
    """Regions that the list has in use and nobody honours yet, by issuer."""


@dataclass(frozen=True, slots=True)
class WitnessStanding:
    """How the hub's log and its witnesses stand."""

    quorum: int
    """How many have to stand by what gives trust, as the list is now."""
    log_size: int
    cosigned_at: datetime | None
    """Since when enough of them stand by the newest head that enough of them stand by."""
    witnesses: tuple[WitnessLine, ...]
    waiting: Waiting | None

    @property
    def not_out(self) -> frozenset[str]:
        """Regions that wait for witnesses."""
        return frozenset() if self.waiting is None else self.waiting.not_out


@dataclass(frozen=True, slots=True)
class Said:
    """What a content of the bundle says of what people decide: for whom it is asked whether their change is out."""

    regions: Mapping[str, tuple[str, str]]
    """Issuer → status and ceiling."""
    quorum: int
    witnesses: frozenset[str]
    """By their keys."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Out of a content as it was stored; a release that knew no witnesses named none."""
        regions = {one["op"]: (one["status"], one["acr_ceiling"]) for one in content["regions"]}
        named = content.get("witnesses", {"quorum": 0, "keys": ()})
        return cls(regions, named["quorum"], frozenset(named["keys"]))

    @property
    def in_use(self) -> frozenset[str]:
        """The issuers of regions that it has in use."""
        return frozenset(op for op, (status, _) in self.regions.items() if status == RegionStatus.ACTIVE)

    def has(self, change: Change, acr: Callable[[AcrLevel], str]) -> bool:
        """Whether it says what a change that gives trust asked for; of the others, whatever it says."""
        match change:
            case Admit(op):
                return self.regions.get(op, (RegionStatus.REMOVED, ""))[0] != RegionStatus.REMOVED
            case Restore(op):
                return op in self.regions and self.regions[op][0] == RegionStatus.ACTIVE
            case SetCeiling(op, ceiling):
                return op in self.regions and self.regions[op][1] == acr(ceiling)
            case SetWitnesses(quorum, witnesses):
                return self.quorum == quorum and self.witnesses == {one.key for one in witnesses}
            case _:
                return True
