"""People, mini-apps, keys and the database from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from idp.foundation.identifiers import digest
from idp.wiring import Services, build_services
from tests.flows.cli_region import SECRET_KEY, CliRegion
from tests.support.leak_guard import LeakGuard
from tests.support.provider import settings_for
from tests.unit.registry.applications import P256_KEY

PASSWORD = "copper kettles in the morning"


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


@pytest.fixture
def tax(region: CliRegion) -> str:
    """A registered mini-app with a secret."""
    region.done("client", "create", *TAX)
    return "tax"


TAX = (
    *(
        "--client-id",
        "tax",
        "--name",
        "en=Tax",
        "--name",
        "zh-CN=个人所得税",
        "--organisation",
        "East Tax Service",
    ),
    *("--redirect-uri", "https://tax.example/callback", "--scope", "openid", "--scope", "profile"),
    *("--purpose", "birthdate:en=To find your allowance"),
)


def services_of(region: CliRegion) -> Services:
    return build_services(settings_for(f"sqlite:///{region.database}"))


def add_lin(region: CliRegion) -> None:
    claims = ("--claim", "name=林晓", "--claim", "email=lin@east.example", "--claim", "email_verified=true")
    region.done("account", "create", "lin", *claims, "--password-stdin", typed=f"{PASSWORD}\n")


# --- in general


def test_help_answers_at_once_and_imports_nothing_heavy() -> None:
    program = "import sys; from idp.cli import main; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert not {"flask", "sqlalchemy", "alembic", "granian", "joserfc", "cryptography", "argon2"} & set(
        loaded
    )


def test_bad_settings_are_listed_all_at_once(tmp_path: Path) -> None:
    changes = {"IDP_ISSUER": "http://id.east.example", "IDP_MODE": "production", "IDP_DEBUG": "yes"}

    result = CliRegion(tmp_path, changes).idp("account", "list")

    assert result.exit_code == 1
    assert [line[:2] for line in result.stderr.splitlines()].count("- ") >= 3
    assert "IDP_ISSUER must be https" in result.stderr
    assert "IDP_DEBUG is on" in result.stderr


def test_a_database_without_tables_is_met_with_the_command_that_makes_them(tmp_path: Path) -> None:
    result = CliRegion(tmp_path).idp("account", "list")

    assert result.exit_code == 1
    assert "idp db upgrade" in result.stderr


def test_a_wrong_secret_key_is_named(region: CliRegion) -> None:
    region.environment["IDP_SECRET_KEY"] = SECRET_KEY[::-1]

    result = region.idp("keys", "rotate", "--now")

    assert result.exit_code == 1
    assert "IDP_SECRET_KEY" in result.stderr


# --- people


def test_an_account_is_created_and_shown(region: CliRegion) -> None:
    add_lin(region)

    found = region.json("account", "show", "lin@east.example")

    assert found["username"] == "lin"
    assert found["active"] is True
    assert found["claims"]["name"] == "林晓"
    assert found["claims"]["email_verified"] is True
    assert found["password_changed_at"]


def test_a_password_can_be_typed_and_is_not_shown(region: CliRegion, leak_guard: LeakGuard) -> None:
    leak_guard.remember(PASSWORD)

    result = region.idp("account", "create", "lin", "--claim", "name=林晓", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert services_of(region).stores.accounts.find_by_identifier("lin")


@pytest.mark.parametrize(("password", "reason"), [("short", "too short"), ("password", "too many people")])
def test_a_bad_password_leaves_no_account_behind(region: CliRegion, password: str, reason: str) -> None:
    region.environment["IDP_PASSWORD_MIN_LENGTH"] = "8"

    result = region.idp("account", "create", "lin", "--password-stdin", typed=password)

    assert result.exit_code == 1
    assert reason in result.stderr.lower()
    assert services_of(region).stores.accounts.find_by_identifier("lin") is None


def test_every_problem_of_a_person_is_listed(region: CliRegion) -> None:
    claims = ("--claim", "birthdate=tomorrow", "--claim", "shoe_size=43")

    result = region.idp("account", "create", "13800000000", *claims, "--password-stdin", typed=PASSWORD)

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 3


def test_a_username_is_given_once(region: CliRegion) -> None:
    add_lin(region)

    result = region.idp("account", "create", "LIN", "--password-stdin", typed=PASSWORD)

    assert result.exit_code == 1
    assert "another account" in result.stderr.lower()


def test_an_account_is_switched_off_and_on(region: CliRegion) -> None:
    add_lin(region)

    first, again = region.done("account", "disable", "lin"), region.done("account", "disable", "lin")

    assert (first, again) == ("lin is switched off.\n", "lin was off already.\n")
    assert region.json("account", "show", "lin")["active"] is False
    assert region.done("account", "enable", "lin") == "lin is switched on.\n"


def test_accounts_are_listed_in_pages(region: CliRegion) -> None:
    for username in ("chu", "an", "bo"):
        region.done("account", "create", username, "--password-stdin", typed=PASSWORD)

    first = region.json("account", "list", "--limit", "2")
    rest = region.json("account", "list", "--after", first[-1]["username"])

    assert [one["username"] for one in (*first, *rest)] == ["an", "bo", "chu"]


def test_a_new_password_replaces_the_old_one_and_is_recorded(region: CliRegion) -> None:
    add_lin(region)
    services = services_of(region)
    account = services.stores.accounts.find_by_identifier("lin")
    assert account is not None
    before = services.stores.credentials.find_password(account.id)

    region.done("account", "set-password", "lin", "--password-stdin", typed="another kettle entirely\n")

    assert services.stores.credentials.find_password(account.id) != before
    kinds = [event.kind for event in services.stores.events.of_account(account.id, 10)]
    assert kinds == ["password_changed", "account_created"]


def test_a_second_factor_can_only_be_reset_when_there_is_one(region: CliRegion) -> None:
    add_lin(region)

    result = region.idp("account", "reset-second-factor", "lin")

    assert result.exit_code == 1
    assert "no authenticator app" in result.stderr


def test_an_unknown_person_is_met_with_the_command_that_lists_them(region: CliRegion) -> None:
    result = region.idp("account", "show", "nobody")

    assert result.exit_code == 1
    assert "idp account list" in result.stderr


# --- mini-apps


def test_a_mini_app_is_registered_and_its_secret_shown_once(region: CliRegion) -> None:
    created = region.json("client", "create", *TAX)
    shown = region.done("client", "show", "tax") + region.done("client", "show", "tax", "--json")

    kept = services_of(region).stores.registry.find_by_id("tax")
    assert kept is not None
    assert kept.secret_hash == digest(created["client_secret"])
    assert created["client_secret"] not in shown
    assert kept.name == {"en": "Tax", "zh-CN": "个人所得税"}
    assert kept.region == "east"
    assert kept.purposes == {"birthdate": {"en": "To find your allowance"}}


def test_people_are_told_to_keep_the_secret(region: CliRegion) -> None:
    said = region.done("client", "create", *TAX)

    assert "client_secret  cs_" in said
    assert "cannot be shown again" in said


def test_every_problem_of_a_mini_app_is_listed(region: CliRegion) -> None:
    result = region.idp("client", "create", "--client-id", "a b", "--redirect-uri", "http://tax.example/")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 4
    assert region.json("client", "list") == []


def test_a_client_id_is_given_once(region: CliRegion, tax: str) -> None:
    result = region.idp("client", "create", *TAX)

    assert result.exit_code == 1
    assert "idp client edit" in result.stderr


def test_what_is_not_given_in_an_edit_stays(region: CliRegion, tax: str) -> None:
    before = services_of(region).stores.registry.find_by_id(tax)

    said = region.json("client", "edit", tax, "--organisation", "East Revenue")

    after = services_of(region).stores.registry.find_by_id(tax)
    assert before is not None
    assert after is not None
    assert "client_secret" not in said
    assert (after.organisation, after.secret_hash, after.name) == (
        "East Revenue",
        before.secret_hash,
        before.name,
    )


def test_a_mini_app_is_told_apart_by_its_tokens(region: CliRegion, tax: str) -> None:
    """Bound to a key, or of use to whoever holds them (RFC 9449 §5.2)."""
    bound = region.json("client", "edit", tax, "--require-dpop")
    bearer = region.json("client", "edit", tax, "--allow-bearer-tokens")

    assert bound["dpop_bound_access_tokens"] is True
    assert bearer["dpop_bound_access_tokens"] is False


def test_a_mini_app_changes_to_keys_and_back_to_a_new_secret(
    region: CliRegion, tax: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [P256_KEY]}))

    to_keys = region.json("client", "edit", tax, "--auth-method", "private_key_jwt", "--jwks", str(keys))
    back = region.json("client", "edit", tax, "--auth-method", "client_secret_basic")

    assert "client_secret" not in to_keys
    assert back["jwks"] is None
    assert back["client_secret"].startswith("cs_")


def test_a_key_that_is_no_point_on_its_curve_is_refused(region: CliRegion, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{**P256_KEY, "y": P256_KEY["x"]}]}))

    result = region.idp("client", "create", *TAX, "--auth-method", "private_key_jwt", "--jwks", str(keys))

    assert result.exit_code == 1
    assert "key 1" in result.stderr.lower()


def test_a_new_secret_replaces_the_old_one(region: CliRegion, tax: str) -> None:
    first = region.json("client", "rotate-secret", tax)["client_secret"]
    second = region.json("client", "rotate-secret", tax)["client_secret"]

    kept = services_of(region).stores.registry.find_by_id(tax)
    assert first != second
    assert kept is not None
    assert kept.secret_hash == digest(second)


def test_a_mini_app_is_switched_off_and_on(region: CliRegion, tax: str) -> None:
    assert region.done("client", "disable", tax) == "tax is switched off.\n"
    assert region.json("client", "show", tax)["enabled"] is False
    assert region.done("client", "enable", tax) == "tax is switched on.\n"
    assert region.done("client", "enable", tax) == "tax was on already.\n"


@pytest.mark.parametrize(
    "wrong", [("--name", "Tax"), ("--purpose", "birthdate"), ("--grant-type", "implicit")]
)
def test_a_misused_option_exits_with_two(region: CliRegion, wrong: tuple[str, str]) -> None:
    assert region.idp("client", "create", *TAX, *wrong).exit_code == 2


# --- keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)
    region.done("db", "upgrade")

    first, second = region.done("keys", "init"), region.done("keys", "init")

    assert first == "Made 9 keys.\n"
    assert second == "There are 9 keys already.\n"


def test_the_list_of_keys_shows_no_private_half(region: CliRegion) -> None:
    keys = region.json("keys", "list")

    assert {key["algorithm"] for key in keys} == {"ES256", "EdDSA", "PS256", "RS256"}
    assert not any("private" in name for key in keys for name in key)


def test_a_key_changes_ahead_of_time_and_the_old_one_still_verifies(region: CliRegion) -> None:
    region.done("keys", "rotate", "--alg", "ES256", "--now")

    assert states_of(region, "protocol", "ES256") == ["signing", "verify_only"]
    assert states_of(region, "encryption", "ES256") == ["signing"]


def test_keys_of_another_purpose_change_by_themselves(region: CliRegion) -> None:
    region.done("keys", "rotate", "--purpose", "encryption", "--now")

    assert states_of(region, "encryption", "ES256") == ["signing", "verify_only"]
    assert states_of(region, "encryption", "RS256") == ["signing", "verify_only"]
    assert states_of(region, "protocol", "ES256") == ["signing"]
    wrong = region.idp("keys", "rotate", "--purpose", "encryption", "--alg", "EdDSA")
    assert (wrong.exit_code, "ES256, RS256 alone" in wrong.stderr) == (1, True)


def states_of(region: CliRegion, purpose: str, algorithm: str) -> list[str]:
    """The states of the keys of one kind."""
    found = [key for key in region.json("keys", "list") if key["purpose"] == purpose]
    return sorted(key["state"] for key in found if key["algorithm"] == algorithm)


@pytest.mark.parametrize(("purpose", "most"), [("federation", 10), ("broker", 32)])
def test_keys_are_not_changed_so_often_that_nobody_reads_them_all(
    region: CliRegion, purpose: str, most: int
) -> None:
    for _ in range(most - 1):
        region.done("keys", "rotate", "--purpose", purpose, "--now")
    before = [key for key in region.json("keys", "list") if key["purpose"] == purpose]
    signs = next(key["kid"] for key in before if key["state"] == "signing")

    refused = region.idp("keys", "rotate", "--purpose", purpose, "--now")
    region.done("keys", "revoke", "--yes", "--", signs)

    assert refused.exit_code == 1
    assert "leaves at" in refused.stderr
    after = {key["kid"] for key in region.json("keys", "list") if key["purpose"] == purpose}
    assert len(before) == most
    assert signs not in after


@pytest.mark.parametrize("kid", ["-x1", "-xhx", "-h1", "--x"])
def test_the_id_of_a_key_may_begin_like_an_option(region: CliRegion, kid: str) -> None:
    refused = region.idp("keys", "revoke", kid, "--yes")

    assert (refused.exit_code, f"there is no key '{kid}'" in refused.stderr.lower()) == (1, True)


def test_a_leaked_key_is_withdrawn_after_a_question(region: CliRegion) -> None:
    leaked = next(key["kid"] for key in region.json("keys", "list") if key["algorithm"] == "ES256")
    to_encrypt = next(key["kid"] for key in region.json("keys", "list") if key["purpose"] == "encryption")

    refused = region.idp("keys", "revoke", leaked, typed="n\n")
    done = region.idp("keys", "revoke", leaked, typed="y\n")
    region.done("keys", "revoke", to_encrypt, "--yes")

    assert (refused.exit_code, done.exit_code) == (1, 0)
    assert not {leaked, to_encrypt} & {key["kid"] for key in region.json("keys", "list")}
    assert leaked in {key["kid"] for key in region.json("keys", "list", "--all")}


def test_an_unknown_key_is_met_with_the_command_that_lists_them(region: CliRegion) -> None:
    result = region.idp("keys", "revoke", "nothing", "--yes")

    assert result.exit_code == 1
    assert "idp keys list" in result.stderr


# --- database


def test_the_database_goes_up_and_down(tmp_path: Path) -> None:
    region = CliRegion(tmp_path)

    up = region.done("db", "upgrade")
    again = region.done("db", "upgrade")
    region.done("db", "check")
    down = region.done("db", "downgrade", "base", "--yes")

    assert "from nothing to" in up
    assert "up to date already" in again
    assert "no tables" in down
    assert region.json("db", "current")["database"] is None


def test_going_back_asks_first(region: CliRegion) -> None:
    assert region.idp("db", "downgrade", "base", typed="n\n").exit_code == 1
    assert region.json("db", "current")["database"]


def test_a_sweep_says_what_it_deleted(region: CliRegion) -> None:
    assert region.done("db", "sweep") == "There was nothing to delete.\n"
    assert region.json("db", "sweep")["sessions"] == 0


# --- settings


def test_settings_say_where_they_come_from_and_keep_secrets(region: CliRegion, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('session_idle = "30m"\n')
    region.environment["IDP_SETTINGS_FILE"] = str(file)
    region.environment["IDP_DATABASE_URL"] = "postgresql+psycopg://idp:hunter2@db/idp"

    result = region.idp("settings", "--json")

    shown = json.loads(result.stdout)
    assert shown["session_idle"] == {"value": "30m", "source": str(file)}
    assert shown["region"] == {"value": "east", "source": "IDP_REGION"}
    assert shown["code_lifetime"] == {"value": "1m", "source": "default"}
    assert SECRET_KEY not in result.stdout
    assert "hunter2" not in result.stdout


def test_the_reference_explains_every_setting(region: CliRegion) -> None:
    page = region.done("settings", "--markdown")

    assert page.count("\n## IDP_") == len(region.json("settings"))
    assert SECRET_KEY not in page
    assert "Default: `1m`." in page


def test_a_counter_corrects_what_is_known_of_a_person(region: CliRegion) -> None:
    """A verified address becomes a way to sign in, and the old one none any more."""
    add_lin(region)

    region.done("account", "edit", "lin", "--claim", "email=new@east.example", "--assurance", "in-person")

    found = region.json("account", "show", "new@east.example")
    assert (found["claims"]["name"], found["claims"]["real_name_assurance"]) == ("林晓", 2)
    gone = region.idp("account", "show", "lin@east.example")
    assert gone.exit_code == 1
    assert "nobody signs in with" in gone.stderr.lower()
    assert "account_changed" in region.done("account", "history", "lin")


def test_a_correction_that_is_none_changes_nothing(region: CliRegion) -> None:
    add_lin(region)

    refused = region.idp("account", "edit", "lin", "--claim", "birthdate=yesterday", "--forget", "name")

    assert refused.exit_code == 1
    assert "birthdate" in refused.stderr.lower()
    assert region.json("account", "show", "lin")["claims"]["name"] == "林晓"


def test_a_key_whose_id_begins_with_a_dash_is_no_option(region: CliRegion) -> None:
    refused = region.idp("keys", "revoke", "--yes", "-abc")

    assert refused.exit_code == 1
    assert "-abc" in refused.stderr
