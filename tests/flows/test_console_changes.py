"""Two members at their browsers: a change is proposed on one, approved with a passkey on the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import ChangeRequest, State
from idp.governance.roles import StaffRole
from idp.web.console.change_controls import MAX_DEPTH, whole
from tests.support.browser import Page
from tests.support.clock import FakeClock
from tests.support.hub import Nation, SimulatedRegion, build_nation, hub_settings
from tests.support.staff import Member, joined, joined_pair

EAST = "http://east.id.localhost:8001"
NEW = "/console/changes/new"


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}", default_locale="en"), clock)
    built.hub.publish(now=clock.now())
    yield built
    built.services.close()


@pytest.fixture
def east(nation: Nation) -> SimulatedRegion:
    return nation.listed(EAST, ceiling=2)


@pytest.fixture
def pair(nation: Nation, east: SimulatedRegion) -> tuple[Member, Member]:
    return joined_pair(nation, "Ada", "Ben")


def newest(nation: Nation) -> ChangeRequest:
    return nation.services.changes.page(ChangeFilters(), limit=1).requests[0]


def propose(member: Member, kind: str, why: str = "It is time.", **fields: str) -> Page:
    """Through both steps; the page of the request, or the step that refused."""
    member.installation.clock.advance(seconds=1)
    form = member.get(f"{NEW}/{kind}")
    preview = member.browser.submit(form, f"{NEW}/{kind}/preview", **fields)
    return member.browser.submit(preview, f"{NEW}/{kind}/propose", why=why)


def approve(member: Member, request: ChangeRequest) -> Page:
    here = f"/console/changes/{request.id}"
    return member.confirm(member.get(here), f"{here}/approve")


def test_a_region_is_suspended_by_two(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    proposed = propose(ada, "trust.suspend", issuer=east.op, reason="review")
    assert "Somebody else has to approve it." in proposed.text
    assert "This takes somebody else than whoever proposed it." in proposed.text

    approved = approve(ben, newest(nation))

    assert "You approved it." in approved.text
    assert newest(nation).state is State.APPLIED
    assert nation.entry(east)["status"] == "suspended"


def test_a_region_is_added_after_its_keys_were_looked_at(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    west = nation.region("http://west.id.localhost:8002")
    kind = f"{NEW}/trust.admit"
    looked = ada.browser.submit(ada.get(kind), f"{kind}/preview", issuer=west.op)
    assert west.thumbprints[0] in looked.text

    preview = ada.browser.submit(looked, f"{kind}/preview", ceiling="2", **{"name-en": "West"})
    assert "1 region is trusted anew." in preview.text
    ada.browser.submit(preview, f"{kind}/propose", why="They are ready.")
    approved = approve(ben, newest(nation))

    assert "in 24 hours" in approved.text
    nation.clock.advance(days=1)
    nation.services.changes.apply_due(now=nation.clock.now())
    assert nation.entry(west)["status"] == "active"


def test_one_person_suspends_and_another_says_it_was_right(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    kind = f"{NEW}/trust.suspend"
    preview = ada.browser.submit(ada.get(kind), f"{kind}/preview", issuer=east.op, reason="key_compromise")

    done = ada.confirm(preview, f"{kind}/alone", why="Its keys are on the market.")

    assert "Somebody else has to review this" in done.text
    assert nation.entry(east)["status"] == "suspended"
    here = f"/console/changes/{newest(nation).id}"
    assert "Done by one person" in ben.get("/console").text
    page = ben.get(here)
    page = ben.confirm(page, f"{here}/review")
    assert newest(nation).state is State.CONFIRMED


def test_what_waits_is_on_the_first_page_of_whoever_may_decide(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    propose(ada, "trust.suspend", issuer=east.op, reason="review")

    assert f"/console/changes/{newest(nation).id}" in ben.get("/console").text
    assert newest(nation).id not in ada.get("/console").text


def test_a_form_begins_with_how_the_thing_is(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair

    page = ada.get(f"{NEW}/trust.ceiling?issuer={east.op}")

    assert f'value="{east.op}"' in page.text
    assert '<option value="2" selected>' in page.text
    for query in (f"member={ben.id}", f"member={ben.id}&roles=auditor"):
        roles = ada.get(f"{NEW}/staff.roles?{query}")
        assert 'value="national_operator" checked' in roles.text


def test_a_request_is_refused_cancelled_and_rolled_back_with_a_reason(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    propose(ada, "trust.ceiling", issuer=east.op, ceiling="3")
    refused = newest(nation)
    here = f"/console/changes/{refused.id}"
    assert "Say why" in ben.browser.submit(ben.get(here), f"{here}/refuse").text
    assert "You refused it." in ben.browser.submit(ben.get(here), f"{here}/refuse", why="Too early.").text

    propose(ada, "trust.ceiling", issuer=east.op, ceiling="1")
    here = f"/console/changes/{newest(nation).id}"
    approve(ben, newest(nation))
    nation.clock.advance(seconds=1)
    back = ben.browser.submit(ben.get(here), f"{here}/roll-back", why="It was fine.")
    assert "The request that this one rolls back" in back.text

    here = f"/console/changes/{newest(nation).id}"
    assert "It is cancelled." in ben.browser.submit(ben.get(here), f"{here}/cancel", why="No.").text


def test_what_cannot_be_proposed_says_why(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, _ = pair
    kind = f"{NEW}/trust.ceiling"

    page = ada.browser.submit(ada.get(kind), f"{kind}/preview", issuer="https://nobody.example", ceiling="2")

    assert page.status == 400
    assert "is not on the list" in page.text


def test_an_approval_without_a_passkey_does_nothing(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    propose(ada, "trust.suspend", issuer=east.op, reason="review")
    request = newest(nation)
    here = f"/console/changes/{request.id}"

    page = ben.post(f"{here}/approve", content_hash=request.content_hash, challenge="", answer="{}")

    assert page.status == 400
    assert newest(nation).state is State.PROPOSED


def test_the_passkey_of_one_request_approves_no_other(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    propose(ada, "trust.ceiling", issuer=east.op, ceiling="1")
    harmless = newest(nation)
    nation.clock.advance(seconds=1)
    propose(ada, "trust.ceiling", issuer=east.op, ceiling="3")
    other = newest(nation)
    page = ben.get(f"/console/changes/{harmless.id}")
    asked = ben.ask(page, f"/console/changes/{harmless.id}/approve", "/console/confirm")
    shown = ben.passkey.get(asked["options"], origin=ben.browser.origin)

    answer = ben.post(
        f"/console/changes/{other.id}/approve",
        content_hash=other.content_hash,
        challenge=asked["challenge"],
        answer=json.dumps(shown),
    )

    assert answer.status == 400
    assert newest(nation).state is State.PROPOSED


def test_an_auditor_reads_and_does_nothing(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, _ = pair
    propose(ada, "trust.suspend", issuer=east.op, reason="review")
    auditor = joined(nation, "Lin", [StaffRole.AUDITOR])
    here = f"/console/changes/{newest(nation).id}"

    page = auditor.get(here)

    assert page.status == 200
    assert "What you can do" not in page.text
    for step in ("approve", "refuse", "cancel", "review", "roll-back"):
        assert auditor.post(f"{here}/{step}", why="no").status in (403, 409)
    assert auditor.get(f"{NEW}/trust.suspend").status == 403
    assert newest(nation).state is State.PROPOSED


def test_the_list_is_narrowed_and_paged(
    nation: Nation, east: SimulatedRegion, pair: tuple[Member, Member]
) -> None:
    ada, ben = pair
    propose(ada, "trust.suspend", issuer=east.op, reason="review")

    assert newest(nation).id in ben.get("/console/changes?state=proposed&kind=trust.suspend").text
    assert newest(nation).id not in ben.get("/console/changes?state=applied").text
    assert newest(nation).id not in ben.get(f"/console/changes?who={ben.id}").text
    assert ben.get("/console/changes?after=nonsense&state=%00").status == 200


def test_an_unknown_request_or_kind_is_not_found(nation: Nation, pair: tuple[Member, Member]) -> None:
    ada, _ = pair

    assert ada.get("/console/changes/chg_nobody").status == 404
    assert ada.get(f"{NEW}/trust.nothing").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "trust.admit?name=x&thumbprints=y",
        "trust.admit?domains=y",
        "trust.witnesses?witnesses=x&quorum=y",
        "trust.ceiling?issuer=%00&ceiling=x",
        "staff.roles?member=%00&roles=x",
    ],
)
def test_what_an_address_cannot_fill_in_stays_empty(pair: tuple[Member, Member], query: str) -> None:
    page = pair[0].get(f"{NEW}/{query}")

    assert page.status == 200
    assert page.form(f"{NEW}/{query.partition('?')[0]}/preview")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("trust.admit", '{"name":"x","thumbprints":["a"]}'),
        ("trust.admit", '{"name":{"en":1},"thumbprints":[1],"domains":[2]}'),
        ("trust.admit", '{"issuer":{},"thumbprints":3,"domains":"x"}'),
        ("trust.witnesses", '{"quorum":1,"witnesses":["a"]}'),
        ("staff.roles", '{"staff":[],"roles":{"a":1},"organisation":true}'),
        ("entity.enrol", '{"entity":[[[]]]}'),
        ("trust.admit", '{"issuer":"\\ud800"}'),
        ("entity.enrol", '{"entity":' + "[" * 900 + "]" * 900 + "}"),
        ("trust.admit", "[" * 20_000),
    ],
)
@pytest.mark.parametrize("step", ["propose", "alone"])
def test_a_payload_of_wrong_types_is_refused_with_a_page(
    pair: tuple[Member, Member], kind: str, payload: str, step: str
) -> None:
    page = pair[0].post(f"{NEW}/{kind}/{step}", payload=payload, why="x")

    assert page.status == 400


def test_a_payload_is_only_as_deep_as_can_be_shown_again() -> None:
    def nested(levels: int) -> str:
        return '{"entity":' * levels + "1" + "}" * levels

    assert whole(nested(MAX_DEPTH - 1))
    with pytest.raises(ValueError, match="deep"):
        whole(nested(MAX_DEPTH))
