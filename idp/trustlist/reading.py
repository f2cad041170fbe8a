"""Reads the claims of a bundle or of a lineage whose signature was verified: all of it, or nothing.

Members that we do not know are ignored, so that the format can grow; a status that we do not know is refused, because
it might mean "no longer". Format: `docs/reference/trust-bundle.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.trustlist.bundle import (
    REGION_MEMBERS,
    Bundle,
    LogPlace,
    Region,
    RegionStatus,
    RevokedKey,
    Witnesses,
    content_hash,
)
from idp.trustlist.claims import BadBundle, Claims, require_canonical

MAX_BUNDLE = 32 * 2**20
"""Bytes of a signed bundle or lineage: twice what 3,000 regions take."""
MAX_REGIONS = 10_000
MAX_REVOKED = 100_000
MAX_LINEAGE = 100_000
MAX_LEVELS = 16
MAX_LANGUAGES = 64
HASH_LENGTH = 43
MAX_WITNESSES = 256
MAX_LOG_KEYS = 16
MAX_NOTE_KEY = 512
"""Characters of a key of a log or a witness."""
MAX_CHECKPOINT = 64 * 1024
MAX_ENTRY = 64 * 1024
MAX_PROOF = 64
"""Hashes: no log is longer."""
LONGEST_HASH = 44


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the hub says of its earlier contents, for whoever was away for longer than a bundle tells of."""

    issuer: str
    start: int
    """`from`: the content that was asked about, the first one in `hashes`."""
    issued_at: datetime
    hashes: Mapping[int, str]


def read_bundle(claims: Mapping[str, Any]) -> Bundle:
    """The bundle in verified claims. Raises: BadBundle."""
    require_canonical(claims)
    found = Claims(claims)
    seq, issued_at, expires_at = found.whole("seq", 1), found.moment("iat"), found.moment("exp")
    if issued_at >= expires_at:
        raise found.fault("exp", "is not after iat")
    return Bundle(
        issuer=found.text("iss"),
        seq=seq,
        issued_at=issued_at,
        expires_at=expires_at,
        next_update=found.moment("next_update"),
        lineage=_hashes(found.object("lineage"), before=seq),
        content_hash=_hash_of(claims),
        freshness=_freshness(found.object("freshness")),
        anchor_jwks=found.jwks("anchor_jwks"),
        bundle_jwks=found.jwks("bundle_jwks", least=1),
        regions=_regions(found.list("regions", MAX_REGIONS)),
        revoked=tuple(map(_revoked, found.list("revoked", MAX_REVOKED))),
        witnesses=read_witnesses(found.object("witnesses")) if "witnesses" in claims else None,
        log_keys=read_log_keys(found) if "log_keys" in claims else (),
        log=_log_place(found.object("log")) if "log" in claims else None,
        claims=claims,
    )


def read_lineage(claims: Mapping[str, Any]) -> Lineage:
    """The lineage in verified claims. Raises: BadBundle."""
    found = Claims(claims)
    return Lineage(
        issuer=found.text("iss"),
        start=found.whole("from", 1),
        issued_at=found.moment("iat"),
        hashes=_hashes(found.object("hashes")),
    )


def read_witnesses(found: Claims) -> Witnesses:
    """Who is to stand by the hub's log. Raises: BadBundle."""
    keys = found.texts("keys", MAX_WITNESSES, MAX_NOTE_KEY)
    if len(set(keys)) != len(keys):
        raise found.fault("keys", "names a witness twice")
    return Witnesses(found.whole("quorum", most=len(keys)), keys)


def read_log_keys(found: Claims) -> tuple[str, ...]:
    """The keys that sign heads of the hub's log. Raises: BadBundle."""
    return found.texts("log_keys", MAX_LOG_KEYS, MAX_NOTE_KEY)


def _hash_of(claims: Mapping[str, Any]) -> str:
    try:
        return content_hash(claims)
    except UnicodeEncodeError as error:
        raise BadBundle("a text is not Unicode") from error


def _hashes(found: Claims, before: int | None = None) -> Mapping[int, str]:
    hashes = {}
    for name in found.names(MAX_LINEAGE):
        if not (name.isascii() and name.isdecimal() and len(name) < 17 and str(int(name)) == name):
            raise found.fault("", "has a member that is no seq")
        if before is not None and int(name) >= before:
            raise found.fault("", "names a content that is not earlier")
        value = found.text(name, HASH_LENGTH)
        if len(value) != HASH_LENGTH:
            raise found.fault(name, "is no hash")
        hashes[int(name)] = value
    return hashes


def _freshness(found: Claims) -> Mapping[str, timedelta]:
    return {acr: timedelta(seconds=found.whole(acr, most=10**9)) for acr in found.names(MAX_LEVELS)}


def _log_place(found: Claims) -> LogPlace:
    return LogPlace(
        checkpoint=found.text("checkpoint", MAX_CHECKPOINT),
        index=found.whole("index"),
        entry=found.text("entry", MAX_ENTRY),
        proof=found.texts("proof", MAX_PROOF, LONGEST_HASH),
    )


def _regions(entries: list[Claims]) -> tuple[Region, ...]:
    regions = tuple(map(_region, entries))
    if len({region.op for region in regions}) != len(regions):
        raise BadBundle("regions has an entity twice")
    return regions


def _region(entry: Claims) -> Region:
    op, status = entry.text("op"), _status(entry)
    if entry.text("id") != f"{op}/fed" or entry.text("rp") != f"{op}/rp":
        raise entry.fault("id, rp", "are not those of op")
    op_metadata, rp_metadata = entry.members("op_metadata"), entry.members("rp_metadata")
    if status is RegionStatus.ACTIVE:
        _require_usable(entry, op)
    name = entry.object("name")
    return Region(
        id=entry.text("id"),
        op=op,
        rp=entry.text("rp"),
        name={tag: name.text(tag, 200) for tag in name.names(MAX_LANGUAGES)},
        status=status,
        since=entry.moment("since"),
        reason=entry.text("reason", 64, may_be_empty=True),
        acr_ceiling=entry.text("acr_ceiling", 255),
        statement=_statement(entry, "statement"),
        op_statement=_statement(entry, "op_statement"),
        rp_statement=_statement(entry, "rp_statement"),
        op_metadata=op_metadata,
        rp_metadata=rp_metadata,
        unknown=entry.but(REGION_MEMBERS),
    )


def _status(entry: Claims) -> RegionStatus:
    try:
        return RegionStatus(entry.text("status", 64))
    except ValueError as error:
        raise entry.fault("status", "is unknown") from error


def _require_usable(entry: Claims, op: str) -> None:
    """An active region says with which keys it signs, and its provider calls itself by its entity id."""
    if entry.object("op_metadata").text("issuer") != op:
        raise entry.fault("op_metadata", "is that of another provider")
    entry.object("op_metadata").jwks("jwks")
    entry.object("rp_metadata").jwks("jwks")


def _statement(entry: Claims, name: str) -> str:
    return entry.text(name, 64 * 1024, may_be_empty=True)


def _revoked(entry: Claims) -> RevokedKey:
    return RevokedKey(
        issuer=entry.text("issuer"),
        kid=entry.text("kid", 255),
        at=entry.moment("at"),
        reason=entry.text("reason", 64),
    )
