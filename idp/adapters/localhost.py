"""Names under `localhost` lead to this machine, whatever the system's resolver thinks. Spec: RFC 6761 §6.3.

Browsers and curl do this by themselves; Python on most systems asks a name server, which does not know
`east.id.localhost`. Only the demo's processes and tests install this; nobody edits a hosts file.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ask_the_system = socket.getaddrinfo


def is_local_name(host: object) -> bool:
    """Whether `host` is `localhost` or a name under it."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", errors="replace")
    if not isinstance(host, str):
        return False
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


def install() -> None:
    """Answer for local names in this process from now on. Installing twice is installing once."""
    socket.getaddrinfo = _resolve


@contextmanager
def installed() -> Iterator[None]:
    """Answer for local names while the block runs."""
    before = socket.getaddrinfo
    install()
    try:
        yield
    finally:
        socket.getaddrinfo = before


def _resolve(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
    if is_local_name(host):
        # The demo listens on IPv4 only; whoever asks for IPv6 gets its loopback.
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    return _ask_the_system(host, port, family, type, proto, flags)
