"""Where a mini-app stands, and which move may follow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.registry.life_cycle import STEPS, AppRecord, Move, Stage, Standing, WrongMove

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def app(*moves: Move) -> AppRecord:
    record = AppRecord(client_id="tax", organisation="East Tax Service", since=NOW)
    for move in moves:
        record = record.moved(move, now=NOW)
    return record


TO_PUBLISHED = (Move.SUBMIT, Move.TAKE, Move.ACCEPT, Move.PUBLISH)


def test_the_straight_way_leads_from_a_draft_to_retirement() -> None:
    record = app(*TO_PUBLISHED, Move.SUSPEND, Move.RESTORE, Move.RETIRE, Move.END)

    assert (record.standing, record.stage, record.revision) == (Standing.RETIRED, Stage.NONE, 8)


def test_what_was_returned_is_put_right_and_submitted_again() -> None:
    record = app(Move.SUBMIT, Move.TAKE, Move.RETURN, Move.SAVE, Move.SUBMIT)

    assert record.stage is Stage.SUBMITTED


def test_a_published_app_goes_on_while_its_next_version_is_reviewed() -> None:
    record = app(*TO_PUBLISHED, Move.SAVE, Move.SUBMIT, Move.TAKE)

    assert (record.standing, record.stage) == (Standing.PUBLISHED, Stage.IN_REVIEW)


@pytest.mark.parametrize(
    "moves",
    [
        (Move.PUBLISH,),
        (Move.SUBMIT, Move.PUBLISH),
        (Move.SUBMIT, Move.TAKE, Move.PUBLISH),
        (Move.SUBMIT, Move.ACCEPT),
        (Move.SUBMIT, Move.SAVE),
        (Move.SUBMIT, Move.SUBMIT),
        (Move.SUSPEND,),
        (Move.RESTORE,),
        (Move.RETIRE,),
        (*TO_PUBLISHED, Move.RESTORE),
        (*TO_PUBLISHED, Move.APPEAL),
        (*TO_PUBLISHED, Move.END),
        (*TO_PUBLISHED, Move.SUSPEND, Move.SUSPEND),
        (*TO_PUBLISHED, Move.SUSPEND, Move.SAVE, Move.SUBMIT, Move.TAKE, Move.ACCEPT, Move.PUBLISH),
        (*TO_PUBLISHED, Move.RETIRE, Move.RETIRE),
        (*TO_PUBLISHED, Move.RETIRE, Move.RESTORE),
        (*TO_PUBLISHED, Move.RETIRE, Move.SAVE),
    ],
)
def test_no_step_can_be_left_out_or_taken_back(moves: tuple[Move, ...]) -> None:
    with pytest.raises(WrongMove):
        app(*moves)


@given(st.lists(st.sampled_from(Move), max_size=40))
def test_no_walk_publishes_what_was_not_reviewed_or_wakes_what_was_retired(moves: list[Move]) -> None:
    record, done = app(), list[Move]()
    for move in moves:
        if record.can(move):
            record = record.moved(move, now=NOW)
            done.append(move)

        if record.standing is not Standing.UNPUBLISHED:
            first = done.index(Move.PUBLISH)
            assert {Move.SUBMIT, Move.TAKE, Move.ACCEPT} <= set(done[:first])
        if Move.END in done:
            assert done[-1] is Move.END
            assert record.standing is Standing.RETIRED
        if Move.RETIRE in done:
            assert record.standing in (Standing.RETIRING, Standing.RETIRED)
        assert record.revision == len(done)


def test_every_move_has_its_step() -> None:
    assert set(STEPS) == set(Move)
