"""Ports that are written down, for what cannot take any free one."""

from __future__ import annotations

import os

APART = 1000


def of_this_process(port: int) -> int:
    """The same place in the range of this process: the processes of one run start sites at the same time."""
    return port + APART * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
