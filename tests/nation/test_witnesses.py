"""Three regions stand by the list of their hub, and two of them have to. Some are out of reach, and come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Restore, SetWitnesses, Suspend
from idp.trustlist.listing import ListedWitness
from tests.support.nation import Nation, frozen, nation
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

QUORUM = 2


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with nation(tmp_path_factory.mktemp("witnesses"), witnesses=True) as running:
        running.change(SetWitnesses(QUORUM, tuple(map(witness, running.regions))))
        running.wait_until_honoured()
        yield running


def test_a_change_flows_while_enough_witnesses_answer(country: Nation) -> None:
    with frozen(country.east):
        country.change(Suspend(country.south.issuer, "review"))
        country.change(Restore(country.south.issuer))
        wait_until(lambda: not country.registry.is_waiting())
        country.wait_until_honoured(country.west)

    assert status(country.west, country.south) is RegionStatus.ACTIVE
    country.wait_until_honoured()


def test_with_two_witnesses_down_a_suspension_is_honoured_at_once_and_trust_waits(country: Nation) -> None:
    """And what waited goes through by itself when they are back."""
    with frozen(country.east), frozen(country.south):
        country.change(Suspend(country.south.issuer, "review"))
        wait_until(lambda: status(country.west, country.south) is RegionStatus.SUSPENDED)
        country.change(Restore(country.south.issuer))
        was_waiting = country.registry.is_waiting()
        wait_until(lambda: len(faults(country)) == QUORUM)
        held = status(country.west, country.south)
    wait_until(lambda: status(country.west, country.south) is RegionStatus.ACTIVE)

    assert was_waiting
    assert held is RegionStatus.SUSPENDED
    assert not country.registry.is_waiting()
    country.wait_until_honoured()


def witness(region: RunningProvider) -> ListedWitness:
    desk = region.services.witness
    assert desk is not None
    return ListedWitness(str(desk.key), f"{region.issuer}/witness")


def status(region: RunningProvider, about: RunningProvider) -> RegionStatus:
    assert region.services.following is not None
    bundle = region.services.following.trust.look_now().bundle
    assert bundle is not None
    (found,) = (one.status for one in bundle.regions if one.op == about.issuer)
    return found


def faults(country: Nation) -> list[str]:
    known = country.registry.witnesses.witnesses(now=country.hub.clock.now())
    return [str(one.fault) for one in known if one.fault]
