"""What receivers ask of their streams, read strictly: every known member has its type, and unknown ones are not ours.

Errors say what is wrong and quote nothing. Spec: SSF 1.0 §8.1; RFC 9493 §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from idp.foundation.compact_jws import Malformed, parse_object
from idp.signals.poll_request import MAX_BRACKETS
from idp.signals.refusals import BadStreamRequest
from idp.signals.stream import Method, Stream, StreamStatus

MAX_BODY = 64 * 1024
MAX_EVENTS = 64
MAX_URL = 2_000
MAX_HEADER = 2_048
MAX_TEXT = 1_024
MAX_ID = 255
_DELIVERY = "delivery"
_OURS = (
    "iss",
    "aud",
    "events_supported",
    "events_delivered",
    "min_verification_interval",
    "inactivity_timeout",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a receiver wants its events."""

    method: Method
    endpoint_url: str | None = None
    authorization: str | None = field(default=None, repr=False)
    names_authorization: bool = False
    """Whether it said anything about the header; who did not keeps what there is, for the same address."""


def parse(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a request. Raises: BadStreamRequest."""
    try:
        return parse_object(body, max_brackets=MAX_BRACKETS)
    except Malformed as error:
        raise BadStreamRequest("the body must be one JSON object", detail=str(error)) from error


def stream_id_of(members: Mapping[str, Any]) -> str:
    """Raises: BadStreamRequest."""
    value = _text(members, "stream_id", MAX_ID)
    if value is None:
        raise BadStreamRequest("stream_id is required")
    return value


def events_requested(members: Mapping[str, Any]) -> tuple[str, ...]:
    """What it wants to hear; nothing, when it does not say. Raises: BadStreamRequest."""
    value = members.get("events_requested", [])
    if not isinstance(value, list) or len(value) > MAX_EVENTS:
        raise BadStreamRequest("events_requested must be a list, and not a long one")
    if not all(isinstance(one, str) and 0 < len(one) <= MAX_URL and _is_plain(one) for one in value):
        raise BadStreamRequest("events_requested must be addresses of event types")
    return tuple(dict.fromkeys(value))


def description(members: Mapping[str, Any]) -> str | None:
    """Raises: BadStreamRequest."""
    return _text(members, "description", MAX_TEXT)


def delivery(members: Mapping[str, Any], *, allow_http_localhost: bool) -> Delivery:
    """How it wants its events: fetched, when it does not say (§8.1.1.1). Raises: BadStreamRequest."""
    value = members.get(_DELIVERY, {"method": Method.POLL.value})
    if not isinstance(value, Mapping):
        raise BadStreamRequest("delivery must be an object")
    try:
        method = Method(value.get("method", ""))
    except (ValueError, TypeError) as error:
        raise BadStreamRequest("delivery.method must be push (RFC 8935) or poll (RFC 8936)") from error
    if method is Method.POLL:
        # The address is ours to choose, whatever came in its place.
        return Delivery(method)
    return Delivery(
        method,
        _push_address(value.get("endpoint_url"), allow_http_localhost),
        _header(value.get("authorization_header")),
        "authorization_header" in value,
    )


def require_unchanged(members: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """What is ours to say may be sent back as it was before, but not changed.

    Raises: BadStreamRequest. Spec: §8.1.1.3, §8.1.1.4.
    """
    for name in _OURS:
        if name in members and members[name] != current[name]:
            raise BadStreamRequest(f"{name} is not for the receiver to change")


def status(members: Mapping[str, Any]) -> tuple[StreamStatus, str]:
    """The status that is wanted, and why. Raises: BadStreamRequest."""
    try:
        wanted = StreamStatus(members.get("status", ""))
    except (ValueError, TypeError) as error:
        raise BadStreamRequest("status must be enabled, paused or disabled") from error
    return wanted, _text(members, "reason", MAX_TEXT) or ""


def state(members: Mapping[str, Any]) -> str | None:
    """What a verification event is to repeat. Raises: BadStreamRequest."""
    return _text(members, "state", MAX_TEXT)


def subject(members: Mapping[str, Any], issuer: str) -> str | None:
    """The `sub` that a subject of ours is about; None: one that we have no people under. Raises: BadStreamRequest."""
    value = members.get("subject")
    if not isinstance(value, Mapping):
        raise BadStreamRequest("subject is required")
    if not isinstance(members.get("verified", True), bool):
        raise BadStreamRequest("verified must be true or false")
    if value.get("format") == "complex":
        value = value.get("user")
    if not isinstance(value, Mapping) or not isinstance(value.get("format"), str):
        raise BadStreamRequest("subject must be a subject identifier with its format")
    if value["format"] != "iss_sub":
        return None
    found = _text(value, "sub", MAX_ID)
    if found is None or _text(value, "iss", MAX_URL) is None:
        raise BadStreamRequest("an iss_sub subject needs iss and sub")
    return found if value["iss"] == issuer else None


def kept_authorization(asked: Delivery, before: Stream) -> bool:
    """Whether the header that is kept goes on counting: never for another address, which would learn it."""
    return not asked.names_authorization and asked.endpoint_url == before.endpoint_url


def _push_address(value: object, allow_http_localhost: bool) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_URL or not _is_plain(value):
        raise BadStreamRequest("delivery.endpoint_url is required, as an https address")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadStreamRequest("delivery.endpoint_url is no address") from error
    if not host or "@" in parts.netloc or "#" in value:
        raise BadStreamRequest("delivery.endpoint_url must be a plain address without a fragment")
    on_this_machine = host == "localhost" or host.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_http_localhost and on_this_machine):
        raise BadStreamRequest("delivery.endpoint_url must begin with https")
    return value


def _header(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_HEADER:
        raise BadStreamRequest("delivery.authorization_header must be a text of reasonable length")
    if not value.isascii() or not value.isprintable():
        # A line break in it would begin another header.
        raise BadStreamRequest("delivery.authorization_header must be printable ASCII")
    return value


def _text(members: Mapping[str, Any], name: str, most: int) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise BadStreamRequest(f"{name} must be a text of at most {most} characters")
    return value


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(char in text for char in ' "<>\\^`{|}')
