"""Setting up the staff from the command line, and acting there with an API token."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.foundation.clock import SystemClock
from idp.foundation.identifiers import digest
from idp.governance.roles import Action, StaffRole
from idp.governance.staff_sessions import ApiToken
from idp.settings import DatabaseSync
from idp.storage.db import Database
from idp.storage.staff_stores import StaffStores
from tests.flows.cli_region import CliRegion
from tests.support.at_page import meanwhile

TOKEN = "tk_" + "x" * 43


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


def bootstrap(region: CliRegion, *names: str) -> Any:
    return region.json("admin", "bootstrap", *(word for name in names for word in ("--name", name)))


def both_join(region: CliRegion) -> None:
    """What the two do at their browsers."""
    database = Database(f"sqlite:///{region.database}", DatabaseSync.NORMAL)
    stores, now = StaffStores.on(database), SystemClock().now()
    for made in bootstrap(region, "Ada", "Bo"):
        link = digest(made["link"].partition("#")[2])
        member = stores.links.invited_by(link, now=now)
        assert member is not None
        stores.links.join(member.id, link, now=now)
    database.close()


def token_file(region: CliRegion, *actions: Action) -> Path:
    """An API token of the first administrator, in a file."""
    database = Database(f"sqlite:///{region.database}", DatabaseSync.NORMAL)
    stores, now = StaffStores.on(database), SystemClock().now()
    owner = next(one for one in stores.members.members(now=now) if one.is_active)
    stores.tokens.add(
        digest(TOKEN), ApiToken("t1", owner.id, "test", frozenset(actions), now, now + timedelta(days=1))
    )
    database.close()
    path = region.folder / "token"
    path.write_text(f"{TOKEN}\n")
    return path


def invited(region: CliRegion) -> str:
    """Somebody invited by a change request; their id."""
    from idp.wiring import build_services
    from tests.support.provider import settings_for

    services = build_services(settings_for(f"sqlite:///{region.database}"))
    now = services.clock.now()
    member = services.staff.invite("Cy", {StaffRole.REVIEWER}, None, by="cr_1", now=now)
    services.close()
    return member.id


def test_two_links_are_printed_for_two_people(region: CliRegion) -> None:
    said = region.done("admin", "bootstrap", "--name", "Ada", "--name", "陈晓")

    lines = said.splitlines()
    assert lines[0].startswith("Ada: http://east.id.localhost:18549/console/join#sl_")
    assert lines[1].startswith("陈晓: http://east.id.localhost:18549/console/join#sl_")
    assert "their own link" in lines[2]


def test_it_takes_two_different_names(region: CliRegion) -> None:
    assert region.idp("admin", "bootstrap", "--name", "Ada").exit_code == 1
    assert region.idp("admin", "bootstrap", "--name", "Ada", "--name", "Ada").exit_code == 1
    assert region.idp("admin", "bootstrap", "--name", "Ada", "--name", " ").exit_code == 1


def test_a_new_pair_takes_the_place_of_the_old_one(region: CliRegion) -> None:
    bootstrap(region, "Ada", "Bo")

    bootstrap(region, "Cy", "Di")

    states = {one["name"]: one["state"] for one in region.json("staff", "list")}
    assert states == {"Ada": "out of office", "Bo": "out of office", "Cy": "invited", "Di": "invited"}


def test_once_both_have_joined_there_is_no_new_pair(region: CliRegion) -> None:
    both_join(region)

    result = region.idp("admin", "bootstrap", "--name", "Cy", "--name", "Di")

    assert result.exit_code == 1
    assert "have joined already" in result.stderr
    assert {one["state"] for one in region.json("staff", "list")} == {"in office"}


def test_a_hub_has_national_operators(tmp_path: Path, sqlite_template: Path) -> None:
    hub = CliRegion(tmp_path, {"IDP_ROLE": "hub"}).migrated(sqlite_template)

    bootstrap(hub, "Ada", "Bo")

    assert {tuple(one["roles"]) for one in hub.json("staff", "list")} == {("national_operator",)}


def test_a_link_is_made_on_a_page_and_by_no_token(region: CliRegion) -> None:
    both_join(region)
    staff_id = invited(region)
    region.environment["IDP_STAFF_TOKEN_FILE"] = str(token_file(region, Action.STAFF_PROPOSE))
    page = f"http://east.id.localhost:18549/console/staff/{staff_id}"
    late = region.idp("staff", "link", staff_id, "--timeout", "0")

    with meanwhile(lambda: make_link(region, staff_id)):
        said = region.json("staff", "link", staff_id, "--timeout", "20")

    assert (late.exit_code, f"Open {page} and use your passkey." in late.stderr) == (1, True)
    assert (said["name"], set(said)) == ("Cy", {"name", "until"}), "the link itself is on the page alone"


def make_link(region: CliRegion, staff_id: str) -> None:
    """By an administrator, at the page."""
    from idp.wiring import build_services
    from tests.support.provider import settings_for

    services = build_services(settings_for(f"sqlite:///{region.database}"))
    services.staff.renew_link(staff_id, by="st_ada", now=services.clock.now())
    services.close()


def test_nobody_is_sent_to_a_page_for_a_link_that_is_not_made(region: CliRegion) -> None:
    bootstrap(region, "Ada", "Bo")
    ada = region.json("staff", "list")[0]["id"]
    assert "idp admin bootstrap" in region.idp("staff", "link", ada).stderr

    both_join(region)
    for staff_id in (ada, "st_nobody", region.json("staff", "list")[-1]["id"]):
        result = region.idp("staff", "link", staff_id)
        assert result.exit_code == 1
        assert "has not joined yet" in result.stderr


@pytest.mark.parametrize("content", ["", "tk_made-up", "ss_" + "x" * 43, "\xff" * 10])
def test_what_is_no_token_in_force_is_refused(region: CliRegion, content: str) -> None:
    both_join(region)
    path = region.folder / "token"
    path.write_text(content, encoding="latin-1")

    result = region.idp("staff", "look", "ada", "--reason", "x", "--token-file", str(path))

    assert result.exit_code == 1
    assert "token" in result.stderr


def test_a_member_is_shown_with_what_gave_the_roles(region: CliRegion) -> None:
    both_join(region)
    staff_id = invited(region)

    shown = region.json("staff", "show", staff_id)

    assert shown["grants"]["reviewer"]["by"] == "cr_1"
    assert "reviewer" in region.done("staff", "show", staff_id)
    assert region.idp("staff", "show", "st_nobody").exit_code == 1
