"""Two administrators at two browsers admit a region, suspend it and remove it; the citizens see what comes of it.

Ada reads Chinese and uses a mouse on a wide screen, Ben reads English and uses the keyboard of a narrow one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.clerks import sound
from tests.browser.mini_app import Site, running_health
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import Citizen, Visitor
from tests.support.console import Country, governed_hub
from tests.support.leak_guard import LeakGuard
from tests.support.nation import wait_until
from tests.support.provider import EVERY_CLAIM, PASSWORD

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

NEW = "/console/changes/new"
WIDE = {"width": 1280, "height": 844}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """West is on the list; East runs, and nobody believes it yet."""
    with governed_hub(tmp_path_factory.mktemp("country"), "east", "west") as running:
        running.admit("west")
        yield running


@pytest.fixture(scope="module")
def health(country: Country) -> Iterator[Site]:
    with running_health(country.regions["west"]) as site:
        yield site


@pytest.fixture
def visit(chromium: Browser, country: Country, health: Site, leak_guard: LeakGuard) -> Iterator[Visit]:
    """Opens a fresh browser profile; every page of it is sound."""
    visitors: list[Visitor] = []
    own = frozenset({health.address, country.hub.issuer, *(one.issuer for one in country.regions.values())})

    def open_profile(language: str, viewport: dict[str, int] | None = None) -> Visitor:
        context = chromium.new_context(
            locale=language,
            viewport=viewport or {"width": 390, "height": 844},  # type: ignore[arg-type]
        )
        visitor = Visitor(context, leak_guard, own)
        visitor.on_each_page = sound
        visitors.append(visitor)
        return visitor

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def walk(visitor: Visitor, *selectors: str) -> None:
    """By keyboard alone: reach each control and press Enter; each leads to another page."""
    for selector in selectors:
        visitor.tab_to(selector)
        visitor.enter()


def standing(visitor: Visitor, country: Country, region: str) -> str:
    """What the hub's public page says of a region; empty when it is not there."""
    visitor.open(country.hub.issuer)
    host = country.regions[region].issuer.removeprefix("http://")
    row = visitor.find(f'tr:has-text("{host}")')
    return row.inner_text() if row.count() else ""


def begin(visitor: Visitor, health: Site) -> bool:
    """From West's app to West's first question: whether people of the other region are asked in."""
    visitor.open(health.address)
    visitor.press("#sign-in")
    return visitor.find("#login-home").count() == 1


def console(country: Country, path: str = "") -> str:
    return f"{country.hub.issuer}/console{path}"


def region_page(country: Country, region: str) -> str:
    return console(country, f"/regions/{quote(country.regions[region].issuer.removeprefix('http://'))}")


def join(country: Country, ada: Visitor, ben: Visitor) -> None:
    """Both by their links; from here on nobody changes the list alone."""
    first, second = country.links()
    ada.open(first)
    ada.press("#console-join")
    ada.press("#console-sign-in")
    ben.open(second)
    walk(ben, "#console-join", "#console-sign-in")
    assert (ada.path, ben.path) == ("/console", "/console")
    assert country.hub.services.governed()


def propose_admission(country: Country, ada: Visitor, region: str) -> str:
    """Look at the region, compare its keys, propose it; the path of the request."""
    ada.open(console(country, "/regions"))
    ada.press(f'a[href="{NEW}/trust.admit"]')
    ada.fill("#issuer", country.regions[region].issuer)
    ada.press("#preview")
    assert tuple(ada.find(".console-once").all_inner_texts()) == country.keys_of(region)
    ada.find("#ceiling").select_option("3")
    ada.press("#preview")
    expect(ada.find("main")).to_contain_text(country.keys_of(region)[0])
    ada.fill("#why", "东区已经准备好了。")
    ada.press("#propose")
    assert ada.find("#approve").count() == 0
    return ada.path


def come_from_elsewhere(
    visitor: Visitor, country: Country, health: Site, home: str, citizen: Citizen
) -> None:
    """Sign in at West's app as a citizen of the only other region."""
    issuer = country.regions[home].issuer
    assert begin(visitor, health)
    visitor.find("#login-home").click(no_wait_after=True)
    visitor.page.wait_for_url(lambda url: url.startswith(issuer))
    visitor.sign_in(citizen)
    visitor.find("#consent-allow").click(no_wait_after=True)
    visitor.page.wait_for_url(lambda url: url.startswith(f"{health.address}/"))
    expect(visitor.find("#claims")).to_contain_text(citizen.name)


def suspend_alone(country: Country, ben: Visitor, region: str) -> None:
    """In an emergency, by keyboard."""
    ben.open(region_page(country, region))
    walk(ben, 'a[href*="trust.suspend"]', "#preview")
    ben.tab_to("#why-alone")
    ben.type("Its keys are on the market.")
    walk(ben, "#alone")
    assert ben.find("#review-right").count() == 0


def review(country: Country, ada: Visitor) -> None:
    """What somebody did alone stands first on the console; say that it was right."""
    ada.open(console(country))
    ada.press(".console-waiting--urgent a")
    expect(ada.find("main")).to_contain_text("Its keys are on the market.")
    ada.press("#review-right")
    assert ada.find("#review-right").count() == 0
    ada.open(console(country))
    assert ada.find(".console-waiting--urgent").count() == 0


def propose_removal(country: Country, ada: Visitor, region: str) -> str:
    ada.open(region_page(country, region))
    ada.press('a[href*="trust.remove"]')
    ada.press("#preview")
    ada.fill("#why", "密钥已泄露。")
    ada.press("#propose")
    return ada.path


def test_a_region_is_admitted_suspended_and_removed_by_two_people(
    country: Country, health: Site, visit: Visit
) -> None:
    citizen = Citizen(country.regions["east"].person("citizen", claims=dict(EVERY_CLAIM)), PASSWORD)
    ada, ben, anybody = visit("zh-CN", WIDE), visit("en"), visit("en")
    for member in (ada, ben):
        VirtualAuthenticator(member)
    join(country, ada, ben)
    assert standing(anybody, country, "east") == ""
    assert not begin(anybody, health)

    # One person proposes it; it changes nothing until another one has found it, and approved it with a passkey.
    request = propose_admission(country, ada, "east")
    assert standing(anybody, country, "east") == ""
    ben.open(console(country))
    walk(ben, f'a[href="{request}"]', "#approve")
    expect(ben.find(".change-steps")).to_contain_text("Ben")
    wait_until(lambda: "In use" in standing(anybody, country, "east"))
    country.wait_until_honoured("east", "west")
    come_from_elsewhere(visit("zh-CN"), country, health, "east", citizen)

    suspend_alone(country, ben, "east")
    assert "Suspended" in standing(anybody, country, "east")
    review(country, ada)

    removal = propose_removal(country, ada, "east")
    assert "Suspended" in standing(anybody, country, "east")
    ben.open(country.hub.issuer + removal)
    walk(ben, "#approve")
    wait_until(lambda: "Removed" in standing(anybody, country, "east"))
    country.wait_until_honoured("west")
    assert not begin(anybody, health)
    assert (ada.language, ben.language) == ("zh-CN", "en")
