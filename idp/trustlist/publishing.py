"""From the hub's list to what a bundle says: a content, signed again and again, and numbered when it changes.

Pure; the claims are described in `docs/reference/trust-bundle.md`, and `reading.read_bundle` is their other half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.clock import to_seconds
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import SIGNED_EVERY, VALID_FOR, RegionStatus, RevokedKey
from idp.trustlist.listing import ListedRegion, TrustList

Json = dict[str, Any]

FRESHNESS = {
    AcrLevel.ONE_FACTOR: timedelta(hours=24),
    AcrLevel.TWO_FACTORS: timedelta(hours=1),
    AcrLevel.STRONGEST: timedelta(minutes=10),
}
"""How old a bundle may be for a sign-in of that strength: how long a removal can stay unknown to who is cut off."""
LINEAGE_TYPE = "trust-lineage+jwt"
MAX_HASHES = 1_000
"""In one lineage. Whoever asks needs the first of them; the others show that it is the same past."""
_OF_THE_NUMBER = frozenset({"seq", "lineage"})


@dataclass(frozen=True, slots=True)
class HubFacts:
    """What a bundle says of the hub itself."""

    issuer: str
    acr: Callable[[AcrLevel], str]
    """The public name of a level."""
    anchor_jwks: Mapping[str, Any]
    bundle_jwks: Mapping[str, Any]
    log_keys: tuple[str, ...]
    """The keys that sign heads of its log, in their written form."""


def said_by(hub: HubFacts, listed: TrustList, *, now: datetime) -> Json:
    """Everything that a bundle says but its number and its times."""
    return {
        "iss": hub.issuer,
        "freshness": {hub.acr(level): _seconds(age) for level, age in FRESHNESS.items()},
        "anchor_jwks": dict(hub.anchor_jwks),
        "bundle_jwks": dict(hub.bundle_jwks),
        "log_keys": list(hub.log_keys),
        "witnesses": {
            "quorum": listed.witnesses.quorum,
            "keys": [witness.key for witness in listed.witnesses.witnesses],
        },
        "regions": [_entry(region, hub.acr, now) for region in listed.regions],
        "revoked": [
            {"issuer": key.issuer, "kid": key.kid, "at": to_seconds(key.at), "reason": key.reason}
            for key in sorted(listed.revoked, key=_revocation)
        ],
    }


def numbered(said: Mapping[str, Any], seq: int, lineage: Mapping[int, str]) -> Json:
    """The content: what is hashed, and what `lineage` names later."""
    return {**said, "seq": seq, "lineage": {str(number): value for number, value in lineage.items()}}


def says_the_same(content: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether a content already published says this."""
    return {name: value for name, value in content.items() if name not in _OF_THE_NUMBER} == said


def timed(content: Mapping[str, Any], *, now: datetime, log: Mapping[str, Any] | None = None) -> Json:
    """The claims of a bundle to be signed now. `log`: its place in the hub's log."""
    issued_at = to_seconds(now)
    return {
        **content,
        **({} if log is None else {"log": dict(log)}),
        "iat": issued_at,
        "exp": issued_at + _seconds(VALID_FOR),
        "next_update": issued_at + _seconds(SIGNED_EVERY),
    }


def lineage_claims(issuer: str, start: int, hashes: Mapping[int, str], *, now: datetime) -> Json:
    """The claims of the lineage from `start` on."""
    return {
        "iss": issuer,
        "from": start,
        "iat": to_seconds(now),
        "hashes": {str(seq): value for seq, value in hashes.items()},
    }


def _entry(region: ListedRegion, acr: Callable[[AcrLevel], str], now: datetime) -> Json:
    vouched, is_usable = region.vouched, _is_usable(region, now)
    return {
        "id": region.id,
        "op": region.op,
        "rp": region.rp,
        "name": dict(region.name),
        "status": region.status.value,
        "since": to_seconds(region.since),
        "reason": region.reason,
        "acr_ceiling": acr(region.ceiling),
        "statement": region.statement if region.status is RegionStatus.ACTIVE else "",
        "op_statement": vouched.op_statement if is_usable else "",
        "rp_statement": vouched.rp_statement if is_usable else "",
        "op_metadata": dict(vouched.op_metadata) if is_usable else _silent(region, issuer=region.op),
        "rp_metadata": dict(vouched.rp_metadata) if is_usable else _silent(region),
    }


def _revocation(key: RevokedKey) -> tuple[int, str, str]:
    """In an order that does not depend on how they were stored: the same list is always the same content."""
    return to_seconds(key.at), key.issuer, key.kid


def _is_usable(region: ListedRegion, now: datetime) -> bool:
    return region.status is RegionStatus.ACTIVE and now < region.vouched.expires_at


def _silent(region: ListedRegion, **members: Any) -> Json:
    """Of a region that stayed away until its statements ended: it is on the list, and has no key that signs."""
    return {**members, "jwks": {"keys": []}} if region.status is RegionStatus.ACTIVE else {}


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
