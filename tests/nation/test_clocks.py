"""The clock of one region goes wrong, and everybody else's is right."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.support.faketime import ClockFile
from tests.support.nation import Nation, heading, nation
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.server import ROOT, RunningClock, RunningProvider, environment_for
from tests.support.two_regions import Visit
from tests.support.waiting import wait_until

MakeCitizen = Callable[[RunningProvider], str]
NEAR = timedelta(seconds=30)
"""Less than this is how long a sign-in takes on a busy machine."""
AHEAD = "our clock is ahead"
BEHIND = "behind that of the hub: set it"


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with nation(tmp_path_factory.mktemp("clocks")) as running:
        yield running


@pytest.fixture(scope="module")
def clock(country: Nation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockFile]:
    """That of West."""
    clock = ClockFile(tmp_path_factory.mktemp("clock") / "clock")
    with pytest.MonkeyPatch.context() as changed:
        for name, value in clock.environment.items():
            changed.setenv(name, value)
        country.west.stop()
        country.west.start_again()
    yield clock
    # Killed: the library lets nobody sleep for a moment while it changes the time, and so nobody end well.
    country.west.kill()
    country.west.start_again()


@pytest.fixture(scope="module")
def apps(country: Nation) -> tuple[RelyingParty, RelyingParty]:
    """One of West, whose clock is wrong, and one of East."""
    return country.app("health", country.west), country.app("tax", country.east)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        # A bundle is overdue after two minutes, and one may be signed while the doctor is at work.
        (timedelta(minutes=3), AHEAD),
        # What shows it is the hub's bundle, and that may be a minute old.
        (timedelta(minutes=-3), BEHIND),
        (timedelta(days=1), AHEAD),
        (timedelta(days=-1), BEHIND),
    ],
    ids=["minutes-ahead", "minutes-behind", "a-day-ahead", "a-day-behind"],
)
def test_a_wrong_clock_ends_what_crosses_regions_and_nothing_else(
    country: Nation,
    clock: ClockFile,
    apps: tuple[RelyingParty, RelyingParty],
    citizen: MakeCitizen,
    by: timedelta,
    told: str,
) -> None:
    easterner, westerner, southerner = (
        citizen(region) for region in (country.east, country.west, country.south)
    )
    health, tax = apps

    clock.be_off(by)
    shifted = shift_of(country.visit(health, country.west, westerner), health)
    arriving = country.visit(health, country.east, easterner)
    leaving = country.visit(tax, country.west, westerner)
    others = country.visit(tax, country.south, southerner)
    said = doctor(country.west, clock)
    clock.be_off(timedelta(0))

    assert abs(shifted - by) < NEAR
    assert "East" in refusal(arriving)
    assert "West" in refusal(leaving)
    assert others.page.is_outside
    assert told in said
    wait_until(lambda: country.visit(health, country.east, easterner).page.is_outside)
    wait_until(lambda: country.visit(tax, country.west, westerner).page.is_outside)
    country.wait_until_honoured(country.west)


def shift_of(visit: Visit, app: RelyingParty) -> timedelta:
    """How far the clock of an app's region is off, by the token that somebody got there."""
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    claims = claims_of(answer.id_token)
    return timedelta(seconds=claims["iat"] - RunningClock().now().timestamp())


def refusal(visit: Visit) -> str:
    """What the page says on which somebody was stopped."""
    assert not visit.page.is_outside
    return heading(visit.page)


def doctor(region: RunningProvider, clock: ClockFile) -> str:
    """What `idp doctor` says on that machine."""
    done = subprocess.run(
        [sys.executable, "-m", "idp", "doctor"],
        cwd=ROOT,
        env={**os.environ, **environment_for(region.settings), **clock.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout
