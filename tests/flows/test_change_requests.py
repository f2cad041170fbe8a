"""Two people change what is trusted: proposed, approved by somebody else, waited for, applied, rolled back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from idp.foundation.events import EventKind
from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import IllegalMove, Obstacle, State
from idp.governance.kinds import BadPayload, CannotApply, NotNow, Reach, Told
from idp.governance.roles import StaffRole
from idp.governance.staff import NotAllowed
from idp.oidc.vocabulary import AcrLevel
from idp.storage.statement import Statement
from tests.support.hub import Nation, SimulatedRegion
from tests.support.two_people import Person, person

EAST, WEST = "http://east.id.localhost:8001", "http://west.id.localhost:8002"
DAY = timedelta(days=1)


@pytest.fixture
def east(nation: Nation) -> SimulatedRegion:
    return nation.listed(EAST, ceiling=2)


@pytest.fixture
def ada(nation: Nation) -> Person:
    return person(nation.services, "Ada")


@pytest.fixture
def ben(nation: Nation) -> Person:
    return person(nation.services, "Ben")


def status(nation: Nation, region: SimulatedRegion) -> str:
    return str(nation.entry(region)["status"])


def admission(region: SimulatedRegion, **changes: object) -> dict[str, object]:
    return {
        "issuer": region.op,
        "name": {"en": "West", "zh-CN": "西区"},
        "ceiling": 2,
        "domains": [],
        "thumbprints": region.thumbprints,
        **changes,
    }


def later(nation: Nation, by: timedelta = DAY) -> None:
    nation.clock.advance(seconds=by.total_seconds())
    nation.services.changes.apply_due(now=nation.clock.now())


def test_a_suspension_by_two_takes_effect_at_once(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
    assert status(nation, east) == "active"

    applied = ben.approve(request)

    assert applied.state is State.APPLIED
    assert status(nation, east) == "suspended"


def test_an_admission_waits_a_day_and_is_in_the_bundle_then(nation: Nation, ada: Person, ben: Person) -> None:
    west = nation.region(WEST)
    request = ada.propose("trust.admit", admission(west))

    approved = ben.approve(request)
    later(nation, DAY - timedelta(minutes=1))
    assert (approved.state, nation.claims()["regions"]) == (State.APPROVED, [])
    later(nation, timedelta(minutes=1))

    assert nation.services.changes.find(request.id).state is State.APPLIED
    assert nation.entry(west)["name"]["zh-CN"] == "西区"


def test_an_admission_names_the_keys_that_were_compared(nation: Nation, ada: Person) -> None:
    west = nation.region(WEST)

    with pytest.raises(CannotApply, match="other federation keys"):
        ada.propose("trust.admit", admission(west, thumbprints=["A" * 43]))


def test_keys_that_changed_in_between_are_not_let_in(nation: Nation, ada: Person, ben: Person) -> None:
    west = nation.region(WEST)
    request = ada.propose("trust.admit", admission(west))
    ben.approve(request)
    west.announce()

    later(nation)

    found = nation.services.changes.find(request.id)
    assert (found.state, nation.claims()["regions"]) == (State.FAILED, [])
    assert "other federation keys" in found.closed_why


def test_a_region_that_cannot_be_reached_when_it_is_time_is_tried_again(
    nation: Nation, ada: Person, ben: Person
) -> None:
    west = nation.region(WEST)
    request = ada.propose("trust.admit", admission(west))
    ben.approve(request)
    west.is_away = True
    later(nation)
    assert nation.services.changes.find(request.id).state is State.APPROVED

    west.is_away = False
    later(nation, timedelta(seconds=30))
    assert nation.services.changes.find(request.id).state is State.APPROVED
    later(nation, timedelta(minutes=1))

    assert nation.services.changes.find(request.id).state is State.APPLIED


def test_nobody_is_proposed_who_cannot_be_reached(nation: Nation, ada: Person) -> None:
    west = nation.region(WEST)
    west.is_away = True

    with pytest.raises(NotNow):
        ada.propose("trust.admit", admission(west))


def test_raising_a_ceiling_waits_and_lowering_it_does_not(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    raised = ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3}))
    lowered = ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1}))

    assert (raised.state, lowered.state) == (State.APPROVED, State.APPLIED)
    assert nation.hub.listed().regions[0].ceiling is AcrLevel(1)


def test_what_waits_can_be_cancelled_until_it_is_applied(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    cao = person(nation.services, "Cao")
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3})
    ben.approve(request)

    cancelled = cao.cancel(request)
    later(nation)

    assert cancelled.state is State.CANCELLED
    assert nation.hub.listed().regions[0].ceiling is AcrLevel(2)


def test_a_request_overtaken_by_another_is_stale(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    raise_it = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3})
    ben.approve(raise_it)
    ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1}))

    later(nation)

    assert nation.services.changes.find(raise_it.id).state is State.STALE
    assert nation.hub.listed().regions[0].ceiling is AcrLevel(1)


def test_an_approval_of_what_was_overtaken_is_refused_with_a_sentence(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3})
    ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1}))

    with pytest.raises(IllegalMove) as found:
        ben.approve(request)

    assert found.value.obstacle in (Obstacle.STALE, Obstacle.OVER)
    assert nation.services.changes.find(request.id).state is State.STALE


def test_what_a_region_says_of_itself_makes_no_request_stale(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
    east.announce()
    nation.hub.regions.visit(east.op, now=nation.clock.now())

    assert ben.approve(request).state is State.APPLIED


def test_a_proposal_nobody_wants_expires(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})

    later(nation, timedelta(days=14))

    assert nation.services.changes.find(request.id).state is State.EXPIRED


def test_one_person_suspends_in_an_emergency_and_another_confirms(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "key_compromise"})
    assert (request.state, status(nation, east)) == (State.REVIEW_DUE, "suspended")

    reviewed = ben.review(request, is_right=True)

    assert reviewed.state is State.CONFIRMED
    assert status(nation, east) == "suspended"


def test_a_suspension_found_wrong_is_ended_by_one_more_person_and_without_a_delay(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})
    ben.review(request, is_right=False)
    assert status(nation, east) == "suspended"

    (restore,) = nation.services.changes.page(ChangeFilters(state=State.PROPOSED)).requests
    ada.approve(restore)

    assert (restore.rolls_back, restore.proposer) == (request.id, ben.id)
    assert status(nation, east) == "active"


def test_a_suspension_nobody_reviews_stays_and_is_told_of_once(
    nation: Nation, east: SimulatedRegion, ada: Person
) -> None:
    request = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})

    later(nation)
    later(nation, timedelta(minutes=1))

    assert status(nation, east) == "suspended"
    assert nation.services.changes.find(request.id).state is State.REVIEW_DUE
    assert told(nation, EventKind.CHANGE_NOT_REVIEWED) == [f"{request.id} trust.suspend"]


def told(nation: Nation, kind: EventKind) -> list[str | None]:
    asked = text(f"SELECT subject FROM audit_events WHERE kind = '{kind}' ORDER BY id")
    return [row.subject for row in nation.services.database.all(Statement(asked, is_repeatable=True))]


def test_only_a_suspension_can_be_made_alone(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    with pytest.raises(IllegalMove):
        ada.suspend_now("trust.remove", {"issuer": east.op, "reason": "review"})
    with pytest.raises(IllegalMove):
        ada.suspend_now("trust.ceiling", {"issuer": east.op, "ceiling": 1})


def test_rolling_back_is_a_request_of_its_own_with_the_opposite(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    applied = ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1}))

    back = ben.roll_back(applied)

    assert (back.state, back.rolls_back) == (State.PROPOSED, applied.id)
    assert back.content.payload == {"issuer": east.op, "ceiling": 2}
    assert ada.approve(back).state is State.APPROVED


def test_a_removal_cannot_be_rolled_back(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    applied = ben.approve(ada.propose("trust.remove", {"issuer": east.op, "reason": "review"}))

    with pytest.raises(IllegalMove) as found:
        ben.roll_back(applied)
    assert found.value.obstacle is Obstacle.NO_WAY_BACK


def test_every_step_is_a_line_of_the_audit_trail(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
    ben.approve(request)

    assert told(nation, EventKind.CHANGE_PROPOSED) == [f"{request.id} trust.suspend {ada.id}"]
    assert told(nation, EventKind.CHANGE_APPROVED) == [f"{request.id} trust.suspend {ben.id}"]
    assert told(nation, EventKind.CHANGE_APPLIED) == [f"{request.id} trust.suspend"]


def test_a_preview_says_whom_it_would_reach(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    nation.add(nation.region(WEST))
    payload = {"issuer": east.op, "reason": "review"}

    draft = ada.desk.draft(ada.acting, "trust.suspend", payload, now=nation.clock.now())

    assert [(line.reach, line.count) for line in draft.effect] == [
        (Reach.REGIONS_CUT_OFF, 1),
        (Reach.REGIONS_TOLD, 1),
        (Reach.SESSIONS_ABROAD_ENDED, 0),
        (Reach.PEOPLE_ABROAD, 0),
        (Reach.APPS_ABROAD, 0),
    ]
    assert {line.told for line in draft.effect[2:]} == {Told(regions=0, silent=1)}
    first = draft.diff[0]
    assert (first.field, first.before, first.after) == ("status", "active", "suspended")


def test_the_difference_is_kept_as_it_was(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    ben.approve(request)

    (line,) = nation.services.changes.find(request.id).diff
    assert (line.field, line.before, line.after) == ("ceiling", "2", "1")


def test_a_payload_is_read_strictly(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    with pytest.raises(BadPayload) as found:
        ada.propose("trust.suspend", {"issuer": east.op, "reason": "because", "more": 1})

    assert {problem.field for problem in found.value.problems} == {"reason", "more"}


def test_what_changes_nothing_is_not_asked_for(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    with pytest.raises(CannotApply, match="nothing to change"):
        ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 2})


def test_nobody_proposes_what_their_role_may_not(nation: Nation, east: SimulatedRegion) -> None:
    auditor = person(nation.services, "Auditor", StaffRole.AUDITOR)
    reviewer = person(nation.services, "Reviewer", StaffRole.REVIEWER)

    for somebody in (auditor, reviewer):
        with pytest.raises(NotAllowed):
            somebody.propose("trust.suspend", {"issuer": east.op, "reason": "review"})


def test_a_reviewer_approves(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    reviewer = person(nation.services, "Reviewer", StaffRole.REVIEWER)
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})

    assert reviewer.approve(request).state is State.APPLIED


def test_requests_are_paged_by_key_and_filtered(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    made = []
    for _ in range(5):
        nation.clock.advance(seconds=1)
        made.append(ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"}).id)
    desk = nation.services.changes

    first = desk.page(ChangeFilters(kind="trust.suspend", proposer=ada.id), limit=3)
    rest = desk.page(ChangeFilters(kind="trust.suspend", proposer=ada.id), first.next, limit=3)

    assert [one.id for one in (*first.requests, *rest.requests)] == made[::-1]
    assert rest.next is None
    assert desk.page(ChangeFilters(subject=WEST)).requests == ()


def test_what_waits_for_somebody_is_what_they_may_decide(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
    now = nation.clock.now()

    assert [one.id for one in ben.desk.waiting_for(ben.acting, now=now)] == [request.id]
    assert ada.desk.waiting_for(ada.acting, now=now) == ()


def test_a_new_member_is_invited_by_two(nation: Nation, ada: Person, ben: Person) -> None:
    payload = {"name": "Cao", "roles": ["reviewer"]}
    request = ada.propose("staff.invite", payload)
    ben.approve(request)

    later(nation)

    found = nation.services.changes.find(request.id)
    member = nation.services.staff.find(found.outcome, now=nation.clock.now())
    assert member is not None
    assert (member.name, member.roles) == ("Cao", {StaffRole.REVIEWER})


def test_keys_are_changed_by_two_and_at_once(nation: Nation, ada: Person, ben: Person) -> None:
    before = nation.hub.bundle_keys.jwks().body

    applied = ben.approve(ada.propose("keys.rotate", {"purpose": "bundle", "immediately": True}))

    assert applied.state is State.APPLIED
    assert nation.hub.bundle_keys.jwks().body != before
