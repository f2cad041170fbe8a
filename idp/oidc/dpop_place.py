"""Where a request goes, in a spelling in which two addresses can be compared.

Spec: RFC 9449 §4.3 (9): without query and fragment, normalised as RFC 3986 §6.2.2 and §6.2.3 have it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PORTS = {"http": "80", "https": "443"}
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def place_of(url: str) -> tuple[str, str, str, str] | None:
    """Scheme, host, port and path; None when it is no plain address of the web."""
    if not _VISIBLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    # As text, like everything else that is only compared.
    named = _PORTS[parts.scheme] if port is None else str(port)
    return parts.scheme, parts.hostname, named, _path(parts.path)


def _path(raw: str) -> str:
    return _without_dots(_ESCAPE.sub(_unescaped, raw)) or "/"


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _without_dots(path: str) -> str:
    """Spec: RFC 3986 §5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for number, segment in enumerate(segments):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if number == len(segments) - 1:
            kept.append("")
    return "/".join(kept)
