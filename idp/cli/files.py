"""Reading what operators bring in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from idp.cli.output import Refused

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
"""The type of an argument that names a file to read."""


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises: Refused."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise Refused(f"{file} holds no JSON object")
    return content


def read_token(file: Path) -> str:
    """The compact JWS in a file, not looked at. Raises: Refused."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise Refused(f"{file} cannot be read as a signed document: {error}") from error
