"""The trust bundle: who the regions are, with which keys they sign, and how long that is believed.

The format is described in the provider's `docs/reference/trust-bundle.md`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import jws
from .errors import Gap, NoTrust, Refused
from .log import Witnesses, read_log_keys, read_witnesses

TYPE = "trust-bundle+jwt"
LINEAGE_TYPE = "trust-lineage+jwt"
MAX_SIZE = 32 * 2**20
AHEAD = 60
"""Seconds that the hub's clock may be ahead of ours."""
LONGEST = 24 * 3600
"""Seconds after which no bundle is believed for anything, whatever it says of itself."""
_OF_THE_SIGNING = frozenset({"iat", "exp", "next_update", "log"})
_OF_THE_LIST = frozenset({"seq", "lineage", "regions", "revoked"})
_STATEMENTS = ("statement", "op_statement", "rp_statement")
_METADATA = ("op_metadata", "rp_metadata")
_OF_A_REGION = frozenset(
    ("id", "op", "rp", "name", "status", "since", "reason", "acr_ceiling", *_STATEMENTS, *_METADATA)
)


@dataclass(frozen=True, slots=True)
class Region:
    """An active region, as tokens meet it."""

    issuer: str
    keys: Mapping[str, jws.Key]
    ceiling: int
    """Position of the strongest `acr` that is believed of it; -1: none is."""
    published: Mapping[str, Any]
    """kid → the key as it was published."""
    unknown: Mapping[str, Any]
    """Members of its entry that are not known here: they may mean more trust."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle, made ready for questions."""

    compact: str
    seq: int
    issued_at: int
    """It counts as signed then: never later than its witnesses say."""
    expires_at: int
    content_hash: str
    lineage: Mapping[int, str]
    signers: dict[str, jws.Key]
    """The keys that may sign the next bundle."""
    ladder: tuple[str, ...]
    """Every `acr`, weakest first: the stronger, the shorter an old bundle is believed for it."""
    fresh_seconds: tuple[int, ...]
    """For each of the ladder."""
    regions: Mapping[str, Region]
    """By issuer: the active ones."""
    others: Mapping[str, str]
    """Issuer → status, of those that are not active."""
    claims: Mapping[str, Any]
    witnesses: Witnesses | None
    """Who is to stand by the next one; None where the hub names nobody."""
    log_keys: tuple[str, ...]
    head: tuple[int, bytes] | None = None
    """Size and root of the log that it came with."""
    is_witnessed: bool = True
    """False: it takes trust away, and nobody but the hub stands by it yet."""

    @property
    def of_the_hub(self) -> Mapping[str, Any]:
        """What it says beside the list of regions, known here or not."""
        others = _OF_THE_SIGNING | _OF_THE_LIST
        return {name: value for name, value in self.claims.items() if name not in others}

    def region(self, issuer: str) -> Region:
        """Raises: Refused — unknown, suspended or removed."""
        found = self.regions.get(issuer)
        if found is None:
            raise Refused(f"the issuer is {self.others.get(issuer, 'unknown')}")
        return found

    def position(self, acr: str | None) -> int:
        """Where an `acr` stands. None, and what is not on the ladder, is the weakest."""
        return self.ladder.index(acr) if acr in self.ladder else 0

    def require_fresh(self, position: int, now: float) -> None:
        """Raises: NoTrust — too old for this strength, or from the future."""
        age = now - self.issued_at
        if age < -AHEAD:
            raise NoTrust("the bundle is from the future: see to the clock")
        limit = min(self.fresh_seconds[position] if self.fresh_seconds else LONGEST, LONGEST)
        if age > limit or now >= self.expires_at:
            raise NoTrust(f"the bundle is {int(age)} seconds old")


def read(compact: str, hub: str, signers: Mapping[str, jws.Key]) -> Bundle:
    """Verify and read a bundle. Raises: Refused."""
    claims = _verified(compact, TYPE, hub, signers)
    try:
        return _read(compact, claims)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("a malformed bundle") from error


def read_lineage(compact: str, hub: str, signers: Mapping[str, jws.Key]) -> Mapping[int, str]:
    """Verify and read the hub's lineage: `seq` → content hash. Raises: Refused."""
    claims = _verified(compact, LINEAGE_TYPE, hub, signers)
    try:
        return {int(seq): str(value) for seq, value in claims["hashes"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("a malformed lineage") from error


def require_newer(new: Bundle, held: Bundle, now: float, lineage: Mapping[int, str] | None = None) -> bool:
    """Whether `new` takes the place of `held`; False when it says nothing new.

    `lineage` is the hub's, for when ours ends after the bundle we hold.
    Raises: Gap; Refused — rolled back, forked, expired, or from the future.
    """
    if new.issued_at > now + AHEAD or new.expires_at <= now:
        raise Refused("the bundle is expired, or from the future")
    if new.seq < held.seq:
        raise Refused("the bundle is rolled back")
    if new.seq == held.seq:
        if new.content_hash != held.content_hash:
            raise Refused("two bundles of one number")
        return new.issued_at > held.issued_at
    known = {**(lineage or {}), **new.lineage}
    if held.seq not in known:
        raise Gap(held.seq)
    if known[held.seq] != held.content_hash:
        raise Refused("the bundle does not descend from the one we hold")
    return True


def content_hash(claims: Mapping[str, Any]) -> str:
    """What identifies the content, whenever it was signed. Spec: RFC 8785 (canonical JSON)."""
    content = {name: value for name, value in claims.items() if name not in _OF_THE_SIGNING}
    raw = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


def _verified(compact: str, kind: str, hub: str, signers: Mapping[str, jws.Key]) -> Mapping[str, Any]:
    token = jws.parse(compact, MAX_SIZE)
    if token.header.get("typ") != kind or "crit" in token.header:
        raise Refused(f"not a {kind}")
    key = signers.get(str(token.header.get("kid")))
    if key is None:
        raise Refused("signed with a key that is not the hub's")
    key.verify(token)
    if token.payload.get("iss") != hub:
        raise Refused("from another hub")
    return token.payload


def _read(compact: str, claims: Mapping[str, Any]) -> Bundle:
    ladder = sorted(claims["freshness"].items(), key=lambda item: (-_whole(item[1]), item[0]))
    names = tuple(name for name, _ in ladder)
    revoked = {(one["issuer"], one["kid"]) for one in claims["revoked"]}
    regions, others = {}, {}
    for entry in claims["regions"]:
        if entry["status"] == "active":
            regions[entry["op"]] = _region(entry, names, revoked)
        else:
            others[entry["op"]] = str(entry["status"])
    return Bundle(
        compact=compact,
        seq=_whole(claims["seq"]),
        issued_at=_whole(claims["iat"]),
        expires_at=_whole(claims["exp"]),
        content_hash=content_hash(claims),
        lineage={int(seq): str(value) for seq, value in claims["lineage"].items()},
        signers=jws.import_keys(claims["bundle_jwks"]),
        ladder=names,
        fresh_seconds=tuple(seconds for _, seconds in ladder),
        regions=regions,
        others=others,
        claims=claims,
        witnesses=read_witnesses(claims),
        log_keys=read_log_keys(claims),
    )


def _region(entry: Mapping[str, Any], ladder: tuple[str, ...], revoked: set[tuple[str, str]]) -> Region:
    issuer, metadata, ceiling = entry["op"], entry["op_metadata"], entry["acr_ceiling"]
    if metadata["issuer"] != issuer:
        raise ValueError("metadata of another issuer")
    keys = {
        kid: key for kid, key in jws.import_keys(metadata["jwks"]).items() if (issuer, kid) not in revoked
    }
    published = {jwk["kid"]: jwk for jwk in metadata["jwks"]["keys"] if jwk.get("kid") in keys}
    unknown = {name: value for name, value in entry.items() if name not in _OF_A_REGION}
    return Region(issuer, keys, ladder.index(ceiling) if ceiling in ladder else -1, published, unknown)


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a whole number")
    return int(value)
