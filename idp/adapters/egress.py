"""The one outgoing HTTP client: whatever we ask of another server goes through here.

https to public names only (`egress_address`), no redirects, no proxies of the environment, no compression, and one time
limit over everything, from the name's look-up to the last byte. Built on the standard library's connection, because
what matters here is what larger clients do by themselves. Connections are kept for a few seconds and used again.
Spec: RFC 9110; RFC 9112; OpenID Federation 1.0 §18.1.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead

from idp.adapters.egress_address import Place, Resolve, addresses, place, resolve_by_system
from idp.adapters.egress_connection import Connection, Watch
from idp.adapters.egress_errors import EgressError, Reason

USER_AGENT = "tongxing"
TIME_LIMIT_SECONDS = 3.0
MAX_BYTES = 256 * 1024
MAX_HEADERS = 64
PIECE = 64 * 1024
MOST_KEPT = 8
"""Idle connections to one server."""
MOST_IDLE = 64
"""To all of them together: strangers who have us call ever new names must not take every file of the process."""
NOT_MODIFIED = 304

Dial = Callable[[tuple[str, int], float], socket.socket]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whatever the status. `body` is empty with 304."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def content_type(self) -> str:
        """Without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    where: Place
    headers: Mapping[str, str]
    body: bytes | None
    types: tuple[str, ...]
    max_bytes: int
    deadline: float

    @property
    def seconds_left(self) -> float:
        return max(self.deadline - time.monotonic(), 0.001)


class _ClosedUnderUs(Exception):
    """A kept connection was closed by the other side before it answered."""


class Egress:
    """Shared by every thread of a process. `resolve` and `dial` are replaced in tests, `tls` where a CA is private."""

    def __init__(
        self,
        *,
        is_development: bool = False,
        resolve: Resolve = resolve_by_system,
        dial: Dial = socket.create_connection,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._is_development = is_development
        self._resolve, self._dial, self._tls = resolve, dial, tls
        self._idle: dict[tuple[str, str, int], list[Connection]] = {}
        self._lock = threading.Lock()

    def get(
        self,
        url: str,
        *,
        types: tuple[str, ...],
        max_bytes: int = MAX_BYTES,
        seconds: float = TIME_LIMIT_SECONDS,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch a document. `types`: what a good answer may be; `etag`: that of the copy at hand.

        Raises: EgressError.
        """
        more = {} if etag is None else {"If-None-Match": etag}
        return self._send("GET", url, None, {**(headers or {}), **more}, types, max_bytes, seconds)

    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        types: tuple[str, ...],
        max_bytes: int = MAX_BYTES,
        seconds: float = TIME_LIMIT_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a document. Never sent a second time by us: whether a lost one arrived, the caller has to ask himself.

        Without `types` only the status is wanted, and nothing else is read.
        Raises: EgressError.
        """
        named = {**(headers or {}), "Content-Type": content_type}
        return self._send("POST", url, body, named, types, max_bytes, seconds)

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        types: tuple[str, ...],
        max_bytes: int,
        seconds: float,
    ) -> Answer:
        where = place(url, is_development=self._is_development)
        usual = {"User-Agent": USER_AGENT, "Accept": ", ".join(types) or "*/*", "Accept-Encoding": "identity"}
        deadline = time.monotonic() + seconds
        request = _Request(method, where, {**usual, **headers}, body, types, max_bytes, deadline)
        kept = self._kept(where)
        if kept is None:
            return self._exchange(self._connected(request), request)
        try:
            return self._exchange(kept, request)
        except _ClosedUnderUs as error:
            if body is not None:
                raise EgressError(Reason.UNREACHABLE, "the connection was closed") from error
        return self._exchange(self._connected(request), request)

    def _connected(self, request: _Request) -> Connection:
        """A connection to the very address that was looked at. Raises: EgressError."""
        failure = "no address"
        for address in addresses(request.where, self._resolve, request.seconds_left):
            try:
                opened = self._dial((address, request.where.port), request.seconds_left)
            except OSError as error:
                failure = type(error).__name__
                continue
            connection = Connection(request.where, opened)
            if request.where.scheme == "https":
                self._begin_tls(connection, request.deadline)
            return connection
        over = time.monotonic() >= request.deadline
        raise EgressError(Reason.TIMEOUT if over else Reason.UNREACHABLE, failure)

    def _begin_tls(self, connection: Connection, deadline: float) -> None:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        watch = Watch(connection, deadline)
        try:
            with watch:
                connection.begin_tls(self._tls)
        except (OSError, ValueError) as error:
            connection.close()
            raise _explained(error, watch) from error

    def _exchange(self, connection: Connection, request: _Request) -> Answer:
        """Raises: EgressError, _ClosedUnderUs."""
        watch, is_reusable = Watch(connection, request.deadline), False
        try:
            with watch:
                response = connection.ask(request.method, request.where.target, request.headers, request.body)
                with response:
                    answer = _read(response, request)
            _require_time(watch)
            is_reusable = not response.will_close and (bool(request.types) or response.length == 0)
        except EgressError:
            _require_time(watch)
            raise
        except ConnectionError as error:
            if connection.used_at is not None and not watch.is_over:
                raise _ClosedUnderUs from error
            raise _explained(error, watch) from error
        except (OSError, HTTPException, ValueError) as error:
            raise _explained(error, watch) from error
        finally:
            if is_reusable:
                self._keep(connection)
            else:
                connection.close()
        return answer

    def _kept(self, where: Place) -> Connection | None:
        with self._lock:
            idle = self._idle.get((where.scheme, where.host, where.port), [])
            while idle:
                connection = idle.pop()
                if connection.is_usable():
                    return connection
                connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        connection.used_at, where = time.monotonic(), connection.where
        with self._lock:
            idle = self._idle.setdefault((where.scheme, where.host, where.port), [])
            idle.append(connection)
            over = [idle.pop(0)] if len(idle) > MOST_KEPT else self._too_many()
        for each in over:
            each.close()

    def _too_many(self) -> list[Connection]:
        """Take out what has been idle for long, and the oldest when there are too many: nobody may ask there again."""
        found = [each for idle in self._idle.values() for each in idle]
        found.sort(key=lambda each: each.used_at or 0.0, reverse=True)
        kept = [each for each in found[:MOST_IDLE] if each.is_usable()]
        self._idle = {}
        for each in reversed(kept):
            self._idle.setdefault((each.where.scheme, each.where.host, each.where.port), []).append(each)
        return [each for each in found if each not in kept]


def _require_time(watch: Watch) -> None:
    # Cut short, a head looks like another one, and a body without a length complete.
    if watch.is_over:
        raise EgressError(Reason.TIMEOUT, "the time was over")


def _read(response: HTTPResponse, request: _Request) -> Answer:
    """Raises: EgressError, OSError, HTTPException."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    if len(response.getheaders()) > MAX_HEADERS:
        raise EgressError(Reason.MALFORMED, "too many headers")
    answer = Answer(response.status, headers, b"")
    if response.status == NOT_MODIFIED and "If-None-Match" in request.headers:
        response.read()
        return answer
    if 300 <= response.status < 400:
        raise EgressError(Reason.REDIRECTED, "redirects are not followed")
    if not request.types:
        return answer
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise EgressError(Reason.TYPE, "compressed, which was not asked for")
    if response.status < 300 and answer.content_type not in request.types:
        raise EgressError(Reason.TYPE, "another content type than was asked for")
    return Answer(response.status, headers, _body(response, request.max_bytes))


def _body(response: HTTPResponse, max_bytes: int) -> bytes:
    if response.length is not None and response.length > max_bytes:
        raise EgressError(Reason.TOO_LARGE, "announced larger than we take")
    read = bytearray()
    while piece := response.read(min(PIECE, max_bytes + 1 - len(read))):
        read += piece
        if len(read) > max_bytes:
            raise EgressError(Reason.TOO_LARGE, "larger than we take")
    if response.length:
        raise IncompleteRead(b"", response.length)
    return bytes(read)


def _explained(error: Exception, watch: Watch) -> EgressError:
    detail = type(error).__name__
    if watch.is_over or isinstance(error, TimeoutError):
        return EgressError(Reason.TIMEOUT, detail)
    return EgressError(Reason.UNREACHABLE if isinstance(error, OSError) else Reason.MALFORMED, detail)
