"""What a bundle takes away from a region: which of its sign-ins and clients are believed no longer. Pure answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from idp.trustlist.bundle import Bundle, Region, RegionStatus, RevokedKey

SUPERSEDED = "superseded"
"""Replaced in good order: what the key signed was the region's."""


@dataclass(frozen=True, slots=True)
class LostHome:
    """A provider whose sign-ins are believed no longer: all of them, or those above what it may say."""

    issuer: str
    above: int
    """How many rungs of the ladder it keeps; 0: none."""


@dataclass(frozen=True, slots=True)
class Theft:
    """A key in other hands: what it may have signed since then is not believed."""

    issuer: str
    kid: str
    since: datetime


def lost_homes(bundle: Bundle, homes: Collection[str], ladder: tuple[str, ...]) -> tuple[LostHome, ...]:
    """Which of these providers lost something, by the bundle as it is.

    A bundle that is only old takes nothing away for good: it becomes less by itself, at every look, and recovers.
    """
    by_provider = {region.op: region for region in bundle.regions}
    kept = {issuer: _kept(by_provider.get(issuer), ladder) for issuer in homes}
    return tuple(LostHome(issuer, rungs) for issuer, rungs in kept.items() if rungs < len(ladder))


def lost_regions(bundle: Bundle, superiors: Collection[str]) -> tuple[str, ...]:
    """Which of these superiors of clients answer for nobody any more. The hub answers for its own."""
    active = {region.id for region in bundle.regions if region.status is RegionStatus.ACTIVE}
    return tuple(one for one in superiors if one not in active and one != bundle.issuer)


def thefts(bundle: Bundle) -> tuple[Theft, ...]:
    """The keys that were not simply replaced."""
    return tuple(map(_theft, (key for key in bundle.revoked if key.reason != SUPERSEDED)))


def _kept(region: Region | None, ladder: tuple[str, ...]) -> int:
    if region is None or region.status is not RegionStatus.ACTIVE or region.acr_ceiling not in ladder:
        return 0
    return ladder.index(region.acr_ceiling) + 1


def _theft(key: RevokedKey) -> Theft:
    return Theft(key.issuer, key.kid, key.at)
