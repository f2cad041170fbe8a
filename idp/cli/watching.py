"""Watching over a server that runs: its health, its figures, and the address where both can be read.

A quiet thread in every worker. One of the workers holds the watching address; when it goes, another takes it. What is
read there was put together beforehand, so that whoever asks costs nothing and waits for nobody.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING

from idp.cli.server import Address
from idp.settings import Mode, Settings

if TYPE_CHECKING:
    from idp.foundation.board import Board
    from idp.foundation.figures import Gauge
    from idp.wiring import Services

DEFAULT = "127.0.0.1:9464"
EVERY = timedelta(seconds=1)
GAUGES_EVERY = timedelta(seconds=10)
COUNT_EVERY = timedelta(seconds=30)
ADD_EVERY = timedelta(minutes=1)
FORGET_EVERY = timedelta(hours=6)
ANSWER_SECONDS = 5

log = logging.getLogger("idp.watching")


def address_of(settings: Settings) -> Address | None:
    """Where probes and figures are answered, if anywhere. Raises: Refused."""
    text = settings.watch_bind or (DEFAULT if settings.mode is Mode.PRODUCTION else "")
    return Address.parse(text, "IDP_WATCH_BIND") if text else None


def start(services: Services, requests: Board, address: Address | None) -> None:
    """Begin. The threads end with the process."""
    watch = Watch(services, requests)
    threading.Thread(target=watch.run, name="watching", daemon=True).start()
    if address is not None:
        threading.Thread(target=listen, args=(watch, address), name="watch address", daemon=True).start()


class Watch:
    """What one worker knows about how the server is doing."""

    def __init__(self, services: Services, requests: Board) -> None:
        self._services, self._requests = services, requests
        self._gauges: tuple[Gauge, ...] = ()
        now = services.clock.now()
        self._works: dict[Callable[..., object], tuple[timedelta, datetime]] = {
            self.look: (GAUGES_EVERY, now),
            services.figures.count_events: (COUNT_EVERY, now),
            self.add: (ADD_EVERY, now + ADD_EVERY),
            services.stores.app_figures.add_asking: (ADD_EVERY, now + ADD_EVERY),
            services.figures.forget: (FORGET_EVERY, now),
        }

    def run(self) -> None:
        """Do what is due, for ever."""
        never = threading.Event()
        while True:
            never.wait(EVERY.total_seconds())
            self.once(now=self._services.clock.now())

    def once(self, *, now: datetime) -> None:
        """One round: see whether all is well, and whatever else is due. What fails is told to the log."""
        self._services.readiness.now()
        for work, (every, due_at) in self._works.items():
            # A clock set back must not keep us from looking.
            if not due_at - every <= now < due_at:
                self._works[work] = every, now + every
                _guarded(work, now)

    def look(self, *, now: datetime) -> None:
        """Read how everything stands."""
        from idp.wiring.gauges import gauges

        self._gauges = gauges(self._services, now=now)

    def add(self, *, now: datetime) -> None:
        """Add to the hours what was counted."""
        self._services.figures.add(self._services.board, self._requests, now=now)

    def answer(self, host: str, path: str) -> tuple[int, str, bytes]:
        """Status, type and body for whoever asks at the watching address."""
        from idp.web import health_endpoints, metrics

        if not _is_numeric(host):
            return 421, "text/plain", b"Ask by the address of this machine.\n"
        if path == "/metrics":
            readings = (self._services.board.read(), self._requests.read())
            return 200, metrics.CONTENT_TYPE, metrics.exposition(readings, self._gauges)
        if path == health_endpoints.LIVE:
            found = health_endpoints.live()
        elif path == health_endpoints.READY:
            found = health_endpoints.ready(self._services)
        else:
            return 404, "text/plain", b"/metrics, /livez and /readyz are here.\n"
        return found.status, "application/json", found.body


def listen(watch: Watch, address: Address) -> None:
    """Hold the watching address for as long as this process lives; until then wait for who holds it."""
    never = threading.Event()
    while True:
        try:
            server = _server(watch, address)
        except OSError:
            # Another worker has it, or had it a moment ago.
            never.wait(EVERY.total_seconds())
            continue
        with server:
            server.serve_forever()


def _is_numeric(host: str) -> bool:
    """A name may be anybody's: a page of theirs, open here in a browser, could read along (DNS rebinding)."""
    bare = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    try:
        ipaddress.ip_address(bare.removeprefix("[").removesuffix("]"))
    except ValueError:
        return bare in ("", "localhost")
    return True


def _guarded(work: Callable[..., object], now: datetime) -> None:
    from idp.storage.failures import StorageError

    try:
        work(now=now)
    except StorageError as error:
        log.warning("figures could not be brought up to date", extra={"detail": str(error)})
    except Exception:
        # Without this thread nobody would see that anything else is wrong.
        log.exception("figures could not be brought up to date")


def _server(watch: Watch, address: Address) -> ThreadingHTTPServer:
    """Raises: OSError — somebody has the address."""

    class Answers(BaseHTTPRequestHandler):
        timeout = ANSWER_SECONDS
        server_version, sys_version = "tongxing", ""

        def do_GET(self) -> None:
            status, kind, body = watch.answer(self.headers.get("Host", ""), self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: somebody asks every few seconds."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        daemon_threads = True

        def server_bind(self) -> None:
            # The library's own would ask the domain name system what this machine is called.
            TCPServer.server_bind(self)

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever asked hung up; they will ask again."""

    return Server((address.host, address.port), Answers)
