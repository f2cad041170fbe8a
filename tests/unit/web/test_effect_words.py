"""What others told is said with about how much it is, whose word it is, how old, and who said nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.governance.kinds import COUNTED_UP_TO, EffectLine, Reach, Told, counted
from idp.web.console.effect_words import AT_LEAST, effect_words
from tests.support.provider import Provider

AT = datetime(2026, 11, 1, 2, 10, tzinfo=UTC)
THREE = Told(3, 1, AT, AT + timedelta(minutes=4), most=900, most_by="https://id.west.example")


def words(provider: Provider, line: EffectLine, language: str = "en") -> str:
    with provider.app.test_request_context("/", headers={"Accept-Language": language}):
        return effect_words(line)


def test_sessions_at_other_regions_are_said_as_their_word(provider: Provider) -> None:
    said = words(provider, EffectLine(Reach.SESSIONS_ABROAD_ENDED, 1_240, THREE))

    assert said.startswith("About 1,240 sessions end at 3 other regions. Told between ")
    assert "The most, about 900, by the word of https://id.west.example." in said
    assert said.endswith("1 other region has told nothing lately.")


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        (0, "At each region that told, sessions of fewer than ten people end, if any."),
        (1, "Fewer than ten sessions end at 1 other region."),
        (2, "Fewer than ten sessions end at each of 2 other regions."),
    ],
)
def test_small_numbers_are_never_said(provider: Provider, regions: int, said: str) -> None:
    assert words(provider, EffectLine(Reach.SESSIONS_ABROAD_ENDED, 0, Told(regions, 0))) == said


def test_what_was_told_at_one_moment_is_said_with_that_moment(provider: Provider) -> None:
    said = words(provider, EffectLine(Reach.SESSIONS_ABROAD_ENDED, 20, Told(1, 0, AT, AT, 20, THREE.most_by)))

    assert said.startswith("About 20 sessions end at 1 other region. Told November 1, 2026 at ")
    assert "between" not in said


@pytest.mark.parametrize("reach", AT_LEAST)
def test_very_many_are_said_as_so_many_at_least(provider: Provider, reach: Reach) -> None:
    english, chinese = (words(provider, counted(reach, COUNTED_UP_TO), one) for one in ("en", "zh-CN"))

    assert "at least 100,000 " in english.lower()
    assert "至少" in chinese
    assert "100,000" in chinese
    assert "at least" not in words(provider, counted(reach, COUNTED_UP_TO - 1)).lower()


@pytest.mark.parametrize("told", [Told(0, 0), Told(2, 0), THREE])
@pytest.mark.parametrize("reach", Reach)
def test_every_effect_has_words_in_both_languages(provider: Provider, reach: Reach, told: Told) -> None:
    line = EffectLine(reach, 0 if told.regions < 3 else 1_240, told)

    english, chinese = words(provider, line), words(provider, line, "zh-CN")

    assert english
    assert chinese != english
    assert not any(word in chinese for word in ("region ", "session", "people"))
