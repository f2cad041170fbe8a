"""The program that lays out networks, for tests that cut them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NOT_EVERYBODYS = "/usr/sbin:/sbin"
"""Where it is on Debian, whoever asks."""


class IprouteMissing(RuntimeError):
    """No `ip` on this machine; the text says how to get it."""


def find_ip() -> Path:
    """Find the program. Raises: IprouteMissing."""
    if found := shutil.which("ip", path=f"{os.environ.get('PATH', '')}:{NOT_EVERYBODYS}"):
        return Path(found)
    raise IprouteMissing("`ip` is not installed. Install iproute2, so that tests can cut networks.")
