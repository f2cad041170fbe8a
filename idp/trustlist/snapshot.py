"""Whom to trust, from memory: every question a sign-in or a verifier asks, answered without network.

A snapshot is immutable and replaced as a whole. Every answer depends on `now`: a bundle that nobody renewed is
believed for less and less, per `acr`, as the bundle itself says. Spec: decision on the trust bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from idp.trustlist.bundle import VALID_FOR, Bundle, Region, RegionStatus
from idp.trustlist.frozen import frozen

AHEAD = timedelta(seconds=60)
"""How far the hub's clock may be ahead of ours."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Distrust(StrEnum):
    """Why somebody is not trusted. Pages and logs have words for each."""

    NO_BUNDLE = "no_bundle"
    """None was ever received."""
    UNKNOWN = "unknown"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    STALE = "stale"
    """The bundle is too old for a sign-in of this strength; or it is from the future, and our clock is wrong."""
    ABOVE_CEILING = "above_ceiling"
    KEY_REVOKED = "key_revoked"
    """Every key that it had is revoked."""


class NotTrusted(Exception):
    """What was asked for must not be honoured now."""

    def __init__(self, why: Distrust, entity: str, region: Region | None = None) -> None:
        super().__init__(f"{entity}: {why}")
        self.why = why
        self.entity = entity
        self.region = region


@dataclass(frozen=True, slots=True)
class TrustSnapshot:
    """What one process knows of the federation. `bundle` is None until the first one came. Made by `of`."""

    bundle: Bundle | None
    by_entity: Mapping[str, Region]
    """Each of a region's three entity ids → the region, whatever its status."""
    ladder: tuple[str, ...] = ()
    """Every `acr` that we know, weakest first."""
    limits: tuple[timedelta, ...] = (VALID_FOR,)
    """How old the bundle may be, for each of the ladder; never more for a stronger one than for a weaker."""
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING, repr=False)
    """Provider or broker → its metadata less the revoked keys, prepared once and unchangeable."""
    earliest_now: datetime | None = None
    """It is at least this late, by the time that passed while we held the bundle. A clock set back revives nothing."""

    @classmethod
    def of(cls, bundle: Bundle | None, ladder: tuple[str, ...]) -> TrustSnapshot:
        """Prepare the answers of a bundle. `ladder`: every `acr` that we know, weakest first; not empty."""
        if bundle is None:
            return cls(None, _NOTHING, ladder)
        by_entity = {entity: one for one in bundle.regions for entity in (one.id, one.op, one.rp)}
        stated = (min(bundle.freshness.get(acr, VALID_FOR), VALID_FOR) for acr in ladder)
        metadata = {one.op: one.op_metadata for one in bundle.regions}
        metadata |= {one.rp: one.rp_metadata for one in bundle.regions}
        revoked = {(key.issuer, key.kid) for key in bundle.revoked}
        return cls(
            bundle,
            MappingProxyType(by_entity),
            ladder,
            tuple(accumulate(stated, min)),
            MappingProxyType({who: _less_revoked(who, what, revoked) for who, what in metadata.items()}),
        )

    def renewed(self, bundle: Bundle) -> TrustSnapshot:
        """The same answers for longer: `bundle` has the same content and was signed later."""
        return replace(self, bundle=bundle)

    def region(self, entity: str, *, now: datetime) -> Region:
        """The active region that an entity id belongs to. Raises: NotTrusted."""
        return self._fresh_region(entity, self.limits[0], now)

    def provider(self, issuer: str, *, now: datetime) -> Mapping[str, Any]:
        """Metadata of an active region's provider, with `jwks` less the revoked keys. Raises: NotTrusted."""
        region = self.region(issuer, now=now)
        return self._metadata(issuer, region, is_meant=issuer == region.op)

    def broker(self, client_id: str, *, now: datetime) -> Mapping[str, Any]:
        """Metadata of an active region's broker, with `jwks` less the revoked keys. Raises: NotTrusted."""
        region = self.region(client_id, now=now)
        return self._metadata(client_id, region, is_meant=client_id == region.rp)

    def require_acr(self, issuer: str, acr: str | None, *, now: datetime) -> None:
        """See that a region may say this `acr` today: under its ceiling, and the bundle fresh enough for it.

        No `acr`, and one that is not on the ladder, is the weakest. Raises: NotTrusted.
        """
        rung = max(self._rung(acr), 0)
        region = self._fresh_region(issuer, self.limits[rung], now)
        if rung > self._rung(region.acr_ceiling):
            raise NotTrusted(Distrust.ABOVE_CEILING, issuer, region)

    def strongest(self, issuer: str, *, now: datetime) -> str | None:
        """The strongest `acr` that a region may say today; None when none. What a broker may ask for."""
        for acr in reversed(self.ladder):
            try:
                self.require_acr(issuer, acr, now=now)
            except NotTrusted:
                continue
            return acr
        return None

    def homes(self, *, now: datetime) -> tuple[Region, ...]:
        """Every region of the list in its order, removed ones left out: for people to choose from.

        Whatever the age of the bundle: why a region cannot be used today is said when it is chosen.
        """
        regions = self.bundle.regions if self.bundle else ()
        return tuple(region for region in regions if region.status is not RegionStatus.REMOVED)

    def age(self, *, now: datetime) -> timedelta:
        """How long ago the bundle was signed. Raises: NotTrusted — there is none."""
        if self.bundle is None:
            raise NotTrusted(Distrust.NO_BUNDLE, "")
        return self._at_least(now) - self.bundle.issued_at

    def _at_least(self, now: datetime) -> datetime:
        return now if self.earliest_now is None else max(now, self.earliest_now)

    def _fresh_region(self, entity: str, limit: timedelta, now: datetime) -> Region:
        if self.bundle is None:
            raise NotTrusted(Distrust.NO_BUNDLE, entity)
        region = self.by_entity.get(entity)
        if region is not None and region.status is not RegionStatus.ACTIVE:
            # However old: what was known to be out of the list does not come back by waiting.
            raise NotTrusted(Distrust(region.status.value), entity, region)
        # By our own clock, and not by `earliest_now`: one that runs behind the hub's is wrong, whatever the reason.
        is_future = self.bundle.issued_at - now > AHEAD
        latest = self._at_least(now)
        if is_future or latest - self.bundle.issued_at > limit or latest >= self.bundle.expires_at:
            raise NotTrusted(Distrust.STALE, entity, region)
        if region is None:
            raise NotTrusted(Distrust.UNKNOWN, entity)
        return region

    def _metadata(self, entity: str, region: Region, *, is_meant: bool) -> Mapping[str, Any]:
        if not is_meant:
            raise NotTrusted(Distrust.UNKNOWN, entity, region)
        metadata = self.metadata[entity]
        if not metadata:
            raise NotTrusted(Distrust.KEY_REVOKED, entity, region)
        return metadata

    def _rung(self, acr: str | None) -> int:
        return self.ladder.index(acr) if acr in self.ladder else -1


def _less_revoked(
    entity: str, metadata: Mapping[str, Any], revoked: set[tuple[str, str]]
) -> Mapping[str, Any]:
    """Metadata with the keys that still sign; empty when there were some and none is left."""
    jwks = metadata.get("jwks", {})
    keys = jwks.get("keys", [])
    left = [key for key in keys if (entity, key.get("kid")) not in revoked]
    if keys and not left:
        return _NOTHING
    prepared: Mapping[str, Any] = frozen(dict(metadata) | {"jwks": {**jwks, "keys": left}})
    return prepared
