"""Which migration the database is at, and which this release expects: asked before serving, without Alembic.

Loading Alembic and running its environment takes longer than everything else a server does before it answers.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import column, select, table

from idp.storage.db import Database
from idp.storage.failures import SchemaOutdated
from idp.storage.statement import Statement

_CURRENT = Statement(select(column("version_num")).select_from(table("alembic_version")))
_NAMED = re.compile(r'^(revision|down_revision)\b[^=\n]*= "(\w+)"$', re.MULTILINE)


def current(database: Database) -> str | None:
    """The revision that the database is at; None when it has no tables of ours. Raises: StorageError."""
    try:
        row = database.one(_CURRENT)
    except SchemaOutdated:
        return None
    return None if row is None else str(row.version_num)


def expected(migrations: Path) -> str:
    """The newest revision in the folder of migrations: the one that no other follows.

    Raises: FileNotFoundError — there is none, or no single one.
    """
    named = _named(migrations)
    newest = _values(named, "revision") - _values(named, "down_revision")
    if len(newest) != 1:
        raise FileNotFoundError("the migrations are missing: install Tongxing again")
    return newest.pop()


def known(migrations: Path) -> frozenset[str]:
    """Every revision in the folder. A database at another one was migrated by a later release."""
    return frozenset(_values(_named(migrations), "revision"))


def _named(migrations: Path) -> list[tuple[str, str]]:
    scripts = (migrations / "versions").glob("*.py")
    return [named for script in scripts for named in _NAMED.findall(script.read_text(encoding="utf-8"))]


def _values(named: list[tuple[str, str]], which: str) -> set[str]:
    return {value for name, value in named if name == which}
