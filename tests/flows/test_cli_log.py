"""`idp log` and `idp audit`: an operator takes the record away, and somebody else verifies it without network."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from idp.foundation.clock import SystemClock
from idp.transparency import note as notes
from idp.transparency.cosignature import cosign
from tests.flows.cli_region import CliRegion
from tests.support.witnesses import witness


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    made = CliRegion(tmp_path).migrated(sqlite_template)
    for name in ("ada", "bo"):
        made.done("account", "create", name, "--password-stdin", typed="a long enough passphrase\n")
        made.done("account", "disable", name)
    return made


def key_of(region: CliRegion) -> str:
    (log,) = region.json("log", "list")
    assert log["name"] == "audit"
    (key,) = log["keys"]
    return str(key)


def exported(region: CliRegion, folder: Path) -> str:
    region.done("log", "export", "audit", str(folder))
    return str(folder)


def account_id(region: CliRegion, name: str) -> str:
    found: list[dict[str, Any]] = region.json("audit", "search", "--account", name)
    return str(found[0]["account"])


def test_a_log_is_exported_and_verified(region: CliRegion, tmp_path: Path) -> None:
    folder = exported(region, tmp_path / "log")

    facts = region.json("log", "verify", folder, "--key", key_of(region))

    (log,) = region.json("log", "list")
    assert facts["entries"] == log["entries"] == 4
    assert facts["root"] == log["root"]
    assert facts["log"] == log["origin"]


def test_a_log_is_verified_against_the_checkpoint_of_the_last_time(region: CliRegion, tmp_path: Path) -> None:
    folder = exported(region, tmp_path / "log")
    kept = tmp_path / "kept"
    kept.write_bytes((tmp_path / "log" / "checkpoint").read_bytes())
    region.done("account", "enable", "ada")
    exported(region, tmp_path / "log")

    said = region.done("log", "verify", folder, "--key", key_of(region), "--previous", str(kept))

    assert "5" in said
    assert "Every entry is in its place" in said


def test_what_was_changed_in_the_database_is_found(region: CliRegion, tmp_path: Path) -> None:
    """Whoever has the database changes an entry after it was signed and seen."""
    folder = exported(region, tmp_path / "log")
    with sqlite3.connect(region.database) as connection:
        connection.execute(
            "UPDATE log_entries SET entry = CAST(replace(entry, 'disabled', 'enabled_') AS BLOB)"
        )
    (tmp_path / "log" / "tile" / "entries" / "000.p" / "4").unlink()
    exported(region, tmp_path / "log")

    refused = region.idp("log", "verify", folder, "--key", key_of(region))

    assert refused.exit_code == 1
    assert "Entry 1 was changed" in refused.output


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("nonsense", "cannot be read"),
        ("east.id.localhost:8001/log/audit+deadbeef+AQ==", "cannot be read"),
    ],
)
def test_a_key_that_is_none_is_refused(region: CliRegion, tmp_path: Path, key: str, said: str) -> None:
    refused = region.idp("log", "verify", exported(region, tmp_path / "log"), "--key", key)

    assert (refused.exit_code, said in refused.output) == (1, True)


def test_a_folder_that_somebody_elses_key_signed_is_refused(region: CliRegion, tmp_path: Path) -> None:
    folder, key = exported(region, tmp_path / "log"), key_of(region)
    region.done("keys", "rotate", "--purpose", "log", "--alg", "EdDSA", "--now")
    exported(region, tmp_path / "log")

    refused = region.idp("log", "verify", folder, "--key", key)

    assert refused.exit_code == 1
    assert "None of these keys signed" in refused.output


def test_there_is_no_log_of_another_name(region: CliRegion, tmp_path: Path) -> None:
    refused = region.idp("log", "export", "trust", str(tmp_path / "log"))

    assert refused.exit_code == 1
    assert "only: audit" in refused.output


def test_the_trail_is_searched(region: CliRegion) -> None:
    def kinds(*wanted: str) -> list[str]:
        return [line["kind"] for line in region.json("audit", "search", *wanted)]

    ada = account_id(region, "ada")

    assert kinds() == [
        "account_disabled",
        "account_created",
        "account_disabled",
        "account_created",
    ]
    assert kinds("--kind", "account_created") == ["account_created"] * 2
    assert kinds("--account", ada) == kinds("--account", "ada") == ["account_disabled", "account_created"]
    assert kinds("--since", "2200-01-01") == []
    assert kinds("--until", "2000-01-01") == []
    assert len(kinds("--limit", "2")) == 2
    assert ada in region.done("audit", "search", "--account", "ada")


def test_lines_are_taken_away_with_their_proofs(region: CliRegion, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    region.done("audit", "export", str(file), "--account", "ada")

    said = region.done("audit", "verify", str(file), "--key", key_of(region))

    assert said.startswith("2 lines")
    assert file.stat().st_mode & 0o077 == 0
    assert region.json("audit", "search", "--kind", "audit_exported")[0]["subject"] == "2"
    assert region.idp("audit", "export", str(file)).exit_code == 1, "nothing is written over"


@pytest.mark.parametrize("change", ["account", "entry", "proof", "salt", "checkpoint"])
def test_a_line_that_was_changed_is_not_believed(region: CliRegion, tmp_path: Path, change: str) -> None:
    file = tmp_path / "lines.jsonl"
    region.done("audit", "export", str(file), "--account", "ada")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    match change:
        case "account":
            lines[1]["concerns"]["account"] = account_id(region, "bo")
        case "entry":
            lines[1]["entry"] = lines[1]["entry"].replace("account_disabled", "account_created")
        case "proof":
            lines[1]["proof"] = lines[2]["proof"]
        case "salt":
            lines[1]["concerns"]["salt"] = lines[2]["concerns"]["salt"]
        case "checkpoint":
            lines[0]["checkpoint"] = lines[0]["checkpoint"].replace("\n4\n", "\n5\n")
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    refused = region.idp("audit", "verify", str(file), "--key", key_of(region))

    assert refused.exit_code == 1


def test_a_person_is_forgotten_and_every_proof_holds(region: CliRegion, tmp_path: Path) -> None:
    before = exported(region, tmp_path / "before")
    ada = account_id(region, "ada")

    region.done("audit", "forget", "ada", "--yes")

    assert region.json("audit", "search", "--account", ada) == []
    with sqlite3.connect(region.database) as connection:
        dump = "\n".join(connection.iterdump())
    assert ada not in dump.split("CREATE TABLE audit_events")[1].split("CREATE TABLE")[0]
    file, kept = tmp_path / "lines.jsonl", tmp_path / "before" / "checkpoint"
    region.done("audit", "export", str(file))
    region.done("audit", "verify", str(file), "--key", key_of(region))
    after = exported(region, tmp_path / "after")
    region.done("log", "verify", after, "--key", key_of(region), "--previous", str(kept))
    region.done("log", "verify", before, "--key", key_of(region))
    assert region.json("audit", "search", "--kind", "person_forgotten")[0]["subject"] == "2"


def test_an_auditor_verifies_the_trust_log_of_a_hub(tmp_path: Path, sqlite_template: Path) -> None:
    settings = {"IDP_ISSUER": "http://hub.id.localhost:18550", "IDP_ROLE": "hub"}
    hub = CliRegion(tmp_path, settings).migrated(sqlite_template)
    hub.done("trust", "publish")
    folder = tmp_path / "log"
    hub.done("log", "export", "trust", str(folder))
    (key,) = next(log["keys"] for log in hub.json("log", "list") if log["name"] == "trust")

    facts = hub.json("trust", "verify", str(folder), "--key", key)

    assert facts["log"] == "hub.id.localhost:18550/log/trust"
    assert facts["entries"] == 2
    assert hub.idp("trust", "verify", str(folder)).exit_code == 2
    assert hub.idp("trust", "verify", str(folder / "checkpoint")).exit_code == 2


def test_a_log_is_verified_with_its_witnesses(region: CliRegion, tmp_path: Path) -> None:
    folder, key = exported(region, tmp_path / "log"), key_of(region)
    one, other = witness("one.example/witness"), witness("other.example/witness")
    head = tmp_path / "log" / "checkpoint"
    note = notes.parse(head.read_text())
    head.write_text(str(note.with_signatures([cosign(note.text, one, now=SystemClock().now())])))

    def verified(*more: str) -> int:
        return region.idp("log", "verify", folder, "--key", key, *more).exit_code

    both = ("--witness", str(one.key), "--witness", str(other.key))
    assert verified("--witness", str(one.key)) == 0
    assert verified(*both, "--quorum", "1") == 0
    assert verified("--witness", str(other.key)) == 1
    assert verified(*both) == 1
    assert verified("--witness", str(one.key), "--quorum", "2") == 1
