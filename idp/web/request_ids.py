"""The id of the request under way: shown on every error page and in every line of the log, so that support finds it.

Ours is drawn for each request. One that comes with the request is believed only from a proxy that is believed about
addresses too, and only in a form that can do no harm wherever it is shown.
"""

from __future__ import annotations

import re
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from idp.foundation.entropy import Entropy, SystemEntropy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-Id"
INCOMING = "HTTP_X_REQUEST_ID"
SIZE_BYTES = 5
"""Short enough to be read out on the telephone; with the hour it finds one line among billions."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{7,63}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(environ: WSGIEnvironment, entropy: Entropy, *, is_believed: bool) -> Token[str]:
    """Give the request its id; nobody behind sees what came with it. To be ended by `end`."""
    given = environ.pop(INCOMING, None)
    if given is None or not is_believed or _SAFE.fullmatch(given) is None:
        given = entropy.bytes(SIZE_BYTES).hex()
    return _current.set(given)


def end(begun: Token[str]) -> None:
    """The request is over: what this thread does next belongs to no request."""
    _current.reset(begun)


def current() -> str:
    """The id of the request under way; empty where there is none."""
    return _current.get()


def reference() -> str:
    """What an error page tells people to quote: the request's id, or a number of its own where there is no request."""
    return current() or SystemEntropy().bytes(SIZE_BYTES).hex()
