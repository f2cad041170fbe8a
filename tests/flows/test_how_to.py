"""The commands of the how-to pages work as they are printed, in the order of the page."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests.architecture.source import ROOT
from tests.flows.cli_region import CliRegion

PASSWORD = "seven herons over the river"
NEW_PASSWORD = "eleven lanterns by the gate"


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> CliRegion:
    """A region in production mode, with Anna and the public key of a mini-app in the current folder."""
    environment = {
        "IDP_ISSUER": "https://id.east.example",
        "IDP_MODE": "production",
        "IDP_DATABASE_SYNC": "full",
        "IDP_ARGON2_MEMORY_KIB": "19456",
    }
    monkeypatch.chdir(tmp_path)
    key = ECKey.generate_key("P-256").as_dict(private=False, kid="tax-1", use="sig", alg="ES256")
    Path("public.json").write_text(json.dumps({"keys": [key]}))
    region = CliRegion(tmp_path, environment).migrated(sqlite_template)
    region.done(
        "account", "create", "anna", "--claim", "name=李安娜", "--password-stdin", typed=f"{PASSWORD}\n"
    )
    return region


def commands(name: str) -> list[list[str]]:
    """Every `idp …` line of a page's shell blocks, without the first word."""
    text = (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")
    lines = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in lines.splitlines() if line.startswith("idp ")]


def test_every_mini_app_of_the_page_can_be_registered_and_changed(region: CliRegion) -> None:
    region.environment["IDP_MODE"] = "development"

    for words in commands("register-a-mini-app.md"):
        region.done(*words)

    kinds = {one["client_id"]: one["auth_method"] for one in region.json("client", "list")}
    assert kinds == {
        "library": "client_secret_basic",
        "library-app": "none",
        "night-batch": "client_secret_basic",
        "tax": "private_key_jwt",
        "tax-api": "client_secret_basic",
    }


def test_an_entity_can_be_enrolled_looked_at_and_put_out(region: CliRegion) -> None:
    region.environment |= {"IDP_MODE": "development", "IDP_MINI_APP_DOMAINS": ".apps.east.example"}
    key = ECKey.generate_key("P-256").as_dict(private=False, kid="health-1", use="sig", alg="ES256")
    Path("health.json").write_text(json.dumps({"keys": [key]}))
    policy = {"openid_relying_party": {"scope": {"subset_of": ["openid", "profile"]}}}
    Path("policy.json").write_text(json.dumps(policy))

    for words in commands("enrol-an-entity.md"):
        region.done(*words)

    (one,) = region.json("federation", "list")
    assert (one["state"], one["policy"]) == ("removed", policy)
    (mark,) = region.json("federation", "mark", "list")
    assert mark["status"] == "revoked"


def test_the_keys_can_be_seen_changed_and_withdrawn(region: CliRegion) -> None:
    region.environment["IDP_MODE"] = "development"
    library = next(words for words in commands("register-a-mini-app.md") if "library" in words)
    region.done(*library)
    leaked = region.json("keys", "list")[0]["kid"]

    for words in commands("rotate-keys.md"):
        region.done(*(leaked if word == "KID" else word for word in words), typed="y\n")

    assert leaked not in [key["kid"] for key in region.json("keys", "list")]


def test_a_lost_second_factor_can_be_reset(region: CliRegion) -> None:
    with closing(sqlite3.connect(region.database)) as connection, connection:
        connection.execute("INSERT INTO totp_credentials SELECT id, x'00', created_at, 0 FROM accounts")
        connection.execute(
            "INSERT INTO authenticators (account_id, id, method, properties, label, created_at,"
            " last_used_address, last_used_agent)"
            " SELECT id, 'totp', 'totp', 'possession', '', created_at, '', '' FROM accounts"
        )

    for words in commands("reset-a-second-factor.md"):
        region.done(*words, typed=f"{NEW_PASSWORD}\n" * 2)

    anna = region.json("account", "show", "anna")
    assert (anna["active"], anna["totp_confirmed_at"]) == (True, None)
