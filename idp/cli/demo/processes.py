"""The processes of the demonstration: started, watched until they answer, and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import site
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import idp
from idp.cli.output import Refused
from idp.cli.server import Address

START = timedelta(seconds=120)
STOP = timedelta(seconds=10)
LOG_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Site:
    """One of the sites."""

    name: str
    url: str
    """An address on it that answers when all is well."""
    address: Address
    module: Sequence[str]
    """What `python -m` runs."""
    environment: Mapping[str, str]
    log: Path


@dataclass(frozen=True, slots=True)
class Running:
    """A site and its process."""

    site: Site
    process: subprocess.Popen[bytes]


def start(wanted: Site) -> Running:
    """Start a site; what it says goes to its log."""
    with wanted.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *wanted.module],
            cwd=wanted.log.parent,
            env=_environment(wanted.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches us alone, and we stop the others in order.
            start_new_session=True,
        )
    return Running(wanted, process)


def wait_until_answering(running: Running, stopped: threading.Event) -> None:
    """Return once the site answers, or once we are told to stop. Raises: Refused — it died, or takes too long."""
    deadline = time.monotonic() + START.total_seconds()
    while not _answers(running.site) and not stopped.is_set():
        require_alive(running)
        if time.monotonic() > deadline:
            raise Refused(_failure(running.site, "does not answer"))
        stopped.wait(0.1)


def require_alive(running: Running) -> None:
    """Raises: Refused — the process has ended; with the end of its log."""
    if running.process.poll() is not None:
        raise Refused(_failure(running.site, "has stopped by itself"))


def stop(all_running: Sequence[Running]) -> None:
    """Ask each process to end, and end those that do not."""
    for running in all_running:
        with contextlib.suppress(ProcessLookupError):
            running.process.terminate()
    deadline = time.monotonic() + STOP.total_seconds()
    for running in all_running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(max(0.1, deadline - time.monotonic()))
        # Whoever is left of its group: a server that was killed, or does not end, leaves its workers at the port.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


@contextlib.contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C, by SIGTERM, and when the terminal is closed."""
    told = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: told.set()) for number in signals}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a site: ours without our settings, which are meant for another provider."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("IDP_", "MINI_APP_"))
    }
    package = str(Path(idp.__file__).resolve().parents[1])
    if package not in site.getsitepackages():
        # A checkout that is not installed.
        paths = [package, inherited.get("PYTHONPATH", "")]
        inherited["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return {**inherited, **own}


def _answers(wanted: Site) -> bool:
    parts = urlsplit(wanted.url)
    connection = HTTPConnection(wanted.address.host, wanted.address.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": parts.netloc})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _failure(wanted: Site, what: str) -> str:
    lines = wanted.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([f"{wanted.name} {what}. The end of {wanted.log}:", *(f"  {line}" for line in lines)])
