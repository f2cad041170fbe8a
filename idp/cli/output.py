"""How commands speak: a result for people or for machines, or what went wrong in whole sentences."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from idp.foundation.sentence import Problem

F = TypeVar("F", bound=Callable[..., Any])

NAMES_AN_ID: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""The context of a command whose argument is an id that was drawn: it may begin with a dash, and is no option then.

Nor is an h in it `-h`, with which the command would explain itself, and end well, instead of withdrawing a key.
"""


class Refused(click.ClickException):
    """The command could not do what was asked; says every reason, and exits with 1."""

    def __init__(self, *reasons: str | Problem) -> None:
        self.sentences = tuple(map(_in_a_line, reasons))
        super().__init__("\n".join(self.sentences))

    def show(self, file: Any = None) -> None:
        prefix = "- " if len(self.sentences) > 1 else ""
        for sentence in self.sentences:
            click.echo(prefix + sentence, file=file or sys.stderr)


def as_sentence(text: str) -> str:
    """Capital first, full stop last; what is quoted or named stays as it is."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!", "…", "。")) else f"{text}."


def _in_a_line(reason: str | Problem) -> str:
    """The name of a field stays as it is written; what comes behind it is a sentence."""
    if isinstance(reason, str):
        return as_sentence(reason)
    field = f"{_harmless(reason.field)}: " if reason.field else ""
    return field + as_sentence(str(reason.sentence))


def json_option(command: F) -> F:
    """Add `--json`: the same result for machines."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def say_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_encode))


def say_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print labelled lines; what is empty is left out."""
    shown = [(label, said) for label, value in facts if (said := in_words(value))]
    width = max((len(label) for label, _ in shown), default=0)
    for label, said in shown:
        click.echo(f"{label:{width}}  {said}")


def say_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table, or say that there is nothing in it."""
    if not rows:
        click.echo("None.")
        return
    lines = [list(headings), *([in_words(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def in_words(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, dict):
        nested = any(isinstance(item, dict) for item in value.values())
        pairs = [f"{name}{': ' if nested else '='}{in_words(item)}" for name, item in value.items()]
        return "; ".join(pairs) if nested else ", ".join(pairs)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return ", ".join(in_words(item) for item in items)
    return "" if value is None else _harmless(str(value))


def _harmless(text: str) -> str:
    """Text from the database must not steer the terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
