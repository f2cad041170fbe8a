"""Is a newly verified bundle newer than the one we hold? A pure answer; it never goes back.

Which keys may have signed it: those that the held bundle lists in `bundle_jwks`, and for the first one the pinned ones
alone (`signers`). So the hub changes its keys by listing old and new together for a while; a key that the newest
bundle does not list verifies nothing any more, wherever it was listed before.

When the hub's key is stolen, whoever has it can sign any `seq`. Then the operator brings a new file of pinned keys with
a higher `root_version`: what was held is forgotten, whatever its number, and the next bundle is again a first one.

This is what the hub's signature and the numbers say; whether the log and its witnesses stand by it, `belief` asks next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.trustlist.bundle import Bundle, Witnesses
from idp.trustlist.reading import Lineage
from idp.trustlist.snapshot import AHEAD


class NotAdmitted(Exception):
    """A bundle that its key signed, and that we must not honour all the same. The held one stays."""


class WrongIssuer(NotAdmitted):
    """It is another hub's."""


class Expired(NotAdmitted):
    """Its time is over."""


class NotYet(NotAdmitted):
    """It is from the future: our clock is behind, or the hub's ahead."""


class Rollback(NotAdmitted):
    """It is older than what we hold."""


class Fork(NotAdmitted):
    """The hub says two different things of one moment: its key may be in other hands. An alarm."""


class Gap(NotAdmitted):
    """It does not reach back to what we hold; the hub's signed lineage tells what came between."""

    def __init__(self, held_seq: int) -> None:
        super().__init__(f"the bundle does not reach back to {held_seq}")
        self.held_seq = held_seq


@dataclass(frozen=True, slots=True)
class Pinned:
    """The hub's keys as the operator brought them, and the witnesses of its first bundle."""

    issuer: str
    jwks: Mapping[str, Any]
    root_version: int = 1
    """Raised by the operator to begin again: after the hub's key was stolen, or lost."""
    witnesses: Witnesses = field(default_factory=Witnesses)
    log_keys: tuple[str, ...] = ()


def signers(pinned: Pinned, held: Bundle | None) -> Mapping[str, Any]:
    """The JWK Set that the next bundle is verified with."""
    return pinned.jwks if held is None else held.bundle_jwks


def admit(
    new: Bundle, held: Bundle | None, issuer: str, *, now: datetime, lineage: Lineage | None = None
) -> bool:
    """Whether `new` takes the place of `held`; False when it says nothing new.

    `lineage` is the hub's, verified with the keys of `new`, for when this was asked before and raised Gap.
    Raises: NotAdmitted.
    """
    if new.issuer != issuer:
        raise WrongIssuer("the bundle is of another hub")
    if new.issued_at - now > AHEAD:
        raise NotYet("the bundle is from the future")
    if held is not None and new.seq < held.seq:
        raise Rollback(f"the bundle is {new.seq} and {held.seq} is held")
    if held is not None and new.seq == held.seq and new.content_hash != held.content_hash:
        raise Fork(f"two bundles of number {new.seq}")
    if new.expires_at <= now:
        raise Expired("the bundle has expired")
    if held is None:
        return True
    if new.seq == held.seq:
        return new.issued_at > held.issued_at
    _require_descent(new, held, lineage)
    return True


def _require_descent(new: Bundle, held: Bundle, lineage: Lineage | None) -> None:
    known: Mapping[int, str] = new.lineage
    if held.seq not in known and lineage is not None:
        _require_about(lineage, new, held)
        known = lineage.hashes
    if held.seq not in known:
        raise Gap(held.seq)
    if known[held.seq] != held.content_hash:
        raise Fork(f"the bundle does not descend from the {held.seq} that is held")


def _require_about(lineage: Lineage, new: Bundle, held: Bundle) -> None:
    """The lineage answers our question, and agrees with the bundle wherever both speak."""
    if lineage.issuer != new.issuer or lineage.start > held.seq:
        raise WrongIssuer("the lineage is of another hub, or about another bundle")
    told = {**new.lineage, new.seq: new.content_hash}
    if any(told.get(seq, value) != value for seq, value in lineage.hashes.items()):
        raise Fork("lineage and bundle tell different pasts")
