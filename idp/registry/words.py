"""The shape of single values: identifiers, names that people read, language tags, scope words, addresses."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

from idp.foundation.sentence import N_, Sentence

CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
"""Unreserved characters only: the same in a URL, in a Basic header and in a token."""
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")
"""RFC 6749 §3.3."""
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""As much of RFC 5646 as names need."""

MAX_URI_LENGTH = 2_048
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d\u180e")
"""Invisible, but part of correct spelling in Uyghur, Kazakh and Mongolian."""


def fault_of_text(text: str, max_length: int) -> Sentence | None:
    """Why `text` must not be shown to people as a name or a reason; None when it may be.

    Control and direction characters could make a page say something else than its source.
    """
    if not text.strip():
        return Sentence("text-empty", N_("It is empty."))
    if text != text.strip():
        return Sentence("text-with-space", N_("“%(text)s” begins or ends with a space."), {"text": text})
    if len(text) > max_length:
        return Sentence("text-too-long", N_("It has more than %(most)s characters."), {"most": max_length})
    if any(unicodedata.category(char) in _INVISIBLE and char not in _JOINERS for char in text):
        return Sentence(
            "text-invisible", N_("“%(text)s” contains control or invisible characters."), {"text": text}
        )
    return None


def split_uri(uri: str) -> SplitResult | None:
    """The parts of a plain absolute URI; None when it is none, or not written in URI characters."""
    if len(uri) > MAX_URI_LENGTH or not uri.isascii() or not uri.isprintable():
        return None
    # urlsplit repairs and forgives; what it understood must be what we store.
    if any(char in uri for char in ' "<>\\^`{|}'):
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme else None


def fault_of_link(uri: str, *, allow_http_localhost: bool) -> Sentence | None:
    """Why `uri` must not become a link on our pages; None when it may."""
    parts = split_uri(uri)
    if parts is None or not parts.hostname or "@" in parts.netloc:
        return Sentence("link-not-absolute", N_("“%(uri)s” is not an absolute https address."), {"uri": uri})
    on_this_machine = parts.hostname == "localhost" or parts.hostname.endswith(".localhost")
    if parts.scheme == "https" or (parts.scheme == "http" and allow_http_localhost and on_this_machine):
        return None
    return Sentence("link-not-https", N_("“%(uri)s” must begin with https://."), {"uri": uri})


def fault_of_resource(uri: str, issuer: str) -> Sentence | None:
    """Why `uri` cannot name a resource; None when it can. Spec: RFC 8707 §2."""
    parts = split_uri(uri)
    if parts is None or not (parts.netloc or (parts.scheme == "urn" and ":" in parts.path)):
        return Sentence("resource-not-absolute", N_("“%(uri)s” is not an absolute URI."), {"uri": uri})
    if parts.scheme not in ("https", "http", "urn") or "@" in parts.netloc:
        return Sentence(
            "resource-scheme", N_("“%(uri)s” must be an https, http or urn address."), {"uri": uri}
        )
    if "#" in uri:
        return Sentence(
            "resource-fragment", N_("“%(uri)s” has a fragment, which RFC 8707 forbids."), {"uri": uri}
        )
    # Tokens for our own endpoints are not asked for as a resource, nor introspected by a foreign audience.
    if parts.netloc and parts.hostname == urlsplit(issuer).hostname:
        return Sentence("resource-of-provider", N_("“%(uri)s” belongs to the provider itself."), {"uri": uri})
    return None
