"""How far a bundle is believed: what gives trust needs the hub's log and its witnesses, what takes it away does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import jws
from .bundle import Bundle, Region
from .errors import NotWitnessed, Refused
from .log import Witnesses, read_log_keys, read_witnesses, standing

WITNESSED_WITHIN = 600
"""Seconds: how old the cosignatures may be under a content that is new here."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What was brought by another way than the network: the hub's keys, and the witnesses of its first bundle."""

    signers: dict[str, jws.Key]
    witnesses: Witnesses = field(default_factory=Witnesses)
    log_keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Pinned:
        """Raises: Refused — not such a document."""
        try:
            witnesses, log_keys = read_witnesses(document), read_log_keys(document)
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("malformed witnesses") from error
        return cls(jws.import_keys(document), witnesses or Witnesses(), log_keys)


def believed(new: Bundle, held: Bundle | None, pinned: Pinned, now: float) -> Bundle | None:
    """A newer bundle as it is believed; None when it says nothing new after all.

    What gives trust needs the hub's log and enough of the witnesses that the held bundle names, or the pinned ones.
    What only takes trust away counts on the hub's signature. Raises: NotWitnessed; Refused.
    """
    known = held.witnesses if held is not None and held.witnesses is not None else pinned.witnesses
    named = held.log_keys if held is not None and held.log_keys else pinned.log_keys
    found = standing(new.claims, new.content_hash, known, named or new.log_keys, now, is_log_due=bool(named))
    head = None if held is None else held.head
    is_same = held is not None and held.content_hash == new.content_hash
    if is_same and _is_shorter(found.head, head):
        return None  # an earlier signing of what is held, as mirrors have them
    _require_one_log(found.head, head)
    lack = found.lack or ("the log is missing" if found.head is None and head is not None else "")
    at = new.issued_at if found.witnessed_at is None else min(new.issued_at, found.witnessed_at)
    # An old one may be a beginning: it is believed for as little as its age says.
    if not lack and held is not None and not is_same and now - (found.witnessed_at or now) > WITNESSED_WITHIN:
        lack = "what its witnesses signed is too old"
    if not lack:
        is_younger = not is_same or held is None or at > held.issued_at
        return replace(new, issued_at=at, head=found.head or head) if is_younger else None
    if is_same:
        return None
    if held is None or not only_restricts(held, new):
        raise NotWitnessed(lack)
    at = new.issued_at if held.is_witnessed else min(new.issued_at, held.issued_at)
    return replace(new, issued_at=at, head=head, is_witnessed=False)


def only_restricts(old: Bundle, new: Bundle) -> bool:
    """Whether nobody is believed for anything by `new` that `old` does not believe them for."""
    return old.of_the_hub == new.of_the_hub and all(
        issuer in old.regions
        and region.unknown == old.regions[issuer].unknown
        and region.ceiling <= old.regions[issuer].ceiling
        and all(old.regions[issuer].published.get(kid) == jwk for kid, jwk in region.published.items())
        for issuer, region in new.regions.items()
    )


def narrowed(held: Bundle, new: Bundle) -> Bundle:
    """The held one less what a newer one takes away: whoever silences the witnesses must not hold a removal up."""
    left = {
        issuer: _narrowed(region, new.regions[issuer], held.ladder, new.ladder)
        for issuer, region in held.regions.items()
        if issuer in new.regions
    }
    gone = {issuer: new.others.get(issuer, "unknown") for issuer in held.regions.keys() - left.keys()}
    return replace(held, regions=left, others={**held.others, **gone})


def _narrowed(old: Region, new: Region, ladder: tuple[str, ...], other: tuple[str, ...]) -> Region:
    published = {kid: jwk for kid, jwk in old.published.items() if new.published.get(kid) == jwk}
    ceiling = other[new.ceiling] if new.ceiling >= 0 else None
    # Where the ladders differ, the same name counts.
    place = ladder.index(ceiling) if ceiling in ladder else old.ceiling if ceiling else -1
    return replace(
        old,
        keys={kid: old.keys[kid] for kid in published},
        published=published,
        ceiling=min(old.ceiling, place),
    )


def _is_shorter(found: tuple[int, bytes] | None, known: tuple[int, bytes] | None) -> bool:
    return found is not None and known is not None and found[0] < known[0]


def _require_one_log(found: tuple[int, bytes] | None, known: tuple[int, bytes] | None) -> None:
    if found is None or known is None:
        return
    if found[0] < known[0] or (found[0] == known[0] and found[1] != known[1]):
        raise Refused("the hub's log tells two pasts")
