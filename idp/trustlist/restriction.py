"""Does a bundle only take trust away? Then it counts on the hub's word alone, so that nothing can hold a removal up.

Everything that is not known to take away is taken to add: witnesses are asked for that. Pure; hub and regions ask the
same question, so that the hub publishes at once exactly what the regions honour at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.foundation.compact_jws import Malformed, parse
from idp.trustlist.bundle import Bundle, Region, RegionStatus

MAX_STATEMENT = 64 * 1024
MAX_BRACKETS = 4_096
_TIMES = frozenset({"iat", "exp"})
_STANDING = tuple(RegionStatus)
"""From trusted to taken off the list."""


def only_restricts(old: Bundle, new: Bundle, ladder: tuple[str, ...]) -> bool:
    """Whether nobody is trusted for anything by `new` that `old` does not trust them for.

    `ladder`: every `acr` that is known, weakest first. How old a bundle may be, and the hub's own keys and witnesses,
    must be the same: who changes those does not only restrict. So must be what we do not know the meaning of.
    """
    before = {region.op: region for region in old.regions}
    is_same_hub = all(
        (
            new.issuer == old.issuer,
            new.freshness == old.freshness,
            new.anchor_jwks == old.anchor_jwks,
            new.bundle_jwks == old.bundle_jwks,
            new.witnesses == old.witnesses,
            new.log_keys == old.log_keys,
            new.unknown == old.unknown,
        )
    )
    return (
        is_same_hub
        and _keeps_revoked(old, new)
        and all(
            region.op in before and _is_restricted(before[region.op], region, ladder)
            for region in new.regions
        )
    )


def lower(old: str, new: str, ladder: tuple[str, ...]) -> bool:
    """Whether an `acr` is no stronger than another. Of one that is not on the ladder nobody can say."""
    return new == old or (new in ladder and old in ladder and ladder.index(new) <= ladder.index(old))


def says_no_more(old: str, new: str) -> bool:
    """Whether a statement is no wider than the one before: no key, no name, no permission that is not in that one.

    Its times may be others: how long anything of a bundle counts, the bundle's own age says.
    """
    if new in (old, ""):
        return True
    before, after = _claims(old), _claims(new)
    if before is None or after is None:
        return False
    return (
        _less_keys(_less_policy(after)) == _less_keys(_less_policy(before))
        and not _new_keys(before, after)
        and _is_narrower(before.get("metadata_policy"), after.get("metadata_policy"))
    )


def _keeps_revoked(old: Bundle, new: Bundle) -> bool:
    still = {(key.issuer, key.kid): key for key in new.revoked}
    return all(
        (kept := still.get((key.issuer, key.kid))) is not None and kept.at <= key.at for key in old.revoked
    )


def _is_restricted(old: Region, new: Region, ladder: tuple[str, ...]) -> bool:
    if (
        new.unknown != old.unknown
        or new.name != old.name
        or _STANDING.index(new.status) < _STANDING.index(old.status)
    ):
        return False
    if new.status is not RegionStatus.ACTIVE:
        return True
    return (
        lower(old.acr_ceiling, new.acr_ceiling, ladder)
        and _has_no_more_keys(old.op_metadata, new.op_metadata)
        and _has_no_more_keys(old.rp_metadata, new.rp_metadata)
        and says_no_more(old.statement, new.statement)
        and says_no_more(old.op_statement, new.op_statement)
        and says_no_more(old.rp_statement, new.rp_statement)
    )


def _has_no_more_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """The same metadata, and in its `jwks` no key that was not there. Without any other word it is none at all."""
    if set(new) == {"issuer", "jwks"} or set(new) == {"jwks"}:
        return new.get("issuer", old.get("issuer")) == old.get("issuer") and not _new_keys(old, new)
    return _less_keys(new) == _less_keys(old) and not _new_keys(old, new)


def _less_keys(found: Mapping[str, Any]) -> dict[str, Any]:
    jwks = found.get("jwks")
    if isinstance(jwks, Mapping):
        jwks = {name: value for name, value in jwks.items() if name != "keys"}
    return {**found, "jwks": jwks}


def _new_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Any]:
    known = old["jwks"].get("keys", []) if _is_set(old.get("jwks")) else []
    return (
        [key for key in new["jwks"].get("keys", []) if key not in known] if _is_set(new.get("jwks")) else []
    )


def _is_set(jwks: Any) -> bool:
    return isinstance(jwks, Mapping) and isinstance(jwks.get("keys", []), list)


def _less_policy(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != "metadata_policy"}


def _is_narrower(old: Any, new: Any) -> bool:
    """The same policy, but that a `subset_of` may have fewer values. Spec: OpenID Federation 1.0 §6.1.3.1."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return bool(new == old)
    if old.keys() != new.keys():
        return False
    return all(
        _is_subset(old[name], new[name]) if name == "subset_of" else _is_narrower(old[name], new[name])
        for name in old
    )


def _is_subset(old: Any, new: Any) -> bool:
    are_lists = isinstance(old, list) and isinstance(new, list)
    return are_lists and bool(new) and all(one in old for one in new)


def _claims(statement: str) -> dict[str, Any] | None:
    """What a statement says but its times. Nothing is verified: it is compared, and not believed."""
    try:
        payload = parse(statement, MAX_STATEMENT, MAX_BRACKETS).payload
    except Malformed:
        return None
    return {name: value for name, value in payload.items() if name not in _TIMES}
