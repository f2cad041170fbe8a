"""What ends in a region ends wherever its people are signed in, whatever becomes of the message (lines 77 to 79)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from idp.adapters.egress_errors import EgressError, Reason
from idp.trustlist.bundle import RegionStatus
from tests.flows.test_cross_region_sign_out import is_signed_in
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty
from tests.support.two_regions import EAST, WEST, Federation, Visit

BROKER = f"{WEST}/rp"
PASSWORD_PAGE = f"{EAST}/account/security/password"


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app that people of East use."""
    regions.east.person("gulbahar")
    return regions.health()


@pytest.fixture
def visit(regions: Federation, health: RelyingParty) -> Visit:
    """Somebody of East signed in at West, and West has its stream there."""
    found = regions.visit(health, regions.east)
    hear(regions)
    return found


def hear(regions: Federation) -> None:
    """What the hearing thread of West does, in its turn."""
    hearing = regions.west.services.hearing
    assert hearing is not None
    regions.clock.advance(seconds=hearing.every.total_seconds() + 1)
    hearing.round()


def trouble(regions: Federation) -> str:
    source = regions.west.services.stores.signal_sources.find(EAST)
    assert source is not None
    return source.trouble


def waiting(regions: Federation) -> int:
    """Events of East that West has not taken."""
    stream = regions.east.services.stores.streams.of_client(BROKER)
    assert stream is not None
    return len(regions.east.services.stores.streams.window(stream.id, 50))


def account_of(provider: Provider, name: str = "gulbahar") -> str:
    found = provider.services.stores.accounts.find_by_identifier(name)
    assert found is not None
    return found.id


def change_password(visit: Visit) -> None:
    east = visit.traveller.at(EAST)
    east.submit(
        east.get(PASSWORD_PAGE),
        "/account/security/password",
        current_password=PASSWORD,
        new_password=f"{PASSWORD} again",
    )


def test_a_region_sets_up_its_stream_by_itself(regions: Federation, visit: Visit) -> None:
    stream = regions.east.services.stores.streams.of_client(BROKER)

    assert stream is not None
    assert len(stream.events_delivered) == 3
    assert trouble(regions) == ""


def test_where_nobody_came_from_nobody_is_asked(regions: Federation, health: RelyingParty) -> None:
    hear(regions)

    assert not [call for call in regions.network.calls if call.path.startswith("/ssf")]


def test_a_sign_out_at_home_reaches_a_region_that_no_logout_token_reached(
    regions: Federation, visit: Visit
) -> None:
    """78: the logout token is lost with the process, and the event is still there."""
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    before = is_signed_in(visit.traveller, regions.west)

    hear(regions)

    assert before
    assert not is_signed_in(visit.traveller, regions.west)
    assert waiting(regions) == 0


def test_one_session_that_ended_at_home_takes_no_other_along(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    other = regions.visit(health, regions.east)
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")

    hear(regions)

    assert not is_signed_in(visit.traveller, regions.west)
    assert is_signed_in(other.traveller, regions.west)


def test_a_new_password_at_home_ends_what_the_old_one_opened_elsewhere(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    """79; and who comes again comes in, also by the session that went on at home."""
    tokens = health.redeem(visit.answer["code"], visit.pending.verifier)
    regions.clock.advance(seconds=5)
    change_password(visit)

    hear(regions)
    ended = not is_signed_in(visit.traveller, regions.west)
    dead = health.userinfo(tokens.access_token).status
    regions.clock.advance(seconds=5)
    again = regions.visit(health, regions.east, traveller=visit.traveller)
    hear(regions)

    assert ended
    assert dead == 401
    assert again.answer["code"]
    assert is_signed_in(visit.traveller, regions.west)


def test_an_account_switched_off_at_home_is_nobodys_elsewhere(regions: Federation) -> None:
    """Also what outlives a session."""
    regions.east.person("gulbahar")
    health = regions.health()
    visit = regions.visit(health, regions.east, scope="openid profile offline_access", prompt="consent")
    refresh = health.redeem(visit.answer["code"], visit.pending.verifier).refresh_token
    regions.clock.advance(seconds=5)
    hear(regions)

    regions.east.services.stores.accounts.set_active(account_of(regions.east), False, now=regions.clock.now())
    hear(regions)

    assert not is_signed_in(visit.traveller, regions.west)
    assert health.refresh(refresh).error == "invalid_grant"


def test_a_region_that_is_away_is_heard_when_it_is_back(regions: Federation, visit: Visit) -> None:
    """77, lost: nothing is acknowledged that was not obeyed."""
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    regions.network.away.add(EAST)
    hear(regions)
    unheard = is_signed_in(visit.traveller, regions.west), trouble(regions) != ""

    regions.network.away.clear()
    regions.clock.advance(seconds=30)
    hear(regions)

    assert unheard == (True, True)
    assert not is_signed_in(visit.traveller, regions.west)
    assert trouble(regions) == ""


def test_an_acknowledgement_that_is_lost_does_no_harm(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    """77, duplicated: the same event comes again, and a sign-in since is not ended by it."""
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    send = regions.network.send

    def losing(call: Any) -> Any:
        if call.path == "/ssf/poll" and b'"ack": ["' in call.body:
            raise EgressError(Reason.UNREACHABLE, "lost")
        return send(call)

    regions.network.send = losing  # type: ignore[method-assign]
    hear(regions)
    ended, kept = not is_signed_in(visit.traveller, regions.west), waiting(regions)
    regions.network.send = send  # type: ignore[method-assign]
    again = regions.visit(health, regions.east, traveller=visit.traveller)

    hear(regions)

    assert ended
    assert kept > 0
    assert again.answer["code"]
    assert is_signed_in(visit.traveller, regions.west)
    assert waiting(regions) == 0


def test_a_stream_that_was_removed_is_set_up_again(regions: Federation, visit: Visit) -> None:
    streams = regions.east.services.stores.streams
    before = streams.of_client(BROKER)
    assert before is not None
    streams.remove(before.id, BROKER)

    hear(regions)
    hear(regions)

    after = streams.of_client(BROKER)
    assert after is not None
    assert after.id != before.id
    assert trouble(regions) == ""


def test_a_stream_that_was_paused_for_silence_is_taken_up_again(regions: Federation, visit: Visit) -> None:
    """A region that was away for weeks hears what happened meanwhile."""
    pushes = regions.east.services.stores.event_pushes
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    regions.clock.advance(days=8)
    assert pushes.pause_silent("silent", now=regions.clock.now())

    hear(regions)
    hear(regions)

    assert waiting(regions) == 0
    assert trouble(regions) == ""


def test_a_region_that_is_trusted_no_more_is_not_heard(regions: Federation, visit: Visit) -> None:
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    regions.trust.regions[EAST] = dataclasses.replace(
        regions.trust.regions[EAST], status=RegionStatus.SUSPENDED
    )
    called = len(regions.network.calls)

    hear(regions)

    assert len(regions.network.calls) == called
