"""`idp change`, and what the dangerous commands do once two people are needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.foundation.event_search import EventFilter
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.governance.change_request import ChangeRequest, State, context_of
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import Acting, FreshPasskey, Via
from idp.wiring import Services, build_services
from tests.flows.cli_region import CliRegion
from tests.flows.test_cli_staff import both_join, token_file
from tests.support.at_page import meanwhile
from tests.support.mini_apps import handed_in
from tests.support.provider import settings_for
from tests.support.two_people import Person, person
from tests.unit.registry.submissions import png

EVERYTHING = (
    Action.CHANGE_READ,
    Action.CHANGE_APPROVE,
    Action.CHANGE_CANCEL,
    Action.APP_READ,
    Action.APP_PROPOSE,
    Action.APP_SUSPEND,
    Action.KEY_READ,
    Action.KEY_PROPOSE,
    Action.MARK_READ,
    Action.MARK_PROPOSE,
    Action.STAFF_READ,
    Action.STAFF_PROPOSE,
)
TAX = (
    *("--client-id", "tax", "--name", "en=Tax", "--organisation", "East Tax Service"),
    *("--auth-method", "none", "--redirect-uri", "https://tax.example/callback"),
)
SHOP = ("--name", "en=Shop", "--organisation", "Shop", "--redirect-uri", "https://shop.example/callback")


@pytest.fixture
def ungoverned(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


@pytest.fixture
def region(ungoverned: CliRegion) -> CliRegion:
    """Governed, with a token of the first administrator for everything."""
    ungoverned.done("client", "create", *TAX)
    ungoverned.done("client", "create", "--client-id", "shop", *SHOP)
    both_join(ungoverned)
    ungoverned.environment["IDP_STAFF_TOKEN_FILE"] = str(token_file(ungoverned, *EVERYTHING))
    return ungoverned


@contextmanager
def inside(region: CliRegion) -> Iterator[Services]:
    services = build_services(settings_for(f"sqlite:///{region.database}"))
    services.open_keys()
    yield services
    services.close()


def newest(region: CliRegion) -> str:
    found = region.json("change", "list")
    return str(found[0]["request"])


def approve(region: CliRegion, request_id: str) -> ChangeRequest:
    """By the other administrator, at a page."""
    with inside(region) as services:
        now = services.clock.now()
        request = services.changes.find(request_id)
        other = next(
            one
            for one in services.staff.members(now=now)
            if one.is_active and one.id not in (request.proposer, request.content.subject)
        )
        proof = FreshPasskey(other.id, context_of(request, "approve"), now)
        acting = Acting(other, Via.PAGE, "session")
        return services.changes.approve(acting, request.id, request.content_hash, proof, now=now)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("client", "create", "--client-id", "new", *TAX[2:]), "client.create"),
        (("client", "edit", "tax", "--redirect-uri", "https://tax.example/other"), "client.change"),
        (("client", "disable", "tax"), "client.suspend"),
        (("keys", "rotate", "--purpose", "federation"), "keys.rotate"),
        (("federation", "mark", "issue", "https://m.example/good", "https://one.example"), "mark.issue"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_dangerous_command_asks_once_two_people_are_needed(
    region: CliRegion, command: tuple[str, ...], kind: str
) -> None:
    before = region.done("client", "show", "tax")

    said = region.done(*command, "--why", "It is time.")

    (found,) = region.json("change", "list")
    assert found["kind"] == kind
    assert f"/console/changes/{found['request']}" in said
    assert region.done("client", "show", "tax") == before
    assert region.idp("client", "show", "new").exit_code == 1


def test_a_dangerous_command_says_why_and_who(region: CliRegion) -> None:
    no_reason = region.idp("client", "disable", "tax")
    region.environment.pop("IDP_STAFF_TOKEN_FILE")
    nobody = region.idp("client", "disable", "tax", "--why", "It is time.")

    assert (no_reason.exit_code, nobody.exit_code) == (1, 1)
    assert "--why" in no_reason.stderr
    assert "API token" in nobody.stderr


def test_before_two_have_joined_commands_act_at_once(ungoverned: CliRegion) -> None:
    ungoverned.done("client", "create", *TAX)

    assert "switched off" in ungoverned.done("client", "disable", "tax")
    assert ungoverned.json("change", "list") == []


def test_an_approved_command_takes_effect(region: CliRegion) -> None:
    region.done("client", "disable", "tax", "--why", "It sells what it learns.")

    assert approve(region, newest(region)).state is State.APPLIED
    assert region.json("client", "show", "tax")["enabled"] is False


def test_a_request_is_proposed_shown_and_cancelled(region: CliRegion) -> None:
    payload = json.dumps({"name": "Cao", "roles": ["reviewer"]})
    dry = region.done("change", "propose", "staff.invite", "-", "--why", "x", "--dry-run", typed=payload)
    assert "Cao" in dry
    assert region.json("change", "list") == []

    made = region.json("change", "propose", "staff.invite", "-", "--why", "We grow.", typed=payload)
    shown = region.json("change", "show", made["request"])

    assert (shown["state"], shown["why"]) == ("proposed", "We grow.")
    assert shown["payload"] == {"name": "Cao", "organisation": "", "roles": ["reviewer"]}
    assert "is cancelled" in region.done("change", "cancel", made["request"], "--why", "Not yet.")
    assert region.json("change", "list", "--state", "proposed") == []


def test_approving_waits_for_the_page(region: CliRegion) -> None:
    region.done("client", "disable", "tax", "--why", "It is time.")
    request = newest(region)
    late = region.idp("change", "approve", request, "--timeout", "0")
    assert (late.exit_code, f"/console/changes/{request}" in late.output) == (1, True)

    with meanwhile(lambda: approve(region, request)):
        said = region.done("change", "approve", request, "--timeout", "20")

    assert f"{request} is applied." in said


def test_approving_fails_when_it_comes_to_something_else(region: CliRegion) -> None:
    region.done("client", "disable", "tax", "--why", "It is time.")
    request = newest(region)

    def refuse() -> None:
        with inside(region) as services:
            now = services.clock.now()
            other = person(services, "Cy")
            services.changes.refuse(other.acting, request, "No.", now=now)

    with meanwhile(refuse):
        result = region.idp("change", "approve", request, "--timeout", "20")

    assert (result.exit_code, "The request is refused." in result.stderr) == (1, True)


def test_suspending_alone_waits_for_the_page(region: CliRegion) -> None:
    payload = json.dumps({"client_id": "tax"})
    late = region.idp("change", "suspend", "client.suspend", "-", "--timeout", "0", typed=payload)
    assert (late.exit_code, "/console/changes/new/client.suspend?client_id=tax" in late.output) == (1, True)

    with meanwhile(lambda: suspend(region, "tax")):
        said = region.done("change", "suspend", "client.suspend", "-", "--timeout", "20", typed=payload)

    request = newest(region)
    assert f"Done, as {request}." in said
    assert region.json("client", "show", "tax")["enabled"] is False
    late = region.idp("change", "review", request, "--timeout", "0")
    assert (late.exit_code, f"/console/changes/{request}" in late.output) == (1, True)
    with meanwhile(lambda: confirm(region, request)):
        assert f"{request} is confirmed." in region.done("change", "review", request, "--timeout", "20")


@pytest.mark.parametrize("kind", ["client.restore", "keys.rotate", "no.such"])
def test_nobody_is_sent_to_a_page_for_what_takes_two(region: CliRegion, kind: str) -> None:
    result = region.idp("change", "suspend", kind, "-", "--timeout", "0", typed='{"client_id": "tax"}')

    assert result.exit_code == 1
    assert "Open" not in result.output


def confirm(region: CliRegion, request_id: str) -> None:
    """By the other administrator, at a page: the suspension was right."""
    with inside(region) as services:
        other = [one for one in services.staff.members(now=services.clock.now()) if one.is_active][1]
        Person(services, other).review(services.changes.find(request_id), is_right=True)


def suspend(region: CliRegion, client_id: str) -> None:
    """By whoever has the token, at a page."""
    with inside(region) as services:
        owner = next(one for one in services.staff.members(now=services.clock.now()) if one.is_active)
        Person(services, owner).suspend_now("client.suspend", {"client_id": client_id})


def test_what_was_applied_is_rolled_back_by_a_request(region: CliRegion) -> None:
    region.done("client", "disable", "tax", "--why", "It is time.")
    first = newest(region)
    approve(region, first)

    region.done("change", "roll-back", first, "--why", "It was wrong.")

    (back,) = region.json("change", "list", "--state", "proposed")
    assert back["kind"] == "client.restore"
    assert region.json("change", "show", back["request"])["rolls_back"] == first


def test_nobody_refuses_their_own_by_a_command(region: CliRegion) -> None:
    region.done("client", "disable", "tax", "--why", "It is time.")

    result = region.idp("change", "refuse", newest(region), "--why", "no")

    assert result.exit_code == 1
    assert "somebody else" in result.stderr


@pytest.mark.parametrize("payload", ["[]", "{", "{}", '{"kid": 1, "more": 2}', "x" * 70_000])
def test_what_is_no_change_is_refused_in_words(region: CliRegion, payload: str) -> None:
    result = region.idp("change", "propose", "keys.revoke", "-", "--why", "x", typed=payload)

    assert (result.exit_code, result.output != "") == (1, True)


def test_an_unknown_kind_and_an_unknown_request_are_refused(region: CliRegion) -> None:
    assert region.idp("change", "propose", "no.such", "-", "--why", "x", typed="{}").exit_code == 1
    assert region.idp("change", "show", "chg_none").exit_code == 1


def test_the_kinds_of_a_region_are_listed(region: CliRegion) -> None:
    kinds = {one["kind"]: one for one in region.json("change", "kinds")}

    assert {"client.change", "keys.rotate", "staff.roles", "mark.issue"} <= kinds.keys()
    assert "trust.admit" not in kinds
    assert kinds["client.suspend"]["alone"] == "app.suspend"


def test_a_secret_that_is_there_is_not_replaced_by_one_person(region: CliRegion) -> None:
    before = secret_of(region, "shop")

    refused = region.idp("client", "rotate-secret", "shop")

    assert refused.exit_code == 1
    assert "client.drop_secret" in refused.stderr
    assert secret_of(region, "shop") == before


def test_the_first_secret_is_made_by_somebody_who_may_and_once(region: CliRegion) -> None:
    propose = ("change", "propose", "client.drop_secret", "-", "--why", "It leaked.")
    region.done(*propose, typed='{"client_id": "shop"}')
    with inside(region) as services:
        assert services.stores.registry.drop_secret("shop")
    own = region.environment["IDP_STAFF_TOKEN_FILE"]
    region.environment["IDP_STAFF_TOKEN_FILE"] = "/nonexistent"
    nobody = region.idp("client", "rotate-secret", "shop")
    region.environment["IDP_STAFF_TOKEN_FILE"] = own

    made = region.json("client", "rotate-secret", "shop")["client_secret"]

    assert nobody.exit_code == 1
    assert secret_of(region, "shop") == digest(made)
    assert region.idp("client", "rotate-secret", "shop").exit_code == 1
    with inside(region) as services:
        wanted = EventFilter(kind=EventKind.CLIENT_CHANGED)
        latest = services.stores.event_search.page(wanted, None, 1)[0].event
    assert (latest.client_id, (latest.subject or "").split("_")[0]) == ("shop", "secret st")


def secret_of(region: CliRegion, client_id: str) -> bytes | None:
    with inside(region) as services:
        client = services.stores.registry.find_by_id(client_id)
    assert client is not None
    return client.secret_hash


@pytest.mark.parametrize(
    "command",
    [("enable",), ("disable",), ("rotate-secret",), ("edit", "--redirect-uri", "https://evil.example")],
)
def test_what_was_submitted_for_review_is_not_touched_directly(
    ungoverned: CliRegion, command: tuple[str, ...]
) -> None:
    """Also while the installation is being set up: nobody has reviewed it."""
    with inside(ungoverned) as services:
        assert services.apps is not None
        now, dev = services.clock.now(), person(services, "Dev", StaffRole.DEVELOPER)
        draft = services.apps.save(dev.acting, handed_in(), png(), now=now)
        services.apps.submit(dev.acting, "tax", draft.revision, now=now)

    refused = ungoverned.idp("client", command[0], "tax", *command[1:])

    assert refused.exit_code == 1
    assert "idp app" in refused.stderr
    assert ungoverned.json("client", "show", "tax")["enabled"] is False
