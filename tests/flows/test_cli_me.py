"""`idp me`: a member of the staff looks after their own access from the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.foundation.clock import SystemClock
from idp.foundation.identifiers import digest
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import Acting, FreshPasskey, Via, token_context
from tests.flows.cli_region import CliRegion
from tests.support.at_page import meanwhile
from tests.support.provider import Provider
from tests.support.staff import SIGN_IN, Member, joined_pair
from tests.support.staff_api import Program, program


@pytest.fixture
def ada(provider: Provider) -> Program:
    # Commands live by the clock on the wall.
    behind = SystemClock().now() - provider.clock.now()
    provider.clock.advance(seconds=behind.total_seconds())
    return program(joined_pair(provider)[0])


@pytest.fixture
def region(tmp_path: Path, provider: Provider, ada: Program) -> CliRegion:
    """The commands, on the database that the pages use, with a token of the first administrator."""
    path = tmp_path / "token"
    path.write_text(ada.token)
    settings = provider.settings
    return CliRegion(
        tmp_path,
        {
            "IDP_DATABASE_URL": settings.database_url,
            "IDP_SECRET_KEY": settings.secret_key.reveal(),
            "IDP_ISSUER": settings.issuer,
            "IDP_STAFF_TOKEN_FILE": str(path),
        },
    )


def test_somebody_sees_who_they_are_and_what_the_token_may(region: CliRegion, ada: Program) -> None:
    shown = region.json("me", "show")

    assert (shown["name"], shown["roles"]) == ("Ada", [StaffRole.REGIONAL_ADMIN])
    assert "key.propose" in shown["may"]
    assert "Ada" in region.done("me", "show")


def test_a_token_that_is_not_for_it_looks_after_nothing(region: CliRegion, ada: Program) -> None:
    Path(region.environment["IDP_STAFF_TOKEN_FILE"]).write_text(program(ada.member, {Action.KEY_READ}).token)

    for command in (("show",), ("tokens",), ("revoke-token", "x"), ("passkeys",), ("end-session", "x")):
        result = region.idp("me", *command)
        assert (result.exit_code, "not for looking after" in result.stderr) == (1, True)


def test_tokens_are_listed_made_at_the_page_and_revoked(region: CliRegion, ada: Program) -> None:
    late = region.idp("me", "make-token", "--timeout", "0")
    page = f"{region.environment['IDP_ISSUER']}/console/me/tokens"
    with meanwhile(lambda: token_of(ada.member)):
        made = region.json("me", "make-token", "--timeout", "20")

    assert (late.exit_code, f"Open {page} and" in late.stderr) == (1, True)
    assert (made["name"], made["actions"]) == ("robot", ["key.read"])
    assert {one["name"] for one in region.json("me", "tokens")} == {"test", "robot"}
    assert "robot" in region.done("me", "tokens")
    with meanwhile(lambda: ada.member.post("/console/me/tokens/revoke", token=made["id"])):
        region.done("me", "revoke-token", made["id"], "--timeout", "20")
    assert {one["name"] for one in region.json("me", "tokens")} == {"test"}
    assert region.idp("me", "revoke-token", made["id"]).exit_code == 1


def test_the_token_in_use_ends_at_once(region: CliRegion, ada: Program) -> None:
    (own,) = region.json("me", "tokens")

    region.done("me", "revoke-token", own["id"], "--timeout", "0")

    assert "not in force" in region.idp("me", "tokens").stderr


@pytest.mark.parametrize("name", ["-x1", "-xhx", "-h1", "--x"])
def test_the_id_of_a_token_or_a_session_may_begin_like_an_option(region: CliRegion, name: str) -> None:
    for command, word in (("revoke-token", "token"), ("end-session", "session")):
        refused = region.idp("me", command, name, "--timeout", "0")

        assert (refused.exit_code, f"there is no such {word} of yours" in refused.stderr.lower()) == (1, True)


def test_sessions_are_listed_and_ended_at_the_page(region: CliRegion, ada: Program) -> None:
    (session,) = region.json("me", "sessions")
    assert session["id"] in region.done("me", "sessions")

    late = region.idp("me", "end-session", session["id"], "--timeout", "0")
    assert (late.exit_code, ada.member.get("/console").path) == (1, "/console")
    with meanwhile(lambda: ada.member.post("/console/me/sessions/end", session=session["id"])):
        region.done("me", "end-session", session["id"], "--timeout", "20")

    assert ada.member.get("/console").path == SIGN_IN
    assert region.idp("me", "end-session", session["id"]).exit_code == 1


def test_passkeys_are_added_and_removed_at_the_page_and_renamed_here(region: CliRegion, ada: Program) -> None:
    (first,) = region.json("me", "passkeys")
    with meanwhile(lambda: add_passkey(ada)):
        said = region.done("me", "add-passkey", "--timeout", "20")
    second = next(one for one in region.json("me", "passkeys") if one["id"] != first["id"])

    assert said == f"Added as {second['id']}.\n"
    region.done("me", "rename-passkey", second["id"], "Drawer")
    assert "Drawer" in region.done("me", "passkeys")
    assert region.idp("me", "rename-passkey", "passkey-none", "x").exit_code == 1
    here = f"/me/passkeys/{second['id']}"
    with meanwhile(lambda: ada.confirm(f"{here}/removal-question", f"{here}/removal")):
        assert "Removed" in region.done("me", "remove-passkey", second["id"], "--timeout", "20")
    assert region.idp("me", "remove-passkey", second["id"]).exit_code == 1


def token_of(member: Member) -> None:
    """Make a token, as the page does."""
    services, now = member.installation.services, member.installation.clock.now()
    found = services.staff.find(member.id, now=now)
    assert found is not None
    wanted = {Action.KEY_READ}
    proof = FreshPasskey(member.id, token_context("robot", wanted, 1), now)
    acting = Acting(found, Via.PAGE, "session")
    assert digest(services.staff.tokens.make(acting, "robot", wanted, timedelta(days=1), proof, now=now))


def add_passkey(by: Program) -> None:
    asked = by.confirm("/me/passkey-questions", "/me/passkey-creations").json
    made = by.member.passkey.create(asked["options"], origin=by.member.installation.settings.issuer)
    by.post("/me/passkeys", {"label": "Second", "created": {"id": asked["id"], "answer": made}}, 201)
