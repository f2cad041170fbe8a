"""The network between the parties is cut, here or there, and heals; every party itself is well all the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import Region, RegionStatus
from idp.trustlist.changes import Restore, SetCeiling, Suspend
from tests.support.namespaces import NamespacesNotAllowed, SeparateGround, separate_ground
from tests.support.nation import NAMES, Nation, heading, nation
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

MakeCitizen = Callable[[RunningProvider], str]
PATIENCE_OF_PEOPLE = 25
"""Seconds after which a page must have come, on a very busy machine. What it waits for is given up after three."""


@pytest.fixture(scope="module")
def ground() -> Iterator[SeparateGround]:
    try:
        with separate_ground(("hub", *NAMES)) as laid_out:
            yield laid_out
    except NamespacesNotAllowed as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def country(ground: SeparateGround, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with nation(tmp_path_factory.mktemp("partitions"), ground=ground) as running:
        yield running


@pytest.fixture(scope="module")
def health(country: Nation) -> RelyingParty:
    """An app of West."""
    return country.app("health", country.west)


def test_a_region_cut_off_from_the_hub_hears_of_a_suspension_from_its_neighbours(
    country: Nation, ground: SeparateGround, health: RelyingParty, citizen: MakeCitizen
) -> None:
    resident, easterner, southerner = (
        citizen(region) for region in (country.west, country.east, country.south)
    )
    before = country.visit(health, country.south, southerner)

    with ground.cut("west", "hub"):
        country.change(Suspend(country.south.issuer, "review"))
        wait_until(lambda: held(country.west, country.south).status is RegionStatus.SUSPENDED)
        local, abroad = (
            country.visit(health, country.west, resident),
            country.visit(health, country.east, easterner),
        )
        suspended = country.visit(health, country.south, southerner)
        unheard = lags(country, country.west)
    country.wait_until_honoured(country.west)
    country.change(Restore(country.south.issuer))
    country.wait_until_honoured()

    assert all(visit.page.is_outside for visit in (before, local, abroad))
    assert not suspended.page.is_outside
    assert "South" in heading(suspended.page)
    assert unheard


def test_a_region_that_cannot_be_reached_is_told_of_in_words_and_is_back_by_itself(
    country: Nation, ground: SeparateGround, health: RelyingParty, citizen: MakeCitizen
) -> None:
    resident, easterner, southerner = (
        citizen(region) for region in (country.west, country.east, country.south)
    )
    elsewhere = country.app("tax", country.south)

    with ground.cut("east", "west"):
        began = time.monotonic()
        refused = country.visit(health, country.east, easterner)
        took = time.monotonic() - began
        others = (
            country.visit(health, country.west, resident),
            country.visit(health, country.south, southerner),
            country.visit(elsewhere, country.east, easterner),
        )

    assert (refused.page.is_outside, refused.page.path) == (False, "/login/region")
    assert "East" in heading(refused.page)
    assert took < PATIENCE_OF_PEOPLE
    assert all(visit.page.is_outside for visit in others)
    wait_until(lambda: country.visit(health, country.east, easterner).page.is_outside)


def test_a_region_cut_off_from_everybody_serves_its_own_people_and_catches_up(
    country: Nation, ground: SeparateGround, health: RelyingParty, citizen: MakeCitizen
) -> None:
    resident, easterner = citizen(country.west), citizen(country.east)

    with ground.cut("west", "hub", "east", "south"):
        country.change(SetCeiling(country.east.issuer, AcrLevel.TWO_FACTORS))
        country.wait_until_honoured(country.east, country.south)
        local = country.visit(health, country.west, resident)
        abroad = country.visit(health, country.east, easterner)
        behind = held(country.west, country.east).acr_ceiling
    country.wait_until_honoured()

    assert local.page.is_outside
    assert not abroad.page.is_outside
    assert (behind, held(country.west, country.east).acr_ceiling) == (
        "urn:tongxing:acr:3",
        "urn:tongxing:acr:2",
    )
    wait_until(lambda: country.visit(health, country.east, easterner).page.is_outside)


def held(region: RunningProvider, about: RunningProvider) -> Region:
    """What a region's list says of another."""
    return region.services.trust().by_entity[about.issuer]


def lags(country: Nation, region: RunningProvider) -> bool:
    """Whether the hub believes that a region does not yet honour the newest bundle."""
    (line,) = (
        line for line in country.registry.overview(country.hub.clock.now()) if line.op == region.issuer
    )
    return line.lag != timedelta(0)
