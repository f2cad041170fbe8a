"""Ports for what cannot be told to take any free one: kept free until somebody listens there."""

from __future__ import annotations

import random
import socket
import sys
from collections import deque
from contextlib import ExitStack, suppress

HUNDREDS = range(10_000, 32_000, 100)
"""Below what systems hand out by themselves."""
MOST_HELD = 300
"""Single ports that this process keeps for itself."""

_held: deque[socket.socket] = deque()


def block(*distances: int) -> int:
    """A round number such that the ports at these distances from it are nobody else's as long as this process lives.

    Other processes, of this run or another, start sites that stand together at the same time.
    """
    for base in random.sample(HUNDREDS, len(HUNDREDS)):
        with ExitStack() as held, suppress(OSError):
            # Without SO_REUSEADDR until it is bound: nobody else holds it, or is still closing a connection there.
            holders = [held.enter_context(_bound(base + distance)) for distance in distances]
            if sys.platform == "linux":
                for holder in holders:
                    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    holder.detach()
            return base
    raise OSError("no hundred ports are free")


def _bound(port: int) -> socket.socket:
    """Raises: OSError — somebody has it."""
    holder = socket.socket()
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        raise
    return holder


def free_port() -> int:
    """A port that nobody has, and that nobody else is given while it is among the last few hundred.

    Who is told of it can listen there (with SO_REUSEADDR, as servers do), again and again; until then it is closed.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    # A bound port is not handed out again. Systems other than Linux would not let the server have it.
    _held.append(holder)
    while len(_held) > (MOST_HELD if sys.platform == "linux" else 0):
        _held.popleft().close()
    return port
