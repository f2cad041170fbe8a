"""The board: what is counted, and that nothing from outside can make it grow."""

from __future__ import annotations

import threading

import pytest

from idp.federation.home_region import HomeTrouble
from idp.foundation.board import Board, OwnMemory
from idp.foundation.figures import (
    FAMILIES,
    GRANT,
    OTHER,
    REASONS,
    REFUSAL,
    SECONDS,
    SIGN_IN,
    Outcome,
    Way,
    families_of_requests,
)
from idp.oidc import errors
from idp.web.problems import FlowProblem


def test_what_is_counted_can_be_read() -> None:
    board = Board(FAMILIES, OwnMemory())

    board.count(SIGN_IN, Way.PASSKEY, Outcome.DONE)
    board.count(SIGN_IN, Way.PASSKEY, Outcome.DONE)
    reading = board.read()

    assert reading.of(SIGN_IN, Way.PASSKEY, Outcome.DONE) == [2]
    assert reading.of(SIGN_IN, Way.PASSWORD, Outcome.DONE) == [0]


@pytest.mark.parametrize("word", ["", "rt_x", "x" * 10_000, 'a"} 1\nevil 2', "\x00", "密码"])
def test_a_word_that_nobody_listed_counts_as_other(word: str) -> None:
    board = Board(FAMILIES, OwnMemory())
    size = len(board.read().numbers)

    board.count(GRANT, word, word)
    reading = board.read()

    assert reading.of(GRANT, OTHER, OTHER) == [1]
    assert len(reading.numbers) == size


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.001, 0), (0.0011, 1), (0.3, 8), (10.0, len(SECONDS) - 1), (11.0, len(SECONDS))],
)
def test_a_duration_lies_in_the_first_bucket_that_holds_it(seconds: float, bucket: int) -> None:
    _, durations = families_of_requests(["home"])
    board = Board((durations,), OwnMemory())

    board.observe(durations, seconds, "home")

    *buckets, total = board.read().of(durations, "home")
    assert [place for place, count in enumerate(buckets) if count] == [bucket]
    assert total == int(seconds * 1_000_000)


def test_threads_lose_no_count() -> None:
    board = Board(FAMILIES, OwnMemory())

    def count() -> None:
        for _ in range(2_000):
            board.count(REFUSAL, "busy")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert board.read().of(REFUSAL, "busy") == [8_000]


def test_a_later_reading_tells_what_came_on_top() -> None:
    board = Board(FAMILIES, OwnMemory())
    board.count(REFUSAL, "busy")
    before = board.read().numbers
    board.count(REFUSAL, "busy")

    assert board.read().since(before).of(REFUSAL, "busy") == [1]
    assert board.read().since([]).of(REFUSAL, "busy") == [2]


def test_every_reason_to_refuse_is_listed() -> None:
    """A new error code, or a new kind of dead end, gets its word: `other` is for what nobody foresaw."""
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")}
    kinds = {problem.kind for problem in problems(FlowProblem)}
    homes = {f"home_{why}" for why in HomeTrouble}

    assert codes | kinds | homes <= {*REASONS}


def problems(kind: type[FlowProblem]) -> set[type[FlowProblem]]:
    import idp.app  # noqa: F401  (so that every page's problems are there)

    return {kind}.union(*(problems(below) for below in kind.__subclasses__()))
