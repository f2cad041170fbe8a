"""Reading a submission and its picture from files that lie beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp.cli.output import Refused

MAX_READ = 1_000_000
"""Bytes; what is larger is refused by the rules anyway, and not read to the end."""


def read_submission_file(file: Path) -> tuple[Mapping[str, Any], bytes | None]:
    """The document in a file, and the picture that it names. Raises: Refused."""
    from idp.registry.finding import BadSubmission
    from idp.registry.submission_text import parse_text

    try:
        document = dict(parse_text(_read(file).decode("utf-8")))
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not written in UTF-8") from error
    except BadSubmission as bad:
        raise Refused(*(f"{file} cannot be read: {finding.detail}" for finding in bad.findings)) from bad
    logo = document.pop("logo", None)
    if logo is None:
        return document, None
    if not isinstance(logo, str) or not logo:
        raise Refused("logo is the name of a file with a PNG picture")
    return document, _read(file.parent / logo)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_READ)
    except (OSError, ValueError) as error:
        raise Refused(f"{file} cannot be read: {error}") from error
