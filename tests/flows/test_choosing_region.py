"""Somebody registered in another region finds it, in one press or a few; and is told when it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from idp.trustlist.bundle import RegionStatus
from tests.support.browser import Browser, Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.regions import RegionList
from tests.support.relying_party import RelyingParty

EAST = "https://east.id.example"
NORTH = "https://north.id.example"
HOME = "__Host-idp_home"


@pytest.fixture
def lists(clock: FakeClock) -> RegionList:
    """West, East and North."""
    lists = RegionList(clock)
    lists.add("east", {"en": "Region East", "zh-CN": "东区"})
    lists.add("north", {"en": "Region North", "zh-CN": "北区"})
    return lists


@pytest.fixture
def west(
    lists: RegionList, tmp_path: Path, sqlite_template: Path, leak_guard: LeakGuard
) -> Iterator[Provider]:
    provider = lists.provider(tmp_path / "west.db", sqlite_template, leak_guard)
    yield provider
    provider.services.close()


@pytest.fixture
def health(west: Provider) -> RelyingParty:
    return west.client("health", name={"en": "Health", "zh-CN": "健康"})


def arrive(browser: Browser, app: RelyingParty, **wishes: str) -> Page:
    """The first page of a sign-in."""
    return browser.get(app.begin(**wishes).url)


def to_list(browser: Browser, page: Page, **query: str) -> Page:
    """The page where the region is chosen."""
    return browser.get("/login/region?" + urlencode({"transaction": transaction_of(page), **query}))


def transaction_of(page: Page) -> str:
    return page.form("/login/cancel").fields["transaction"]


def choose(browser: Browser, page: Page, home: str) -> Page:
    """Press the button of a region."""
    (form,) = (one for one in page.forms if (one.action, one.method) == ("/login/region", "post"))
    return browser.post("/login/region", {**form.fields, "home": home})


def offered(page: Page) -> list[str]:
    """The regions on the page, in order."""
    return re.findall(r'name="home" value="([^"]+)"', page.text)


def test_a_region_by_itself_offers_no_other(provider: Provider) -> None:
    page = arrive(provider.browser(), provider.client())

    assert "/login/region" not in page.text


def test_one_link_leads_to_the_list_in_the_readers_language(west: Provider, health: RelyingParty) -> None:
    for language, name in (("en", "Region East"), ("zh-CN", "东区")):
        browser = west.browser()
        browser.headers["Accept-Language"] = language
        page = arrive(browser, health)
        assert offered(page) == []

        listed = to_list(browser, page)

        assert offered(listed) == [EAST, NORTH]
        assert f'<span class="region__name"><bdi>{name}</bdi></span>' in listed.text


@pytest.mark.parametrize("typed", ["东", "east", "EAST", "region ea"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_search_knows_both_scripts_whatever_the_page_speaks(
    west: Provider, health: RelyingParty, language: str, typed: str
) -> None:
    browser = west.browser()
    browser.headers["Accept-Language"] = language

    found = to_list(browser, arrive(browser, health), q=typed)

    assert offered(found) == [EAST]


def test_of_three_thousand_fifty_are_shown_and_typing_finds_the_others(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    for number in range(3_000):
        lists.add(f"r{number}", {"en": f"Prefecture {number}", "zh-CN": f"第{number}州"})
    browser = west.browser()
    page = arrive(browser, health)

    everything, one = to_list(browser, page), to_list(browser, page, q="州 2998")

    assert len(offered(everything)) == 50
    assert "The first 50 of 3002 regions" in everything.text
    assert offered(one) == ["https://r2998.id.example"]


def test_a_search_that_finds_nothing_says_what_to_try(west: Provider, health: RelyingParty) -> None:
    browser = west.browser()

    page = to_list(browser, arrive(browser, health), q="atlantis")

    assert "No region is called that" in page.text


def test_the_choice_leads_to_that_regions_own_sign_in(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    lists.network.answers = True
    browser = west.browser()

    page = choose(browser, to_list(browser, arrive(browser, health)), EAST)

    assert lists.network.pushed == [f"{EAST}/par"]
    assert page.status == 200
    assert f'<meta http-equiv="refresh" content="0;url={EAST}/authorize?client_id=' in page.text
    assert f'href="{EAST}/authorize?' in page.text


def test_the_only_other_region_is_one_press_away(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    del lists.regions["north"]
    lists.network.answers = True
    browser = west.browser()
    page = arrive(browser, health)

    gone = browser.submit(page, "/login/region", "login-home")

    assert offered(page) == [EAST]
    assert "login-elsewhere" not in page.text
    assert f"{EAST}/authorize?" in gone.text


def test_the_region_used_last_is_one_press_away_and_first_in_the_list(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    browser = west.browser()
    browser.set_cookie(HOME, NORTH)

    page = arrive(browser, health)

    assert offered(page) == [NORTH]
    assert "I am registered in yet another region" in page.text
    assert offered(to_list(browser, page)) == [NORTH, EAST]


def test_an_app_may_name_the_region_and_nobody_in_it(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    """Out of the person's own QR code or card, say: it is offered first, and not put into the field for names."""
    browser = west.browser()

    page = arrive(browser, health, login_hint=NORTH)

    assert offered(page) == [NORTH]
    assert page.form("/login").fields["username"] == ""
    assert offered(to_list(browser, page)) == [NORTH, EAST]


def test_a_region_that_does_not_answer_can_be_tried_again(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    browser = west.browser()
    listed = to_list(browser, arrive(browser, health))

    failed = choose(browser, listed, EAST)
    lists.network.answers = True
    again = browser.submit(failed, "/login/region", "region-retry")

    assert failed.status == 400
    assert "Region East does not answer" in failed.text
    assert f"{EAST}/authorize?" in again.text


@pytest.mark.parametrize(
    ("status", "reason", "title", "why"),
    [
        (RegionStatus.SUSPENDED, "review", "Region East is suspended", "It is being reviewed."),
        (
            RegionStatus.REMOVED,
            "key_compromise",
            "Region East was removed from the list",
            "Its keys may be in the wrong hands.",
        ),
    ],
)
def test_a_region_that_is_out_says_why_and_since_when_and_what_still_works(
    west: Provider,
    lists: RegionList,
    health: RelyingParty,
    status: RegionStatus,
    reason: str,
    title: str,
    why: str,
) -> None:
    browser = west.browser()
    listed = to_list(browser, arrive(browser, health))
    lists.change("east", status=status, reason=reason)

    page = choose(browser, listed, EAST)

    assert title in page.text
    assert why in unescape(page.text)
    assert f'<time datetime="{lists.clock.now().isoformat(timespec="minutes")}">' in page.text
    assert lists.network.pushed == []
    assert "region-retry" not in page.text
    assert "Sign in with an account of Region West" in page.text
    assert browser.submit(page, "/login/cancel").is_outside


def test_a_suspended_region_is_listed_as_such_and_a_removed_one_is_not(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    lists.change("east", status=RegionStatus.SUSPENDED)
    lists.change("north", status=RegionStatus.REMOVED)
    browser = west.browser()

    page = to_list(browser, arrive(browser, health))

    assert offered(page) == [EAST]
    assert '<span class="region__note">Suspended</span>' in page.text


def test_whoever_came_from_a_region_that_went_out_reads_it_before_anything_else(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    browser = west.browser()
    browser.set_cookie(HOME, EAST)
    lists.change("east", status=RegionStatus.REMOVED, reason="key_compromise")

    page = arrive(browser, health)
    explained = browser.get(f"/login/region?transaction={transaction_of(page)}&home={EAST}")

    assert "Region East was removed from the list. Whoever was signed in here from there" in page.text
    assert f"home={quote(EAST, safe='')}" in page.text
    assert "Its keys may be in the wrong hands." in explained.text
    assert offered(page) == [NORTH]


def test_with_a_list_that_is_too_old_no_region_is_believed_and_signing_in_here_works(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    lists.age = timedelta(hours=25)
    west.person()
    browser = west.browser()
    page = arrive(browser, health)

    stale = choose(browser, to_list(browser, page), EAST)
    here = west.walk(browser, f"/login?transaction={transaction_of(stale)}")

    assert "We cannot check Region East just now" in stale.text
    assert "Accounts of Region West work as always." in stale.text
    assert lists.network.pushed == []
    assert here.is_outside


def test_before_the_first_list_came_the_page_says_so(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    lists.is_here = False
    browser = west.browser()

    page = to_list(browser, arrive(browser, health))

    assert offered(page) == []
    assert "The list of regions has not arrived here yet" in page.text


def test_somebody_going_to_their_own_account_may_come_from_elsewhere_too(
    west: Provider, lists: RegionList
) -> None:
    lists.network.answers = True
    browser = west.browser()

    page = choose(browser, to_list(browser, browser.get("/account")), EAST)

    assert f"{EAST}/authorize?" in page.text
