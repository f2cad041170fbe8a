"""Where we may call: which URLs, and which addresses behind their names.

Whoever can make us fetch something must not reach with it what only this machine can reach: the loopback interface,
the private network, a cloud's metadata service. The names are resolved once, by us, and what was looked at is what is
called. Spec: OpenID Federation 1.0 §18.1; RFC 6890 (special-purpose addresses); RFC 6761 §6.3 (localhost).
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from idp.adapters.egress_errors import EgressError, Reason
from idp.adapters.localhost import is_local_name

LONGEST_URL = 8_192
LOOPBACK = "127.0.0.1"
PORTS = {"https": 443, "http": 80}
Resolve = Callable[[str, int], Sequence[str]]

_URL = re.compile(r"[!-~]+")
# The last label begins with a letter: no decimal, octal or hexadecimal spelling of an address is a name.
_NAME = re.compile(r"(?:[a-z0-9_][a-z0-9_-]{0,62}+(?<!-)\.){1,126}+[a-z][a-z0-9-]{1,62}+(?<!-)")
_TRANSLATED = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that may be called, as far as it can be told without asking for addresses."""

    scheme: str
    host: str
    """In lower case."""
    port: int
    target: str
    """Path and query."""

    @property
    def is_local(self) -> bool:
        """A name of this machine; only in development."""
        return is_local_name(self.host)

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"


def place(url: str, *, is_development: bool) -> Place:
    """Look at a URL. Raises: EgressError — not https to a public name; nor, in development, to this machine."""
    if len(url) > LONGEST_URL or not _URL.fullmatch(url):
        raise EgressError(Reason.URL, "too long, or with characters that belong in no URL")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise EgressError(Reason.URL, "not a URL") from error
    if "@" in parts.netloc or "#" in url or parts.scheme not in PORTS or port == 0:
        raise EgressError(Reason.URL, "not an http address, or with a user or a fragment")
    is_local = is_development and is_local_name(host)
    if parts.scheme != "https" and not is_local:
        raise EgressError(Reason.URL, "not https")
    if not is_local and (is_local_name(host) or not _NAME.fullmatch(host)):
        raise EgressError(Reason.URL, "not a public name")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], target)


def addresses(where: Place, resolve: Resolve, patience_seconds: float) -> Sequence[str]:
    """The addresses behind it, every one of them public, or all of this machine for its own names.

    Raises: EgressError.
    """
    if where.is_local:
        return (LOOPBACK,)
    found = _in_time(lambda: resolve(where.host, where.port), patience_seconds)
    if not found:
        raise EgressError(Reason.UNREACHABLE, "the name leads nowhere")
    if not all(map(is_public, found)):
        # Not even the others: whoever mixes them in is trying something.
        raise EgressError(Reason.ADDRESS, "the name leads to an address that is not public")
    return found


def is_public(address: str) -> bool:
    """Whether everybody can reach this address, so that we give nothing away by calling it."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        # The last are the private networks of an earlier day (RFC 3879), which Python takes for global.
        if parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo or parsed.is_site_local:
            return False
        if parsed in _TRANSLATED:
            parsed = IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says. Raises: OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _in_time(ask: Callable[[], Sequence[str]], patience_seconds: float) -> Sequence[str]:
    """The answer of a resolver that knows no time limit of its own. Raises: EgressError."""
    answers: list[Sequence[str]] = []

    def run() -> None:
        try:
            answers.append(ask())
        except (OSError, UnicodeError):
            answers.append(())

    asking = threading.Thread(target=run, name="resolving", daemon=True)
    asking.start()
    asking.join(max(patience_seconds, 0))
    if not answers:
        raise EgressError(Reason.TIMEOUT, "the name was not resolved in time")
    return answers[0]
