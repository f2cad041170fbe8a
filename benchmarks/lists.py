"""How long the lists of mini-apps take when there are a million: the console's, and the public directory's searches.

Rows are generated, as SQL, in the shape that the product writes; what is timed is the product's own repositories and,
for the directory, the whole page. Time on the wall: waiting for the disk is what a long list costs.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import psycopg
from werkzeug.test import Client

from benchmarks.postgres import NoPostgres, running_cluster
from benchmarks.report import aligned
from idp.app import create_app
from idp.foundation.clock import SystemClock, to_milliseconds
from idp.registry.app_store import AppFilter
from idp.registry.life_cycle import Stage, Standing
from idp.registry.search_words import words_of_app, words_of_question
from idp.registry.submission import Category
from idp.registry.submission_document import document_of, read_submission
from idp.settings import DatabaseSync
from idp.storage import management
from idp.wiring import build_services
from idp.wiring.governing.app_standing import card_of
from tests.support.provider import settings_for
from tests.unit.registry.submissions import document

APPS = 1_000_000
QUICK = 20_000
ORGANISATIONS = 5_000
BATCH = 20_000
REPEATS = 15
PORT = 18160
LIMIT = 50
ANY = "any-app"
COLUMNS_OF_APPS = (
    *("client_id", "organisation", "standing", "stage", "name", "in_force", "since_at", "published_at"),
    *("revision", "returned_for", "reason"),
)
GATE_MILLISECONDS = 300

SUBJECTS = (("税务", "tax"), ("医保", "medical insurance"), ("公积金", "housing fund"), ("社保", "pension"))
PLACES = (("东区", "East"), ("西区", "West"), ("南区", "South"), ("北区", "North"))

QUESTIONS = (
    ("everything", "", None),
    ("one common word", "tax", None),
    ("one common pair", "税务", None),
    ("two common words", "tax east", None),
    ("common, in a category", "east", Category.HEALTH),
    ("a rare word", "number7777", None),
    ("common words that never meet", "税务 pension", None),
    ("a beginning", "p", None),
    ("no such word", "zebra", None),
)


def main(*, quick: bool = False) -> None:
    """Measure on both databases and print."""
    logging.disable(logging.CRITICAL)
    apps = QUICK if quick else APPS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tongxing-lists-")))
        databases = [("SQLite", f"sqlite:///{folder / 'lists.db'}")]
        try:
            cluster = stack.enter_context(running_cluster(folder, PORT, "off"))
            url = cluster.create("lists").replace("postgresql://", "postgresql+psycopg://")
            databases.append(("PostgreSQL", url))
        except NoPostgres as missing:
            print(f"left out: {missing}")
        measured = {name: _measure(url, apps) for name, url in databases}
    print(
        f"\n{apps:,} mini-apps, the median of {REPEATS} (the longest), milliseconds; the gate is {GATE_MILLISECONDS}\n"
    )
    names = list(measured)
    rows = [["", *names]]
    for what in measured[names[0]]:
        rows.append([what, *(_figure(measured[name][what]) for name in names)])
    print(aligned(rows))


def _figure(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({max(times):.1f})"


def _measure(url: str, apps: int) -> dict[str, list[float]]:
    management.upgrade(url)
    began = time.monotonic()
    _fill(url, apps)
    print(f"{url.partition(':')[0]}: filled in {time.monotonic() - began:.0f} s")
    settings = replace(settings_for(url), database_sync=DatabaseSync.NORMAL)
    services = build_services(settings)
    services.open_keys()
    try:
        stores, browser = services.stores, Client(create_app(settings, services))
        found = {f"console: {name}": _timed(look) for name, look in _lists(stores, apps)}
        for name, question, category in QUESTIONS:
            words = words_of_question(question, category)
            found[f"directory: {name}"] = _timed(
                lambda words=words: stores.directory.page(words, None, LIMIT)  # type: ignore[misc]
            )
        for name, path in (("the first page", "/apps"), ("a search", "/apps?q=tax+east")):
            found[f"whole page: {name}"] = _timed(
                lambda path=path: browser.get(path, base_url=settings.issuer)  # type: ignore[misc]
            )
        return found
    finally:
        services.close()


def _lists(stores: Any, apps: int) -> Iterator[tuple[str, Callable[[], object]]]:
    page, middle = stores.apps.page, f"app-{apps // 2:07}"
    yield "the beginning", lambda: page(AppFilter(), "", LIMIT)
    yield "from the middle on", lambda: page(AppFilter(), middle, LIMIT)
    yield "published, from the middle on", lambda: page(AppFilter(standing=Standing.PUBLISHED), middle, LIMIT)
    yield "waiting for a reviewer", lambda: page(AppFilter(stage=Stage.SUBMITTED), "", LIMIT)
    yield "an organisation's", lambda: page(AppFilter(organisation="Office 77"), "", LIMIT)
    yield (
        "an organisation's, published",
        lambda: page(AppFilter(organisation="Office 77", standing=Standing.PUBLISHED), "", LIMIT),
    )
    yield (
        "an organisation's, in review",
        lambda: page(AppFilter(organisation="Office 77", stage=Stage.IN_REVIEW), "", LIMIT),
    )


def _timed(look: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        look()
        times.append((time.perf_counter() - began) * 1000)
    return times[1:]


def _fill(url: str, apps: int) -> None:
    """The tables that lists are read from, as publishing an app leaves them."""
    maker = _Maker()
    execute, close = _writer(url)
    for first in range(0, apps, BATCH):
        rows = [maker.app(number) for number in range(first, min(first + BATCH, apps))]
        shown = [row for row in rows if row[1]]
        words = [(word, row[1][0]) for row in shown for word in row[2]]
        execute("apps", COLUMNS_OF_APPS, [row[0] for row in rows])
        execute("directory", ("place", "client_id", "card", "since_at"), [row[1] for row in shown])
        execute("directory_words", ("word", "place"), words)
    close()


Write = Callable[[str, Sequence[str], Sequence[Any]], None]


def _writer(url: str) -> tuple[Write, Callable[[], None]]:
    """The fastest way in that each database has; and what to do at the end."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        file.execute("PRAGMA synchronous = OFF")
        file.execute("PRAGMA cache_size = -400000")

        def insert(table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
            marks = ", ".join("?" * len(columns))
            file.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

        def finish() -> None:
            file.commit()
            file.close()

        return insert, finish
    connection = psycopg.connect(url.replace("+psycopg", ""))

    def copy(table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)

    def end() -> None:
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")
        connection.close()

    return copy, end


class _Maker:
    """Makes apps. What does not depend on the number is made once: a million are to be made in minutes."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        self._now = to_milliseconds(SystemClock().now())
        self._documents: dict[tuple[Any, ...], tuple[str, str, tuple[str, ...]]] = {}

    def app(self, number: int) -> tuple[tuple[Any, ...], Any, tuple[str, ...]]:
        """The row of an app, its row in the directory if it is published, and the words of that."""
        chance = self._chance
        drawn = (chance.choice(SUBJECTS), chance.choice(PLACES), chance.choice(list(Category)))
        client_id, organisation = f"app-{number:07}", f"Office {number % ORGANISATIONS}"
        whole, card, words = self._document(*drawn)
        is_published = chance.random() < 0.9
        row = (
            client_id,
            organisation,
            "published" if is_published else "unpublished",
            "none" if is_published else chance.choice(("draft", "submitted")),
            f'{{"zh-CN":"{drawn[1][0]}{number}","en":"{drawn[1][1]} number{number}"}}',
            whole.replace(ANY, client_id) if is_published else None,
            self._now,
            self._now if is_published else None,
            *(4, "", ""),
        )
        if not is_published:
            return row, None, ()
        own = (f"number{number}", f"number{number}"[:8], f"{number % ORGANISATIONS}")
        shown = (number + 1, client_id, card.replace(ANY, client_id), self._now)
        return row, shown, tuple(dict.fromkeys((*words, *own)))

    def _document(self, subject: Any, place: Any, category: Category) -> tuple[str, str, tuple[str, ...]]:
        known = self._documents.get((subject, place, category))
        if known is None:
            name = {"zh-CN": f"{place[0]}{subject[0]}", "en": f"{place[1]} {subject[1]}"}
            version = read_submission(
                document(client_id=ANY, name=name, organisation="Office", category=category.value), None
            )
            words = words_of_app((*name.values(), "Office"), version.description.values(), category)
            known = (
                orjson.dumps(document_of(version)).decode(),
                orjson.dumps(card_of(version)).decode(),
                words,
            )
            self._documents[subject, place, category] = known
        return known
