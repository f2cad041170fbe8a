"""One person alone against the trust list: every way around the second one."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import FRESH, ChangeRequest, IllegalMove, Obstacle, State, context_of
from idp.governance.kinds import BadPayload, CannotApply
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import NotAllowed
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Mode
from idp.storage.failures import StorageError
from idp.storage.statement import Statement
from idp.trustlist.changes import ChangeRefused, SetCeiling, Suspend
from idp.wiring.governing.applying import GONE, TAMPERED
from idp.wiring.hub.governed_list import ListRules
from tests.support.hub import Nation, SimulatedRegion, hub_settings
from tests.support.staff import Member, joined, joined_pair, use_link
from tests.support.two_people import Person, person

EAST, WEST = "http://east.id.localhost:8001", "http://west.id.localhost:8002"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def east(nation: Nation) -> SimulatedRegion:
    return nation.listed(EAST, ceiling=2)


@pytest.fixture
def ada(nation: Nation) -> Person:
    return person(nation.services, "Ada")


@pytest.fixture
def ben(nation: Nation) -> Person:
    return person(nation.services, "Ben")


def ceiling(nation: Nation) -> AcrLevel:
    return nation.hub.listed().regions[0].ceiling


def later(nation: Nation, by: timedelta = DAY) -> None:
    nation.clock.advance(seconds=by.total_seconds())
    nation.services.changes.apply_due(now=nation.clock.now())


def write(nation: Nation, sql: str) -> None:
    nation.services.database.run(Statement(text(sql.replace(":", r"\:"))))


RAISE = "trust.ceiling"


def raised(region: SimulatedRegion) -> dict[str, object]:
    return {"issuer": region.op, "ceiling": 3}


def test_nobody_approves_what_they_proposed(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    request = ada.propose(RAISE, raised(east))

    with pytest.raises(IllegalMove) as found:
        ada.approve(request)

    assert found.value.obstacle is Obstacle.SAME_PERSON
    assert nation.services.changes.find(request.id).state is State.PROPOSED


def test_an_approval_counts_for_one_request_only(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """The proof of a passkey for one request opens no other, though both say the same."""
    first, second = (ada.propose(RAISE, raised(east)) for _ in range(2))
    proof = ben.proof(context_of(first, "approve"))
    ben.approve(first, proof)

    with pytest.raises(IllegalMove) as found:
        ben.approve(second, proof)

    assert found.value.obstacle is Obstacle.NO_PASSKEY


def test_an_approval_is_not_taken_a_second_time(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    proof = ben.proof(context_of(request, "approve"))
    ben.approve(request, proof)
    nation.hub.change(SetCeiling(east.op, AcrLevel(2)), now=nation.clock.now())

    with pytest.raises(IllegalMove) as found:
        ben.approve(request, proof)

    assert (found.value.obstacle, ceiling(nation)) == (Obstacle.OVER, AcrLevel(2))


@pytest.mark.parametrize("purpose", ["review", "suspend", "refuse", ""])
def test_a_passkey_used_for_something_else_approves_nothing(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person, purpose: str
) -> None:
    request = ada.propose(RAISE, raised(east))

    with pytest.raises(IllegalMove) as found:
        ben.approve(request, ben.proof(context_of(request, purpose)))

    assert found.value.obstacle is Obstacle.NO_PASSKEY


@pytest.mark.parametrize("age", [FRESH + timedelta(seconds=1), -timedelta(minutes=5)])
def test_a_passkey_used_too_long_ago_or_in_the_future_approves_nothing(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person, age: timedelta
) -> None:
    request = ada.propose(RAISE, raised(east))

    with pytest.raises(IllegalMove):
        ben.approve(request, ben.proof(context_of(request, "approve"), age=age))


def test_somebody_elses_passkey_approves_nothing(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose(RAISE, raised(east))

    with pytest.raises(IllegalMove):
        ben.approve(request, ben.proof(context_of(request, "approve"), by=ada.id))


def test_an_approval_for_another_content_is_refused(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    shown = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    slipped_in = ada.propose(RAISE, raised(east))
    mixed = replace(slipped_in, content_hash=shown.content_hash)

    with pytest.raises(IllegalMove) as found:
        ben.approve(mixed)

    assert found.value.obstacle is Obstacle.OTHER_CONTENT


def test_what_was_edited_after_it_was_looked_at_is_refused_by_the_database(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})

    with pytest.raises(StorageError):
        write(nation, f'UPDATE change_requests SET payload = \'{{"issuer":"{EAST}","ceiling":3}}\'')

    assert ben.approve(request).state is State.APPLIED
    assert ceiling(nation) is AcrLevel(1)


def test_what_somebody_edited_who_owns_the_database_is_found_and_not_applied(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """Without the trigger the content still has to be what its hash says."""
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3})
    ben.approve(request)
    write(nation, "DROP TRIGGER change_requests_are_kept")
    other = request.content.payload | {"issuer": WEST}
    write(nation, f"UPDATE change_requests SET payload = '{str(other).replace(chr(39), chr(34))}'")

    later(nation)

    found = nation.services.changes.find(request.id)
    assert (found.state, found.failed_for) == (State.FAILED, (TAMPERED.sentence,))
    assert ceiling(nation) is AcrLevel(2)


def test_a_request_marked_as_approved_by_hand_is_never_applied(
    nation: Nation, east: SimulatedRegion, ada: Person
) -> None:
    ada.propose(RAISE, raised(east))
    write(nation, "UPDATE change_requests SET state = 'approved'")

    later(nation)

    assert ceiling(nation) is AcrLevel(2)


def test_what_changed_since_makes_a_request_stale(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """Suspended and restored in between: whoever approved looked at something else."""
    request = ada.propose(RAISE, raised(east))
    ben.approve(request)
    ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "key_compromise"})

    later(nation)

    assert nation.services.changes.find(request.id).state is State.STALE
    assert ceiling(nation) is AcrLevel(2)


def test_nobody_proposes_or_approves_a_role_of_their_own(nation: Nation, ada: Person, ben: Person) -> None:
    wanted = {"staff": ada.id, "roles": ["national_operator", "auditor"]}

    with pytest.raises(IllegalMove) as proposing:
        ada.propose("staff.roles", wanted)
    with pytest.raises(IllegalMove) as approving:
        ada.approve(ben.propose("staff.roles", wanted))

    assert proposing.value.obstacle is Obstacle.ONESELF
    assert approving.value.obstacle is Obstacle.ONESELF


def test_whom_somebody_raised_just_now_is_no_second_person_for_them(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """The loop: make somebody an approver, and have them approve."""
    cao = person(nation.services, "Cao", StaffRole.AUDITOR)
    ben.approve(ada.propose("staff.roles", {"staff": cao.id, "roles": ["reviewer"]}))
    later(nation)
    cao.member = replace(cao.member, roles=frozenset({StaffRole.REVIEWER}))
    request = ada.propose(RAISE, raised(east))

    with pytest.raises(IllegalMove) as found:
        cao.approve(request)
    assert found.value.obstacle is Obstacle.RAISED

    later(nation, DAY + MINUTE)
    assert cao.approve(request).state is State.APPROVED


def test_whom_somebody_invited_just_now_is_no_second_person_for_them(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    invited = ada.propose("staff.invite", {"name": "Cao", "roles": ["reviewer"]})
    ben.approve(invited)
    later(nation)
    found = nation.services.staff.find(
        nation.services.changes.find(invited.id).outcome, now=nation.clock.now()
    )
    assert found is not None
    cao = Person(nation.services, replace(found, is_active=True))

    with pytest.raises(IllegalMove) as refused:
        cao.approve(ada.propose(RAISE, raised(east)))
    assert refused.value.obstacle is Obstacle.RAISED


def found(nation: Nation, staff_id: str) -> Person:
    """Somebody of the staff as they are now."""
    member = nation.services.staff.find(staff_id, now=nation.clock.now())
    assert member is not None
    return Person(nation.services, member)


def acting(nation: Nation, *members: Member) -> tuple[Person, ...]:
    return tuple(found(nation, member.id) for member in members)


def invited_by(nation: Nation, proposer: Person, approver: Person) -> str:
    request = proposer.propose("staff.invite", {"name": "Cao", "roles": ["national_operator"]})
    approver.approve(request)
    later(nation)
    return nation.services.changes.find(request.id).outcome


def let_in(nation: Nation, staff_id: str, by: Person) -> Person:
    """They join, now, by a link that `by` got to see."""
    link = nation.services.staff.renew_link(staff_id, by=by.id, now=nation.clock.now())
    use_link(nation, link.address)
    return found(nation, staff_id)


def refused_as_raised(proposer: Person, second: Person, region: SimulatedRegion) -> None:
    with pytest.raises(IllegalMove) as refused:
        second.approve(proposer.propose(RAISE, raised(region)))
    assert refused.value.obstacle is Obstacle.RAISED


def test_whoever_raised_somebody_just_now_is_no_second_person_for_them(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """The loop with its ends changed: the puppet asks, and who made it agrees."""
    cao = person(nation.services, "Cao", StaffRole.AUDITOR)
    ben.approve(ada.propose("staff.roles", {"staff": cao.id, "roles": ["national_operator"]}))
    later(nation)

    refused_as_raised(found(nation, cao.id), ada, east)

    later(nation, DAY + MINUTE)
    ada.approve(found(nation, cao.id).propose(RAISE, raised(east)))


def test_the_time_since_somebody_was_invited_runs_from_when_they_joined(
    nation: Nation, east: SimulatedRegion
) -> None:
    """An invitation left lying until it is old, and its link used then."""
    ada, ben, dan = acting(nation, *joined_pair(nation), joined(nation, "Dan", {StaffRole.NATIONAL_OPERATOR}))
    staff_id = invited_by(nation, ada, ben)
    later(nation, DAY + MINUTE)

    cao = let_in(nation, staff_id, by=dan)

    refused_as_raised(ada, cao, east)
    refused_as_raised(cao, ada, east)
    assert cao.approve(ben.propose(RAISE, raised(east))).state is State.APPROVED


def test_whoever_saw_the_link_and_whoever_used_it_are_not_two_people(
    nation: Nation, east: SimulatedRegion
) -> None:
    """Somebody who had no part in the invitation takes the link for themselves."""
    ada, ben, dan = acting(nation, *joined_pair(nation), joined(nation, "Dan", {StaffRole.NATIONAL_OPERATOR}))
    cao = let_in(nation, invited_by(nation, ada, ben), by=dan)

    refused_as_raised(dan, cao, east)
    refused_as_raised(cao, dan, east)
    later(nation, DAY + MINUTE)
    assert found(nation, cao.id).approve(dan.propose(RAISE, raised(east))).state is State.APPROVED


def test_nobody_has_an_emergency_reviewed_by_whom_they_let_in(nation: Nation, east: SimulatedRegion) -> None:
    ada, ben, dan = acting(nation, *joined_pair(nation), joined(nation, "Dan", {StaffRole.NATIONAL_OPERATOR}))
    cao = let_in(nation, invited_by(nation, ada, ben), by=dan)
    request = dan.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})

    with pytest.raises(IllegalMove) as refused:
        cao.review(request, is_right=True)
    assert refused.value.obstacle is Obstacle.RAISED


@pytest.mark.parametrize("who", ["proposer", "approver"])
def test_what_somebody_asked_for_or_approved_who_was_put_out_of_office_is_not_applied(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person, who: str
) -> None:
    others = [person(nation.services, name) for name in ("Cao", "Dan")]
    request = ada.propose(RAISE, raised(east))
    ben.approve(request)
    gone = ada if who == "proposer" else ben
    others[0].approve(others[1].propose("staff.deactivate", {"staff": gone.id}))

    later(nation)

    closed = nation.services.changes.find(request.id)
    assert (closed.state, closed.failed_for) == (State.FAILED, (GONE.sentence,))
    assert ceiling(nation) is AcrLevel(2)


def test_nobody_approves_what_somebody_left_behind(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose(RAISE, raised(east))
    cao = person(nation.services, "Cao")
    cao.approve(ben.propose("staff.deactivate", {"staff": ada.id}))

    with pytest.raises(CannotApply, match="not in office"):
        ben.approve(request)


def test_break_glass_makes_nobody_their_own_second_person(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    auditor = joined(nation, "Cao", [StaffRole.AUDITOR])
    assert ben.approve(ada.propose("staff.break_glass", {"staff": auditor.id})).state is State.APPLIED
    found = nation.services.staff.find(auditor.id, now=nation.clock.now())
    assert found is not None
    assert StaffRole.BREAK_GLASS in found.roles
    cao = Person(nation.services, found)

    own = cao.propose(RAISE, raised(east))
    for request in (own, ada.propose(RAISE, raised(east))):
        with pytest.raises(IllegalMove):
            cao.approve(request)


@pytest.mark.parametrize(
    "role", [StaffRole.AUDITOR, StaffRole.SUPPORT, StaffRole.DEVELOPER], ids=lambda role: str(role)
)
def test_a_role_that_may_not_approve_does_not(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person, role: StaffRole
) -> None:
    request = ada.propose(RAISE, raised(east))
    ben.member = replace(ben.member, roles=frozenset({role}))

    with pytest.raises(NotAllowed):
        ben.approve(request)


def test_a_token_of_lesser_rights_neither_proposes_nor_approves(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose(RAISE, raised(east))
    ada.limit = ben.limit = frozenset({Action.CHANGE_READ, Action.TRUST_READ})

    with pytest.raises(NotAllowed):
        ada.propose(RAISE, raised(east))
    with pytest.raises(NotAllowed):
        ben.approve(request)


def test_an_approver_who_may_not_read_the_kind_approves_nothing_blindly(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose(RAISE, raised(east))
    ben.limit = frozenset({Action.CHANGE_READ, Action.CHANGE_APPROVE})

    with pytest.raises(NotAllowed):
        ben.approve(request)


def test_of_two_approvers_at_once_one_counts_and_it_is_applied_once(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    others = [ben, *(person(nation.services, f"Second {number}") for number in range(5))]
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    seq = nation.claims()["seq"]
    start, states = threading.Barrier(len(others)), []

    def approve(somebody: Person) -> None:
        start.wait()
        try:
            states.append(somebody.approve(request).state)
        except IllegalMove as refused:
            states.append(refused.obstacle)

    threads = [threading.Thread(target=approve, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states.count(State.APPLIED) == 1
    assert len(states) == len(others)
    assert nation.claims()["seq"] == seq + 1


@pytest.mark.parametrize("looked_at", ["base", "check"])
def test_whoever_approves_while_another_does_reads_that_it_is_over(
    nation: Nation,
    east: SimulatedRegion,
    ada: Person,
    ben: Person,
    looked_at: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And not that what they approved cannot be, which is so only because it is."""
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    third = person(nation.services, "Cy")
    kind = nation.services.changes.kinds["trust.ceiling"]
    look = getattr(kind, looked_at)

    def overtaken(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        assert third.approve(request).state is State.APPLIED
        return look(*args, **options)

    monkeypatch.setattr(kind, looked_at, overtaken)
    with pytest.raises(IllegalMove) as found:
        ben.approve(request)

    assert found.value.obstacle is Obstacle.OVER
    assert nation.services.changes.find(request.id).approval.by == third.id


def test_what_a_reader_is_told_speaks_of_no_request_decided_meanwhile(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    desk = nation.services.changes
    seen = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    ben.approve(seen)

    assert desk.problems(seen, now=nation.clock.now()) == ()


def test_a_change_of_the_list_takes_a_request_once_the_hub_is_governed(
    nation: Nation, east: SimulatedRegion
) -> None:
    joined_pair(nation)

    for change in (Suspend(east.op, "review"), SetCeiling(east.op, AcrLevel(3))):
        with pytest.raises(ChangeRefused, match="governed"):
            nation.hub.change(change, now=nation.clock.now())

    assert nation.entry(east)["status"] == "active"


def test_a_hub_in_production_widens_nothing_before_it_is_governed(
    nation: Nation, east: SimulatedRegion
) -> None:
    rules = ListRules(is_governed=lambda: False, is_production=hub_settings("x").mode is not Mode.PRODUCTION)
    listed = nation.hub.listed()

    with pytest.raises(ChangeRefused, match="two people"):
        rules.require_word(listed, SetCeiling(east.op, AcrLevel(3)), None)
    rules.require_word(listed, SetCeiling(east.op, AcrLevel(1)), None)
    rules.require_word(listed, Suspend(east.op, "review"), None)


def test_nobody_reviews_their_own_emergency(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    request = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})

    for is_right in (True, False):
        with pytest.raises(IllegalMove) as found:
            ada.review(request, is_right=is_right)
        assert found.value.obstacle is Obstacle.SAME_PERSON


def test_a_reviewer_alone_ends_no_suspension(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})

    ben.review(request, is_right=False)

    assert nation.entry(east)["status"] == "suspended"


def proposed(nation: Nation) -> tuple[ChangeRequest, ...]:
    return nation.services.changes.page(ChangeFilters(state=State.PROPOSED)).requests


def test_the_review_of_an_old_emergency_hastens_nothing_about_a_later_suspension(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """Suspended alone, restored by two, suspended by two: ending that waits like every restoring."""
    first = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})
    ben.approve(ada.propose("trust.restore", {"issuer": east.op}))
    later(nation)
    ben.approve(ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"}))

    ben.review(first, is_right=False)

    (back,) = proposed(nation)
    assert back.content.delay == DAY
    ada.approve(back)
    assert nation.entry(east)["status"] == "suspended"


def test_a_suspension_that_ended_otherwise_can_still_be_called_wrong(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    first = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})
    ben.approve(ada.propose("trust.restore", {"issuer": east.op}))
    later(nation)

    assert ben.review(first, is_right=False).state is State.REVERTED

    assert nation.services.changes.find(first.id).state is State.REVERTED
    assert proposed(nation) == ()


def test_nobody_suspends_alone_again_before_the_last_time_was_reviewed(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    west = nation.listed(WEST, ceiling=2)
    first = ada.suspend_now("trust.suspend", {"issuer": east.op, "reason": "review"})
    later(nation, DAY)

    with pytest.raises(IllegalMove) as refused:
        ada.suspend_now("trust.suspend", {"issuer": west.op, "reason": "review"})
    assert refused.value.obstacle is Obstacle.REVIEW_OVERDUE
    assert nation.entry(west)["status"] == "active"

    ben.review(first, is_right=True)
    ada.suspend_now("trust.suspend", {"issuer": west.op, "reason": "review"})
    assert nation.entry(west)["status"] == "suspended"


def test_nobody_widens_by_what_one_person_may_do_alone(
    nation: Nation, east: SimulatedRegion, ada: Person
) -> None:
    for kind, payload in (("trust.restore", {"issuer": east.op}), (RAISE, raised(east))):
        with pytest.raises(IllegalMove) as found:
            ada.suspend_now(kind, payload)
        assert found.value.obstacle is Obstacle.WIDENS


def test_the_approver_cannot_be_taken_for_the_proposer_of_the_reverse(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    """A rollback is a request like any other: whoever asks for it does not approve it."""
    applied = ben.approve(ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1}))

    back = ben.roll_back(applied)

    with pytest.raises(IllegalMove):
        ben.approve(back)


def test_nobody_floods_the_others_with_requests(nation: Nation, east: SimulatedRegion, ada: Person) -> None:
    for _ in range(100):
        ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})

    with pytest.raises(IllegalMove) as found:
        ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
    assert found.value.obstacle is Obstacle.TOO_MANY


@pytest.mark.parametrize("why", ["", " ", "x" * 1_001, "a\x1b[2Jb"])
def test_a_request_says_why_in_words(nation: Nation, east: SimulatedRegion, ada: Person, why: str) -> None:
    with pytest.raises(BadPayload):
        ada.propose(RAISE, raised(east), why)


def test_the_log_keeps_who_agreed_by_ids_that_say_nothing(
    nation: Nation, east: SimulatedRegion, ada: Person, ben: Person
) -> None:
    request = ada.propose("trust.ceiling", {"issuer": east.op, "ceiling": 1})
    ben.approve(request)

    entries = nation.services.database.all(
        Statement(text("SELECT entry FROM log_entries WHERE log = 'trust'"), is_repeatable=True)
    )
    entry = next(raw for row in entries if request.id.encode() in (raw := bytes(row.entry)))
    assert ben.id.encode() in entry
    assert ada.id.encode() in entry
    assert b"Ada" not in entry
