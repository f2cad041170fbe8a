"""Signing out on one side of a border, and what becomes of the other side."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.support.browser import Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty, answer_of
from tests.support.two_regions import EAST, WEST, Federation, Traveller, Visit

SESSION = "__Host-idp_session"


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app that wants to be told."""
    regions.east.person("gulbahar")
    return regions.health(backchannel_logout_uri="https://health.example/logged-out")


def carry_errands(provider: Provider) -> list[tuple[str, str]]:
    """What the telling thread does: who was told, and how they took it."""
    told = []
    for errand in provider.services.telling.errands(10):
        reply = provider.services.logout_posts.carry(errand)
        provider.services.telling.settle(errand, reply)
        told.append((errand.client_id, reply.value))
    return told


def signed_in(app: RelyingParty, visit: Visit) -> str:
    """Finish at the app; returns its ID token."""
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    return str(answer.id_token)


def is_signed_in(traveller: Traveller, provider: Provider) -> bool:
    """Whether this browser gets into an account page without a sign-in."""
    return traveller.at(provider.issuer).get(f"{provider.issuer}/account").path == "/account"


def sign_out_at_the_app(traveller: Traveller, id_token: str) -> Page:
    back = "https://health.example/signed-out"
    return traveller.get(
        f"{WEST}/logout?id_token_hint={id_token}&post_logout_redirect_uri={back}&state=from-the-app"
    )


def test_signing_out_at_the_app_signs_out_of_both_regions(regions: Federation, health: RelyingParty) -> None:
    visit = regions.visit(health, regions.east)
    id_token = signed_in(health, visit)

    page = sign_out_at_the_app(visit.traveller, id_token)

    assert page.is_outside
    assert page.url == "https://health.example/signed-out?state=from-the-app"
    assert not is_signed_in(visit.traveller, regions.west)
    assert not is_signed_in(visit.traveller, regions.east)


def test_signing_out_here_may_leave_the_person_signed_in_at_home(
    regions: Federation, health: RelyingParty
) -> None:
    visit = regions.visit(health, regions.east)
    west = visit.traveller.at(WEST)
    page = west.get(f"{WEST}/logout")
    assert "Sign out of Region East too" in page.text
    form = page.form("/logout")
    # The box is ticked; here it is not.
    kept = {name: value for name, value in form.fields.items() if name != "home"}

    west.post(f"{WEST}/logout", kept)

    assert not is_signed_in(visit.traveller, regions.west)
    assert is_signed_in(visit.traveller, regions.east)


def test_signing_out_here_with_the_box_ticked_signs_out_at_home(
    regions: Federation, health: RelyingParty
) -> None:
    visit = regions.visit(health, regions.east)
    page = visit.traveller.get(f"{WEST}/logout")

    page = visit.traveller.submit(page, "/logout", home="1")

    assert page.url == f"{WEST}/signed-out"
    assert not is_signed_in(visit.traveller, regions.east)


def test_signing_out_at_home_ends_the_session_elsewhere_and_its_apps_are_told(
    regions: Federation, health: RelyingParty
) -> None:
    visit = regions.visit(health, regions.east)
    answer = health.redeem(visit.answer["code"], visit.pending.verifier)
    east = visit.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")

    told = carry_errands(regions.east)

    assert told == [(f"{WEST}/rp", "heard")]
    assert not is_signed_in(visit.traveller, regions.west)
    assert health.userinfo(answer.access_token).status == 401
    # And West tells its own app.
    (errand,) = regions.west.services.telling.errands(10)
    assert errand.client_id == "health"


def test_other_sessions_of_the_person_go_on(regions: Federation, health: RelyingParty) -> None:
    first, second = regions.visit(health, regions.east), regions.visit(health, regions.east)
    east = first.traveller.at(EAST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")

    carry_errands(regions.east)

    assert not is_signed_in(first.traveller, regions.west)
    assert is_signed_in(second.traveller, regions.west)


def test_a_region_that_was_away_is_told_later(regions: Federation, health: RelyingParty) -> None:
    visit = regions.visit(health, regions.east)
    east = visit.traveller.at(EAST)
    regions.network.away.add(WEST)
    east.submit(east.get(f"{EAST}/logout"), "/logout")
    assert carry_errands(regions.east) == [(f"{WEST}/rp", "no answer")]
    regions.network.away.clear()
    regions.clock.advance(minutes=1)

    assert carry_errands(regions.east) == [(f"{WEST}/rp", "heard")]

    assert not is_signed_in(visit.traveller, regions.west)


def test_a_region_that_is_away_keeps_nobody_from_signing_out_here(
    regions: Federation, health: RelyingParty
) -> None:
    visit = regions.visit(health, regions.east)
    id_token = signed_in(health, visit)
    regions.trust.suspend(EAST)
    bo = regions.west.person("bo")
    assert bo.is_active

    page = sign_out_at_the_app(visit.traveller, id_token)

    assert page.url.startswith("https://health.example/signed-out")
    assert visit.traveller.at(WEST).cookie(SESSION) is None or not is_signed_in(visit.traveller, regions.west)


def test_where_a_sign_out_ends_is_for_this_browser_alone(regions: Federation, health: RelyingParty) -> None:
    visit = regions.visit(health, regions.east)
    id_token = signed_in(health, visit)
    west = visit.traveller.at(WEST)
    back = "https://health.example/signed-out"
    page = west.get(f"{WEST}/logout?id_token_hint={id_token}&post_logout_redirect_uri={back}")
    leave = unescape(re.findall(r'url=(/rp/leave[^"]+)"', page.text)[0])
    away = west.get(f"{WEST}{leave}")
    assert away.url.startswith(f"{EAST}/logout")
    state = answer_of(away.url)["state"]

    other = regions.traveller().at(WEST)
    other.get(health.begin().url)
    elsewhere = other.get(f"{WEST}/rp/signed-out?state={state}")
    theirs = other.get(f"{WEST}{leave}")
    broken = west.get(f"{WEST}/rp/signed-out?state={state[:-4]}AAAA")

    assert elsewhere.url == f"{WEST}/signed-out"
    assert broken.url == f"{WEST}/signed-out"
    assert theirs.url == f"{WEST}/signed-out"
    assert west.get(f"{WEST}/rp/signed-out?state={state}").url == "https://health.example/signed-out"


def test_the_way_on_to_the_home_region_is_not_open_for_long(
    regions: Federation, health: RelyingParty
) -> None:
    """It leads to an address with an ID token in it, and the next person at this browser may go back in its history."""
    visit = regions.visit(health, regions.east)
    west = visit.traveller.at(WEST)
    page = west.get(f"{WEST}/logout?id_token_hint={signed_in(health, visit)}")
    leave = unescape(re.findall(r'url=(/rp/leave[^"]+)"', page.text)[0])
    regions.clock.advance(minutes=6)

    assert west.get(f"{WEST}{leave}").url == f"{WEST}/signed-out"


def test_what_is_taken_back_at_home_ends_the_apps_access_elsewhere(
    regions: Federation, health: RelyingParty
) -> None:
    """The page at home says that the app sees nothing any more; so the other region has to hear of it."""
    visit = regions.visit(health, regions.east)
    answer = health.redeem(visit.answer["code"], visit.pending.verifier)
    east = visit.traveller.at(EAST)
    page = east.submit(east.get("/account/apps"), "/account/apps/withdraw", "app-withdraw-1")
    assert "This app can no longer see your data." in page.text

    told = carry_errands(regions.east)

    assert told == [(f"{WEST}/rp", "heard")]
    assert health.userinfo(answer.access_token).status == 401
    assert is_signed_in(visit.traveller, regions.east)


def test_signing_in_again_is_a_new_session(regions: Federation, health: RelyingParty) -> None:
    traveller = regions.traveller()
    id_token = signed_in(health, regions.visit(health, regions.east, traveller))
    sign_out_at_the_app(traveller, id_token)

    visit = regions.visit(health, regions.east, traveller, password=PASSWORD)

    assert "code" in visit.answer
