"""One person with a shell, in production: a mini-app is let in by two, also before there is any staff."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.governance.roles import Action
from tests.flows.cli_region import CliRegion
from tests.flows.test_cli_staff import both_join, token_file

TAX = (
    *("--client-id", "tax", "--name", "en=Tax", "--organisation", "East Tax Service"),
    *("--redirect-uri", "https://tax.example/callback"),
)
EVIL = "https://evil.example/callback"


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    """In production, with a mini-app from the time when it was being tried out."""
    environment = {"IDP_ISSUER": "https://id.east.example", "IDP_ARGON2_MEMORY_KIB": "19456"}
    built = CliRegion(tmp_path, environment).migrated(sqlite_template)
    built.done("client", "create", *TAX)
    built.environment |= {"IDP_MODE": "production", "IDP_DATABASE_SYNC": "full"}
    return built


@pytest.mark.parametrize(
    "command",
    [
        ("create", "--client-id", "evil", *TAX[2:]),
        ("edit", "tax", "--redirect-uri", EVIL),
        ("enable", "tax"),
        ("rotate-secret", "tax"),
    ],
    ids=lambda command: command[0],
)
def test_one_person_lets_no_mini_app_in_and_becomes_none(region: CliRegion, command: tuple[str, ...]) -> None:
    region.done("client", "disable", "tax")
    before = region.json("client", "list")

    refused = region.idp("client", *command)

    assert refused.exit_code == 1
    assert "idp admin bootstrap" in refused.stderr
    assert "idp app submit" in refused.stderr
    assert region.json("client", "list") == before


def test_one_of_the_two_who_were_invited_is_still_one(region: CliRegion) -> None:
    region.done("admin", "bootstrap", "--name", "Ada", "--name", "Ben")

    assert region.idp("client", "edit", "tax", "--redirect-uri", EVIL, "--why", "I say so.").exit_code == 1


def test_what_restricts_waits_for_nobody(region: CliRegion) -> None:
    assert "switched off" in region.done("client", "disable", "tax")


def test_with_a_staff_the_same_command_asks_for_the_change(region: CliRegion) -> None:
    both_join(region)
    region.environment["IDP_STAFF_TOKEN_FILE"] = str(
        token_file(region, Action.APP_READ, Action.APP_PROPOSE, Action.CHANGE_READ)
    )

    region.done("client", "edit", "tax", "--redirect-uri", EVIL, "--why", "It moves.")

    assert [one["kind"] for one in region.json("change", "list")] == ["client.change"]
    assert EVIL not in region.json("client", "show", "tax")["redirect_uris"]
