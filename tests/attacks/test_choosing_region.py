"""Choosing a region leads nowhere but to a region, and tells nobody anything about anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from idp.trustlist.bundle import RegionStatus
from tests.support.browser import Browser, Form, Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.regions import WEST, RegionList
from tests.support.relying_party import RelyingParty

EAST = "https://east.id.example"
THIEF = "https://east.id.example.thief.example"
COOKIE = "__Host-idp_home"


@pytest.fixture
def lists(clock: FakeClock) -> RegionList:
    """West, East and North; every region takes a pushed request."""
    lists = RegionList(clock)
    lists.add("east", {"en": "Region East", "zh-CN": "东区"})
    lists.add("north", {"en": "Region North", "zh-CN": "北区"})
    lists.network.answers = True
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
    return west.client("health")


def listed(browser: Browser, health: RelyingParty, **query: str) -> Page:
    """The page where the region is chosen."""
    page = browser.get(health.begin().url)
    transaction = page.form("/login/cancel").fields["transaction"]
    return browser.get("/login/region?" + urlencode({"transaction": transaction, **query}))


def choice(page: Page) -> Form:
    """The form with the regions."""
    (form,) = (one for one in page.forms if (one.action, one.method) == ("/login/region", "post"))
    return form


@pytest.mark.parametrize(
    "home",
    [
        THIEF,
        "https://thief.example",
        "//thief.example",
        "javascript:alert(1)",
        f"{EAST}/",
        f"{EAST}@thief.example",
        EAST.upper(),
        f" {EAST}",
        f"{EAST}\r\nSet-Cookie: a=b",
        "x" * 5_000,
        "",
    ],
)
def test_only_a_region_of_the_list_is_ever_gone_to(
    west: Provider, lists: RegionList, health: RelyingParty, home: str
) -> None:
    """No open redirect: what is not on the list, letter for letter, leads to a page of ours."""
    browser = west.browser()
    page = listed(browser, health)

    refused = browser.post("/login/region", {**choice(page).fields, "home": home})

    assert (refused.status, refused.is_outside) == (400, False)
    assert "We do not know this region" in refused.text
    assert "http-equiv" not in refused.text
    assert "thief" not in refused.text
    assert lists.network.pushed == []


@pytest.mark.parametrize("home", [WEST, f"{EAST}/fed", f"{EAST}/rp"])
def test_neither_ourselves_nor_another_entity_of_a_region_signs_anybody_in(
    west: Provider, lists: RegionList, health: RelyingParty, home: str
) -> None:
    browser = west.browser()

    refused = browser.post("/login/region", {**choice(listed(browser, health)).fields, "home": home})

    assert "We do not know this region" in refused.text
    assert lists.network.pushed == []


@pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.REMOVED])
def test_a_region_that_went_out_while_the_page_was_open_is_not_gone_to(
    west: Provider, lists: RegionList, health: RelyingParty, status: RegionStatus
) -> None:
    browser = west.browser()
    page = listed(browser, health)
    lists.change("east", status=status)

    refused = browser.post("/login/region", {**choice(page).fields, "home": EAST})

    assert refused.status == 400
    assert lists.network.pushed == []


def test_no_other_site_sends_anybody_to_a_region(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    """A form without our token, with that of another step, or from elsewhere; and an address does nothing at all."""
    browser = west.browser()
    page = listed(browser, health)
    fields = {**choice(page).fields, "home": EAST}
    other_step = (
        browser.get(f"/login?transaction={fields['transaction']}").form("/login").fields["step_token"]
    )

    answers = [
        browser.post("/login/region", {**fields, "step_token": ""}),
        browser.post("/login/region", {**fields, "step_token": other_step}),
        browser.post("/login/region", fields, headers={"Origin": "https://thief.example"}),
        browser.post("/login/region", fields, headers={"Sec-Fetch-Site": "cross-site"}),
    ]
    by_address = browser.get("/login/region?" + urlencode(fields))

    assert [answer.status for answer in answers] == [403] * 4
    assert (by_address.status, by_address.is_outside) == (200, False)
    assert lists.network.pushed == []


def test_the_choice_belongs_to_the_browser_that_began(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    fields = choice(listed(west.browser(), health)).fields
    other = west.browser()

    shown = other.get("/login/region?" + urlencode({"transaction": fields["transaction"]}))
    sent = other.post("/login/region", {**fields, "home": EAST})

    assert "This page belongs to another browser" in shown.text
    assert "This page belongs to another browser" in sent.text
    assert lists.network.pushed == []


@pytest.mark.parametrize(
    "cookie", [THIEF, WEST, f"{EAST}/rp", '"><script>alert(1)</script>', "x" * 3_000, "东区"]
)
def test_a_cookie_that_was_tampered_with_names_no_region(
    west: Provider, lists: RegionList, health: RelyingParty, cookie: str
) -> None:
    browser = west.browser()
    browser.set_cookie(COOKIE, cookie)

    page = browser.get(health.begin().url)

    assert page.status == 200
    assert "login-home" not in page.text
    assert cookie not in page.text.replace(WEST, "")


@pytest.mark.parametrize("cookie", [THIEF, WEST, f"{EAST}/rp", f"{WEST}/rp", "x" * 3_000])
def test_a_cookie_that_was_tampered_with_sends_nobody_anywhere_silently(
    west: Provider, lists: RegionList, health: RelyingParty, cookie: str
) -> None:
    """Least of all to ourselves: a request that waits for another one here takes two threads."""
    browser = west.browser()
    browser.set_cookie(COOKIE, cookie)

    page = browser.get(health.begin(prompt="none").url)

    assert "error=login_required" in page.url
    assert lists.network.pushed == []


def test_a_region_that_is_known_for_no_address_is_not_gone_to(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    """The list vouches for a region's name and keys; what else a region says of itself is its own word."""
    usual, browser = lists.regions["east"].op_metadata, west.browser()
    for name in ("authorization_endpoint", "pushed_authorization_request_endpoint"):
        for address in ("javascript:alert(1)", "http://inside.example/", f"{EAST}/\r\nx", "", None, 7):
            metadata = {key: value for key, value in usual.items() if key != name}
            lists.change("east", op_metadata=metadata | ({} if address is None else {name: address}))
            page = listed(browser, health)

            refused = browser.post("/login/region", {**choice(page).fields, "home": EAST})

            assert (refused.status, refused.is_outside) == (400, False), (name, address)
            assert "http-equiv" not in refused.text
    assert lists.network.pushed == []


@pytest.mark.parametrize("hint", [THIEF, f"{EAST}/rp", "13800000000"])
def test_a_hint_of_the_app_names_no_region_that_is_not_one(
    west: Provider, health: RelyingParty, hint: str
) -> None:
    page = west.browser().get(health.begin(login_hint=hint).url)

    assert "login-home" not in page.text
    assert page.form("/login").fields["username"] == hint


def test_the_cookie_holds_the_region_and_nothing_about_the_person(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    """Choosing alone remembers nothing: whose browser it is has not been shown yet."""
    browser = west.browser()
    fields = choice(listed(browser, health)).fields

    browser.post("/login/region", {**fields, "home": EAST})

    assert browser.cookie(COOKIE) is None


def test_the_page_asks_for_nothing_that_tells_people_apart(
    west: Provider, lists: RegionList, health: RelyingParty
) -> None:
    """No number, no name; and whoever is known here gets the same page as somebody who is not."""
    west.person()
    shown = []
    for name in ("gulbahar", "nobody-at-all"):
        browser = west.browser()
        page = browser.get(health.begin().url)
        transaction = page.form("/login/cancel").fields["transaction"]
        browser.submit(page, "/login", username=name)
        shown.append(browser.get(f"/login/region?transaction={transaction}"))

    fields = [set(form.fields) for form in shown[0].forms if form.action == "/login/region"]
    assert fields == [{"transaction", "q"}, {"transaction", "step_token"}]
    first, second = (
        page.text.replace(page.form("/login/cancel").fields["transaction"], "TX").replace(
            page.form("/login/cancel").fields["step_token"], "TOKEN"
        )
        for page in shown
    )
    assert first == second


@pytest.mark.parametrize(
    "typed", ['"><script>alert(1)</script>', "{{ 7 * 7 }}", "%s%n", "a" * 50_000, "\x00", "‮"]
)
def test_what_is_searched_for_is_text(west: Provider, health: RelyingParty, typed: str) -> None:
    browser = west.browser()

    page = listed(browser, health, q=typed)

    assert page.status == 200
    assert "<script>alert" not in page.text
    assert ">49<" not in page.text
    assert len(page.text) < 20_000


def test_a_hostile_name_of_a_region_is_text(west: Provider, lists: RegionList, health: RelyingParty) -> None:
    lists.add("bad", {"en": '"><img src=x onerror=alert(1)>', "zh-CN": "{{ 7 * 7 }}"})
    browser = west.browser()

    page = listed(browser, health)

    assert "<img" not in page.text
    assert "{{ 7 * 7 }}" in page.text
