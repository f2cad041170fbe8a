"""Getting into somebody's account by having another one joined with it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from idp.accounts.person import Account
from tests.attacks.test_broker import put, saying
from tests.flows.test_joining_accounts import PATH, asked, joined, signed_in, to_east
from tests.support.browser import Page
from tests.support.provider import PASSWORD
from tests.support.relying_party import answer_of
from tests.support.two_regions import EAST, WEST, Federation, Traveller

JOIN = f"{PATH}/join"


@pytest.fixture
def victim(regions: Federation) -> Account:
    """Has an account in West; the attacker has one in East and one in West."""
    regions.east.person("gulbahar")
    regions.west.person("mallory")
    return regions.west.person("bo")


def links_of(regions: Federation, account: Account) -> tuple[str, ...]:
    return tuple(link.home_iss for link in regions.west.services.stores.linked_subjects.of(account.id))


def at_the_callback(traveller: Traveller) -> str:
    """Stopped at the door of West: the address that East sends the browser to."""
    east = traveller.at(EAST)
    page = east.sign_in(to_east(traveller), "gulbahar", PASSWORD)
    page = east.allow(page) if page.path == "/consent" else page
    assert page.is_outside, page.text
    return page.url


def link_of(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["link"][0]


def join(traveller: Traveller, link: str, **fields: str) -> Page:
    """The form that joins, with the token of this browser's own page."""
    west = traveller.at(WEST)
    token = west.get(f"{WEST}{PATH}").form(PATH).fields["csrf_token"]
    return west.post(f"{WEST}{JOIN}", {"csrf_token": token, "link": link, **fields})


def test_an_answer_that_the_attacker_began_joins_nothing_in_the_victims_browser(
    regions: Federation, victim: Account
) -> None:
    """Fixation: the victim is led to the end of a way that somebody else began."""
    url = at_the_callback(signed_in(regions, "mallory"))
    theirs = signed_in(regions)

    page = theirs.get(url)

    assert (page.status, page.path) == (400, "/rp/callback")
    assert links_of(regions, victim) == ()


def test_an_answer_counts_in_the_session_that_asked_and_not_in_the_next_one_of_the_same_browser(
    regions: Federation, victim: Account
) -> None:
    traveller = signed_in(regions, "mallory")
    url = at_the_callback(traveller)
    west = traveller.at(WEST)
    west.submit(west.get(f"{WEST}/account"), "/account/sign-out", "account-sign-out")
    signed_in(regions, "bo", traveller)

    page = traveller.get(url)

    assert page.status == 400
    assert links_of(regions, victim) == ()


def test_the_question_of_one_session_is_not_answered_in_another(regions: Federation, victim: Account) -> None:
    link = link_of(asked(signed_in(regions, "mallory")))
    theirs = signed_in(regions)

    page = join(theirs, link)

    assert page.path == PATH
    assert theirs.get(f"{WEST}{JOIN}?link={link}").path == PATH
    assert links_of(regions, victim) == ()


def test_another_session_of_the_same_person_does_not_answer_it_either(
    regions: Federation, victim: Account
) -> None:
    link = link_of(asked(signed_in(regions)))

    join(signed_in(regions), link)

    assert links_of(regions, victim) == ()


@pytest.mark.parametrize("headers", [{"Origin": EAST}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
@pytest.mark.parametrize("path", [PATH, JOIN, f"{PATH}/part"])
def test_no_other_site_begins_joins_or_parts(
    regions: Federation, victim: Account, path: str, headers: dict[str, str]
) -> None:
    traveller = signed_in(regions)
    page = asked(traveller)
    fields = page.form(JOIN).fields

    answer = traveller.at(WEST).post(f"{WEST}{path}", fields, headers=headers)

    assert answer.status == 403
    assert links_of(regions, victim) == ()


@pytest.mark.parametrize("token", ["", "x"])
@pytest.mark.parametrize("path", [PATH, JOIN, f"{PATH}/part"])
def test_without_the_token_of_our_page_nothing_begins_joins_or_parts(
    regions: Federation, victim: Account, path: str, token: str
) -> None:
    traveller = signed_in(regions)
    link = link_of(asked(traveller))

    answer = traveller.at(WEST).post(f"{WEST}{path}", {"csrf_token": token, "link": link})

    assert answer.status == 403
    assert links_of(regions, victim) == ()


def test_neither_the_answer_nor_the_question_counts_twice(regions: Federation, victim: Account) -> None:
    traveller = signed_in(regions)
    url = at_the_callback(traveller)
    page = traveller.get(url)
    link = link_of(page)
    page = traveller.submit(page, JOIN, "region-join")
    traveller.submit(page, f"{PATH}/part", "region-part-1")

    again = traveller.get(url)
    join(traveller, link)

    assert again.status == 400
    assert links_of(regions, victim) == ()


def test_the_question_does_not_wait_for_ever(regions: Federation, victim: Account) -> None:
    traveller = signed_in(regions)
    link = link_of(asked(traveller))
    regions.clock.advance(minutes=16)
    signed_in(regions, "bo", traveller)

    page = join(traveller, link)

    assert page.path == PATH
    assert links_of(regions, victim) == ()


def test_a_session_that_was_left_open_joins_nothing(regions: Federation, victim: Account) -> None:
    """It takes a recent proof here, not only there."""
    traveller = signed_in(regions)
    page = asked(traveller)
    regions.clock.advance(minutes=11)

    page = traveller.submit(page, JOIN, "region-join")

    assert page.path == "/login"
    assert links_of(regions, victim) == ()


def test_who_came_in_by_another_region_joins_nothing(regions: Federation, victim: Account) -> None:
    """A joined account is no way to join the next one: that would let East decide who else is this person."""
    joined(signed_in(regions))
    visit = regions.visit(regions.health(), regions.east)

    page = visit.traveller.at(WEST).get(f"{WEST}{PATH}")

    assert page.path == "/login"


def test_a_proof_that_the_other_region_did_not_make_anew_joins_nothing(
    regions: Federation, victim: Account
) -> None:
    """The wish for a fresh proof is checked by what came back, whatever was promised."""
    stale = regions.clock.now()
    regions.clock.advance(minutes=30)
    regions.network.tamper = saying(put(auth_time=int(stale.timestamp())), regions.east)

    page = asked(signed_in(regions))

    assert page.status == 400
    assert page.path != JOIN
    assert links_of(regions, victim) == ()


def test_an_app_cannot_dress_a_sign_in_up_as_joining(regions: Federation, victim: Account) -> None:
    """What a mini-app sends along is no wish of ours."""
    app = regions.health()
    here = signed_in(regions)
    (session,) = regions.west.services.stores.sessions.list_of(victim.id, now=regions.clock.now())

    visit = regions.visit(app, regions.east, here, joining=session.id, prompt="select_account")

    assert visit.page.is_outside, visit.page.url
    assert "code" in answer_of(visit.page.url)
    assert links_of(regions, victim) == ()


def test_nobody_parts_somebody_elses_accounts(regions: Federation, victim: Account) -> None:
    page = joined(signed_in(regions))
    fields = page.form(f"{PATH}/part").fields
    west = signed_in(regions, "mallory").at(WEST)
    own = west.get(f"{WEST}{PATH}").form(PATH).fields["csrf_token"]

    west.post(f"{WEST}{PATH}/part", {**fields, "csrf_token": own})

    assert links_of(regions, victim) == (EAST,)
