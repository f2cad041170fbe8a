"""`idp doctor` explains what is wrong with an installation, in sentences."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from idp.cli.examination import clock
from idp.storage import management
from tests.flows.cli_region import SECRET_KEY, CliRegion


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


def faults_of(region: CliRegion) -> list[str]:
    """What is wrong; the exit code must agree."""
    result = region.idp("doctor", "--json")
    faults = [found["sentence"] for found in json.loads(result.stdout) if found["severity"] == "fault"]
    assert result.exit_code == (1 if faults else 0)
    return faults


@contextmanager
def answering(region: CliRegion, document: object) -> Iterator[None]:
    """Somebody answers at the issuer's address, with this."""

    class Somebody(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document if isinstance(document, bytes) else json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Somebody) as server:
        region.environment["IDP_ISSUER"] = f"http://east.id.localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_nothing_is_wrong_with_a_sound_installation(region: CliRegion) -> None:
    result = region.idp("doctor")

    assert result.exit_code == 0
    assert result.output.endswith("Nothing is wrong.\n")
    assert "idp serve" in result.output  # it does not run, which may be meant


def test_a_running_provider_is_asked_who_it_is(region: CliRegion) -> None:
    with answering(region, {"issuer": "http://west.id.localhost"}):
        assert any("calls itself 'http://west.id.localhost'" in fault for fault in faults_of(region))


@pytest.mark.parametrize("nonsense", [b"<html>", b"[]", b""])
def test_somebody_else_at_the_issuers_address_is_noticed(region: CliRegion, nonsense: bytes) -> None:
    with answering(region, nonsense):
        assert any("something else" in fault for fault in faults_of(region))


def test_bad_settings_are_the_first_thing_it_tells(tmp_path: Path) -> None:
    region = CliRegion(tmp_path, {"IDP_ISSUER": "ftp://x", "IDP_SECRET_KEY": "short"})

    result = region.idp("doctor")

    assert result.exit_code == 1
    assert "IDP_ISSUER" in result.output
    assert "IDP_SECRET_KEY" in result.output


def test_it_makes_no_database_by_looking_for_one(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)

    assert any("idp db upgrade" in fault for fault in faults_of(region))
    assert not region.database.exists()


def test_missing_tables_are_met_with_the_command_that_makes_them(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)
    region.database.touch()

    assert any("idp db upgrade" in fault for fault in faults_of(region))


def test_missing_keys_are_met_with_the_command_that_makes_them(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)
    region.done("db", "upgrade")

    assert faults_of(region) == ["there are no signing keys: run `idp keys init`"]


def test_a_secret_key_that_opens_nothing_is_named(region: CliRegion) -> None:
    region.environment["IDP_SECRET_KEY"] = SECRET_KEY[::-1]

    assert any("IDP_SECRET_KEY" in fault for fault in faults_of(region))


def test_a_table_changed_by_hand_is_noticed(region: CliRegion) -> None:
    with sqlite3.connect(region.database) as connection:
        connection.execute("DROP INDEX ix_audit_events_account_id_id")

    assert any("idp db check" in fault for fault in faults_of(region))
    assert region.idp("db", "check").exit_code == 1


def test_a_database_that_cannot_be_reached_is_a_sentence(region: CliRegion) -> None:
    region.environment["IDP_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:9/none"

    assert any("database" in fault for fault in faults_of(region))
    for command in (("account", "list"), ("db", "upgrade"), ("db", "current"), ("serve",)):
        result = region.idp(*command)
        assert (result.exit_code, "database" in result.stderr) == (1, True)


@pytest.mark.parametrize("networks", ["0.0.0.0/0", "::/0", "127.0.0.1/32,0.0.0.0/1"])
def test_trusting_the_whole_world_as_a_proxy_is_a_fault(region: CliRegion, networks: str) -> None:
    region.environment["IDP_TRUSTED_PROXIES"] = networks

    assert any("IDP_TRUSTED_PROXIES" in fault for fault in faults_of(region))


def test_a_development_installation_is_not_open_to_the_network(region: CliRegion) -> None:
    region.environment["IDP_BIND"] = "0.0.0.0:18549"

    assert any("IDP_BIND" in fault for fault in faults_of(region))


def test_a_database_that_others_can_read_is_mentioned(region: CliRegion) -> None:
    region.database.chmod(0o644)

    assert "chmod 600" in region.idp("doctor").output


def test_a_clock_from_before_this_release_is_wrong() -> None:
    assert [finding.is_fault for finding in clock(datetime(2020, 1, 1, tzinfo=UTC))] == [True]


def test_an_older_schema_is_met_with_the_command_that_mends_it(region: CliRegion) -> None:
    management.downgrade(f"sqlite:///{region.database}", "base")

    assert any("idp db upgrade" in fault for fault in faults_of(region))
