"""How pages speak of the witnesses of the hub's log: how each stands, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from idp.trustlist.seen import RegionLine
from idp.trustlist.standing import Waiting, WitnessLine, WitnessStanding
from idp.web.cards import in_language
from idp.web.hub_words import age_words
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.pages.hub import Mark, WaitingPart, WitnessesPart, WitnessRow
from idp.web.sentences import words as said

SILENT_AFTER = timedelta(minutes=3)
"""A witness is asked every minute; after three it is worth a word."""


def part_of(standing: WitnessStanding, regions: Iterable[RegionLine], *, now: datetime) -> WitnessesPart:
    """The part of a page that is about the witnesses."""
    # Of thousands of regions those that are witnesses.
    wanted = {one.address for one in standing.witnesses}
    names = {at: in_language(one.name) for one in regions if (at := f"{one.op}/witness") in wanted}
    return WitnessesPart(
        rule=_rule(standing),
        rows=tuple(_row(one, names.get(one.address, ""), standing, now) for one in standing.witnesses),
        waiting=None if standing.waiting is None else waiting_part(standing.waiting),
    )


def waiting_part(waiting: Waiting) -> WaitingPart:
    """What waits, since when, and how many stand by it already."""
    words = _(
        "Witnesses that stand by it so far: %(standing)s of %(needed)s.",
        standing=waiting.standing,
        needed=waiting.needed,
    )
    return WaitingPart(waiting.since, words)


def _rule(standing: WitnessStanding) -> str:
    if not standing.witnesses:
        return _("None are named yet: for what the list says, the regions take this site’s word alone.")
    if not standing.quorum:
        return _(
            "None of them has to stand by the list: for what it says, the regions take this site’s word alone."
        )
    return ngettext(
        "What gives trust counts in the regions only when at least %(num)d of them stands by it. "
        "What takes trust away counts at once.",
        "What gives trust counts in the regions only when at least %(num)d of them stand by it. "
        "What takes trust away counts at once.",
        standing.quorum,
    )


def _row(one: WitnessLine, name: str, standing: WitnessStanding, now: datetime) -> WitnessRow:
    words, mark = _state(one, standing, now)
    return WitnessRow(
        name=name or one.name,
        host=urlsplit(one.address).netloc,
        state=words,
        mark=mark,
        entries=_("%(number)s of %(whole)s entries", number=one.size, whole=standing.log_size),
        seen="" if one.answered_at is None else age_words(now - one.answered_at),
        fault=said(one.fault) if one.fault else "",
    )


def _state(one: WitnessLine, standing: WitnessStanding, now: datetime) -> tuple[str, Mark]:
    if one.answered_at is None and not one.fault:
        return _("Not asked yet"), Mark.NOTHING
    if one.fault or one.answered_at is None or now - one.answered_at > SILENT_AFTER:
        return _("Does not stand by it"), Mark.BAD
    if one.size < standing.log_size:
        return _("Behind"), Mark.WAITING
    return _("Stands by all of it"), Mark.GOOD
