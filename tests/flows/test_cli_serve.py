"""`idp serve` refuses what it cannot serve, serves, tells no secrets, and ends gently."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from idp.accounts.registration import identifiers_of, new_account
from idp.cli.demo.people import ANNA
from tests.flows.cli_region import CliRegion
from tests.flows.test_cli import services_of
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PORT = free_port()
HOST = f"east.id.localhost:{PORT}"
WORKERS = 2
PATIENCE_SECONDS = 60


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    environment = {
        "IDP_ISSUER": f"http://{HOST}",
        "IDP_BIND": f"127.0.0.1:{PORT}",
        "IDP_WORKERS": str(WORKERS),
    }
    return CliRegion(tmp_path, environment).migrated(sqlite_template)


@contextmanager
def serving(region: CliRegion) -> Iterator[subprocess.Popen[bytes]]:
    """The server in processes of its own; what it says is in `server.log`."""
    with (region.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "idp", "serve"],
            env={**os.environ, **region.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_every_worker_says(region, "Started")
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_every_worker_says(region: CliRegion, what: str) -> None:
    """One that is still starting would not hear that it should stop."""
    log = region.folder / "server.log"
    wait_until(lambda: log.read_text().count(f"{what} worker-") >= WORKERS, log.read_text)


def get(path: str) -> int:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": HOST})
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_serves_logs_no_query_and_ends_with_the_request_under_way(region: CliRegion) -> None:
    with serving(region) as process:
        assert get("/login?transaction=tx_SecretOfSomebody&code=ac_SecretOfSomebody") == 400
        half_sent = begin_token_request()

        process.send_signal(signal.SIGTERM)
        wait_until_every_worker_says(region, "Stopping")
        half_sent.sendall(b"authorization_code")

        assert half_sent.recv(4_096).startswith(b"HTTP/1.1 401")
        half_sent.close()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "Secret" not in (region.folder / "server.log").read_text()


def test_a_port_that_is_taken_is_a_sentence(region: CliRegion) -> None:
    with socket.create_server(("127.0.0.1", PORT)):
        result = region.idp("serve")

    assert result.exit_code == 1
    assert f"127.0.0.1:{PORT}" in result.stderr


@pytest.mark.parametrize("bind", ["8000", "localhost:8000", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:x"])
def test_a_bad_address_is_a_sentence(region: CliRegion, bind: str) -> None:
    region.environment["IDP_BIND"] = bind

    result = region.idp("serve")

    assert result.exit_code == 1
    assert "IDP_BIND" in result.stderr


def test_a_database_without_tables_or_keys_is_not_served(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)

    without_file = region.idp("serve")
    region.done("db", "upgrade")
    without_keys = region.idp("serve")

    assert "idp db upgrade" in without_file.stderr
    assert "idp keys init" in without_keys.stderr
    assert (without_file.exit_code, without_keys.exit_code) == (1, 1)


def test_the_demos_people_are_not_served_outside_the_demo(region: CliRegion) -> None:
    """Everybody knows their passwords."""
    services = services_of(region)
    now = services.clock.now()
    account = new_account(ANNA.username, ANNA.claims, ANNA.assurance, services.entropy, now=now)
    account = replace(account, id=ANNA.account_id)
    services.stores.accounts.add(account, identifiers_of(account))
    services.close()

    result = region.idp("serve")

    assert result.exit_code == 1
    assert "demonstration's people" in result.stderr


def begin_token_request() -> socket.socket:
    """A request whose last 18 bytes are still to come. Somebody is at work on it: the server wants to read on."""
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=PATIENCE_SECONDS)
    connection.sendall(
        b"POST /token HTTP/1.1\r\n"
        b"Host: %b\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Expect: 100-continue\r\n"
        b"Content-Length: 29\r\n\r\n" % HOST.encode()
    )
    assert connection.recv(4_096) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"grant_type=")
    return connection
