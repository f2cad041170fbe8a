"""People who were asked to agree, counted in memory: bounded, each page once, nothing twice."""

from __future__ import annotations

import pytest

from idp.registry import asking_counts
from idp.registry.app_store import AppFigure
from idp.registry.asking_counts import AskingCounts


def test_a_page_that_is_loaded_again_is_not_counted_again() -> None:
    counts = AskingCounts()

    assert [counts.asked("tax", "one"), counts.asked("tax", "one"), counts.asked("tax", "two")] == [
        True,
        False,
        True,
    ]
    assert counts.take() == {("tax", AppFigure.ASKED): 2}


def test_what_was_taken_is_not_there_any_more_and_can_be_put_back() -> None:
    counts = AskingCounts()
    counts.answered("tax")

    taken = counts.take()
    counts.answered("tax")
    counts.put_back(taken)

    assert counts.take() == {("tax", AppFigure.ANSWERED): 2}
    assert counts.take() == {}


def test_neither_apps_nor_pages_make_it_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_counts, "MOST_APPS", 2)
    monkeypatch.setattr(asking_counts, "REMEMBERED", 3)
    counts = AskingCounts()

    for number in range(10):
        counts.asked(f"app-{number}", f"transaction-{number}")

    assert len(counts.take()) == 4
    assert counts.asked("app-0", "transaction-0")
    assert not counts.asked("app-9", "transaction-9")
