"""The transparency logs for everybody: the signed head, and the tree in tiles. Nothing here is written.

What never changes again may be kept for ever; the rest for seconds. The entries of the audit log are not served: when
people signed in is nobody's business. Its tiles are, so that witnesses see that it only grows.
Spec: C2SP tlog-tiles.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from idp.oidc.errors import NotFound
from idp.transparency.leaves import LogName
from idp.transparency.tiles import BadTile, Tile
from idp.web.wire import Headers, WireResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services
    from idp.wiring.witnessing.log import Log

PREFIX = "/log/"
MAX_PATH = 64
"""No address of a tile is longer."""
TEXT = ("Content-Type", "text/plain; charset=utf-8")
BYTES = ("Content-Type", "application/octet-stream")
FOR_EVER: Headers = (
    ("Cache-Control", "public, max-age=31536000, immutable"),
    ("Access-Control-Allow-Origin", "*"),
)
FOR_NOW: Headers = (("Cache-Control", "public, max-age=2"), ("Access-Control-Allow-Origin", "*"))


def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """A file of a log. Raises: NotFound — there is no such log, or not so much of it."""
    name, _, path = environ.get("PATH_INFO", "")[:MAX_PATH].removeprefix(PREFIX).partition("/")
    log = next((log for log in services.logs.values() if log.name == name), None)
    if log is None:
        raise NotFound("there is no log of this name")
    if path == "checkpoint":
        return _found(environ, TEXT, log.checkpoint(now=services.clock.now()).encode(), FOR_NOW)
    tile = _asked(log, path)
    try:
        content = log.shown_tile(tile, now=services.clock.now())
    except LookupError as error:
        raise NotFound("the log has not so many entries") from error
    return _found(environ, BYTES, content, FOR_EVER if tile.is_full else FOR_NOW)


def _asked(log: Log, path: str) -> Tile:
    try:
        tile = Tile.parse(path)
    except BadTile as error:
        raise NotFound("a log has a checkpoint and tiles") from error
    if tile.is_entries and log.name is LogName.AUDIT:
        raise NotFound("the entries of the audit log are not public")
    return tile


def _found(
    environ: WSGIEnvironment, content_type: tuple[str, str], body: bytes, headers: Headers
) -> WireResponse:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = (*headers, ("ETag", etag))
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        return WireResponse(304, b"", headers)
    return WireResponse(200, body, (content_type, *headers))
