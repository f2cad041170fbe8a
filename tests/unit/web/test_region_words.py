"""Whatever may be the matter with a region has words, and so has how far behind it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.federation.home_region import HomeTrouble
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.seen import RegionLine
from idp.web.hub_words import age_words, lag_mark, lag_words, line_words
from idp.web.pages.hub import Mark
from idp.web.region_words import reason_words, status_note, trouble_words
from tests.support.provider import Provider

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
ENGLISH = {"Accept-Language": "en"}
REASONS = ("key_compromise", "operator_request", "review", "superseded")


@pytest.mark.parametrize("why", HomeTrouble)
def test_every_trouble_says_what_happened_and_what_to_do(provider: Provider, why: HomeTrouble) -> None:
    with provider.app.test_request_context("/", headers=ENGLISH):
        words = trouble_words(why, "Region East")

    assert words.title[:1].isupper()
    assert not words.title.endswith(".")
    assert words.explanation.endswith(".")
    assert words.advice.endswith(".")
    assert "%(" not in words.title + words.explanation + words.advice


def test_no_two_troubles_read_the_same(provider: Provider) -> None:
    """But a list that never came and one that is too old: to a citizen they are one."""
    with provider.app.test_request_context("/", headers=ENGLISH):
        titles = {trouble_words(why, "Region East").title for why in HomeTrouble}

    assert len(titles) == len(HomeTrouble) - 1


def test_every_reason_and_every_status_has_words() -> None:
    assert all(reason_words(reason).endswith(".") for reason in REASONS)
    assert reason_words("") == ""
    assert reason_words("something_new") == "something_new"
    assert [status_note(status) for status in RegionStatus] == ["", "Suspended", "Removed"]


def line(
    *,
    honoured: int | None = 7,
    reported: timedelta | None = timedelta(seconds=5),
    lag: timedelta | None = timedelta(0),
    state: RegionStatus = RegionStatus.ACTIVE,
) -> RegionLine:
    at = None if reported is None else NOW - reported
    return RegionLine("https://east.example", {"en": "Region East"}, state, NOW, "review", honoured, at, lag)


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (line(), ("Up to date", Mark.GOOD)),
        (line(lag=timedelta(seconds=12)), ("12 seconds behind", Mark.WAITING)),
        (line(lag=timedelta(milliseconds=300)), ("1 second behind", Mark.WAITING)),
        (line(lag=timedelta(seconds=61)), ("61 seconds behind", Mark.BAD)),
        (line(lag=timedelta(minutes=5)), ("5 minutes behind", Mark.BAD)),
        (line(lag=timedelta(hours=30)), ("30 hours behind", Mark.BAD)),
        (line(reported=timedelta(minutes=3)), ("No report for 3 minutes", Mark.BAD)),
        (line(reported=timedelta(hours=3)), ("No report for 3 hours", Mark.BAD)),
        (line(honoured=None, reported=None, lag=None), ("No report yet", Mark.NOTHING)),
        (line(state=RegionStatus.SUSPENDED), ("", Mark.NOTHING)),
    ],
)
def test_how_far_behind_a_region_is(region: RegionLine, words: tuple[str, Mark]) -> None:
    assert (lag_words(region, now=NOW), lag_mark(region, now=NOW)) == words


def test_a_reason_is_given_only_for_a_region_that_is_out(provider: Provider) -> None:
    with provider.app.test_request_context("/", headers=ENGLISH):
        used, out = line_words(line(), now=NOW), line_words(line(state=RegionStatus.REMOVED), now=NOW)

    assert (used.status, used.reason, used.mark) == ("In use", "", Mark.GOOD)
    assert (out.status, out.reason, out.mark) == ("Removed", "It is being reviewed.", Mark.BAD)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=12), "12 seconds ago"),
        (timedelta(seconds=-1), "0 seconds ago"),
        (timedelta(minutes=9), "9 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
    ],
)
def test_how_old_the_list_is(age: timedelta, words: str) -> None:
    assert age_words(age) == words
