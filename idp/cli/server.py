"""Running a WSGI application on granian: worker processes, threads, bounded queues, and nothing secret in a log."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.cli.output import Refused

BACKLOG = 1_024
"""Connections the kernel holds while every worker is busy; further ones are refused, not queued for ever."""
BACKPRESSURE = 512
"""Connections one worker takes at once, idle ones included."""
HEADER_SECONDS = 15
"""How long a connection may take to send its headers, or stay idle between two requests."""
STOP_SECONDS = 20
"""How long requests under way may take to end after a stop; then the worker is ended."""

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}
    },
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}

Application = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, setting: str = "IDP_BIND") -> Address:
        """Read `host:port`, where host is an IP address. Raises: Refused."""
        host, colon, port = text.rpartition(":")
        try:
            ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            colon = ""
        if not colon or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise Refused(f"{setting} is {text!r}: write an IP address and a port, such as 127.0.0.1:8000")
        return cls(host.removeprefix("[").removesuffix("]"), int(port))


def is_free(address: Address) -> bool:
    """Whether nobody listens there. The server itself would share a port that another server of ours holds.

    Raises: Refused — this machine or user may not listen there at all.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise Refused(f"nothing can listen at {address}: {error.strerror}") from error
    return True


def run(
    load: Callable[[], Application],
    address: Address,
    *,
    workers: int,
    threads: int,
    quiet: bool = False,
    on_stop: Callable[[], None] = lambda: None,
    notice: timedelta = timedelta(0),
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests under way end. SIGHUP replaces the workers one by one.

    `load` runs in every worker and must be importable by name. A worker that dies is replaced.
    Told to stop, it calls `on_stop` and goes on for `notice`, unless it is told once more.
    Raises: SystemExit — the workers cannot start.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    class NoticedServer(MPServer):
        def shutdown(self, exit_code: int = 0) -> None:
            on_stop()
            self.main_loop_interrupt.clear()
            self.main_loop_interrupt.wait(notice.total_seconds())
            end: Callable[[int], None] = super().shutdown
            end(exit_code)

    server = NoticedServer(
        "idp",
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1_000),
        websockets=False,
        # Query strings carry codes and logout hints: there is no access log here, the application writes its own.
        log_access=False,
        log_level=LogLevels.error if quiet else LogLevels.info,
        log_dictconfig=LOGGING,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=load, wrap_loader=False)
