"""The watching address of a server with several workers: one answers for all, whoever of them dies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idp.settings import DatabaseSync, Mode, Settings
from tests.support.leak_guard import LeakGuard
from tests.support.ports import free_port
from tests.support.provider import settings_for
from tests.support.server import RunningProvider, running_provider, start_server
from tests.support.waiting import wait_until

PATIENCE_SECONDS = 60
WORKERS = 2
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def watch_port() -> int:
    return free_port()


@pytest.fixture
def server(tmp_path: Path, leak_guard: LeakGuard, watch_port: int) -> Iterator[RunningProvider]:
    with running_provider(
        f"sqlite:///{tmp_path / 'idp.db'}", leak_guard, workers=WORKERS, watch_bind=f"127.0.0.1:{watch_port}"
    ) as running:
        yield running


def get(port: int, path: str, host: str | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def discoveries(watch_port: int) -> float:
    """How many asked for the discovery document, as the watching address has it."""
    _, body = get(watch_port, "/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if sample.name == "idp_requests_total" and sample.labels["route"] == DISCOVERY
    )


def eventually(holds: Callable[[], bool]) -> None:
    """Also of a server that does not answer yet, or no more."""

    def holds_by_now() -> bool:
        with suppress(OSError, HTTPException):
            return holds()
        return False

    wait_until(holds_by_now)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def kill(server: RunningProvider, worker: int) -> None:
    """Kill a worker, and wait until there is another in its place."""

    def is_replaced() -> bool:
        now = children(server.process)
        return worker not in now and len(now) == WORKERS

    os.kill(worker, signal.SIGKILL)
    eventually(is_replaced)


def ask(server: RunningProvider, times: int) -> None:
    for _ in range(times):
        assert get(server.port, DISCOVERY, f"east.id.localhost:{server.port}")[0] == 200


def test_one_address_tells_of_all_workers_and_goes_on_when_one_is_killed(
    server: RunningProvider, watch_port: int
) -> None:
    eventually(lambda: get(watch_port, "/readyz")[0] == 200)
    ask(server, 40)
    assert discoveries(watch_port) == 40
    before = children(server.process)

    for pid in before:
        kill(server, pid)
        eventually(lambda: get(server.port, DISCOVERY, f"east.id.localhost:{server.port}")[0] == 200)

    eventually(lambda: get(watch_port, "/readyz")[0] == 200)
    counted = discoveries(watch_port)
    ask(server, 10)
    assert counted >= 42
    assert discoveries(watch_port) == counted + 10
    assert not set(before) & set(children(server.process))


def test_the_public_address_tells_nobody(server: RunningProvider, watch_port: int) -> None:
    ours = f"east.id.localhost:{server.port}"

    assert [get(server.port, path, ours)[0] for path in ("/metrics", "/readyz", "/livez")] == [404] * 3
    assert get(server.port, "/metrics")[0] == 421
    assert get(server.port, "/livez") == (200, '{"live":true}')
    assert get(watch_port, "/metrics", ours)[0] == 421
    with socket.create_connection(("127.0.0.1", watch_port), timeout=PATIENCE_SECONDS) as bare:
        bare.sendall(b"POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        assert bare.recv(64).split(b" ")[1] == b"501"


@contextmanager
def serving(settings: Settings, folder: Path, watch_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ready; whatever is left of it in the end is killed."""
    process = start_server(settings, folder / "output")
    try:
        eventually(lambda: get(watch_port, "/readyz")[0] == 200)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_server_that_stops_says_so_first_and_serves_until_then(
    tmp_path: Path, sqlite_template: Path, watch_port: int
) -> None:
    """And it ends before that when it is told once more."""
    settings = production(tmp_path, sqlite_template, watch_port, timedelta(seconds=PATIENCE_SECONDS))
    port = int(settings.bind.rpartition(":")[2])
    with serving(settings, tmp_path, watch_port) as process:
        process.send_signal(signal.SIGTERM)
        eventually(lambda: get(watch_port, "/readyz")[0] == 503)
        status, body = get(port, "/readyz")
        served = [get(port, DISCOVERY, "east.id.localhost")[0] for _ in range(5)]
        process.send_signal(signal.SIGTERM)

        assert (status, served) == (503, [200] * 5)
        assert json.loads(body)["checks"]["serving"] is False
        assert process.wait(2 * PATIENCE_SECONDS) == 0


def test_a_server_that_stops_ends_by_itself_and_no_sooner_than_it_was_to(
    tmp_path: Path, sqlite_template: Path, watch_port: int
) -> None:
    notice = timedelta(seconds=1)
    with serving(production(tmp_path, sqlite_template, watch_port, notice), tmp_path, watch_port) as process:
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_SECONDS) == 0
        assert time.monotonic() - told_at >= notice.total_seconds()


def test_a_watching_address_that_is_taken_is_a_sentence(
    tmp_path: Path, sqlite_template: Path, watch_port: int
) -> None:
    with socket.create_server(("127.0.0.1", watch_port)):
        process = start_server(production(tmp_path, sqlite_template, watch_port), tmp_path / "output")
        code = process.wait(PATIENCE_SECONDS)

    assert code == 1
    assert "IDP_WATCH_BIND" in (tmp_path / "output").read_text()


def production(
    folder: Path, template: Path, watch_port: int, notice: timedelta = timedelta(seconds=1)
) -> Settings:
    """A server as it runs for real, but for the proxy before it."""
    return settings_for(
        f"sqlite:///{shutil.copy(template, folder / 'idp.db')}",
        issuer="https://east.id.localhost",
        mode=Mode.PRODUCTION,
        database_sync=DatabaseSync.FULL,
        argon2_memory_kib=19_456,
        bind=f"127.0.0.1:{free_port()}",
        watch_bind=f"127.0.0.1:{watch_port}",
        stop_notice=notice,
    )
