"""The trust list as the hub keeps it: more than it publishes, because it must remember what was, and until when.

A list is a value. It is changed by `changes.changed` alone; `publishing` makes of it what everybody reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus, RevokedKey


@dataclass(frozen=True, slots=True)
class FederationKey:
    """A federation key of a region. Its name is its thumbprint, so that an old key cannot come back as a new one."""

    thumbprint: str
    """SHA-256 by RFC 7638: the `kid` in every set."""
    jwk: Mapping[str, Any]
    is_former: bool = False
    """It signs nothing any more. Remembered for ever: no region comes back with it."""


def in_order(keys: Iterable[FederationKey]) -> tuple[FederationKey, ...]:
    """Those in force first, then by name: the same keys are always the same tuple."""
    return tuple(sorted(keys, key=lambda key: (key.is_former, key.thumbprint)))


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a region said of its provider and its broker at our last visit, verified, and policy applied."""

    op_statement: str
    rp_statement: str
    op_metadata: Mapping[str, Any]
    rp_metadata: Mapping[str, Any]
    meaning: str
    """A digest of everything but the times: equal when nothing new was said."""
    renew_at: datetime
    """When its statements have lived half of their time, and newer ones are taken though they say the same."""
    expires_at: datetime
    """When the first of its statements ends. After it nothing of this is believed."""


@dataclass(frozen=True, slots=True)
class ListedRegion:
    """One line of the list."""

    op: str
    """The provider's entity id; the region's two others follow from it."""
    name: Mapping[str, str]
    """Language tag → name shown to people."""
    status: RegionStatus
    since: datetime
    reason: str
    ceiling: AcrLevel
    """The strongest level that is believed of it."""
    domains: tuple[str, ...]
    """Where its mini-apps may be, beside its own host and below: `.apps.example` or `tax.example`."""
    keys: tuple[FederationKey, ...]
    vouched: Vouched
    statement: str = ""
    """Our statement about the region's intermediate, newest; empty when none may be made."""

    @property
    def id(self) -> str:
        """The intermediate's entity id."""
        return f"{self.op}/fed"

    @property
    def rp(self) -> str:
        """The broker's entity id."""
        return f"{self.op}/rp"

    @property
    def entities(self) -> tuple[str, str, str]:
        """All three."""
        return self.op, self.id, self.rp

    @property
    def jwks(self) -> dict[str, Any]:
        """The federation keys that it signs with, or will."""
        return {"keys": [dict(key.jwk) for key in self.keys if not key.is_former]}

    def key_names(self, entity: str) -> frozenset[str]:
        """The `kid` of every key that one of its entities is known by now."""
        if entity == self.id:
            keys: Any = self.jwks["keys"]
        else:
            metadata = self.vouched.op_metadata if entity == self.op else self.vouched.rp_metadata
            keys = metadata.get("jwks", {}).get("keys", [])
        return frozenset(key["kid"] for key in keys)


@dataclass(frozen=True, slots=True)
class ListedWitness:
    """Somebody who cosigns the hub's log."""

    key: str
    """In its written form (C2SP signed-note): the name is in it."""
    address: str
    """Where it is asked: what stands before `/add-checkpoint`."""


@dataclass(frozen=True, slots=True)
class WitnessList:
    """Who cosigns the hub's log, in order of their keys, and how many of them must stand by a bundle."""

    quorum: int = 0
    witnesses: tuple[ListedWitness, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustList:
    """Every region that was ever listed, in order of their names, and every key that was revoked; and the witnesses."""

    regions: tuple[ListedRegion, ...] = ()
    revoked: tuple[RevokedKey, ...] = ()
    witnesses: WitnessList = WitnessList()

    def find(self, op: str) -> ListedRegion | None:
        """The line of a region."""
        return next((region for region in self.regions if region.op == op), None)

    def of_entity(self, entity: str) -> ListedRegion | None:
        """The region that an entity id belongs to."""
        return next((region for region in self.regions if entity in region.entities), None)

    def is_revoked(self, issuer: str, kid: str) -> bool:
        """Whether a key of an entity was revoked."""
        return any((key.issuer, key.kid) == (issuer, kid) for key in self.revoked)
