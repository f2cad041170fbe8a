"""The public directory: published mini-apps, found by their words, newest first.

A search walks the rarest of its words backwards along the key and asks for the others of each place. So nothing is
sorted, and nothing counted to the end: a look costs a window of places at most, however many mini-apps there are. Both
databases do this along the primary key; neither needs an extension for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, delete, exists, insert, select

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.registry.app_store import Listed, ListedPage
from idp.registry.search_words import MAX_WORDS_OF_QUESTION
from idp.storage.db import Database
from idp.storage.rows import can_be_stored, document, given
from idp.storage.schema import directory, directory_words
from idp.storage.statement import Row, Statement

WINDOW = 5_000
"""Places looked at for one page. Whoever finds too little goes on from there."""
COMMON = 500
"""From so many places on a word is common: how common does not matter."""

_END = 2**62
_of_app = directory.c.client_id == given("app")

_SHOWN = ("client_id", "card", "since_at")
ADD = Statement(insert(directory).values({name: given(name) for name in _SHOWN}).inline())
PLACE = Statement(select(directory.c.place).where(_of_app))
FIND = Statement(select(directory).where(_of_app))
REMOVE = Statement(delete(directory).where(_of_app))
ADD_WORD = Statement(insert(directory_words))
NEWEST = Statement(
    select(directory)
    .where(directory.c.place < given("before"))
    .order_by(directory.c.place.desc())
    .limit(given("limit"))
)
COMMONNESS = Statement(
    select(directory_words.c.place).where(directory_words.c.word == given("word")).limit(given("most"))
)


def _window() -> Select[tuple[int]]:
    return (
        select(directory_words.c.place)
        .where(directory_words.c.word == given("word_0"), directory_words.c.place < given("before"))
        .order_by(directory_words.c.place.desc())
        .limit(given("window"))
    )


def _search(words: int) -> Statement:
    if words == 1:
        # Every place that has the word is found: there is nothing to look further for.
        only = directory_words
        found: Select[Any] = select(directory).join(only, only.c.place == directory.c.place)
        found = found.where(only.c.word == given("word_0"), only.c.place < given("before"))
        return Statement(found.order_by(only.c.place.desc()).limit(given("limit")))
    window = _window().subquery()
    wanted: Select[Any] = select(directory).join(window, window.c.place == directory.c.place)
    for number in range(1, words):
        other = directory_words.alias()
        wanted = wanted.where(
            exists().where(other.c.word == given(f"word_{number}"), other.c.place == window.c.place)
        )
    return Statement(wanted.order_by(window.c.place.desc()).limit(given("limit")))


SEARCHES = {words: _search(words) for words in range(1, MAX_WORDS_OF_QUESTION + 1)}
LAST_OF_WINDOW = Statement(
    select(directory_words.c.place)
    .where(directory_words.c.word == given("word"), directory_words.c.place < given("before"))
    .order_by(directory_words.c.place.desc())
    .limit(1)
    .offset(given("others"))
)


class Directory:
    """Who is in the directory is decided elsewhere; here is how they are found."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(
        self, client_id: str, card: Mapping[str, object], words: Sequence[str], *, since: datetime
    ) -> None:
        """Show a mini-app with this card, in place of the one it had."""
        with self._db.transaction() as tx:
            tx.run(REMOVE, app=client_id)
            tx.run(ADD, client_id=client_id, card=document(card), since_at=to_milliseconds(since))
            row = tx.one(PLACE, app=client_id)
            for word in words if row else ():
                tx.run(ADD_WORD, word=word, place=row.place if row else 0)

    def remove(self, client_id: str) -> None:
        """Show it no more."""
        self._db.run(REMOVE, app=client_id)

    def find(self, client_id: str) -> Listed | None:
        """One mini-app of the directory."""
        row = self._db.one(FIND, app=client_id) if can_be_stored(client_id) else None
        return None if row is None else _listed(row)

    def page(self, words: Sequence[str], before: int | None, limit: int) -> ListedPage:
        """Mini-apps with all these words, the newest first, from just before the place `before`."""
        start = _END if before is None else before
        if not all(map(can_be_stored, words)):
            return ListedPage((), None)
        if not words:
            return _page(self._db.all(NEWEST, before=start, limit=limit + 1), limit)
        rarest_first = self._by_rarity(words)
        if not rarest_first:
            return ListedPage((), None)
        named = {f"word_{number}": word for number, word in enumerate(rarest_first)}
        rows = self._db.all(SEARCHES[len(words)], before=start, window=WINDOW, limit=limit + 1, **named)
        if len(rows) > limit or len(words) == 1:
            return _page(rows, limit)
        return ListedPage(tuple(_listed(row) for row in rows), self._end_of_window(rarest_first[0], start))

    def _by_rarity(self, words: Sequence[str]) -> list[str]:
        """The words, the rarest first; none of them when one is nowhere."""
        if len(words) == 1:
            return list(words)
        places = {word: self._places(word) for word in words}
        return sorted(words, key=lambda word: places[word]) if all(places.values()) else []

    def _places(self, word: str) -> int:
        return len(self._db.all(COMMONNESS, word=word, most=COMMON))

    def _end_of_window(self, word: str, start: int) -> int | None:
        """Where to go on when the window was too small; None when all was seen."""
        row = self._db.one(LAST_OF_WINDOW, word=word, before=start, others=WINDOW - 1)
        return None if row is None else int(row.place)


def _page(rows: Sequence[Row], limit: int) -> ListedPage:
    shown = tuple(_listed(row) for row in rows[:limit])
    return ListedPage(shown, shown[-1].place if len(rows) > limit else None)


def _listed(row: Row) -> Listed:
    return Listed(row.place, row.client_id, orjson.loads(row.card), from_milliseconds(row.since_at))
