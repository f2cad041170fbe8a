"""Behind a proxy: only named addresses are believed about scheme, host and client address."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.settings import Network

MAX_HOPS = 20

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")
"""What a request claims about its own way: read here if at all, and dropped for everybody behind."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """Rewrites the environment with what trusted hops say."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)

    def apply(self, environ: WSGIEnvironment) -> None:
        """Set REMOTE_ADDR, HTTP_HOST and the scheme to what may be believed."""
        if self.is_neighbour(environ):
            self._believe(environ)

    def is_neighbour(self, environ: WSGIEnvironment) -> bool:
        """Whether the request was sent by one of these hops itself, as far as REMOTE_ADDR was not rewritten yet."""
        return self._is_trusted(_address(environ.get("REMOTE_ADDR", "")))

    def _believe(self, environ: WSGIEnvironment) -> None:
        chain = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-MAX_HOPS:]
        # From the right: each hop was added by the one to its right, so the first stranger is the client.
        for hop in reversed(chain):
            address = _address(hop.strip())
            if address is None:
                break
            environ["REMOTE_ADDR"] = str(address)
            if not self._is_trusted(address):
                break
        if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
            environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
        if "HTTP_X_FORWARDED_HOST" in environ:
            environ["HTTP_HOST"] = environ["HTTP_X_FORWARDED_HOST"]

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket reports IPv4 clients as ::ffff:a.b.c.d; networks are written the plain way.
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
