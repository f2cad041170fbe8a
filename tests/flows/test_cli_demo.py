"""`idp demo`: one command, five sites, eight citizens; it stops as one and goes on where it left off."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from base64 import b32encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey
from sqlalchemy import delete

from idp.adapters.note_keys import verify_ed25519
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.factors.password import PasswordPolicy
from idp.cli import main
from idp.cli.demo import set_up, settings_of
from idp.cli.demo.people import CHEN, EAST_PEOPLE, PEOPLE, live_here
from idp.cli.demo.place import Place, find_folder
from idp.cli.demo.seed import fill_hub, fill_region, write_files
from idp.cli.demo.totp import code_at, seconds_left
from idp.cli.output import Refused
from idp.oidc.claims import ALL_CLAIMS
from idp.storage.schema_apps import apps
from idp.storage.statement import Statement
from idp.transparency import note as notes
from idp.transparency.cosignature import cosigned_at
from idp.transparency.note import NoteKey
from idp.wiring import build_services
from tests.support import ports
from tests.support.hub import payload_of
from tests.support.waiting import wait_until

PORTS = (0, 1, 2, 11, 12)
PORT_BASE = ports.block(*PORTS)
PATIENCE_SECONDS = 180


def fill(place: Place) -> None:
    write_files(place)
    fill_hub(settings_of(place.hub), place)
    fill_region(settings_of(place.east), place, place.east)


@contextmanager
def demonstration(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`idp demo` in this folder, as far as its last line of instructions; and what it said until then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "idp", "demo", "--port-base", str(PORT_BASE), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.getcwd(), "IDP_ISSUER": "https://somebody.else.example"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "east.toml" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, said
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def get(port: int, host: str, path: str = "/") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}", "Accept-Language": "en"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_starts_every_site_says_how_to_use_them_and_stops_as_one(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with demonstration(tmp_path) as (process, said):
        hub = get(PORT_BASE, "hub.id.localhost")
        region = get(PORT_BASE + 1, "east.id.localhost", "/.well-known/openid-configuration")
        west = get(PORT_BASE + 2, "west.id.localhost", "/.well-known/openid-configuration")
        apps = get(PORT_BASE + 11, "tax.apps.localhost"), get(PORT_BASE + 12, "health.apps.localhost")
        process.send_signal(ending)
        rest, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert f'"issuer":"http://east.id.localhost:{PORT_BASE + 1}"' in region[1].replace(" ", "")
    assert f'"issuer":"http://west.id.localhost:{PORT_BASE + 2}"' in west[1].replace(" ", "")
    assert "East" in hub[1]
    assert "West" in hub[1]
    assert [status for status, _ in apps] == [200, 200]
    assert f"http://tax.apps.localhost:{PORT_BASE + 11}" in said
    assert f"http://health.apps.localhost:{PORT_BASE + 12}" in said
    assert all(person.password in said and person.name in said for person in PEOPLE)
    assert process.returncode == 0
    assert "Stopped" in rest
    assert not any(is_listening(PORT_BASE + port) for port in PORTS)


def test_its_mini_apps_are_in_the_directories_of_their_regions(tmp_path: Path) -> None:
    with demonstration(tmp_path):
        tax = get(PORT_BASE + 1, "east.id.localhost", "/apps")
        health = get(PORT_BASE + 2, "west.id.localhost", "/apps/health")
        privacy = get(PORT_BASE + 12, "health.apps.localhost", "/privacy")

    assert "East Tax Service" in tax[1]
    assert "Health record" in health[1]
    assert f"http://health.apps.localhost:{PORT_BASE + 12}/privacy" in health[1]
    assert (tax[0], health[0], privacy[0]) == (200, 200, 200)


def test_a_second_start_goes_on_and_a_reset_begins_anew(tmp_path: Path) -> None:
    place = Place(tmp_path / "var" / "demo", PORT_BASE)
    with demonstration(tmp_path):
        first = place.east.secret_key_file.read_text()
    with demonstration(tmp_path):
        second = place.east.secret_key_file.read_text()
    with demonstration(tmp_path, "--reset"):
        third = place.east.secret_key_file.read_text()

    assert first == second != third


def test_its_regions_stand_by_the_hubs_list_as_witnesses(tmp_path: Path) -> None:
    with demonstration(tmp_path):
        # It begins without the witnesses when they are slow.
        wait_until(lambda: all(cosigners(claims) for claims in bundles()))
        found = bundles()

    for claims in found:
        assert claims["witnesses"]["quorum"] == 1
        assert {key.name.partition(".")[0] for key in witnesses(claims)} == {"east", "west"}


def bundles() -> list[dict[str, Any]]:
    """What the hub says of the regions, as it and West show it."""
    places = ((PORT_BASE, "hub.id.localhost"), (PORT_BASE + 2, "west.id.localhost"))
    return [payload_of(get(port, host, "/trust/bundle")[1]) for port, host in places]


def witnesses(claims: dict[str, Any]) -> list[NoteKey]:
    return [NoteKey.parse(key) for key in claims["witnesses"]["keys"]]


def cosigners(claims: dict[str, Any]) -> Mapping[NoteKey, object]:
    """The witnesses that stand by a bundle."""
    return cosigned_at(notes.parse(claims["log"]["checkpoint"]), witnesses(claims), verify_ed25519)


def test_one_site_that_dies_takes_the_others_with_it_and_says_where_to_look(tmp_path: Path) -> None:
    with demonstration(tmp_path) as (process, _):
        sites = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(sites[PORTS.index(1)]), signal.SIGKILL)
        rest, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "has stopped by itself" in rest
    assert "east.log" in rest
    assert not any(is_listening(PORT_BASE + port) for port in PORTS)


def test_a_taken_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", PORT_BASE + 11)):
        result = CliRunner().invoke(main, ["demo", "--port-base", str(PORT_BASE)])

    assert result.exit_code == 1
    assert f"port {PORT_BASE + 11}" in result.stderr.lower()
    assert "--port-base" in result.stderr
    assert not (tmp_path / "var").exists()


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("demo"), PORT_BASE)
    fill(place)
    return place


@pytest.fixture
def filled(filled_once: Place, tmp_path: Path) -> Place:
    """One of its own for each test: some take things away from it."""
    place = Place(shutil.copytree(filled_once.folder, tmp_path / "demo"), PORT_BASE)
    write_files(place)
    return place


def test_its_files_are_its_owners_alone(filled: Place) -> None:
    east = filled.east
    for path in (east.secret_key_file, filled.tax.key_file, east.settings_file, east.database_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_filling_again_changes_nothing(filled: Place) -> None:
    services = build_services(settings_of(filled.east))
    registry, keys = services.stores.registry, services.stores.keys
    before = (registry.find_by_id("tax"), keys.every(), filled.tax.key_file.read_text())

    fill(filled)

    assert (registry.find_by_id("tax"), keys.every(), filled.tax.key_file.read_text()) == before
    services.close()


def test_a_mini_app_that_lost_its_key_is_published_with_another(filled: Place) -> None:
    filled.tax.key_file.unlink()

    fill(filled)

    services = build_services(settings_of(filled.east))
    client, record = services.stores.registry.find_by_id("tax"), services.stores.apps.find("tax")
    services.close()
    assert client is not None
    assert record is not None
    assert record.in_force is not None
    key = ECKey.import_key(filled.tax.key_file.read_text())
    assert client.jwks == record.in_force.application.jwks
    assert [one["x"] for one in client.jwks["keys"]] == [key.as_dict(private=False)["x"]]


def test_a_mini_app_that_came_another_way_is_met_with_the_way_out(filled: Place) -> None:
    services = build_services(settings_of(filled.east))
    services.database.run(Statement(delete(apps).where(apps.c.client_id == "tax")))
    services.close()

    before = filled.tax.key_file.read_text()
    with pytest.raises(Refused, match="--reset"):
        set_up(filled)

    assert filled.tax.key_file.read_text() == before


def test_a_federation_does_not_move_to_other_ports(filled: Place) -> None:
    with pytest.raises(Refused, match="--port-base"):
        set_up(Place(filled.folder, PORT_BASE + 1))

    assert settings_of(filled.hub).issuer == filled.hub.issuer


def test_its_people_are_as_announced(filled: Place) -> None:
    services = build_services(settings_of(filled.east))
    accounts = [services.stores.accounts.find_by_identifier(person.username) for person in EAST_PEOPLE]
    totp = services.stores.credentials.find_totp(CHEN.account_id)

    assert live_here(services.stores.accounts)
    assert [account and account.name for account in accounts] == [person.name for person in EAST_PEOPLE]
    assert [account and account.is_active for account in accounts] == [
        person.is_active for person in EAST_PEOPLE
    ]
    assert totp is not None
    services.close()


def test_the_code_that_is_shown_now_is_still_good_to_sign_in(filled: Place) -> None:
    services = build_services(settings_of(filled.east))

    services.totp.verify(
        CHEN.account_id, code_at(CHEN.totp_seed or b"", services.clock.now()), now=services.clock.now()
    )

    services.close()


def test_one_of_the_people_has_every_claim() -> None:
    kept_by_the_provider = {"updated_at", "real_name_assurance"}

    assert any(set(person.claims) | kept_by_the_provider == set(ALL_CLAIMS) for person in PEOPLE)


def test_every_password_would_be_accepted_from_anybody() -> None:
    policy = PasswordPolicy(15, Blocklist.load(None), ("East", "东区"))

    for person in PEOPLE:
        policy.check(person.password, (person.username, *map(str, person.claims.values())))


def test_codes_are_those_of_any_authenticator_app() -> None:
    seed = CHEN.totp_seed or b""
    now = datetime(2026, 11, 23, 12, 0, 7, tzinfo=UTC)
    app = pyotp.TOTP(b32encode(seed).decode())
    moments = [now + number * timedelta(seconds=30) for number in range(20)]

    codes = [code_at(seed, moment) for moment in moments]

    assert codes == [app.at(moment) for moment in moments]
    assert seconds_left(now) == 23


def test_a_code_is_shown_for_whoever_has_an_app_and_for_nobody_else() -> None:
    shown = CliRunner().invoke(main, ["demo", "totp", "chenwei"])
    refused = CliRunner().invoke(main, ["demo", "totp", "anna"])

    assert shown.exit_code == 0
    assert shown.output[:6].isdecimal()
    assert refused.exit_code == 1
    assert "chenwei" in refused.stderr


def test_it_is_kept_here_or_else_in_the_users_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    here = find_folder()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    elsewhere = find_folder()

    assert here == tmp_path / "var" / "demo"
    assert elsewhere == tmp_path / "state" / "tongxing" / "demo"


def test_a_lost_secret_key_is_met_with_the_way_out(filled: Place) -> None:
    filled.east.secret_key_file.unlink()

    with pytest.raises(Refused, match="--reset"):
        set_up(filled)
