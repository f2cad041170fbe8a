"""`idp trust`: an operator of the hub edits the list, and real regions answer over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.foundation.clock import SystemClock
from tests.flows.cli_region import SECRET_KEY, CliRegion
from tests.support.hub import SimulatedRegion, payload_of

HUB = "http://hub.id.localhost:18550"


@pytest.fixture
def hub(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path, {"IDP_ISSUER": HUB, "IDP_ROLE": "hub", "IDP_SECRET_KEY": SECRET_KEY}).migrated(
        sqlite_template
    )


@contextmanager
def serving() -> Iterator[SimulatedRegion]:
    """A region that answers on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.send(parts.path, parse_qs(parts.query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            region.hints.append(json.loads(body)["seq"])
            self.send(self.path, {})

        def send(self, path: str, query: dict[str, list[str]]) -> None:
            answer = region.answer(path, query)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        op = f"http://east.id.localhost:{server.server_address[1]}"
        region = SimulatedRegion(op, SystemClock(), hub=HUB)  # type: ignore[arg-type]
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield region
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def east() -> Iterator[SimulatedRegion]:
    with serving() as region:
        yield region


def added(hub: CliRegion, east: SimulatedRegion) -> None:
    given = [argument for one in east.thumbprints for argument in ("--thumbprint", one)]
    hub.done("trust", "add", east.op, "--ceiling", "3", *given)


def test_a_region_is_added_with_the_keys_that_were_compared(hub: CliRegion, east: SimulatedRegion) -> None:
    said = hub.done("trust", "add", east.op, "--ceiling", "2", "--name", "en=East", typed="y\n")

    assert east.thumbprints[0] in said
    facts = hub.json("trust", "show", east.op)
    assert (facts["state"], facts["ceiling"], facts["name"]) == ("active", 2, {"en": "East"})
    assert facts["federation_keys"] == east.thumbprints


def test_a_region_whose_keys_are_others_is_not_added(hub: CliRegion, east: SimulatedRegion) -> None:
    refused = hub.idp("trust", "add", east.op, "--ceiling", "3", "--thumbprint", "another")
    aborted = hub.idp("trust", "add", east.op, "--ceiling", "3", typed="n\n")

    assert (refused.exit_code, aborted.exit_code) == (1, 1)
    assert hub.json("trust", "list") == []


def test_the_life_of_a_region_on_the_list(hub: CliRegion, east: SimulatedRegion) -> None:
    added(hub, east)

    hub.done("trust", "ceiling", east.op, "1")
    hub.done("trust", "suspend", east.op, "--reason", "review")
    suspended = hub.json("trust", "show", east.op)
    hub.done("trust", "restore", east.op)
    hub.done("trust", "revoke-key", east.op, east.provider_keys[0].thumbprint(), "--yes")
    hub.done("trust", "remove", east.op, "--reason", "superseded", "--yes")

    assert (suspended["state"], suspended["reason"], suspended["ceiling"]) == ("suspended", "review", 1)
    (line,) = hub.json("trust", "list")
    assert (line["state"], line["reason"]) == ("removed", "superseded")
    # Told of each change while it was active; it was not of the two others.
    assert east.hints == [1, 2, 4, 5]


@pytest.mark.parametrize("kid", ["-x1", "-xhx", "-h1", "--x"])
def test_the_id_of_a_key_may_begin_like_an_option(hub: CliRegion, east: SimulatedRegion, kid: str) -> None:
    added(hub, east)

    refused = hub.idp("trust", "revoke-key", east.op, kid, "--yes")

    assert (refused.exit_code, "has no key of this name" in refused.stderr) == (1, True)


def test_what_the_list_does_not_allow_is_said_in_a_sentence(hub: CliRegion, east: SimulatedRegion) -> None:
    added(hub, east)

    again = hub.idp("trust", "add", east.op, "--ceiling", "3", "--thumbprint", east.thumbprints[0])
    unknown = hub.idp("trust", "restore", "https://nobody.example")

    assert (again.exit_code, unknown.exit_code) == (1, 1)
    assert "is on the list already" in again.output
    assert "https://nobody.example is not on the list" in unknown.output.lower()


def test_a_visit_brings_new_keys_or_says_what_is_wrong(hub: CliRegion, east: SimulatedRegion) -> None:
    added(hub, east)
    new = east.announce().thumbprint()

    changed = hub.done("trust", "visit")
    east.metadata = {"issuer": "https://somebody.example"}
    failed = hub.idp("trust", "visit", east.op)

    assert "changed" in changed
    assert new in hub.json("trust", "show", east.op)["federation_keys"]
    assert failed.exit_code == 1
    assert "the issuer of a provider is its entity id" in failed.output
    assert hub.json("trust", "list")[0]["fault"]


def test_the_bundle_is_verified_offline_with_the_file_of_keys(
    hub: CliRegion, east: SimulatedRegion, tmp_path: Path
) -> None:
    added(hub, east)
    hub.done("trust", "publish")
    bundle, keys, others = (tmp_path / name for name in ("bundle", "keys.json", "others.json"))
    bundle.write_text(newest(hub))
    keys.write_text(hub.done("trust", "keys", "--root-version", "3"))
    others.write_text(json.dumps({"keys": payload_of(newest(hub))["anchor_jwks"]["keys"]}))

    facts = hub.json("trust", "verify", str(bundle), "--keys", str(keys))
    refused = hub.idp("trust", "verify", str(bundle), "--keys", str(others))
    cut = hub.idp("trust", "verify", str(keys), "--keys", str(keys))

    assert facts["regions"] == {east.op: "active"}
    assert json.loads(keys.read_text())["root_version"] == 3
    assert (refused.exit_code, cut.exit_code) == (1, 1)


def test_every_change_is_in_the_audit_trail(hub: CliRegion, east: SimulatedRegion) -> None:
    added(hub, east)
    hub.done("trust", "suspend", east.op, "--reason", "review")

    import sqlite3

    with sqlite3.connect(hub.database) as connection:
        rows = connection.execute(
            "SELECT subject FROM audit_events WHERE kind = 'trust_list_changed'"
        ).fetchall()

    assert [subject for (subject,) in rows] == [f"add {east.op}", f"suspend {east.op} review"]


def test_a_region_has_no_list(tmp_path: Path, sqlite_template: Path) -> None:
    region = CliRegion(tmp_path).migrated(sqlite_template)

    refused = region.idp("trust", "list")

    assert refused.exit_code == 1
    assert "the trust list is on the hub" in refused.output


def newest(hub: CliRegion) -> str:
    """The signed bundle, from the hub's database."""
    import sqlite3

    with sqlite3.connect(hub.database) as connection:
        (signed,) = connection.execute(
            "SELECT signed FROM trust_contents ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    return str(signed)


def test_the_doctor_says_how_the_list_is(hub: CliRegion, east: SimulatedRegion) -> None:
    before = findings(hub)
    added(hub, east)
    east.metadata = {"issuer": "https://somebody.example"}
    hub.idp("trust", "visit")

    after = findings(hub)

    assert any("no trust bundle has been signed yet" in said for said in before["advice"])
    assert any("IDP_KEY_PUBLISH_AHEAD" in said for said in before["advice"])
    assert not before.get("fault")
    assert any(f"the last visit to {east.op} came to nothing" in said for said in after["advice"])
    assert any("bundle 1 was signed" in said for said in after["good"])


def test_the_doctor_sees_a_hub_that_nobody_serves(hub: CliRegion, east: SimulatedRegion) -> None:
    """And what it says keeps nobody from serving it."""
    import sqlite3

    east.lifetime = timedelta(hours=2)
    added(hub, east)
    with sqlite3.connect(hub.database) as connection:
        connection.execute("UPDATE trust_contents SET signed_at = signed_at - 3600000")

    faults = findings(hub)["fault"]

    assert any("was signed 60 minutes ago" in said for said in faults)
    assert any(f"the statements of {east.op} end at" in said for said in faults)


def findings(hub: CliRegion) -> dict[str, list[str]]:
    """What the doctor says, by how much it matters."""
    found: dict[str, list[str]] = {}
    for one in json.loads(hub.idp("doctor", "--json").stdout):
        found.setdefault(one["severity"], []).append(one["sentence"])
    return found
