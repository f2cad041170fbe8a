"""Where the folders are that are not Python: pages, styles, migrations, translations, the demo's mini-app."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Folder = Literal["examples", "migrations", "static", "templates", "translations"]

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: Folder, *, package: Path = _PACKAGE) -> Path:
    """Find a folder that the product ships, whether it runs from a wheel or from a checkout.

    Raises: FileNotFoundError — the installation is incomplete.
    """
    # A wheel carries the folders inside the package; in a checkout, editable or not, they are beside it.
    # Inside comes first: beside an installed package is site-packages, where "templates" may be anybody's.
    for place in (package / name, package.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The folder {name!r} is missing from {package}: install Tongxing again.")
