"""`idp settings`: what is set and where it comes from; and the reference page of everything that can be set."""

from __future__ import annotations

import ast
import inspect
import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from idp.cli.output import Refused, json_option, say_json, say_table
from idp.settings import BadSettings, Settings, load

INTRODUCTION = """\
# Settings

<!-- Made by `idp settings --markdown`. Change idp/settings/values.py, not this page. -->

Each setting is read from the variable, or else from the TOML file that `IDP_SETTINGS_FILE` names, where it has the
same name in lower case without `IDP_`. `IDP_SECRET_KEY_FILE` names a file to read the secret key from. Lengths of
time are written `90s`, `15m`, `12h` or `30d`.
"""


@click.command(short_help="Show every setting and where it comes from.")
@click.option("--markdown", is_flag=True, help="Print the reference page instead: every setting explained.")
@json_option
def settings(markdown: bool, as_json: bool) -> None:
    """Show every setting, its value and where the value comes from."""
    if markdown:
        click.echo(reference_page(), nl=False)
        return
    try:
        values = load()
    except BadSettings as bad:
        raise Refused(*bad.problems) from bad
    shown = [(item.name, _shown(getattr(values, item.name)), _source(item.name)) for item in fields(values)]
    if as_json:
        say_json({name: {"value": value, "source": source} for name, value, source in shown})
    else:
        say_table(("setting", "value", "from"), shown)


def reference_page() -> str:
    """Markdown made from the docstrings of `Settings`."""
    explained = _docstrings()
    sections = [
        f"## IDP_{item.name.upper()}\n\n{explained[item.name]}\n\nDefault: {_default(item)}.\n"
        for item in fields(Settings)
    ]
    return "\n".join([INTRODUCTION, *sections])


def _source(name: str) -> str:
    variable = f"IDP_{name.upper()}"
    for candidate in (f"{variable}_FILE", variable):
        if candidate in os.environ:
            return candidate
    path = os.environ.get("IDP_SETTINGS_FILE")
    if path:
        written = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        if name in written or f"{name}_file" in written:
            return path
    return "default"


def _shown(value: Any) -> str:
    """A value as it would be written, secrets hidden."""
    match value:
        case timedelta():
            return _duration(value)
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case Mapping():
            return ",".join(f"{tag}={text}" for tag, text in value.items())
        case tuple():
            return ",".join(map(str, value))
        case None:
            return ""
        case _:
            return _without_password(str(value))


def _without_password(text: str) -> str:
    """A database address without the password in it."""
    password = urlsplit(text).password if "://" in text else None
    return text.replace(f":{password}@", ":…@") if password else text


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _default(item: Field[Any]) -> str:
    if item.default is MISSING and item.default_factory is MISSING:
        return "none, it must be set"
    value = item.default if item.default_factory is MISSING else item.default_factory()
    return f"`{_shown(value)}`" if _shown(value) else "empty"


def _docstrings() -> dict[str, str]:
    """The string behind each field, which Python itself throws away."""
    (tree,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field_line, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field_line, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field_line.target, ast.Name)
            found[field_line.target.id] = " ".join(ast.literal_eval(text.value).split())
    return found
