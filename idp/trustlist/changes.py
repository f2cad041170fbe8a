"""What may happen to the trust list, and what it makes of it. Pure: `changed` is the one way a list becomes another.

A change is a value, so that it can be proposed, shown, approved and only then carried out; whoever carries it out
calls `changed` with it and stores the answer. active ⇄ suspended → removed; back from removed only with other keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from idp.foundation.sentence import N_, Refusal
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus, RevokedKey
from idp.trustlist.listing import (
    FederationKey,
    ListedRegion,
    ListedWitness,
    TrustList,
    Vouched,
    WitnessList,
    in_order,
)

REASONS = ("key_compromise", "operator_request", "review", "superseded")
"""Why a region is not active, as a code; pages have words for each."""
KEY_REASONS = ("compromised", "superseded", "unspecified")
"""Why a key is revoked. Spec: OpenID Federation 1.0 §8.7."""
MAX_WITNESSES = 256
MAX_KEYS = 10
"""Federation keys of a region at a time; a bundle has room for no more."""


class ChangeRefused(Refusal):
    """The list does not allow this change."""


@dataclass(frozen=True, slots=True)
class Admit:
    """Put a region on the list, or back on it, with the federation keys that the operator compared."""

    op: str
    name: Mapping[str, str]
    ceiling: AcrLevel
    domains: tuple[str, ...]
    keys: tuple[FederationKey, ...]
    vouched: Vouched


@dataclass(frozen=True, slots=True)
class Suspend:
    """Trust a region no more, for now."""

    op: str
    reason: str


@dataclass(frozen=True, slots=True)
class Restore:
    """Trust a suspended region again."""

    op: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a region off the list. It comes back only with new keys."""

    op: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetCeiling:
    """Say how strong a sign-in of a region is believed to be at most."""

    op: str
    ceiling: AcrLevel


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Make a key sign nothing any more, wherever it is still listed."""

    issuer: str
    """Whose it is: one of a region's three entity ids."""
    kid: str
    reason: str


@dataclass(frozen=True, slots=True)
class Visited:
    """What a region says of itself now: keys that follow one another, statements and metadata."""

    op: str
    keys: tuple[FederationKey, ...]
    """The federation keys in a configuration that a key known before has signed."""
    vouched: Vouched


@dataclass(frozen=True, slots=True)
class SetWitnesses:
    """Say who cosigns the hub's log, and how many of them must stand by what gives trust."""

    quorum: int
    witnesses: tuple[ListedWitness, ...]
    """All of them, and not only those that are new."""


Change = Admit | Suspend | Restore | Remove | SetCeiling | RevokeKey | Visited | SetWitnesses


def changed(listed: TrustList, change: Change, *, now: datetime) -> TrustList:
    """The list after a change; the very same when there was nothing to change. Raises: ChangeRefused."""
    match change:
        case Admit():
            return _admitted(listed, change, now)
        case Suspend(op, reason):
            return _moved(listed, op, RegionStatus.SUSPENDED, reason, now)
        case Restore(op):
            return _restored(listed, op, now)
        case Remove(op, reason):
            return _moved(listed, op, RegionStatus.REMOVED, reason, now)
        case SetCeiling(op, ceiling):
            return _with(listed, replace(_known(listed, op), ceiling=ceiling))
        case RevokeKey():
            return _revoked(listed, change, now)
        case Visited():
            return _visited(listed, change, now)
        case SetWitnesses():
            return _with_witnesses(listed, change)


def _admitted(listed: TrustList, change: Admit, now: datetime) -> TrustList:
    known = listed.find(change.op)
    if known is not None and known.status is RegionStatus.ACTIVE:
        raise ChangeRefused("region-listed", N_("%(region)s is on the list already."), region=change.op)
    former = () if known is None else tuple(replace(key, is_former=True) for key in known.keys)
    _require_new_keys(listed, change, former)
    admitted = ListedRegion(
        op=change.op,
        name=change.name,
        status=RegionStatus.ACTIVE,
        since=now,
        reason="",
        ceiling=change.ceiling,
        domains=change.domains,
        keys=in_order((*change.keys, *former)),
        vouched=change.vouched,
    )
    return _with(listed, admitted)


def _require_new_keys(listed: TrustList, change: Admit, former: tuple[FederationKey, ...]) -> None:
    """Whoever held the old keys must not come back with them, and nobody comes with somebody else's."""
    if not 0 < len(change.keys) <= MAX_KEYS:
        raise ChangeRefused("region-keys", N_("A region has 1 to %(most)s federation keys."), most=MAX_KEYS)
    new = {key.thumbprint for key in change.keys}
    if new & {key.thumbprint for key in former}:
        raise ChangeRefused(
            "region-with-old-keys",
            N_("%(region)s was on the list before: it comes back only with new federation keys."),
            region=change.op,
        )
    others = {key.thumbprint for region in listed.regions if region.op != change.op for key in region.keys}
    if new & others:
        raise ChangeRefused(
            "key-of-another-region",
            N_("A federation key of %(region)s is another region's."),
            region=change.op,
        )
    if any(listed.is_revoked(f"{change.op}/fed", kid) for kid in new):
        raise ChangeRefused(
            "key-was-revoked", N_("A federation key of %(region)s was revoked."), region=change.op
        )


def _restored(listed: TrustList, op: str, now: datetime) -> TrustList:
    region = _known(listed, op)
    if region.status is RegionStatus.REMOVED:
        raise ChangeRefused(
            "region-only-admitted",
            N_("%(region)s was removed: it comes back only by being added again, with new keys."),
            region=op,
        )
    if not region.jwks["keys"]:
        raise ChangeRefused(
            "region-without-key",
            N_("%(region)s has no federation key that is in force: add it again with new ones."),
            region=op,
        )
    return _moved(listed, op, RegionStatus.ACTIVE, "", now)


def _moved(listed: TrustList, op: str, status: RegionStatus, reason: str, now: datetime) -> TrustList:
    region = _known(listed, op)
    if reason not in REASONS and status is not RegionStatus.ACTIVE:
        raise _no_such_reason(REASONS)
    if region.status is status:
        raise _already(op, status)
    if region.status is RegionStatus.REMOVED:
        raise _already(op, RegionStatus.REMOVED)
    moved = replace(region, status=status, since=now, reason=reason)
    if status is RegionStatus.REMOVED:
        moved = replace(moved, keys=in_order(replace(key, is_former=True) for key in region.keys))
    return _with(listed, moved)


def _revoked(listed: TrustList, change: RevokeKey, now: datetime) -> TrustList:
    region = listed.of_entity(change.issuer)
    if region is None:
        raise ChangeRefused(
            "issuer-unlisted", N_("%(issuer)s is no entity of a region on the list."), issuer=change.issuer
        )
    if change.reason not in KEY_REASONS:
        raise _no_such_reason(KEY_REASONS)
    if listed.is_revoked(change.issuer, change.kid):
        raise ChangeRefused("key-revoked", N_("This key is revoked already."))
    if change.kid not in region.key_names(change.issuer):
        raise ChangeRefused("key-unknown", N_("%(issuer)s has no key of this name."), issuer=change.issuer)
    key = RevokedKey(change.issuer, change.kid, now, change.reason)
    after = replace(listed, revoked=(*listed.revoked, key))
    return after if change.issuer != region.id else _without_key(after, region, change.kid, now)


def _without_key(listed: TrustList, region: ListedRegion, kid: str, now: datetime) -> TrustList:
    """A revoked federation key is none any more; a region that has no other cannot be trusted."""
    keys = (replace(key, is_former=True) if key.thumbprint == kid else key for key in region.keys)
    left = replace(region, keys=in_order(keys))
    if not left.jwks["keys"] and region.status is RegionStatus.ACTIVE:
        left = replace(left, status=RegionStatus.SUSPENDED, since=now, reason="key_compromise")
    return _with(listed, left)


def is_news(region: ListedRegion, change: Visited, *, now: datetime) -> bool:
    """Whether a visit could change anything; most do not, and then nobody needs to look at the whole list."""
    in_force = {key.thumbprint for key in region.keys if not key.is_former}
    is_same = change.vouched.meaning == region.vouched.meaning and now < region.vouched.renew_at
    return not is_same or {key.thumbprint for key in change.keys} != in_force


def _visited(listed: TrustList, change: Visited, now: datetime) -> TrustList:
    region = _known(listed, change.op)
    if region.status is RegionStatus.REMOVED:
        raise _already(change.op, RegionStatus.REMOVED)
    keys = _followed(listed, region, change.keys)
    is_new = change.vouched.meaning != region.vouched.meaning
    # The same words with a later date are a change that everybody would have to fetch: only when it is time.
    vouched = change.vouched if is_new or now >= region.vouched.renew_at else region.vouched
    if keys == region.keys and vouched is region.vouched:
        return listed
    return _with(listed, replace(region, keys=keys, vouched=vouched))


def _followed(
    listed: TrustList, region: ListedRegion, said: tuple[FederationKey, ...]
) -> tuple[FederationKey, ...]:
    """The region's keys by its own newest word. A key that was given up, or revoked, never comes back by it."""
    former = {key.thumbprint for key in region.keys if key.is_former}
    usable = tuple(
        key
        for key in said
        if key.thumbprint not in former and not listed.is_revoked(region.id, key.thumbprint)
    )
    if not usable or len(usable) > MAX_KEYS:
        raise ChangeRefused(
            "region-names-no-key",
            N_("%(region)s names no federation key that may be used, or too many."),
            region=region.op,
        )
    named = {key.thumbprint for key in usable}
    if any(named & {key.thumbprint for key in one.keys} for one in listed.regions if one.op != region.op):
        raise ChangeRefused(
            "key-of-another-region",
            N_("A federation key of %(region)s is another region's."),
            region=region.op,
        )
    left = tuple(
        key if key.is_former else replace(key, is_former=True)
        for key in region.keys
        if key.thumbprint not in named
    )
    kept = {key.thumbprint: key for key in region.keys if not key.is_former}
    return in_order((*(kept.get(key.thumbprint, key) for key in usable), *left))


def _with_witnesses(listed: TrustList, change: SetWitnesses) -> TrustList:
    keys = [one.key for one in change.witnesses]
    if len(set(keys)) != len(keys) or len(keys) > MAX_WITNESSES:
        raise ChangeRefused(
            "witnesses-too-many",
            N_("There are at most %(most)s witnesses, each with a key of its own."),
            most=MAX_WITNESSES,
        )
    if not 0 <= change.quorum <= len(keys):
        raise ChangeRefused("quorum-too-large", N_("The quorum cannot be larger than there are witnesses."))
    witnesses = WitnessList(change.quorum, tuple(sorted(change.witnesses, key=attrgetter("key"))))
    return listed if witnesses == listed.witnesses else replace(listed, witnesses=witnesses)


def _known(listed: TrustList, op: str) -> ListedRegion:
    region = listed.find(op)
    if region is None:
        raise ChangeRefused("region-unlisted", N_("%(region)s is not on the list."), region=op)
    return region


def _with(listed: TrustList, region: ListedRegion) -> TrustList:
    """The list with this line in the place of the region's."""
    others = (one for one in listed.regions if one.op != region.op)
    return replace(listed, regions=tuple(sorted((*others, region), key=attrgetter("op"))))


_ALREADY = {
    RegionStatus.ACTIVE: ("region-active", N_("%(region)s is active already.")),
    RegionStatus.SUSPENDED: ("region-suspended", N_("%(region)s is suspended already.")),
    RegionStatus.REMOVED: ("region-removed", N_("%(region)s was removed.")),
}


def _already(op: str, status: RegionStatus) -> ChangeRefused:
    return ChangeRefused(*_ALREADY[status], region=op)


def _no_such_reason(known: tuple[str, ...]) -> ChangeRefused:
    return ChangeRefused("reason-unknown", N_("A reason is one of these: %(known)s."), known=", ".join(known))
