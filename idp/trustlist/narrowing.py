"""What a content takes away from the one that is out, without what it gives: published at once, whoever is away.

The hub asks its witnesses for the rest. Pure; what comes of it is checked by `restriction.only_restricts`.

A region asks the same of a bundle that it cannot admit for want of witnesses: it obeys what that one takes away
(`left_of`), or whoever silences the witnesses could keep a removal from a region that missed what came before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from idp.trustlist.bundle import REGION_MEMBERS, Bundle, RegionStatus
from idp.trustlist.reading import MAX_REVOKED, read_bundle
from idp.trustlist.restriction import lower, says_no_more

Json = dict[str, Any]

_STANDING = tuple(status.value for status in RegionStatus)
_OF_THE_NUMBER = frozenset({"seq", "lineage"})
_STATEMENTS = ("statement", "op_statement", "rp_statement")


def left_of(held: Bundle, new: Bundle, ladder: tuple[str, ...]) -> Json | None:
    """What `new` leaves of the regions of `held`, and each key that one revokes; None when it takes nothing away."""
    regions = narrowed(held.claims, new.claims, ladder)["regions"]
    revoked = _revoked_by_either(held.claims["revoked"], new.claims["revoked"])
    left = {"regions": regions, "revoked": revoked}
    return None if all(held.claims[name] == value for name, value in left.items()) else left


def narrow(held: Bundle, left: Mapping[str, Any]) -> Bundle:
    """The bundle with that alone: of the same number and content, and with the same keys. Raises: BadBundle."""
    claims = {**held.claims, **left}
    less = read_bundle(claims)
    return replace(held, regions=less.regions, revoked=less.revoked, claims=claims)


def narrowed(out: Mapping[str, Any], said: Mapping[str, Any], ladder: tuple[str, ...]) -> Json:
    """What `out` says, less everything that `said` no longer does. `ladder`: every `acr`, weakest first."""
    wanted = {entry["op"]: entry for entry in said["regions"]}
    return {
        **{name: value for name, value in out.items() if name not in _OF_THE_NUMBER},
        "regions": [
            _narrowed_entry(entry, wanted[entry["op"]], ladder)
            for entry in out["regions"]
            if entry["op"] in wanted
        ],
        "revoked": said["revoked"],
    }


def _revoked_by_either(old: list[Json], new: list[Json]) -> list[Json]:
    """As the earliest moment has it; no more than can be read again."""
    found = {(one["issuer"], one["kid"]): one for one in old}
    for one in new:
        key = one["issuer"], one["kid"]
        if one["at"] < found.get(key, {"at": one["at"] + 1})["at"]:
            found[key] = one
    return list(found.values())[:MAX_REVOKED]


def _narrowed_entry(old: Json, new: Json, ladder: tuple[str, ...]) -> Json:
    if _STANDING.index(new["status"]) < _STANDING.index(old["status"]):
        return old
    if new["status"] != RegionStatus.ACTIVE:
        known = {name: value for name, value in new.items() if name in REGION_MEMBERS}
        return {**old, **known, "name": old["name"]}
    is_lower = lower(old["acr_ceiling"], new["acr_ceiling"], ladder)
    return {
        **old,
        "acr_ceiling": new["acr_ceiling"] if is_lower else old["acr_ceiling"],
        "op_metadata": _less_keys(old["op_metadata"], new["op_metadata"]),
        "rp_metadata": _less_keys(old["rp_metadata"], new["rp_metadata"]),
        **{name: new[name] if says_no_more(old[name], new[name]) else old[name] for name in _STATEMENTS},
    }


def _less_keys(old: Json, new: Json) -> Json:
    """The old metadata with those of its keys alone that are in the new one."""
    left = new.get("jwks", {}).get("keys", [])
    jwks = old.get("jwks", {})
    return {**old, "jwks": {**jwks, "keys": [key for key in jwks.get("keys", []) if key in left]}}
