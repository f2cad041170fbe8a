"""`idp witness`: a region that becomes one, and a hub that names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idp.transparency.note import NoteKey, SignatureType
from tests.flows.cli_region import SECRET_KEY, CliRegion
from tests.support.witnesses import Signer, witness

HUB = "http://hub.id.localhost:18550"
ADDRESS = "http://east.id.localhost:9/witness"


@pytest.fixture
def hub(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    settings = {"IDP_ISSUER": HUB, "IDP_ROLE": "hub", "IDP_SECRET_KEY": SECRET_KEY}
    return CliRegion(tmp_path, settings).migrated(sqlite_template)


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    settings = {
        "IDP_SECRET_KEY": SECRET_KEY,
        "IDP_WITNESS_MEMORY_FILE": str(tmp_path / "memory.json"),
        "IDP_WITNESS_LOGS": str(Signer("other.example/log").key),
    }
    return CliRegion(tmp_path, settings).migrated(sqlite_template)


def test_a_region_says_its_key_and_where_it_is_asked(region: CliRegion) -> None:
    facts = region.json("witness", "key")

    key = NoteKey.parse(facts["key"])
    assert key.type is SignatureType.COSIGNATURE
    assert f"http://{key.name}" == facts["address"]
    assert region.json("witness", "key") == facts, "the key does not change by itself"


def test_a_region_says_which_logs_it_cosigns(region: CliRegion) -> None:
    (line,) = region.json("witness", "status")

    assert (line["log"], line["is_watched"], line["entries"]) == ("other.example/log", True, 0)


def test_a_memory_that_is_there_is_not_begun_again(region: CliRegion, tmp_path: Path) -> None:
    assert "with 0 logs" in region.done("witness", "resume", "--yes")

    again = region.idp("witness", "resume", "--yes")

    assert again.exit_code == 1
    assert "nothing is to be resumed" in again.output


def test_a_region_that_is_no_witness_says_how_it_becomes_one(region: CliRegion) -> None:
    del region.environment["IDP_WITNESS_MEMORY_FILE"]

    refused = region.idp("witness", "key")

    assert refused.exit_code == 1
    assert "IDP_WITNESS_MEMORY_FILE" in refused.output


def test_a_key_of_a_log_that_cannot_be_read_is_refused_at_start(region: CliRegion) -> None:
    region.environment["IDP_WITNESS_LOGS"] = "other.example/log+nothing"

    refused = region.idp("witness", "status")

    assert refused.exit_code == 1
    assert "IDP_WITNESS_LOGS" in refused.output


def test_a_hub_names_its_witnesses_and_how_many_must_stand_by_it(hub: CliRegion) -> None:
    one, other = str(witness().key), str(witness("west.example/witness").key)

    hub.done("witness", "add", one, "--at", ADDRESS)
    hub.done("witness", "add", other, "--at", f"{ADDRESS}2")
    said = hub.done("witness", "quorum", "1")

    listed = hub.json("witness", "list")
    assert listed["quorum"] == 1
    assert {each["key"]: each["address"] for each in listed["witnesses"]} == {
        one: ADDRESS,
        other: f"{ADDRESS}2",
    }
    assert listed["is_waiting"]
    assert (listed["waiting"]["standing"], listed["waiting"]["needed"]) == (0, 1)
    assert "0 of 1 witnesses stand by it" in hub.done("witness", "list")
    assert "waits for witnesses" in said
    assert "waits for witnesses" in hub.done("trust", "list")
    assert json.loads(hub.done("trust", "keys"))["witnesses"] == {"quorum": 1, "keys": sorted([one, other])}


def test_a_witness_is_named_no_more(hub: CliRegion) -> None:
    one = str(witness().key)
    hub.done("witness", "add", one, "--at", ADDRESS)

    hub.done("witness", "remove", one)
    unknown = hub.idp("witness", "remove", one)

    assert json.loads(hub.done("trust", "keys"))["witnesses"] == {"quorum": 0, "keys": []}
    assert [each["is_former"] for each in hub.json("witness", "list")["witnesses"]] == [True]
    assert unknown.exit_code == 1


def test_what_is_no_witness_is_not_named(hub: CliRegion) -> None:
    one = witness()
    alias = NoteKey("alias.example/witness", SignatureType.COSIGNATURE, one.key.public)
    hub.done("witness", "add", str(one.key), "--at", ADDRESS)

    refusals = [
        hub.idp("witness", "add", "nonsense", "--at", ADDRESS),
        hub.idp("witness", "add", str(Signer("a.example/log").key), "--at", ADDRESS),
        hub.idp("witness", "add", str(witness("b.example").key), "--at", "east.example"),
        hub.idp("witness", "add", str(witness("b.example").key), "--at", f"{ADDRESS}/"),
        hub.idp("witness", "add", str(alias), "--at", ADDRESS),
        hub.idp("witness", "quorum", "2"),
    ]

    assert [refusal.exit_code for refusal in refusals] == [1] * 6
    assert len(hub.json("witness", "list")["witnesses"]) == 1


def test_the_two_sides_are_told_apart(hub: CliRegion, region: CliRegion) -> None:
    assert hub.idp("witness", "key").exit_code == 1
    assert region.idp("witness", "list").exit_code == 1


def test_the_doctor_says_what_is_wrong_with_the_witnesses(hub: CliRegion, region: CliRegion) -> None:
    hub.done("witness", "add", str(witness().key), "--at", ADDRESS)
    hub.done("witness", "quorum", "1")

    said = hub.idp("doctor").output

    assert "what gives trust has waited for witnesses since" in said.lower()
    assert f"the witness at {ADDRESS} did not cosign" in said.lower()
    assert "is a witness of 1 logs" in region.idp("doctor").output
