"""The dashboards: what happened is shown as it was counted, in charts and in the numbers beside them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from idp.cli.watching import Watch
from idp.foundation.figures import REASONS, SECONDS, Kept, Way
from idp.storage.schema import figure_hours
from idp.storage.statement import Statement
from tests.support.browser import Page
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.staff import Member, joined_pair

FIGURES = "/console/figures"
PUT = Statement(insert(figure_hours))


def shown(page: Page) -> str:
    """The page's words without markup."""
    text = re.sub(r"<(title|desc)[^>]*>.*?</\1>", " ", page.text)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def counted(installation: Provider | Nation) -> None:
    """What the background thread does, until it has done all of it."""
    watch = Watch(installation.services, installation.app.extensions["tongxing-meter"].board)
    for _ in range(3):
        installation.clock.advance(minutes=2)
        watch.once(now=installation.clock.now())


@pytest.fixture
def ada(provider: Provider) -> Member:
    ada, _ = joined_pair(provider)
    return ada


def test_a_day_is_shown_as_it_was(provider: Provider, ada: Member) -> None:
    provider.person()
    browser, other = provider.browser(), provider.browser()
    page = other.submit(other.get("/account"), "/login", username="gulbahar")
    other.submit(page, "/login/password", password="not the password at all")
    provider.tokens(browser, provider.client())
    counted(provider)

    page = ada.get(FIGURES)

    assert page.status == 200
    words = shown(page)
    assert words.count("Password alone 1 100%") == 2
    assert page.text.count("<svg") >= 5
    assert "gulbahar" not in page.text


def test_the_charts_and_the_table_say_the_same(provider: Provider, ada: Member) -> None:
    now = provider.clock.now().replace(minute=0, second=0, microsecond=0)
    for hours, amount in ((0, 5), (1, 40), (23, 7), (24, 1000)):
        put(provider, now - timedelta(hours=hours), Kept.SIGN_INS, Way.PASSKEY, amount)

    page = ada.get(FIGURES)

    words = shown(page)
    assert "52" in words
    bars = re.findall(r'height="([\d.]+)%"><title>[^<]*: (\d+)</title></rect>', page.text)
    assert [number for _, number in bars if number != "0"] == ["7", "40", "5"]
    assert {number: height for height, number in bars if number != "0"} == {
        "7": "17.5",
        "40": "100.0",
        "5": "12.5",
    }
    assert len(bars) == 24


def test_a_month_is_shown_by_the_day_of_the_region(provider: Provider, ada: Member) -> None:
    """At 8:00 UTC it is 16:00 in the region: the day before ends at 16:00 UTC."""
    now = provider.clock.now()
    for hours, amount in ((15, 3), (17, 4), (24 * 29, 5), (24 * 31, 1000)):
        put(provider, now - timedelta(hours=hours), Kept.SIGN_INS, Way.PASSWORD, amount)

    page = ada.get(f"{FIGURES}?days=30")

    bars = re.findall(r"<title>[^<]*: (\d+)</title></rect>", page.text)
    assert [number for number in bars if number != "0"][:3] == ["5", "4", "3"]
    assert "1000" not in bars


def test_an_empty_region_has_an_empty_dashboard(ada: Member) -> None:
    page = ada.get(FIGURES)

    assert page.status == 200
    assert "chart__bar" not in page.text
    assert shown(page).count("None in this period.") == 7


@pytest.mark.parametrize("days", ["", "0", "-1", "31", "30 OR 1=1", "\u0663\u0660", "x" * 5_000])
def test_another_period_is_the_last_day(ada: Member, days: str) -> None:
    from urllib.parse import quote

    assert ada.get(f"{FIGURES}?days={quote(days)}").status == 200


def test_a_full_month_is_drawn_in_time(provider: Provider, ada: Member) -> None:
    """Bounded work: a month of every label there is, and fifty regions."""
    now = provider.clock.now()
    labels = [
        *((Kept.SIGN_INS, way) for way in Way),
        *((Kept.REASONS, reason) for reason in REASONS),
        *((Kept.DURATIONS, f"{place:02}") for place in range(len(SECONDS) + 1)),
        *((Kept.HOMES, f"https://r{number}.example") for number in range(50)),
    ]
    with provider.services.database.transaction():
        for hours in range(24 * 30):
            for name, label in labels:
                put(provider, now - timedelta(hours=hours), name, label, 1)

    # The work itself: how long it takes is also up to whatever else the machine does.
    began = time.process_time()
    page = ada.get(f"{FIGURES}?days=30")

    assert page.status == 200
    assert time.process_time() - began < 3
    assert len(page.text) < 200_000


def test_who_may_not_see_figures_does_not(provider: Provider) -> None:
    assert provider.send("GET", FIGURES).status_code == 303


class TestAHub:
    @pytest.fixture
    def nation(self, tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
        path = shutil.copy(sqlite_template, tmp_path / "hub.db")
        built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
        yield built
        built.services.close()

    def test_a_hub_shows_regions_and_no_sign_ins(self, nation: Nation) -> None:
        nation.listed()
        ada, _ = joined_pair(nation)
        counted(nation)

        page = ada.get(FIGURES)

        assert page.status == 200
        assert 'id="lags-heading"' in page.text
        assert 'id="sign-ins-heading"' not in page.text
        assert re.search(r"Region East east\.id\.localhost:8001 .*No report yet", shown(page))


def put(provider: Provider, at: object, name: str, label: str, amount: int) -> None:
    from idp.wiring.figures import hour_of

    provider.services.database.run(PUT, hour=hour_of(at), name=name, label=label, amount=amount)  # type: ignore[arg-type]
