"""Requests and responses of the machine endpoints, without a framework in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import MAX_SIZE_BYTES, Parameters

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

Headers = tuple[tuple[str, str], ...]

DPOP_NONCE = "DPoP-Nonce"
JSON = ("Content-Type", "application/json")
# Nothing that carries or describes a token may be kept by anyone on the way (RFC 6749 §5.1).
NO_STORE: Headers = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
ALWAYS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)

STATUS_LINES: Mapping[int, str] = {
    200: "200 OK",
    201: "201 Created",
    204: "204 No Content",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    413: "413 Content Too Large",
    421: "421 Misdirected Request",
    422: "422 Unprocessable Content",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class WireResponse:
    """Status, headers and bytes. All that goes out is put together once, so that one kept for many is only sent."""

    status: int
    body: bytes
    headers: Headers
    all_headers: Headers = field(init=False)
    """With those of every answer."""

    def __post_init__(self) -> None:
        length = ("Content-Length", str(len(self.body)))
        object.__setattr__(self, "all_headers", (*self.headers, *ALWAYS, length))


Handler = Callable[["Services", "WSGIEnvironment"], WireResponse]
"""What a machine endpoint is."""


def json_response(members: Mapping[str, Any], status: int = 200, headers: Headers = ()) -> WireResponse:
    """A JSON answer that nobody may keep."""
    return WireResponse(status, orjson.dumps(members), (JSON, *NO_STORE, *headers))


def read_form(environ: WSGIEnvironment, max_size: int = MAX_SIZE_BYTES) -> Parameters:
    """The form in the body, of at most `max_size` bytes.

    Raises: InvalidRequest — another content type, too large, or malformed. Spec: RFC 6749 Appendix B.
    """
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise InvalidRequest("the body must be application/x-www-form-urlencoded")
    return Parameters.from_urlencoded(read_body(environ, max_size), max_size)


def read_body(environ: WSGIEnvironment, max_size: int = MAX_SIZE_BYTES) -> bytes:
    """The body, at most `max_size` bytes. Raises: InvalidRequest — larger, or of unknown length."""
    raw_length = environ.get("CONTENT_LENGTH") or "0"
    # Its own length first: Python refuses to read a number of thousands of digits, and not by a ProtocolError.
    if not raw_length.isdecimal() or len(raw_length) > 9 or int(raw_length) > max_size:
        raise InvalidRequest("the request is too large")
    return bytes(environ["wsgi.input"].read(int(raw_length)))
