"""Streams of other regions that are heard here, and what they ended that may still arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Insert, Table, and_, func, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Database
from idp.storage.rows import NOW, given, milliseconds_or_none
from idp.storage.schema import home_endings, linked_subjects, signal_sources
from idp.storage.statement import Row, Statement

_row = signal_sources.c
_is_this = _row.issuer == given("home")

BEGIN = Statement(lambda insert: insert(signal_sources).on_conflict_do_nothing(index_elements=["issuer"]))
CLAIM = Statement(update(signal_sources).where(_is_this, _row.due_at <= NOW).values(due_at=given("until")))
FIND = Statement(select(signal_sources).where(_is_this))
ALL = Statement(select(signal_sources).order_by(_row.issuer))
KEEP = Statement(
    update(signal_sources)
    .where(_is_this)
    .values(configuration_url=given("configuration"), poll_url=given("poll"))
)
NOTE = Statement(
    update(signal_sources)
    .where(_is_this)
    .values(
        heard_at=func.coalesce(given("heard", BigInteger()), _row.heard_at),
        trouble=given("what"),
    )
)
KNOWS_SOMEBODY = Statement(
    select(linked_subjects.c.home_sub).where(linked_subjects.c.home_iss == given("home")).limit(1)
)
_is_person = and_(home_endings.c.home_iss == given("home"), home_endings.c.home_sub == given("sub"))
FIND_ENDING = Statement(select(home_endings.c.ended_before).where(_is_person))


def _latest(insert: Callable[[Table], Any]) -> Insert:
    row = insert(home_endings)
    latest: Insert = row.on_conflict_do_update(
        index_elements=["home_iss", "home_sub"],
        set_={"ended_before": row.excluded.ended_before, "noted_at": row.excluded.noted_at},
        # What comes late takes nothing back.
        where=home_endings.c.ended_before < row.excluded.ended_before,
    )
    return latest


NOTE_ENDING = Statement(_latest)


@dataclass(frozen=True, slots=True)
class SignalSource:
    """A region whose events we hear."""

    issuer: str
    configuration_url: str | None
    poll_url: str | None
    """Where its events are fetched; None: there is no stream yet, or none that we know of."""
    heard_at: datetime | None
    """When it last answered."""
    trouble: str
    """What went wrong the last time; empty: nothing."""


class SignalSources:
    """Whom we hear, and how far."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def knows_somebody_of(self, issuer: str) -> bool:
        """Whether anybody of this region ever came here: else there is nothing that it could tell us."""
        return self._db.one(KNOWS_SOMEBODY, home=issuer) is not None

    def claim(self, issuer: str, every: timedelta, *, now: datetime) -> bool:
        """Take the turn of asking. Of any number of processes one gets True within `every`."""
        at = to_milliseconds(now)
        self._db.run(
            BEGIN,
            issuer=issuer,
            configuration_url=None,
            poll_url=None,
            due_at=at,
            heard_at=None,
            trouble="",
        )
        return self._db.run(CLAIM, home=issuer, now=at, until=to_milliseconds(now + every)) == 1

    def find(self, issuer: str) -> SignalSource | None:
        row = self._db.one(FIND, home=issuer)
        return None if row is None else _source(row)

    def all(self) -> tuple[SignalSource, ...]:
        """Every region that was ever asked."""
        return tuple(map(_source, self._db.all(ALL)))

    def keep(self, issuer: str, configuration_url: str | None, poll_url: str | None) -> None:
        """Remember the stream there; None: forget it, so that it is looked for anew."""
        self._db.run(KEEP, home=issuer, configuration=configuration_url, poll=poll_url)

    def note(self, issuer: str, trouble: str, *, heard_at: datetime | None) -> None:
        """How the last look went."""
        self._db.run(NOTE, home=issuer, heard=milliseconds_or_none(heard_at), what=trouble)

    def note_ending(self, issuer: str, subject: str, before: datetime, *, now: datetime) -> None:
        """What their region said of this person until then is over, also what has not arrived. Never goes back."""
        self._db.run(
            NOTE_ENDING,
            home_iss=issuer,
            home_sub=subject,
            ended_before=to_milliseconds(before),
            noted_at=to_milliseconds(now),
        )

    def ended_before(self, issuer: str, subject: str) -> datetime | None:
        """Until when everything is over."""
        row = self._db.one(FIND_ENDING, home=issuer, sub=subject)
        return None if row is None else from_milliseconds(row.ended_before)


def _source(row: Row) -> SignalSource:
    heard_at = row.heard_at
    return SignalSource(
        issuer=row.issuer,
        configuration_url=row.configuration_url,
        poll_url=row.poll_url,
        heard_at=None if heard_at is None else from_milliseconds(heard_at),
        trouble=row.trouble,
    )
