"""The staff's API: what each operation answers has the shape that the OpenAPI document says (OpenAPI 3.1, RFC 9457)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from idp.governance.roles import Action, StaffRole
from idp.settings import Role
from idp.web.api import table
from idp.web.api.operation import Operation
from idp.web.api.table import operations_of
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.staff import joined, joined_pair, use_link
from tests.support.staff_api import Program, program

EAST = "http://east.id.localhost:8001"
HOST = "east.id.localhost:8001"
CEILING = {"kind": "trust.ceiling", "payload": {"issuer": EAST, "ceiling": 2}}
SUSPEND = {"kind": "trust.suspend", "payload": {"issuer": EAST, "reason": "review"}}


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    built.listed(EAST)
    yield built
    built.services.close()


@pytest.fixture
def pair(nation: Nation) -> tuple[Program, Program]:
    ada, bo = joined_pair(nation)
    return program(ada), program(bo)


def shape_of(role: Role, name: str) -> dict[str, Any]:
    return dict(next(one for one in operations_of(role) if one.name == name).answer)


def require_shape(role: Role, name: str, answer: Any) -> None:
    Draft202012Validator(shape_of(role, name)).validate(answer)


READABLE_AT_A_HUB = (
    ("list_change_kinds", "/change-kinds"),
    ("list_changes", "/changes"),
    ("list_staff", "/staff"),
    ("get_myself", "/me"),
    ("list_tokens", "/me/tokens"),
    ("list_passkeys", "/me/passkeys"),
    ("list_sessions", "/me/sessions"),
    ("list_keys", "/keys"),
    ("list_audit_events", "/audit-events"),
    ("get_figures", "/figures"),
    ("list_trust_marks", "/trust-marks"),
    ("list_regions", "/regions"),
    ("get_region", f"/regions/{HOST}"),
    ("get_suspension_effect", f"/regions/{HOST}/suspension-effect"),
    ("get_witnesses", "/witnesses"),
)
READABLE_IN_A_REGION = (
    *READABLE_AT_A_HUB[:11],
    ("list_apps", "/apps"),
    ("list_streams", "/streams"),
    ("get_assurance_policy", "/assurance-policy"),
)


@pytest.mark.parametrize(("name", "path"), READABLE_AT_A_HUB)
def test_what_a_hub_answers_has_its_shape(pair: tuple[Program, Program], name: str, path: str) -> None:
    require_shape(Role.HUB, name, pair[0].get(path))


def test_what_a_region_answers_has_its_shape(provider: Provider) -> None:
    admin = program(joined_pair(provider)[0])

    for name, path in READABLE_IN_A_REGION:
        require_shape(Role.REGION, name, admin.get(path))


def test_what_is_proposed_by_api_is_approved_at_its_page(
    nation: Nation, pair: tuple[Program, Program]
) -> None:
    ada, bo = pair

    draft = ada.post("/change-drafts", CEILING)
    made = ada.post("/changes", {**CEILING, "why": "as agreed"}, 201)
    address = made["page"].removeprefix(nation.settings.issuer)
    bo.member.confirm(bo.member.get(address), f"{address}/approve")
    done = bo.get(f"/changes/{made['id']}")

    require_shape(Role.HUB, "draft_change", draft)
    require_shape(Role.HUB, "propose_change", made)
    require_shape(Role.HUB, "get_change", done)
    assert draft["direction"] == "restricts"
    assert done["state"] == "applied"
    region = nation.hub.listed().find(EAST)
    assert region is not None
    assert int(region.ceiling) == 2


def test_a_change_is_approved_by_api_with_a_passkey(nation: Nation, pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    made = ada.post("/changes", {**CEILING, "why": "as agreed"}, 201)
    here = f"/changes/{made['id']}"

    asked = bo.ask(f"{here}/approval-question")
    sent = {"content_hash": made["content_hash"], "confirmation": bo.show(asked)}
    done = bo.post(f"{here}/approval", sent)

    require_shape(Role.HUB, "begin_approval", asked)
    require_shape(Role.HUB, "approve_change", done)
    assert asked["options"]["userVerification"] == "required"
    assert (done["state"], done["approved_by"]) == ("applied", bo.member.id)
    region = nation.hub.listed().find(EAST)
    assert region is not None
    assert int(region.ceiling) == 2


@pytest.mark.parametrize(("is_right", "state"), [(True, "confirmed"), (False, "reverted")])
def test_one_person_suspends_and_another_reviews_by_api(
    pair: tuple[Program, Program], is_right: bool, state: str
) -> None:
    ada, bo = pair

    alone = ada.confirm(
        "/suspension-questions", "/suspensions", {**SUSPEND, "why": "It leaks."}, asks=SUSPEND
    ).json
    said = {"is_right": is_right, "why": "" if is_right else "It was another one."}
    here = f"/changes/{alone['id']}"
    reviewed = bo.confirm(f"{here}/review-question", f"{here}/review", said).json

    require_shape(Role.HUB, "suspend_alone", alone)
    require_shape(Role.HUB, "review_change", reviewed)
    assert (alone["state"], alone["is_emergency"]) == ("review_due", True)
    assert (reviewed["state"], reviewed["closed_by"]) == (state, bo.member.id)
    back = [one["kind"] for one in ada.get("/changes?state=proposed")["items"]]
    assert back == ([] if is_right else ["trust.restore"])


def test_a_token_is_made_by_another_one_and_a_passkey(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    wish = {"label": "robot", "actions": ["key.read"], "days": 7}

    made = ada.confirm("/me/token-questions", "/me/tokens", wish, asks=wish).json

    require_shape(Role.HUB, "make_token", made)
    robot = Program(ada.member, made["token"])
    assert robot.get("/keys")
    assert robot.call("GET", "/staff").status_code == 403
    assert {(one["label"], tuple(one["actions"])) for one in ada.get("/me/tokens")["items"]} >= {
        ("robot", ("key.read",))
    }


def test_somebody_invited_gets_a_link_that_was_made_by_api(
    nation: Nation, pair: tuple[Program, Program]
) -> None:
    ada, _ = pair
    now = nation.clock.now()
    invited = nation.services.staff.invite("Cy", {StaffRole.AUDITOR}, None, by="chg_1", now=now)
    here = f"/staff/{invited.id}"

    made = ada.confirm(f"{here}/link-question", f"{here}/link").json

    require_shape(Role.HUB, "make_link", made)
    assert made["name"] == "Cy"
    assert use_link(nation, made["link"]).id == invited.id
    assert ada.confirm(f"{here}/link-question", f"{here}/link").status_code == 422


def test_a_member_looks_after_their_passkeys_and_sessions_by_api(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    (first,) = ada.get("/me/passkeys")["items"]

    asked = ada.confirm("/me/passkey-questions", "/me/passkey-creations").json
    created = ada.member.passkey.create(asked["options"], origin=ada.member.installation.settings.issuer)
    sent = {"label": "Second", "created": {"id": asked["id"], "answer": created}}
    second = ada.post("/me/passkeys", sent, 201)
    named = ada.post(f"/me/passkeys/{second['id']}/name", {"label": "Drawer"})

    require_shape(Role.HUB, "begin_passkey", asked)
    require_shape(Role.HUB, "add_passkey", second)
    assert named["label"] == "Drawer"
    assert second["label"] == "Second"
    assert {one["id"] for one in ada.get("/me/passkeys")["items"]} == {first["id"], second["id"]}
    (session,) = ada.get("/me/sessions")["items"]
    here = f"/me/sessions/{session['id']}"
    assert ada.confirm(f"{here}/sign-out-question", f"{here}/sign-out").json == {"ended": True}
    here = f"/me/passkeys/{second['id']}"
    assert ada.confirm(f"{here}/removal-question", f"{here}/removal").json == {"removed": True}
    here = f"/me/passkeys/{first['id']}"
    assert ada.confirm(f"{here}/removal-question", f"{here}/removal").status_code == 409


def test_a_token_ends_itself_and_others_with_a_passkey(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    other = program(ada.member, {Action.KEY_READ})
    here = next(
        f"/me/tokens/{one['id']}" for one in ada.get("/me/tokens")["items"] if len(one["actions"]) == 1
    )

    assert ada.confirm(f"{here}/revocation-question", f"{here}/revocation").json == {"revoked": True}
    assert other.call("GET", "/keys").status_code == 401
    assert ada.call("DELETE", "/me/token").json == {"revoked": True}
    assert ada.call("GET", "/me").status_code == 401


def test_a_request_is_refused_cancelled_and_rolled_back_by_api(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    first = ada.post("/changes", {**CEILING, "why": "as agreed"}, 201)
    second = ada.post("/changes", {**SUSPEND, "why": "as agreed"}, 201)

    refused = bo.post(f"/changes/{first['id']}/refusal", {"why": "not now"})
    cancelled = ada.post(f"/changes/{second['id']}/cancellation", {"why": "a slip"})
    ada.post(f"/changes/{first['id']}/roll-back", {"why": "never applied"}, 409)

    assert refused["state"] == "refused"
    assert cancelled["state"] == "cancelled"


def test_pages_of_a_list_follow_one_another(provider: Provider) -> None:
    auditor = program(
        (joined_pair(provider), joined(provider, "Chen", {StaffRole.AUDITOR}))[1],
    )

    seen, after = [], ""
    while True:
        page = auditor.get(f"/audit-events?limit=2{after}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert len(seen) == len(set(seen)) > 4


def test_an_export_carries_the_proof_of_every_line(provider: Provider) -> None:
    joined_pair(provider)
    auditor = program(joined(provider, "Chen", {StaffRole.AUDITOR}))

    lines = auditor.get("/audit-export?kind=staff_joined")["lines"]

    assert "checkpoint" in lines[0]
    assert len(lines) == 4


@pytest.mark.parametrize("role", Role)
def test_the_document_names_every_operation_once(role: Role) -> None:
    operations = operations_of(role)

    assert len({one.name for one in operations}) == len(operations)
    assert len({(one.method, one.path) for one in operations}) == len(operations)
    assert all(one.summary.endswith(".") for one in operations)


def test_the_document_is_public(provider: Provider) -> None:
    answer = provider.browser().get("/api/v1/openapi.json")

    assert answer.status == 200
    assert json.loads(answer.text)["openapi"] == "3.1.0"


def test_the_document_is_written_once_however_often_it_is_asked_for(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = provider.browser().get("/api/v1/openapi.json")
    monkeypatch.delattr(table, "document")

    assert provider.browser().get("/api/v1/openapi.json").text == first.text


def test_errors_are_problem_details_with_a_request_id(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    answers = (
        ada.call("GET", "/changes/chg_none"),
        ada.call("GET", "/changes?state=wrong"),
        ada.call("POST", "/changes", {"kind": "trust.ceiling"}),
        ada.call("POST", "/changes", {**CEILING, "why": "x", "more": 1}),
        ada.call("GET", "/nothing-here"),
        ada.call("PUT", "/changes"),
        ada.call("GET", "/me", token="tk_wrong"),
    )

    assert [one.status_code for one in answers] == [404, 400, 422, 422, 404, 405, 401]
    for answer in answers:
        assert answer.mimetype == "application/problem+json", answer.text
        assert answer.json is not None
        assert answer.json["request_id"]


def operations() -> list[Operation]:
    return [one for role in Role for one in operations_of(role)]


def test_every_action_has_an_operation_but_those_of_other_places() -> None:
    covered = {one.action for one in operations()}
    through_changes = {
        one for one in Action if one.value.endswith(".propose") or one.value.endswith(".suspend")
    }

    assert set(Action) - covered - through_changes == {Action.CHANGE_CANCEL}
