"""What others told is said by commands as by pages: about, with whose word it is and how old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.cli.effects import effect_facts, effect_lines, reach_line
from idp.governance.kinds import COUNTED_UP_TO, EffectLine, Reach, Told, counted

AT = datetime(2026, 11, 1, 2, 10, tzinfo=UTC)
TOLD = Told(3, 1, AT, AT + timedelta(minutes=4), most=900, most_by="https://id.west.example")
COUNTED = EffectLine(Reach.GRANTS_ENDED, 7)
ABROAD = EffectLine(Reach.SESSIONS_ABROAD_ENDED, 1_240, TOLD)


def test_what_is_counted_here_is_said_exactly() -> None:
    assert reach_line(COUNTED) == "grants ended: 7"


def test_what_others_told_is_said_with_whose_word_it_is() -> None:
    assert reach_line(ABROAD) == (
        "sessions abroad ended: about 1240 (other regions: 3; told between 2026-11-01 02:10 and 2026-11-01 02:14 UTC;"
        " the most, about 900, by https://id.west.example; nothing told lately by: 1)"
    )


@pytest.mark.parametrize(
    ("regions", "said"),
    [(0, "of fewer than ten people at each that told, if any"), (2, "fewer than ten at each")],
)
def test_small_numbers_are_never_said(regions: int, said: str) -> None:
    line = EffectLine(Reach.SESSIONS_ABROAD_ENDED, 0, Told(regions, 0))

    assert reach_line(line) == f"sessions abroad ended: {said} (other regions: {regions})"


def test_what_was_not_counted_to_the_end_is_said_as_at_least_so_many() -> None:
    line = counted(Reach.GRANTS_ENDED, COUNTED_UP_TO)

    assert reach_line(line) == "grants ended: at least 100000"
    assert effect_facts((line, ABROAD))["at_least"] == ["grants_ended"]
    assert not counted(Reach.GRANTS_ENDED, COUNTED_UP_TO - 1).is_at_least


def test_programs_get_the_numbers_and_people_the_lines() -> None:
    effect = (COUNTED, ABROAD)

    assert effect_lines(effect)["reaches"] == [reach_line(COUNTED), reach_line(ABROAD)]
    facts = effect_facts(effect)
    assert facts["reaches"] == {"grants_ended": 7, "sessions_abroad_ended": 1_240}
    assert facts["told"]["sessions_abroad_ended"]["since"] == AT
