"""What the transparency log says of a change of the list: by the list before and after, not by what was asked.

Every line that differs is one entry, with the hash of the line before and after it: whoever reads the log sees for
each region an unbroken chain. Each statement that we signed, each change of our keys and each content published is an
entry too. Nothing here is about a person; who agreed stands there by pseudonym.
Format: `docs/reference/transparency-log.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from idp.foundation.canonical_json import hash_of, hash_of_text
from idp.foundation.clock import to_seconds
from idp.trustlist.bundle import RegionStatus, RevokedKey
from idp.trustlist.listing import ListedRegion, TrustList

Authority = str | Mapping[str, Any]
"""By whose word: one of the two below, or the change request with the pseudonyms of those who agreed."""
SET_UP: Authority = "set-up"
"""An operator at the console, before the installation was governed by two people."""
AUTOMATIC: Authority = "automatic"
"""What a listed region says of itself, or time and keys moving on: within what was agreed before."""

_KEY_SETS = ("anchor_jwks", "bundle_jwks")
_KEYS = (*_KEY_SETS, "log_keys")
Members = dict[str, Any]


def of_list(before: TrustList, after: TrustList, authority: Authority, *, now: datetime) -> Iterator[Members]:
    """An entry for each line that differs, one for each statement that was signed, and one for other witnesses."""
    if before.witnesses != after.witnesses:
        yield {
            "action": "witnesses",
            "subject": "#witnesses",
            "before_hash": _hash_of_witnesses(before),
            "after_hash": _hash_of_witnesses(after),
            "quorum": after.witnesses.quorum,
            "authority": authority,
            "effective_at": to_seconds(now),
        }
    for region in after.regions:
        known = before.find(region.op)
        if region == known and _revoked_of(before, region) == _revoked_of(after, region):
            continue
        old = None if known is None else _hash(before, known)
        new = _hash(after, region)
        statements = _new_statements(known, region)
        if old != new or statements:
            yield {
                "action": _action(before, known, after, region),
                "subject": region.op,
                "before_hash": old,
                "after_hash": new,
                "statement_hashes": statements,
                "reason_code": region.reason,
                "revoked": _newly_revoked(before, after, region),
                "authority": authority,
                "effective_at": to_seconds(now),
            }
        if region.statement and (known is None or region.statement != known.statement):
            yield {
                "action": "statement",
                "subject": region.id,
                "statement_hashes": {"hub": hash_of_text(region.statement)},
                "effective_at": to_seconds(now),
            }


def of_content(
    before: tuple[str, Mapping[str, Any]] | None,
    seq: int,
    content_hash: str,
    content: Mapping[str, Any],
    *,
    now: datetime,
) -> Iterator[Members]:
    """An entry for the hub's keys if they changed, and one for the content itself, last.

    `before`: the content before it, with its hash.
    """
    issuer = content.get("iss", "")
    old_keys = None if before is None else _keys_of(before[1])
    if old_keys != (new_keys := _keys_of(content)):
        yield {
            "action": "hub-keys",
            "subject": f"{issuer}#keys",
            "before_hash": None if old_keys is None else hash_of(old_keys),
            "after_hash": hash_of(new_keys),
            "keys": sorted(_names_of(new_keys)),
            "effective_at": to_seconds(now),
        }
    yield {
        "action": "bundle",
        "subject": issuer,
        "seq": seq,
        "before_hash": None if before is None else before[0],
        "after_hash": content_hash,
        "effective_at": to_seconds(now),
    }


def _hash(listed: TrustList, region: ListedRegion) -> str:
    """Of a line: what was decided about a region and what it said of itself, but for dates that move by themselves."""
    return hash_of(
        {
            "op": region.op,
            "name": region.name,
            "status": region.status.value,
            "since": to_seconds(region.since),
            "reason": region.reason,
            "ceiling": int(region.ceiling),
            "domains": region.domains,
            "keys": [key.thumbprint for key in region.keys if not key.is_former],
            "former_keys": [key.thumbprint for key in region.keys if key.is_former],
            "meaning": region.vouched.meaning,
            "revoked": _revoked_of(listed, region),
        }
    )


def _action(before: TrustList, known: ListedRegion | None, after: TrustList, region: ListedRegion) -> str:
    if known is None or (known.status is RegionStatus.REMOVED and region.status is RegionStatus.ACTIVE):
        return "admit"
    if _newly_revoked(before, after, region):
        return "revoke-key"
    if known.status is not region.status:
        return {
            RegionStatus.ACTIVE: "restore",
            RegionStatus.SUSPENDED: "suspend",
            RegionStatus.REMOVED: "remove",
        }[region.status]
    return "ceiling" if known.ceiling != region.ceiling else "visit"


def _new_statements(known: ListedRegion | None, region: ListedRegion) -> dict[str, str]:
    """Hashes of the region's own statements that were taken over with this change."""
    new = {"op": region.vouched.op_statement, "rp": region.vouched.rp_statement}
    old = {} if known is None else {"op": known.vouched.op_statement, "rp": known.vouched.rp_statement}
    return {about: hash_of_text(text) for about, text in new.items() if text and text != old.get(about)}


def _revoked_of(listed: TrustList, region: ListedRegion) -> list[list[str]]:
    return [_named(key) for key in listed.revoked if key.issuer in region.entities]


def _newly_revoked(before: TrustList, after: TrustList, region: ListedRegion) -> list[list[str]]:
    known = _revoked_of(before, region)
    return [key for key in _revoked_of(after, region) if key not in known]


def _named(key: RevokedKey) -> list[str]:
    return [key.issuer, key.kid, key.reason]


def _keys_of(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content.get(name) for name in _KEYS}


def _names_of(keys: Mapping[str, Any]) -> Iterator[str]:
    for name in _KEY_SETS:
        yield from (str(key["kid"]) for key in (keys[name] or {}).get("keys", ()))
    yield from keys["log_keys"] or ()


def _hash_of_witnesses(listed: TrustList) -> str:
    named = [[witness.key, witness.address] for witness in listed.witnesses.witnesses]
    return hash_of({"quorum": listed.witnesses.quorum, "witnesses": named})
