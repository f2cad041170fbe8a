"""How far a bundle is believed that the hub signed: what its log and the witnesses of the log say of it.

One that gives trust counts only when the log has it and enough witnesses stand by that log, so that whoever has the
hub's key cannot show one region another list than the rest. One that only takes trust away counts at once: witnesses
that are away must not hold a removal up. And how old a bundle is, its witnesses say, not the hub alone.

Which witnesses: as with its signers, those that the held bundle names, and for the first one those that were pinned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.trustlist.admission import Fork, NotAdmitted, Pinned, Rollback
from idp.trustlist.bundle import Bundle, Witnesses
from idp.trustlist.restriction import only_restricts

WITNESSED_WITHIN = timedelta(minutes=10)
"""How old the cosignatures may be under a content that is new here; and how soon they are due where it came without."""


class LogFork(Fork):
    """The hub's log has two roots of one size: it shows different people different things. An alarm."""


class LogRollback(Rollback):
    """The hub's log has become shorter. An alarm."""


class NotWitnessed(NotAdmitted):
    """It gives trust, and what has to stand by it does not. It may come later; until then the held one stays."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """How long the hub's log was, and its root."""

    size: int
    root: str
    """In base64."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands by a bundle beside the hub's signature, verified."""

    head: LogHead | None = None
    """The head of the log, of which it was proven that it has the content. None: nothing was."""
    witnessed_at: datetime | None = None
    """Since when as many witnesses stand by that head as have to; None where none has to."""
    lack: str = ""
    """What is missing. A sentence for our log; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Belief:
    """How an admitted bundle is believed."""

    since: datetime
    """It counts as signed then: never later than its witnesses say."""
    head: LogHead | None
    """What the next one is compared with."""
    is_witnessed: bool = True
    """False: it takes away, and nobody stands by it yet."""


def judges(pinned: Pinned, held: Bundle | None) -> Witnesses:
    """The witnesses of the next bundle."""
    return pinned.witnesses if held is None or held.witnesses is None else held.witnesses


def log_keys(pinned: Pinned, held: Bundle | None, new: Bundle) -> tuple[str, ...]:
    """The keys that the checkpoint under the next bundle is verified with.

    Those of the new one only where nobody ever named one: then the hub's signature is all there is.
    """
    return known_log_keys(pinned, held) or new.log_keys


def known_log_keys(pinned: Pinned, held: Bundle | None) -> tuple[str, ...]:
    """The keys of the log by what is known before the next bundle. Where there are any, it must be in that log."""
    return held.log_keys if held is not None and held.log_keys else pinned.log_keys


def believe(
    new: Bundle,
    held: Bundle | None,
    known: Belief | None,
    evidence: Evidence,
    ladder: tuple[str, ...],
    *,
    now: datetime,
) -> Belief | None:
    """How a bundle counts that `admit` found newer; None when it says nothing new after all.

    `known`: how the held one is believed. `ladder`: every `acr` that we know, weakest first.
    Raises: NotWitnessed; LogFork, LogRollback — whatever the bundle says, somebody has to look at that.
    """
    head = None if known is None else known.head
    is_same = held is not None and new.content_hash == held.content_hash
    if is_same and _is_shorter(evidence.head, head):
        return None  # an earlier signing of what is held, as mirrors have them
    _require_one_log(evidence.head, head)
    lack = _lack(evidence, head, now, is_same=is_same)
    if not lack:
        return Belief(min(new.issued_at, evidence.witnessed_at or new.issued_at), evidence.head or head)
    if is_same:
        return None
    if held is not None and known is not None and only_restricts(held, new, ladder):
        # Its age goes on from the first that came without witnesses: or a thief of the hub's key could keep a bundle
        # young for ever by taking something small away every few minutes.
        since = min(new.issued_at, known.since) if not known.is_witnessed else new.issued_at
        return Belief(since, head, is_witnessed=False)
    raise NotWitnessed(lack)


def is_witness_overdue(known: Belief, *, now: datetime) -> bool:
    """Whether those who were to stand by a bundle that came without them should have by now."""
    return not known.is_witnessed and now - known.since > WITNESSED_WITHIN


def _lack(evidence: Evidence, known: LogHead | None, now: datetime, *, is_same: bool) -> str:
    if evidence.lack:
        return evidence.lack
    if evidence.head is None and known is not None:
        return "the log that bundles before it were in is missing"
    at = evidence.witnessed_at
    # Under the same content older ones only say how old it is.
    if at is not None and not is_same and now - at > WITNESSED_WITHIN:
        return "what its witnesses signed is too old"
    return ""


def _is_shorter(found: LogHead | None, known: LogHead | None) -> bool:
    return found is not None and known is not None and found.size < known.size


def _require_one_log(found: LogHead | None, known: LogHead | None) -> None:
    if found is None or known is None:
        return
    if found.size == known.size and found.root != known.root:
        raise LogFork(f"the hub's log has two roots at {known.size}")
    if _is_shorter(found, known):
        raise LogRollback(f"the hub's log has {found.size} entries, and had {known.size}")
