"""The few kinds of column that every table is made of, and the metadata they are collected in.

Only types that both drivers carry unchanged: what a repository binds is what the driver sends, and nothing converts
values on the way (`db.py` runs statements on the driver's own connection).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""Every constraint has a name, the same on every database, so that a migration can change it."""

# Compared byte by byte everywhere: an index in a language's order breaks when the C library's tables change
# underneath it, and the two databases would page through names differently.
EXACT_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite numbers rows by itself only for a column declared exactly INTEGER PRIMARY KEY.
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def name(title: str, *rules: Any, **options: Any) -> Column[Any]:
    """Text that identifies: ids, usernames, words of a specification. Any length, any script."""
    return Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def text(title: str, *rules: Any, **options: Any) -> Column[Any]:
    """Text that is only read back. Lists of words are joined by spaces, as the protocol writes them."""
    return Column(title, Text(), *rules, **{"nullable": False, **options})


def json(title: str, **options: Any) -> Column[Any]:
    """A JSON document as text: never searched, so no database's own JSON type is needed."""
    return Column(title, Text(), **{"nullable": False, **options})


def digest(title: str, *rules: Any, **options: Any) -> Column[Any]:
    """SHA-256 of a value that we never keep."""
    return Column(title, LargeBinary(), *rules, **{"nullable": False, **options})


def sealed(title: str) -> Column[Any]:
    """A secret encrypted under the installation's key."""
    return Column(title, LargeBinary(), nullable=False)


def moment(title: str, *rules: Any, **options: Any) -> Column[Any]:
    """An instant in whole milliseconds since 1970 (`foundation.clock`)."""
    return Column(title, BigInteger(), *rules, **{"nullable": False, **options})


def count(title: str, **options: Any) -> Column[Any]:
    """A number that only counts up."""
    return Column(title, BigInteger(), **{"nullable": False, **options})


def level(title: str) -> Column[Any]:
    """A step of a short ladder."""
    return Column(title, SmallInteger(), nullable=False)


def flag(title: str) -> Column[Any]:
    """Yes or no, and in SQLite too nothing else."""
    return Column(title, Boolean(create_constraint=True, name=title), nullable=False)


def one_of(column: str, words: Iterable[Enum]) -> CheckConstraint:
    """The column holds one of these words. The words are the product's own, never input."""
    listed = ", ".join(repr(word.value) for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
