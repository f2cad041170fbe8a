"""Whom a change of the list would reach at other regions: counted there, told to the hub, and shown as their word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.governance.kinds import EffectLine, Reach, Told
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import SetCeiling
from tests.contract.region import Region
from tests.flows.test_hub_with_regions import federation
from tests.support.provider import Provider
from tests.support.streets import EAST, WEST, Federation
from tests.support.two_people import Person, person

__all__ = ["federation"]


@pytest.fixture
def ada(federation: Federation) -> Person:
    return person(federation.hub.services, "Ada")


def visit(region: Provider, number: int, *, home: str = EAST, strong: int = 0, times: int = 1) -> None:
    """So many people of East are signed in, each in so many sessions; some of them strongly."""
    now, put = region.clock.now(), Region(region.services.database, region.settings)
    for index in range(number):
        account = put.add_account(f"{number}-{index}")
        for time in range(times):
            put.add_session(
                account,
                f"{number}-{index}-{time}",
                home_iss=home,
                level=AcrLevel.STRONGEST if index < strong else AcrLevel.ONE_FACTOR,
                created_at=now,
                last_seen_at=now,
                auth_time=now,
                expires_at=now + timedelta(hours=8),
            )


def effect(ada: Person, kind: str, **payload: object) -> dict[Reach, EffectLine]:
    draft = ada.desk.draft(ada.acting, kind, payload, now=ada.services.clock.now())
    return {line.reach: line for line in draft.effect}


def test_what_regions_count_is_what_a_suspension_is_shown_with(federation: Federation, ada: Person) -> None:
    visit(federation.regions[WEST], 23, strong=12)
    federation.pass_time(minutes=10)
    told_at = federation.clock.now()

    found = effect(ada, "trust.suspend", issuer=EAST, reason="review")

    told = Told(1, 0, told_at, told_at, most=20, most_by=WEST)
    assert found[Reach.SESSIONS_ABROAD_ENDED] == EffectLine(Reach.SESSIONS_ABROAD_ENDED, 20, told)
    assert found[Reach.PEOPLE_ABROAD].count == 20
    assert found[Reach.APPS_ABROAD].count == 0
    assert effect(ada, "trust.remove", issuer=EAST, reason="review") == found


def test_a_lower_ceiling_ends_what_is_above_it_and_a_higher_one_nothing(
    federation: Federation, ada: Person
) -> None:
    visit(federation.regions[WEST], 23, strong=12)
    federation.pass_time(minutes=10)

    lower = effect(ada, "trust.ceiling", issuer=EAST, ceiling=2)

    assert lower[Reach.SESSIONS_ABROAD_ENDED].count == 10
    federation.hub.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=federation.clock.now())
    assert Reach.SESSIONS_ABROAD_ENDED not in effect(ada, "trust.ceiling", issuer=EAST, ceiling=2)


def test_a_withdrawn_key_ends_sessions_when_it_is_the_last_one_alone(
    federation: Federation, ada: Person
) -> None:
    visit(federation.regions[WEST], 10)
    federation.pass_time(minutes=10)
    line = federation.hub.hub.region_of(EAST)
    assert line is not None
    other, last = min(line.key_names(EAST)), max(line.key_names(line.id))

    of_provider = effect(ada, "trust.revoke_key", issuer=EAST, kid=other, reason="compromised")
    of_region = effect(ada, "trust.revoke_key", issuer=line.id, kid=last, reason="compromised")

    assert of_provider[Reach.SESSIONS_ABROAD].count == 10
    assert Reach.SESSIONS_ABROAD_ENDED not in of_provider
    assert of_region[Reach.SESSIONS_ABROAD_ENDED].count == 10


@pytest.mark.parametrize(("people", "times"), [(1, 1), (1, 12), (9, 3)])
def test_the_hub_does_not_see_fewer_than_ten_people_come(
    federation: Federation, ada: Person, people: int, times: int
) -> None:
    """Neither that they are there, nor how often or how strongly: what is shown is as if nobody were."""
    federation.pass_time(minutes=10)
    nobody = effect(ada, "trust.suspend", issuer=EAST, reason="review")

    visit(federation.regions[WEST], people, strong=people, times=times)
    federation.pass_time(minutes=10)

    assert effect(ada, "trust.suspend", issuer=EAST, reason="review") == nobody
    # The hub had nothing to refuse: the region itself was silent about them.
    heard = federation.hub.services.stores.told_visitors.tellers(
        since=federation.clock.now() - timedelta(minutes=1)
    )
    assert WEST in heard
    assert nobody[Reach.PEOPLE_ABROAD] == EffectLine(Reach.PEOPLE_ABROAD, 0, Told(regions=0, silent=0))


def test_a_small_part_of_many_people_is_told_as_fewer_than_ten(federation: Federation, ada: Person) -> None:
    visit(federation.regions[WEST], 12, strong=9)
    federation.pass_time(minutes=10)

    line = effect(ada, "trust.ceiling", issuer=EAST, ceiling=2)[Reach.SESSIONS_ABROAD_ENDED]

    assert line.count == 0
    assert line.told is not None
    assert (line.told.regions, line.told.most_by) == (1, WEST)


def test_a_region_counts_every_ten_minutes_and_not_at_every_report(
    federation: Federation, ada: Person
) -> None:
    visit(federation.regions[WEST], 10)
    federation.pass_time(minutes=9)
    before = effect(ada, "trust.suspend", issuer=EAST, reason="review")
    federation.pass_time(minutes=1)
    after = effect(ada, "trust.suspend", issuer=EAST, reason="review")

    assert [one[Reach.SESSIONS_ABROAD_ENDED].count for one in (before, after)] == [0, 10]


def test_what_was_told_a_day_ago_is_told_no_more(federation: Federation, ada: Person) -> None:
    visit(federation.regions[WEST], 10)
    federation.pass_time(minutes=10)
    federation.clock.advance(hours=25)

    line = effect(ada, "trust.suspend", issuer=EAST, reason="review")[Reach.SESSIONS_ABROAD_ENDED]

    assert (line.count, line.told) == (0, Told(regions=0, silent=1))


def test_the_suspension_ends_what_it_was_shown_with(federation: Federation, ada: Person) -> None:
    west, ben = federation.regions[WEST], person(federation.hub.services, "Ben")
    visit(west, 23)
    federation.pass_time(minutes=10)

    ben.approve(ada.propose("trust.suspend", {"issuer": EAST, "reason": "review"}))
    federation.pass_time(seconds=1)

    assert west.services.stores.visitor_counts.visitors(now=federation.clock.now()) == ()
