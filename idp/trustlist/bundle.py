"""The trust bundle: the list of regions as one signed, numbered document that anybody may pass on.

`seq` counts changes of the content; signing the same content again keeps it and renews `iat`. A bundle names the
hashes of the contents before it (`lineage`), so that whoever held one of them sees that nothing was rewritten.
The hash is SHA-256 over the canonical JSON (RFC 8785) of every claim but `iat`, `exp`, `next_update` and `log`; all
numbers are whole. The format is described for other implementers in `docs/reference/trust-bundle.md`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

BUNDLE_TYPE = "trust-bundle+jwt"
"""The `typ` of the compact JWS."""
LINEAGE = 64
"""How many earlier contents a bundle names; older ones are in the signed lineage that the hub serves."""
VALID_FOR = timedelta(hours=24)
SIGNED_EVERY = timedelta(seconds=60)
OF_THE_SIGNING = frozenset({"iat", "exp", "next_update", "log"})
"""What is said anew with every signature, and is no part of the content."""

MEMBERS = frozenset(
    [
        "iss",
        "seq",
        "lineage",
        "freshness",
        "anchor_jwks",
        "bundle_jwks",
        "regions",
        "revoked",
        "witnesses",
        "log_keys",
    ]
)
"""What is known of a content. Others are of a release to come."""
REGION_MEMBERS = frozenset(
    [
        "id",
        "op",
        "rp",
        "name",
        "status",
        "since",
        "reason",
        "acr_ceiling",
        "statement",
        "op_statement",
        "rp_statement",
        "op_metadata",
        "rp_metadata",
    ]
)


class RegionStatus(StrEnum):
    """Where a region stands. Only ACTIVE ones are trusted."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Region:
    """One line of the list. Its three entity ids share a host: `op`, and by path `id` (…/fed) and `rp` (…/rp)."""

    id: str
    """The intermediate, whose statements make its mini-apps trusted."""
    op: str
    """The OpenID provider: its issuer."""
    rp: str
    """The broker, a client of the other regions' providers."""
    name: Mapping[str, str]
    """Language tag → name shown to people."""
    status: RegionStatus
    since: datetime
    """Since when it has this status."""
    reason: str
    """Why it is not active, as a code: `""`, `key_compromise`, `operator_request`, `review`, `superseded`."""
    acr_ceiling: str
    """The strongest `acr` that is believed of it."""
    statement: str
    """The hub's subordinate statement about `id`, a compact JWS; empty unless active."""
    op_statement: str
    """The region's subordinate statement about `op`."""
    rp_statement: str
    op_metadata: Mapping[str, Any]
    """`openid_provider` metadata with `jwks`, resolved by the hub: policy applied."""
    rp_metadata: Mapping[str, Any]
    """`openid_relying_party` metadata with `jwks`, resolved by the hub."""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Members that are not known here: they mean something to somebody."""


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """A key that signs nothing from now on, whatever a JWKS says."""

    issuer: str
    kid: str
    at: datetime
    """What it signed after this moment was never the region's; what it signed before is refused as well."""
    reason: str
    """`compromised`, `superseded` or `unspecified` (OpenID Federation 1.0 §8.7)."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who cosigns the hub's log, and how many of them must stand by what is believed."""

    quorum: int = 0
    """None by default: then the hub's signature and the proof that the log has it are all there is."""
    keys: tuple[str, ...] = ()
    """In their written form (C2SP signed-note), each of another witness."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a content stands in the hub's log, and who says so. Nothing of it is verified."""

    checkpoint: str
    """A signed note: the log's head, with the cosignatures of witnesses."""
    index: int
    entry: str
    """The entry of the log that has the hash of the content."""
    proof: tuple[str, ...]
    """That the log of the checkpoint has the entry: hashes in base64 (RFC 6962 §2.1.1)."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A trust bundle whose signature was verified."""

    issuer: str
    """The hub: its entity id."""
    seq: int
    issued_at: datetime
    expires_at: datetime
    next_update: datetime
    lineage: Mapping[int, str]
    """Earlier `seq` → hash of that content."""
    content_hash: str
    freshness: Mapping[str, timedelta]
    """`acr` → how old a bundle may be for a sign-in of that strength to be honoured. The last resort is 24 hours."""
    anchor_jwks: Mapping[str, Any]
    """The hub's federation keys: what chains must end in."""
    bundle_jwks: Mapping[str, Any]
    """The keys that may sign bundles, present and next: how a verifier follows the hub through a change of keys."""
    regions: tuple[Region, ...]
    revoked: tuple[RevokedKey, ...]
    witnesses: Witnesses | None = None
    """Who is to stand by the next bundle. None: the hub is of a release that knew no witnesses."""
    log_keys: tuple[str, ...] = ()
    """The keys that sign checkpoints of the hub's log, in their written form; present and next."""
    log: LogPlace | None = None
    """None in a bundle of a hub that keeps no log yet."""
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that it says, as it was signed."""

    @property
    def unknown(self) -> Mapping[str, Any]:
        """Members of the content that are not known here."""
        known = MEMBERS | OF_THE_SIGNING
        return {name: value for name, value in self.claims.items() if name not in known}


def content_hash(claims: Mapping[str, Any]) -> str:
    """Base64url of the SHA-256 of what a bundle says, whenever it was signed."""
    content = {name: value for name, value in claims.items() if name not in OF_THE_SIGNING}
    raw = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
