"""A provider as it runs for real: its own processes behind a socket, on the real clock.

`running_provider` starts one and stops it. What it yields is a `Provider`, so people, mini-apps, `Browser` and
`RelyingParty` are the same as for the provider in process; only what they send travels over the wire.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.datastructures import EnvironHeaders

from idp.accounts.person import Account
from idp.foundation.clock import SystemClock
from idp.foundation.secret import Secret
from idp.settings import Settings
from idp.storage import management
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.ports import free_port
from tests.support.provider import Authenticator, Provider, settings_for

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[2]
HOST = "east.id.localhost"
START_SECONDS = 120
STOP_SECONDS = 60
ANSWER_SECONDS = 30
"""How long a test waits for one answer."""
LONG_AGO = timedelta(minutes=5)
"""How far back people enrol their authenticator app, so that the code it shows now has not been used."""


class ServerBroken(RuntimeError):
    """The provider did not start, or did not end well; the text carries what it said."""


class RunningClock(FakeClock):
    """The real time for whoever arranges a test, moved by `advance`. The server's own clock cannot be moved."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self._shift

    def advance(self, **duration: float) -> None:
        self._shift += timedelta(**duration)

    @contextmanager
    def back_by(self, shift: timedelta) -> Iterator[None]:
        """Arrange something in the past."""
        before = self._shift
        self._shift = -shift
        try:
            yield
        finally:
            self._shift = before


class Wire:
    """A WSGI application that hands every request to a real server and brings back what it says."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = quote(environ["PATH_INFO"], encoding="latin-1")
        if environ["QUERY_STRING"]:
            target += "?" + environ["QUERY_STRING"]
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            connection.putrequest(
                environ["REQUEST_METHOD"], target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in EnvironHeaders(environ):
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
            response = connection.getresponse()
            start_response(f"{response.status} {response.reason}", response.getheaders())
            return [response.read()]
        finally:
            connection.close()


@dataclass
class RunningProvider(Provider):
    """A provider in processes of its own. `services` work on the same database from within the test."""

    process: subprocess.Popen[bytes] = field(repr=False)
    output: Path
    """Where everything it says goes."""
    _heard: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.app = Wire(self.port)

    @property
    def port(self) -> int:
        return int(self.issuer.rpartition(":")[2])

    def enrol_totp(self, account: Account) -> Authenticator:
        """Give a person an authenticator app, whose present code has not been used."""
        assert isinstance(self.clock, RunningClock)
        with self.clock.back_by(LONG_AGO):
            app = super().enrol_totp(account)
        return Authenticator(app.totp, self.clock)

    def listen(self) -> None:
        """Let the leak guard hear what the server has said since last time."""
        said = self.output.read_text(encoding="utf-8", errors="replace")
        self.guard.said.append(("the server's output", said[self._heard :]))
        self._heard = len(said)

    def start_again(self) -> None:
        """Start it after `stop` or `kill`, where it was. Raises: ServerBroken."""
        wait_until_gone(self.process.pid)
        self.process = start_server(self.settings, self.output)
        self._heard = 0
        wait_until_it_answers(self)

    def stop(self) -> None:
        """End it as an operator would. Raises: ServerBroken — it had to be killed, or ended badly."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ServerBroken(f"did not end after SIGTERM:\n{self.output.read_text()}") from error
        finally:
            self.kill()
        if code:
            raise ServerBroken(f"ended with {code}:\n{self.output.read_text()}")

    def kill(self) -> None:
        """End it and its workers as a power cut would."""
        process = self.process  # by the time that all of it is gone, somebody else may have started it again
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_until_gone(process.pid)


@contextmanager
def running_provider(
    database_url: str,
    guard: LeakGuard | None = None,
    *,
    workers: int = 1,
    host: str = HOST,
    port: int | None = None,
    **changes: Any,
) -> Iterator[RunningProvider]:
    """Migrate the database, make keys, start `idp serve`, wait until it answers; and stop it when done.

    `port`: any free one unless given. `changes` are settings. Without a `guard` the provider brings its own, and leaks
    fail at the end.
    Raises: ServerBroken.
    """
    port = port or free_port()
    settings = settings_for(
        database_url,
        issuer=f"http://{host}:{port}",
        bind=f"127.0.0.1:{port}",
        workers=workers,
        **changes,
    )
    management.upgrade(database_url)
    services = build_services(settings)
    services.open_keys()
    own_guard = guard or LeakGuard()
    with TemporaryDirectory(prefix="tongxing-server-") as folder:
        output = Path(folder) / "output"
        provider = RunningProvider(
            settings, services, RunningClock(), own_guard, start_server(settings, output), output
        )
        try:
            wait_until_it_answers(provider)
            yield provider
            provider.stop()
            provider.listen()
        finally:
            provider.kill()
            services.close()
    if guard is None:
        assert own_guard.leaks() == []


def start_server(settings: Settings, output: Path) -> subprocess.Popen[bytes]:
    """Start `idp serve` with these settings and nothing else of ours in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    with output.open("wb") as said:
        # A session of its own: Ctrl-C goes to pytest, which stops the server when the last test let go of it.
        return subprocess.Popen(
            [sys.executable, "-m", "idp", "serve"],
            cwd=ROOT,
            env={**environment, **environment_for(settings)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_it_answers(provider: RunningProvider) -> None:
    """Raises: ServerBroken — it ended, or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and provider.process.poll() is None:
        if _all_started(provider) and _answers(provider.issuer):
            return
        time.sleep(0.05)
    raise ServerBroken(f"idp serve did not start:\n{provider.output.read_text()}")


def wait_until_gone(group: int) -> None:
    """Wait for the last of a server's processes, which holds files and the port: its parent may be buried before it.

    Raises: ServerBroken.
    """
    deadline = time.monotonic() + STOP_SECONDS
    while _lives(group):
        if time.monotonic() > deadline:
            raise ServerBroken("a worker does not end")
        time.sleep(0.01)


def _lives(group: int) -> bool:
    """Whether any process of this group is more than a zombie. Linux tells in /proc, others do not."""
    for told in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group, *_ = told.read_text(errors="replace").rpartition(")")[2].split()
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def _all_started(provider: RunningProvider) -> bool:
    """Whether every worker is up: one that is still starting would not hear that it should stop."""
    return provider.output.read_bytes().count(b"Started worker") >= provider.settings.workers


def _answers(issuer: str) -> bool:
    host, _, port = issuer.removeprefix("http://").partition(":")
    connection = HTTPConnection("127.0.0.1", int(port), timeout=ANSWER_SECONDS)
    try:
        # What every installation has, a hub too.
        connection.request("GET", "/.well-known/openid-federation", headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status in (200, 404)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def environment_for(settings: Settings) -> dict[str, str]:
    """The settings as `IDP_…` variables; those that have their default are left out."""
    return {
        f"IDP_{item.name.upper()}": _written(getattr(settings, item.name))
        for item in fields(settings)
        if _has_no_default(item) or getattr(settings, item.name) != _default(item)
    }


def _has_no_default(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def _written(value: Any) -> str:
    match value:
        case Secret():
            return value.reveal()
        case timedelta():
            return f"{value // timedelta(seconds=1)}s"
        case Mapping():
            return ",".join(f"{name}={text}" for name, text in value.items())
        case tuple():
            return ",".join(map(str, value))
    return str(value)
