"""One person with a shell, in production: what widens trust is decided by two, also before there is any staff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idp.governance.roles import Action
from tests.flows.cli_region import CliRegion
from tests.flows.test_cli_staff import both_join, token_file
from tests.support.federation import jwks_of, new_key

TAX = (
    *("--client-id", "tax", "--name", "en=Tax", "--organisation", "East Tax Service"),
    *("--redirect-uri", "https://tax.example/callback"),
)
EVIL = "https://evil.example/callback"
AUDITOR, CLINIC, NEW = (f"https://{name}.apps.east.example" for name in ("auditor", "clinic", "new"))
GOOD, BETTER = "https://id.east.example/marks/good", "https://id.east.example/marks/better"
ENROL = ("enrol", NEW, "--jwks", "keys.json", "--type", "openid_relying_party", "--yes")
SETTINGS = {"IDP_ISSUER": "https://id.east.example", "IDP_ARGON2_MEMORY_KIB": "19456"}
PRODUCTION = {"IDP_MODE": "production", "IDP_DATABASE_SYNC": "full"}


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> CliRegion:
    """In production, with what it had when it was being tried out: a mini-app, two entities, one of them suspended,
    and a trust mark. The keys of another entity are in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("keys.json").write_text(json.dumps(jwks_of(new_key())))
    environment = {**SETTINGS, "IDP_MINI_APP_DOMAINS": ".apps.east.example"}
    built = CliRegion(tmp_path, environment).migrated(sqlite_template)
    built.done("client", "create", *TAX)
    for entity in (AUDITOR, CLINIC):
        built.done("federation", "enrol", entity, *ENROL[2:])
    built.done("federation", "suspend", AUDITOR)
    built.done("federation", "mark", "define", GOOD, "--issuer", f"{SETTINGS['IDP_ISSUER']}/fed")
    built.done("federation", "mark", "issue", GOOD, CLINIC)
    built.environment |= PRODUCTION
    return built


def vouched_for(region: CliRegion) -> list[Any]:
    """All that the region says of others, and what the audit trail has of it."""
    own = region.done("federation", "statement", f"{SETTINGS['IDP_ISSUER']}/fed")
    claims = json.loads(own)["claims"]
    return [
        region.json("federation", "list"),
        region.json("federation", "mark", "list"),
        claims.get("trust_mark_issuers"),
        *(
            region.json("audit", "search", "--kind", kind)
            for kind in ("subordinate_changed", "trust_mark_changed")
        ),
    ]


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


@pytest.mark.parametrize(
    "command",
    [
        ENROL,
        ("enrol", CLINIC, *ENROL[2:]),
        ("restore", AUDITOR),
        ("mark", "define", BETTER, "--issuer", "https://evil.example"),
        ("mark", "issue", GOOD, AUDITOR),
        ("delegate", GOOD, "https://evil.example"),
    ],
    ids=["enrol", "new-keys", "restore", "define", "issue", "delegate"],
)
def test_one_person_has_nobody_vouched_for(region: CliRegion, command: tuple[str, ...]) -> None:
    before = vouched_for(region)

    refused = region.idp("federation", *command)

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "idp admin bootstrap" in refused.stderr
    assert vouched_for(region) == before


def test_what_restricts_waits_for_nobody(region: CliRegion) -> None:
    assert "switched off" in region.done("client", "disable", "tax")
    assert "suspended" in region.done("federation", "suspend", CLINIC)
    assert "removed" in region.done("federation", "remove", CLINIC, "--yes")
    assert "removed" in region.done("federation", "remove", AUDITOR, "--yes")
    assert "Taken back: 1" in region.done("federation", "mark", "revoke", GOOD, CLINIC)


def test_with_a_staff_the_same_command_asks_for_the_change(region: CliRegion) -> None:
    both_join(region)
    region.environment["IDP_STAFF_TOKEN_FILE"] = str(
        token_file(region, Action.APP_READ, Action.APP_PROPOSE, Action.CHANGE_READ)
    )

    region.done("client", "edit", "tax", "--redirect-uri", EVIL, "--why", "It moves.")

    assert [one["kind"] for one in region.json("change", "list")] == ["client.change"]
    assert EVIL not in region.json("client", "show", "tax")["redirect_uris"]


def test_with_a_staff_the_same_command_asks_to_have_somebody_vouched_for(region: CliRegion) -> None:
    both_join(region)
    region.environment["IDP_STAFF_TOKEN_FILE"] = str(
        token_file(region, Action.MARK_PROPOSE, Action.CHANGE_READ)
    )
    before = vouched_for(region)

    region.done("federation", *ENROL, "--why", "They asked, and showed their keys.")

    assert [one["kind"] for one in region.json("change", "list")] == ["entity.enrol"]
    assert vouched_for(region) == before


@pytest.mark.parametrize("role", ["region", "hub"])
def test_what_it_takes_before_there_can_be_a_staff_one_person_does(tmp_path: Path, role: str) -> None:
    fresh = CliRegion(tmp_path, {**SETTINGS, **PRODUCTION, "IDP_ROLE": role})

    fresh.done("db", "upgrade")
    fresh.done("keys", "init")
    fresh.done("keys", "rotate", "--purpose", "federation", "--now")
    old = next(one["kid"] for one in fresh.json("keys", "list") if one["state"] == "verify_only")
    fresh.done("keys", "revoke", old, "--yes")
    if role == "hub":
        fresh.done("trust", "keys")
        fresh.done("trust", "publish")

    assert len(fresh.json("admin", "bootstrap", "--name", "Ada", "--name", "Ben")) == 2


def test_at_a_hub_one_person_names_nobody_whose_word_would_count(tmp_path: Path) -> None:
    hub = CliRegion(tmp_path, {**SETTINGS, **PRODUCTION, "IDP_ROLE": "hub"})
    hub.done("db", "upgrade")
    hub.done("keys", "init")

    for command in (
        ("federation", "mark", "define", GOOD, "--issuer", "https://evil.example"),
        ("federation", "delegate", GOOD, "https://evil.example"),
        ("witness", "add", "evil.example+1ad1b0a8+AAAA", "--at", "https://evil.example/witness"),
    ):
        refused = hub.idp(*command)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "idp admin bootstrap" in refused.stderr
