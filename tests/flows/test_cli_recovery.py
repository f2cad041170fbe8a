"""A counter visit from the command line: two officers, one code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.cli_region import CliRegion


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    made = CliRegion(tmp_path).migrated(sqlite_template)
    made.done("account", "create", "ada", "--password-stdin", typed="two cranes over the salt marsh\n")
    return made


def test_two_officers_make_one_code(region: CliRegion) -> None:
    visit = region.json("recovery", "begin", "ada", "--officer", "Li")

    approved = region.json("recovery", "approve", visit["id"], "--officer", "Wang")

    assert len(approved["code"].replace("-", "")) == 12
    assert approved["address"].endswith("/recover/counter")
    (listed,) = region.json("recovery", "list")
    assert (listed["id"], listed["state"], listed["officers"]) == (visit["id"], "approved", ["Li", "Wang"])
    history = region.done("account", "history", "ada")
    assert "recovery_requested" in history
    assert "recovery_approved" in history


@pytest.mark.parametrize("name", ["Li", "li", " LI "])
def test_one_officer_cannot_be_both(region: CliRegion, name: str) -> None:
    visit = region.json("recovery", "begin", "ada", "--officer", "Li")

    refused = region.idp("recovery", "approve", visit["id"], "--officer", name)

    assert refused.exit_code == 1
    assert "ask another one" in refused.output


def test_nothing_is_approved_twice_or_unasked(region: CliRegion) -> None:
    visit = region.json("recovery", "begin", "ada", "--officer", "Li")
    region.done("recovery", "approve", visit["id"], "--officer", "Wang")

    for recovery_id in (visit["id"], "unknown"):
        refused = region.idp("recovery", "approve", recovery_id, "--officer", "Zhao")
        assert refused.exit_code == 1


def test_an_officer_stops_a_recovery(region: CliRegion) -> None:
    visit = region.json("recovery", "begin", "ada", "--officer", "Li")

    region.done("recovery", "cancel", visit["id"])

    assert region.idp("recovery", "cancel", visit["id"]).exit_code == 1
    assert region.idp("recovery", "approve", visit["id"], "--officer", "Wang").exit_code == 1
    assert region.json("recovery", "list") == []


def test_what_was_lost_is_named_and_must_exist(region: CliRegion) -> None:
    refused = region.idp("recovery", "begin", "ada", "--officer", "Li", "--lost", "totp")
    assert refused.exit_code == 1
    assert "there are: none" in refused.output

    assert region.json("recovery", "begin", "ada", "--officer", "Li", "--lost", "all")["lost"] == []


def test_nobody_unknown_is_recovered(region: CliRegion) -> None:
    assert region.idp("recovery", "begin", "nobody", "--officer", "Li").exit_code == 1
    assert region.idp("recovery", "begin", "ada", "--officer", "  ").exit_code == 1
