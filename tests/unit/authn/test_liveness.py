"""The movements that are asked for, and everything that is not a person making them now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.authn.factors.liveness import (
    LIFT,
    LONGEST,
    MOST_FRAMES,
    TURN,
    Capture,
    Embedding,
    Face,
    Failure,
    Hint,
    Move,
    NotAlive,
    shuffled,
)
from tests.unit.authn.memory import RepeatableEntropy

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ORDER = (Move.UP, Move.LEFT, Move.RIGHT)
ME, SOMEBODY_ELSE = (0.0, 0.0), (1.0, 0.0)
FAR = {Move.LEFT: (TURN + 0.05, 0.0), Move.RIGHT: (-TURN - 0.05, 0.0), Move.UP: (0.0, -LIFT - 0.05)}


def face(sideways: float = 0.0, down: float = 0.0, *, width: int = 200, tilt: bool = False) -> Face:
    """A face whose nose is there, its eyes a hundred pixels apart."""
    nose = (100 * sideways, 60 + 100 * down)
    points = ((60.0, 0.0), (40.0, 0.0), (-60.0, 0.0), (-40.0, 0.0), nose)
    if tilt:  # a quarter turn of the head towards the shoulder
        points = tuple((-y, x) for x, y in points)  # type: ignore[assignment]
    return Face(0, 0, width, points)


class Sitting:
    """Shows frames, one second apart unless told otherwise."""

    def __init__(self, moves: tuple[Move, ...] = ORDER) -> None:
        self.capture = Capture(moves, NOW)
        self.now = NOW
        self.shown = 0
        self.embedded = 0

    def show(self, *faces: Face, who: Embedding = ME, digest: str = "", seconds: float = 1.0) -> Hint:
        self.now += timedelta(seconds=seconds)
        self.shown += 1

        def embed(_: Face) -> Embedding:
            self.embedded += 1
            return who

        self.capture = self.capture.see(
            faces, digest or str(self.shown), embed, same_person=0.5, now=self.now
        )
        return self.capture.hint

    def settle(self, who: Embedding = ME) -> None:
        for _ in range(3):
            self.show(face(), who=who)

    def make(self, moves: Iterable[Move], who: Embedding = ME) -> None:
        for move in moves:
            self.show(face(*FAR[move]), who=who)
            if not self.capture.is_complete:
                self.show(face(), who=who)


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


def test_somebody_who_makes_the_movements_in_order_is_alive(sitting: Sitting) -> None:
    hints = [sitting.show(face()) for _ in range(3)]
    assert hints == [Hint.AHEAD, Hint.AHEAD, Hint.UP]

    sitting.make(ORDER)

    assert sitting.capture.is_complete
    assert sitting.capture.hint is Hint.DONE
    assert sitting.capture.embedding == ME


def test_only_frames_that_count_are_embedded(sitting: Sitting) -> None:
    sitting.settle()
    for _ in range(5):
        sitting.show(face())
    sitting.make(ORDER)

    assert sitting.embedded == 3 + len(ORDER)


def test_a_tilted_head_is_measured_alike() -> None:
    assert face(0.2, 0.1, tilt=True).pose.sideways == pytest.approx(face(0.2, 0.1).pose.sideways)
    assert face(0.2, 0.1, tilt=True).pose.down == pytest.approx(face(0.2, 0.1).pose.down)


def test_movements_are_in_every_order() -> None:
    entropy = RepeatableEntropy()

    orders = {shuffled(tuple(Move), entropy) for _ in range(100)}

    assert len(orders) == 6


def test_another_movement_than_the_one_asked_for_ends_it(sitting: Sitting) -> None:
    sitting.settle()
    sitting.show(face(*FAR[Move.LEFT]))
    sitting.show(face(*FAR[Move.LEFT]))

    with pytest.raises(NotAlive) as ended:
        sitting.show(face(*FAR[Move.LEFT]))

    assert ended.value.failure is Failure.WRONG_MOVEMENT


def test_a_movement_does_not_count_twice_nor_without_coming_back() -> None:
    sitting = Sitting((Move.LEFT, Move.RIGHT, Move.UP))
    sitting.settle()
    for _ in range(10):
        sitting.show(face(*FAR[Move.LEFT]))
    assert sitting.capture.passed == 1

    sitting.show(face(*FAR[Move.RIGHT]))

    assert sitting.capture.passed == 1, "it never looked ahead in between"


@pytest.mark.parametrize("amount", [0.05, 0.11, 0.12, TURN])
def test_a_print_that_is_turned_moves_too_little(sitting: Sitting, amount: float) -> None:
    """A flat photograph turned by 30° moves the nose by 0.11 to 0.12 eye distances."""
    sitting.capture = replace(sitting.capture, moves=(Move.LEFT, Move.RIGHT, Move.UP))
    sitting.settle()

    for turn in (amount, -amount) * 5:
        sitting.show(face(turn))

    assert sitting.capture.passed == 0


def test_a_still_picture_is_never_done_and_then_too_slow(sitting: Sitting) -> None:
    sitting.settle()
    sitting.show(face(), seconds=LONGEST.total_seconds() - 3)

    with pytest.raises(NotAlive) as ended:
        sitting.show(face(*FAR[Move.UP]))

    assert ended.value.failure is Failure.TOO_SLOW


def test_four_hundred_frames_are_enough(sitting: Sitting) -> None:
    for _ in range(MOST_FRAMES):
        sitting.show(face(), seconds=0.01)

    with pytest.raises(NotAlive) as ended:
        sitting.show(face(), seconds=0.01)

    assert ended.value.failure is Failure.TOO_MANY_FRAMES


def test_the_same_picture_again_is_nothing_new(sitting: Sitting) -> None:
    for _ in range(10):
        sitting.show(face(), digest="the same")

    assert len(sitting.capture.poses) == 1
    assert sitting.capture.frames == 10


def test_another_person_cannot_make_the_movements(sitting: Sitting) -> None:
    sitting.settle()

    with pytest.raises(NotAlive) as ended:
        sitting.make(ORDER, who=SOMEBODY_ELSE)

    assert ended.value.failure is Failure.OTHER_FACE


def test_another_person_cannot_finish_the_baseline(sitting: Sitting) -> None:
    sitting.show(face())

    with pytest.raises(NotAlive):
        sitting.show(face(), who=SOMEBODY_ELSE)


@pytest.mark.parametrize(
    ("faces", "hint"),
    [
        ((), Hint.NO_FACE),
        ((face(), face()), Hint.ONE_FACE),
        ((face(width=109),), Hint.CLOSER),
    ],
)
def test_a_frame_without_exactly_one_near_face_counts_for_nothing(
    sitting: Sitting, faces: tuple[Face, ...], hint: Hint
) -> None:
    assert sitting.show(*faces) is hint
    assert sitting.capture.poses == ()
    assert sitting.embedded == 0


def test_a_face_that_does_not_keep_still_begins_its_baseline_anew(sitting: Sitting) -> None:
    sitting.show(face())
    sitting.show(face(0.1))

    assert sitting.capture.poses == ()
    assert sitting.capture.hint is Hint.AHEAD


def test_what_is_kept_between_two_frames_is_all_there_is(sitting: Sitting) -> None:
    sitting.settle()
    sitting.show(face(*FAR[Move.UP]))

    assert Capture.from_json(sitting.capture.to_json()) == sitting.capture
