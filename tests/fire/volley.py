"""Requests written down as bytes, and sent many at once over connections that reach every worker.

One thread is enough: what goes out is ready before the first byte is sent, and nothing is read until all of it is out.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import zip_longest
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.datastructures import EnvironHeaders

from idp.web import cookies
from idp.web.recover import holding
from tests.fire.workers import worker_by_port
from tests.support.browser import Browser
from tests.support.leak_guard import LeakGuard
from tests.support.relying_party import Answer, RelyingParty
from tests.support.server import ANSWER_SECONDS, RunningProvider

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SIZE = 50
MOST_CONNECTIONS = 300
FRESH_SECONDS = 5.0
"""Connections unused for longer are opened anew."""


class _Pen:
    """A WSGI application that answers nothing and writes down what it was sent."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = quote(environ["PATH_INFO"], encoding="latin-1")
        if environ["QUERY_STRING"]:
            target += "?" + environ["QUERY_STRING"]
        lines = [f"{environ['REQUEST_METHOD']} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in EnvironHeaders(environ)]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.written.append("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        start_response("204 No Content", [])
        return ()


def written_by_app(app: RelyingParty, send: Callable[[RelyingParty], object]) -> bytes:
    """The request that a mini-app would send, as in `written_by_app(app, lambda app: app.refresh(token))`."""
    pen = _Pen()
    send(replace(app, app=pen))
    return pen.written[0]


def written_by_browser(browser: Browser, send: Callable[[Browser], object]) -> bytes:
    """The request that a browser would send, with its cookies."""
    pen = _Pen()
    double = Browser(pen, browser.origin, LeakGuard())
    double.headers = browser.headers
    for name in (cookies.BROWSER, cookies.SESSION, holding.COOKIE):
        if value := browser.cookie(name):
            double.set_cookie(name, value)
    send(double)
    return pen.written[0]


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        self.used_at = time.monotonic()

    @property
    def port(self) -> int:
        """Our end of it."""
        port: int = self._socket.getsockname()[1]
        return port

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)
        self.used_at = time.monotonic()

    def read(self) -> Answer:
        """The answer to what was sent. Raises: ConnectionError — the server hung up before it was complete."""
        status = int(self._line().split()[1])
        headers: dict[str, str] = {}
        while line := self._line().rstrip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.title()] = value.strip()
        size = int(headers.get("Content-Length", 0))
        body = self._stream.read(size)
        if len(body) < size:
            raise ConnectionAbortedError("hung up in the middle of an answer")
        is_json = headers.get("Content-Type") == "application/json"
        return Answer(status, json.loads(body) if is_json else {}, headers)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _line(self) -> bytes:
        line = self._stream.readline()
        if not line.endswith(b"\n"):
            raise ConnectionAbortedError("hung up")
        return line


class Volley:
    """Connections to a provider, taken in turn from each of its workers."""

    def __init__(self, provider: RunningProvider, size: int = SIZE) -> None:
        self._provider = provider
        self._size = size
        self._opened: list[Connection] = []
        self._in_turn: list[Connection] = []

    def __enter__(self) -> Volley:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, requests: Iterable[bytes]) -> list[Connection]:
        """Send each request on a connection of its own; the answers wait there to be read."""
        requests = list(requests)
        self.make_ready(len(requests))
        pairs = list(zip(self._in_turn, requests, strict=False))
        for connection, request in pairs:
            connection.send(request)
        return [connection for connection, _ in pairs]

    def make_ready(self, number: int = SIZE) -> None:
        """Open the connections, for so many requests; `send` does that too, where there is time for it then."""
        # A server hangs up on whoever says nothing for long, and a small volley leaves many without a word.
        oldest = min((one.used_at for one in self._in_turn[:number]), default=0.0)
        if time.monotonic() - oldest > FRESH_SECONDS:
            self._open()

    def fire(self, requests: Iterable[bytes]) -> list[Answer]:
        """Send any number of requests, as many at once as there are connections; the answers in their order."""
        requests, answers = list(requests), []
        while len(answers) < len(requests):
            answers += [connection.read() for connection in self.send(requests[len(answers) :])]
        return answers

    def _open(self) -> None:
        self._close()
        hello = written_by_browser(self._provider.browser(), lambda browser: browser.get("/jwks.json"))
        while not self._in_turn:
            assert len(self._opened) < MOST_CONNECTIONS, "some worker takes no connections"
            fresh = [Connection(self._provider.port) for _ in range(self._size)]
            self._opened += fresh
            for connection in fresh:
                # Only a connection that a worker has answered on is known to be that worker's.
                connection.send(hello)
                assert connection.read().status == 200
            self._in_turn = self._taken_in_turn()

    def _close(self) -> None:
        for connection in self._opened:
            connection.close()
        self._opened, self._in_turn = [], []

    def _taken_in_turn(self) -> list[Connection]:
        """`size` connections, of each worker in turn; none when some worker has too few of those opened."""
        known = worker_by_port(
            self._provider.process.pid,
            self._provider.port,
            (connection.port for connection in self._opened),
        )
        if not known:
            return self._opened[: self._size]
        by_worker = [
            [connection for connection in self._opened if known.get(connection.port) == worker]
            for worker in set(known.values())
        ]
        workers = self._provider.settings.workers
        if len(by_worker) < workers or min(map(len, by_worker)) < self._size // (2 * workers):
            return []
        in_turn = [one for round_ in zip_longest(*by_worker) for one in round_ if one is not None]
        return in_turn[: self._size]
