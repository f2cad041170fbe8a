"""The program that speaks in tests: nobody's voice is in this repository."""

from __future__ import annotations

import shutil
from pathlib import Path


class EspeakMissing(RuntimeError):
    """No espeak-ng on this machine; the text says how to get it."""


def find_espeak() -> Path:
    """Find the program that speaks. Raises: EspeakMissing."""
    if found := shutil.which("espeak-ng"):
        return Path(found)
    raise EspeakMissing("espeak-ng is not installed. Install it, so that tests can speak.")
