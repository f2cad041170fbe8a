"""The states of a change request: what may follow what, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.governance.change_moves import (
    Apply,
    Approve,
    Cancel,
    Lapse,
    Move,
    Refuse,
    Review,
    acted_alone,
    moved,
)
from idp.governance.change_request import (
    LIFETIME,
    ChangeRequest,
    Content,
    Direction,
    IllegalMove,
    Obstacle,
    State,
    authority_of,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADA, BEN, CAO = "st_ada", "st_ben", "st_cao"


def content(direction: Direction = Direction.LOOSENS, **payload: object) -> Content:
    delay = timedelta(0) if direction is Direction.RESTRICTS else DAY
    return Content("lamp.set", payload or {"to": "on"}, "lamp", direction, "before", delay)


def request(direction: Direction = Direction.LOOSENS, *, by: str = ADA) -> ChangeRequest:
    asked = content(direction)
    return ChangeRequest("chg_1", asked, asked.hash, "It is dark.", by, NOW, NOW + LIFETIME)


PROPOSED = request()
APPROVED = moved(PROPOSED, Approve(BEN, PROPOSED.content_hash), now=NOW)
APPLIED = moved(APPROVED, Apply(), now=NOW + DAY)
DONE_ALONE = acted_alone(request(Direction.RESTRICTS), now=NOW)
CLOSED = (
    moved(PROPOSED, Refuse(BEN, "no"), now=NOW),
    moved(APPROVED, Cancel(CAO, "no"), now=NOW),
    moved(PROPOSED, Lapse(State.EXPIRED, ""), now=NOW + LIFETIME),
    moved(APPROVED, Lapse(State.STALE, ""), now=NOW),
    moved(APPROVED, Lapse(State.FAILED, ""), now=NOW),
    moved(DONE_ALONE, Review(BEN, is_right=True), now=NOW),
    moved(DONE_ALONE, Review(BEN, is_right=False), now=NOW),
    APPLIED,
)
MOVES: tuple[Move, ...] = (
    Approve(BEN, PROPOSED.content_hash),
    Refuse(BEN, "no"),
    Cancel(BEN, "no"),
    Apply(),
    Lapse(State.STALE, ""),
    Lapse(State.FAILED, ""),
    Lapse(State.EXPIRED, ""),
    Review(BEN, is_right=True),
    Review(BEN, is_right=False),
)


def obstacle(request: ChangeRequest, move: Move, now: datetime = NOW) -> Obstacle:
    with pytest.raises(IllegalMove) as found:
        moved(request, move, now=now)
    return found.value.obstacle


def test_what_loosens_is_applied_a_day_after_its_approval_and_not_before() -> None:
    assert APPROVED.approval is not None
    assert APPROVED.approval.effective_at == NOW + DAY
    assert obstacle(APPROVED, Apply(), NOW + DAY - timedelta(seconds=1)) is Obstacle.WAITS
    assert APPLIED.state is State.APPLIED


def test_what_restricts_is_applied_at_its_approval() -> None:
    restricting = request(Direction.RESTRICTS)
    approved = moved(restricting, Approve(BEN, restricting.content_hash), now=NOW)

    assert moved(approved, Apply(), now=NOW).state is State.APPLIED


@pytest.mark.parametrize("closed", CLOSED, ids=lambda one: str(one.state))
@pytest.mark.parametrize("move", MOVES, ids=repr)
def test_a_request_that_is_over_never_moves_again(closed: ChangeRequest, move: Move) -> None:
    with pytest.raises(IllegalMove):
        moved(closed, move, now=NOW + 2 * LIFETIME)


def test_whoever_proposes_can_neither_approve_nor_refuse_nor_review() -> None:
    assert obstacle(PROPOSED, Approve(ADA, PROPOSED.content_hash)) is Obstacle.SAME_PERSON
    assert obstacle(PROPOSED, Refuse(ADA, "no")) is Obstacle.SAME_PERSON
    assert obstacle(DONE_ALONE, Review(ADA, is_right=True)) is Obstacle.SAME_PERSON


def test_whoever_proposes_can_cancel() -> None:
    assert moved(APPROVED, Cancel(ADA, "A mistake."), now=NOW).state is State.CANCELLED


def test_nobody_approves_a_change_about_themselves() -> None:
    about = replace(PROPOSED, content=replace(PROPOSED.content, subject=BEN))
    about = replace(about, content_hash=about.content.hash)

    assert obstacle(about, Approve(BEN, about.content_hash)) is Obstacle.ONESELF


def test_an_approval_is_for_the_content_that_was_looked_at() -> None:
    other = content(to="off").hash

    assert obstacle(PROPOSED, Approve(BEN, other)) is Obstacle.OTHER_CONTENT


def test_a_proposal_expires_after_fourteen_days_also_before_anybody_notes_it() -> None:
    late = NOW + LIFETIME

    assert PROPOSED.state_at(late) is State.EXPIRED
    assert obstacle(PROPOSED, Approve(BEN, PROPOSED.content_hash), late) is Obstacle.OVER
    assert obstacle(PROPOSED, Lapse(State.EXPIRED, ""), late - HOUR) is Obstacle.WAITS


def test_nobody_acts_alone_but_to_restrict() -> None:
    for direction in (Direction.LOOSENS, Direction.NEUTRAL):
        with pytest.raises(IllegalMove) as found:
            acted_alone(request(direction), now=NOW)
        assert found.value.obstacle is Obstacle.WIDENS


def test_an_emergency_is_due_for_review_within_a_day() -> None:
    assert DONE_ALONE.state is State.REVIEW_DUE
    assert DONE_ALONE.review_due_at == NOW + DAY
    assert moved(DONE_ALONE, Review(BEN, is_right=True), now=NOW + 3 * DAY).state is State.CONFIRMED


def test_the_log_is_told_who_agreed_and_to_what() -> None:
    authority = authority_of(APPROVED)

    assert (authority.proposer, authority.approver) == (ADA, BEN)
    assert authority.content_hash == PROPOSED.content_hash
    assert authority_of(DONE_ALONE).approver is None
    with pytest.raises(IllegalMove):
        authority_of(PROPOSED)


@pytest.mark.parametrize(
    "other",
    [
        replace(content(), kind="lamp.break"),
        replace(content(), payload={"to": "off"}),
        replace(content(), subject="heater"),
        replace(content(), direction=Direction.RESTRICTS),
        replace(content(), base="after"),
        replace(content(), delay=HOUR),
    ],
)
def test_every_part_of_the_content_is_in_its_hash(other: Content) -> None:
    assert other.hash != content().hash


def test_the_order_of_members_says_nothing() -> None:
    assert content(a=1, b=2).hash == content(b=2, a=1).hash


@pytest.mark.parametrize(
    "payload", [{"x": float("nan")}, {"x": "\ud800"}, {"x": b"raw"}, {"x": "y" * 70_000}]
)
def test_what_json_cannot_say_or_too_much_of_it_is_no_content(payload: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"JSON|compliant|bytes"):
        _ = content(**payload).hash
