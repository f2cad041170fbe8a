"""Redirect addresses: which may be registered, and when a requested one is the registered one.

Spec: RFC 9700 §2.1 (exact match), RFC 8252 §7 (native apps), OpenID Connect Registration §2.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from idp.foundation.sentence import N_, Refusal
from idp.oidc.client import Client

LOOPBACK_HOSTS = ("127.0.0.1", "[::1]")
MAX_LENGTH = 2_048


class UnsafeRedirectUri(Refusal):
    """The address may not be registered; the sentence says why."""


def require_registrable(uri: str, *, native: bool, allow_http_localhost: bool) -> None:
    """Check an address before it enters the registry.

    `allow_http_localhost` admits plain http on names under `localhost` (demo and development).
    Raises: UnsafeRedirectUri.
    """
    parts = _split(uri)
    if parts.fragment or "#" in uri:
        raise UnsafeRedirectUri(
            "address-fragment", N_("“%(uri)s” has a fragment, which no redirect URI has."), uri=uri
        )
    if "@" in parts.netloc:
        raise UnsafeRedirectUri(
            "address-user", N_("“%(uri)s” has a user name in it, which no redirect URI has."), uri=uri
        )
    if native and _is_private_use(parts):
        return
    if not parts.hostname:
        raise UnsafeRedirectUri("address-no-host", N_("“%(uri)s” is not an absolute https address."), uri=uri)
    if parts.scheme == "https":
        return
    if parts.scheme != "http":
        raise UnsafeRedirectUri("address-scheme", N_("“%(uri)s”: only https is accepted."), uri=uri)
    if native and _without_loopback_port(uri) is not None:
        return
    if allow_http_localhost and _under_localhost(parts.hostname):
        return
    raise UnsafeRedirectUri(
        "address-http",
        N_("“%(uri)s”: plain http would show the code to everyone on the way. Use https."),
        uri=uri,
    )


def is_registered(uri: str, client: Client) -> bool:
    """Whether `uri` is one of the client's: equal to the letter, or a native app's loopback with another port."""
    if uri in client.redirect_uris:
        return True
    if client.application_type != "native" or len(uri) > MAX_LENGTH:
        return False
    wanted = _without_loopback_port(uri)
    return wanted is not None and any(
        wanted == _without_loopback_port(known) for known in client.redirect_uris
    )


def _split(uri: str) -> SplitResult:
    # urlsplit drops tabs and newlines silently, so what it parsed would not be what we store.
    if (
        len(uri) > MAX_LENGTH
        or not uri.isascii()
        or not uri.isprintable()
        or any(c in uri for c in ' "<>\\^`{|}*')
    ):
        raise UnsafeRedirectUri(
            "address-characters",
            N_("“%(uri)s”: only URI characters are accepted; no wildcards, spaces or backslashes."),
            uri=uri,
        )
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        raise UnsafeRedirectUri(
            "address-unreadable", N_("“%(uri)s” is not an absolute address."), uri=uri
        ) from error
    return parts


def _is_private_use(parts: SplitResult) -> bool:
    # RFC 8252 §7.1: reverse domain name, so always with a dot; keeps javascript: and data: out.
    return "." in parts.scheme and not parts.netloc


def _under_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1")


def _without_loopback_port(uri: str) -> str | None:
    """The address with its port removed when it is an http loopback literal written the plain way, else None."""
    for host in LOOPBACK_HOSTS:
        prefix = f"http://{host}"
        if uri.startswith(prefix):
            rest = uri[len(prefix) :]
            port, slash, path = rest.partition("/")
            # Digits only: "127.0.0.1:80@evil" is somebody else's host.
            plain = port == "" or (
                port[0] == ":" and port[1:].isdecimal() and port.isascii() and len(port) <= 6
            )
            return prefix + slash + path if plain else None
    return None
