"""Every statement finds its rows by an index: a table may grow without making anything slower."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator

import psycopg
import pytest

import idp.storage
from idp.settings import DatabaseSync
from idp.storage import (
    app_endings,
    audit_log,
    event_pushes,
    event_search,
    faces,
    federation_entities,
    keys,
    reach,
    revisions,
    signal_sources,
    staff,
    staff_links,
    staff_sessions,
    told_visitors,
    trust_contents,
    trust_list,
    trust_reports,
    visitor_counts,
    withdrawals,
    witnessed_logs,
    witnesses,
)
from idp.storage.db import Database
from idp.storage.statement import Claim, Statement

READ_WHOLE = frozenset(
    {
        keys.EVERY,
        keys.PUBLISHED,
        revisions._CURRENT,
        faces.COUNT,
        faces.SET_WORTH,
        signal_sources.ALL,
        event_pushes.OVERFULL,
    }
)
"""Statements on a table of a handful of rows, or (faces) at most 100 000, read now and then."""
STILL_TO_DO = frozenset({audit_log.ANY_UNLOGGED, audit_log.UNLOGGED})
"""From the beginning of an index that holds nothing but what is still to be done."""
ONCE = frozenset(
    {
        app_endings.DROP_CODES,
        withdrawals.REGISTERED_BY,
        withdrawals.REVOKE_GRANTS,
        withdrawals.REVOKE_GRANTS_OF_REGION,
    }
)
"""Run once for each region, key or mini-app that is taken away."""
COUNTED = frozenset(
    {visitor_counts.SESSIONS, visitor_counts.APPS, reach.GRANTS, reach.SESSIONS, reach.OF_CLIENT}
)
"""Counted from what an index found, which SQLite calls a scan too: every ten minutes, or up to a number."""
OF_THE_HUB = frozenset(
    {
        told_visitors.TELLERS,
        trust_list.REGIONS,
        trust_list.KEYS,
        trust_list.OUTLINE,
        trust_list.REVOKED,
        trust_contents.NEWEST,
        trust_contents.NEWEST_SEQ,
        trust_contents.OUT,
        trust_contents.OUT_MARK,
        trust_contents.LATEST_HASHES,
        trust_reports.REPORTS,
        trust_reports.DUE,
        trust_reports.VISITS,
        witnesses.EVERY,
        witnessed_logs.ASKED,
        witnessed_logs.PRESENT,
    }
)
"""The whole list is what a bundle says; its newest contents are read from the end of their primary key.
A witness has one row for each log that it watches."""

OF_THE_ROLL = frozenset(
    {federation_entities.SUBORDINATES, federation_entities.MARK_TYPES, federation_entities.DELEGATIONS}
)
"""Held in memory as a whole, and read again when an operator changed something."""

OF_THE_STAFF = frozenset(
    {
        staff.ALL,
        staff.DEACTIVATE,
        staff.LOCK_ADMINS,
        staff.TAKE_AWAY_FROM_ADMIN,
        staff_links.COUNT_ADMINS,
        staff_links.GOVERNED,
        staff_links.LOCK_ADMINS,
        staff_sessions.FIND_SESSION,
        staff_sessions.FIND_TOKEN,
    }
)
"""The staff of an installation are some dozens of people: all of them, their roles, and whether it is governed."""

STATIC_PARTS = re.compile(r"SCAN (CONSTANT ROW|\(subquery)")
"""What SQLite calls a scan of no table."""


def statements() -> Iterator[tuple[str, Statement | Claim]]:
    """Every statement that any repository runs, under its name."""
    for found in pkgutil.iter_modules(idp.storage.__path__):
        module = importlib.import_module(f"idp.storage.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, Statement | Claim) and name.isupper():
                yield f"{found.name}.{name}", value
        for columns, page in getattr(module, "PAGES", {}).items():
            yield f"{found.name}.by {' and '.join(sorted(columns)) or 'time'}", page
        for table, sweep, _ in getattr(module, "SWEEPS", ()):
            yield f"{found.name}.{table}", sweep


STATEMENTS = dict(statements())


def test_there_are_statements_to_look_at() -> None:
    assert {"codes.CONSUME", "sessions.FIND_WITH_STANDING", "housekeeping.grants"} <= STATEMENTS.keys()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, value in STATEMENTS.items()
        if value not in READ_WHOLE | OF_THE_STAFF | OF_THE_HUB | OF_THE_ROLL | ONCE | COUNTED | STILL_TO_DO
    ],
)
def test_a_statement_goes_by_an_index(database_url: str, backend: str, name: str) -> None:
    database = Database(database_url, DatabaseSync.NORMAL)
    plan = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}[backend]

    for statement in parts(STATEMENTS[name], backend):
        steps = plan(database_url, database.prepare(statement).sql)
        assert not [step for step in steps if "Seq Scan" in step or step.startswith("SCAN ")], steps


def parts(statement: Statement | Claim, backend: str) -> tuple[Statement, ...]:
    """What the database really runs."""
    if isinstance(statement, Statement):
        return (statement,)
    return (statement.as_one,) if backend == "postgresql" else (statement.gate, *statement.followers)


def sqlite_plan(url: str, sql: str) -> list[str]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
    connection.close()
    return [step for *_, step in rows if not STATIC_PARTS.match(step)]


def postgresql_plan(url: str, sql: str) -> list[str]:
    """The plan for any values at all, with scans allowed only where nothing else is possible."""
    places = len(set(re.findall(r"\$\d+", sql)))
    arguments = f"({', '.join(['NULL'] * places)})" if places else ""
    with psycopg.connect(url.replace("+psycopg", ""), cursor_factory=psycopg.RawCursor) as connection:
        connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE looked_at AS {sql}")
        rows = connection.execute(f"EXPLAIN EXECUTE looked_at{arguments}").fetchall()
    return [step for (step,) in rows]


@pytest.mark.parametrize("columns", [columns for columns in event_search.PAGES if columns])
def test_the_trail_is_searched_by_the_column_with_the_fewest_lines(
    database_url: str, backend: str, columns: tuple[str, ...]
) -> None:
    """Half of all lines may be of one kind: nobody's are looked for among those."""
    database = Database(database_url, DatabaseSync.NORMAL)
    plan = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}[backend]
    first = next(name for name in ("account_id", "subject", "kind") if name in columns)

    steps = plan(database_url, database.prepare(event_search.PAGES[columns]).sql)

    assert f"ix_audit_events_{first}_" in " ".join(steps)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (visitor_counts.SESSIONS, "ix_sessions_visits"),
        (visitor_counts.APPS, "ix_grants_of_visitors"),
        (reach.SESSIONS, "ix_sessions_expires_at"),
        (reach.GRANTS, "ix_grants_expires_at"),
        (reach.OF_CLIENT, "ix_grants_client_id"),
    ],
)
def test_what_is_counted_is_found_by_an_index(
    database_url: str, backend: str, statement: Statement, index: str
) -> None:
    database = Database(database_url, DatabaseSync.NORMAL)
    plan = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}[backend]

    steps = plan(database_url, database.prepare(statement).sql)

    assert index in " ".join(steps)
    assert not [
        step for step in steps if "Seq Scan" in step or step.startswith(("SCAN sessions", "SCAN grants"))
    ]
