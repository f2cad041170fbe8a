"""Somebody with an account here and one in another region makes them one way in, and parts them again."""

from __future__ import annotations

import pytest

from idp.accounts.person import Account
from idp.foundation.events import EventKind
from tests.support.browser import Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty
from tests.support.two_regions import EAST, WEST, Federation, Traveller, Visit

PATH = "/account/security/regions"


@pytest.fixture
def bo(regions: Federation) -> Account:
    """They are called otherwise in East."""
    regions.east.person("gulbahar")
    return regions.west.person("bo", claims={"name": "Bo"})


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    return regions.health()


def signed_in(regions: Federation, username: str = "bo", traveller: Traveller | None = None) -> Traveller:
    """A browser at the page of accounts in other regions."""
    traveller = traveller or regions.traveller()
    west = traveller.at(WEST)
    assert west.sign_in(west.get(f"{WEST}{PATH}"), username, PASSWORD).path == PATH
    return traveller


def to_east(traveller: Traveller) -> Page:
    """Choose East, up to its first page."""
    page = traveller.submit(traveller.get(f"{WEST}{PATH}"), PATH, "region-join-begin")
    assert page.path == "/login/region"
    return traveller.submit(page, "/login/region", home=EAST)


def asked(traveller: Traveller, username: str = "gulbahar") -> Page:
    """Prove oneself in East, and come back to where West asks."""
    page = traveller.submit(to_east(traveller), "/login", username=username)
    page = traveller.submit(page, "/login/password", password=PASSWORD)
    return traveller.submit(page, "/consent", "consent-allow") if page.path == "/consent" else page


def joined(traveller: Traveller) -> Page:
    return traveller.submit(asked(traveller), f"{PATH}/join", "region-join")


def name_told(regions: Federation, app: RelyingParty, visit: Visit) -> str:
    token = app.redeem(visit.answer["code"], visit.pending.verifier).access_token
    return str(app.userinfo(token).members["name"])


def test_before_anything_is_joined_the_person_is_asked(regions: Federation, bo: Account) -> None:
    page = asked(signed_in(regions))

    assert (page.status, page.path) == (200, f"{PATH}/join")
    assert "Region East" in page.text
    assert "bo" in page.text
    assert regions.west.services.stores.linked_subjects.of(bo.id) == ()


def test_whoever_joined_their_accounts_comes_by_either_as_the_same_person(
    regions: Federation, bo: Account, health: RelyingParty
) -> None:
    page = joined(signed_in(regions))

    assert page.path == PATH
    assert "Region East" in page.text
    visit = regions.visit(health, regions.east)
    assert name_told(regions, health, visit) == "Bo"
    kinds = [event.kind for event in regions.west.services.stores.events.of_account(bo.id, 20)]
    assert EventKind.REGION_JOINED in kinds


def test_the_other_region_asks_for_a_fresh_proof(regions: Federation, bo: Account) -> None:
    """A browser that somebody left signed in over there is not enough."""
    traveller = signed_in(regions)
    east = traveller.at(EAST)
    east.sign_in(east.get(f"{EAST}/account"), "gulbahar", PASSWORD)

    page = to_east(traveller)

    assert (page.url.startswith(EAST), page.path) == (True, "/login")


def test_who_does_not_want_to_joins_nothing(regions: Federation, bo: Account) -> None:
    traveller = signed_in(regions)
    asked(traveller)

    traveller.get(f"{WEST}{PATH}")

    assert regions.west.services.stores.linked_subjects.of(bo.id) == ()


def test_who_parts_them_comes_as_a_guest_again(
    regions: Federation, bo: Account, health: RelyingParty
) -> None:
    traveller = signed_in(regions)
    page = joined(traveller)
    elsewhere = regions.visit(health, regions.east).traveller.at(WEST)
    assert elsewhere.get(f"{WEST}/account").path == "/account"

    page = traveller.submit(page, f"{PATH}/part", "region-part-1")

    assert page.path == PATH
    assert regions.west.services.stores.linked_subjects.of(bo.id) == ()
    # Who came in by it is out.
    assert elsewhere.get(f"{WEST}/account").path == "/login"
    assert name_told(regions, health, regions.visit(health, regions.east)) != "Bo"


def test_an_account_that_was_used_here_before_is_not_joined_and_why_is_said(
    regions: Federation, bo: Account, health: RelyingParty
) -> None:
    regions.visit(health, regions.east)

    page = asked(signed_in(regions))

    assert page.path == PATH
    assert "cannot be joined" in page.text
    assert regions.west.services.stores.linked_subjects.of(bo.id) == ()


def test_a_refusal_there_leads_back_here(regions: Federation, bo: Account) -> None:
    traveller = signed_in(regions)

    page = traveller.submit(to_east(traveller), "/login/cancel", "login-cancel")

    assert page.url.startswith(f"{WEST}{PATH}")


def test_the_question_waits_while_the_person_proves_themselves_here_again(
    regions: Federation, bo: Account
) -> None:
    """They may have taken long over there."""
    traveller = signed_in(regions)
    page = to_east(traveller)
    regions.clock.advance(minutes=11)
    page = traveller.submit(page, "/login", username="gulbahar")
    page = traveller.submit(page, "/login/password", password=PASSWORD)
    page = traveller.submit(page, "/consent", "consent-allow") if page.path == "/consent" else page
    assert (page.url.startswith(WEST), page.path) == (True, "/login")

    page = traveller.at(WEST).sign_in(page, "bo", PASSWORD)

    assert page.path == f"{PATH}/join"


def test_a_region_without_others_has_no_such_page(provider: Provider) -> None:
    provider.person()
    browser = provider.browser()
    security = browser.sign_in(browser.get("/account/security"), "gulbahar", PASSWORD)

    page = browser.get(PATH)

    assert page.status == 404
    assert PATH not in security.text
