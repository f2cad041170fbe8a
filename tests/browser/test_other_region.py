"""Somebody of East uses an app of West, in Chromium: there and back, by keyboard, without script, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from idp.trustlist.bundle import RegionStatus
from tests.browser.two_regions import TwoRegions, two_regions
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.provider import PASSWORD
from tests.support.regions import region

pytestmark = pytest.mark.browser

Visit = Callable[..., "Traveller"]
_numbers = count(1)


class Traveller(Visitor):
    """Crosses from region to region, by pages that go on by themselves."""

    def cross(self, selector: str, origin: str, path: str) -> None:
        """Press the button or link, and be where the way ends."""
        self.page.locator(selector).click(no_wait_after=True)
        self._be_at(origin, path)

    def cross_by_key(self, origin: str, path: str) -> None:
        """Press Enter, and be where the way ends."""
        self.page.keyboard.press("Enter")
        self._be_at(origin, path)

    def _be_at(self, origin: str, path: str) -> None:
        self.page.wait_for_url(f"{origin}{path}**")
        self._arrived()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRegions]:
    with two_regions(tmp_path_factory.mktemp("regions")) as regions:
        yield regions


@pytest.fixture
def regions(running: TwoRegions) -> Iterator[TwoRegions]:
    """East and West as they were, whatever a test makes of the list."""
    kept = dict(running.trust.regions)
    yield running
    running.trust.regions = kept
    running.network.away.clear()
    assert running.guard.leaks() == []
    running.guard.said.clear()


@pytest.fixture
def visit(chromium: Browser, regions: TwoRegions) -> Iterator[Visit]:
    """Opens a fresh browser profile."""
    visitors: list[Traveller] = []

    def open_profile(language: str = "en", **options: Any) -> Traveller:
        context = chromium.new_context(
            **{"locale": language, "viewport": {"width": 390, "height": 844}} | options
        )
        visitor = Traveller(context, regions.guard, regions.origins)
        visitors.append(visitor)
        return visitor

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def citizen(regions: TwoRegions) -> Citizen:
    """Somebody registered in East, whom nobody has met before."""
    return Citizen(regions.east.person(f"citizen{next(_numbers)}"), PASSWORD)


def begin(visitor: Visitor, regions: TwoRegions) -> None:
    """From the mini-app to West's first question."""
    visitor.open(regions.health)
    visitor.press("#sign-in")
    assert visitor.origin == regions.west.issuer


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_there_and_back(
    visit: Visit, regions: TwoRegions, citizen: Citizen, language: str, has_script: bool
) -> None:
    """One press more than at home, since there is one other region; no policy of ours stands in the way."""
    visitor = visit(language, java_script_enabled=has_script)
    visitor.watch_width()
    begin(visitor, regions)

    visitor.cross("#login-home", regions.east.issuer, "/login")
    assert visitor.language == language
    visitor.sign_in(citizen)
    asked = visitor.text
    visitor.cross("#consent-allow", regions.health, "/")

    assert {"en": "An app in Region West", "zh-CN": "西区的应用"}[language] in asked
    assert citizen.name in visitor.text


def test_the_second_time_there_is_nothing_to_press_but_sign_in(
    visit: Visit, regions: TwoRegions, citizen: Citizen
) -> None:
    visitor = visit()
    begin(visitor, regions)
    visitor.cross("#login-home", regions.east.issuer, "/login")
    visitor.sign_in(citizen)
    visitor.cross("#consent-allow", regions.health, "/")

    visitor.open(f"{regions.west.issuer}/account")

    assert visitor.heading == "You are a guest from Region East"
    (kept,) = (one for one in visitor.context.cookies() if one["name"] == "__Host-idp_home")
    assert kept["value"] == regions.east.issuer


def test_signing_out_goes_on_at_home_and_comes_back(
    visit: Visit, regions: TwoRegions, citizen: Citizen
) -> None:
    visitor = visit()
    begin(visitor, regions)
    visitor.cross("#login-home", regions.east.issuer, "/login")
    visitor.sign_in(citizen)
    visitor.cross("#consent-allow", regions.health, "/")
    visitor.open(f"{regions.west.issuer}/account")
    visitor.press("#account-sign-out")
    assert visitor.find("#logout-home").is_checked()

    visitor.cross("#logout-confirm", regions.west.issuer, "/signed-out")
    visitor.open(f"{regions.east.issuer}/account")
    assert visitor.path == "/login"


@pytest.fixture
def many(regions: TwoRegions) -> None:
    """Sixty more regions on the list."""
    for number in range(60):
        short = f"r{number}"
        listed = region(
            short, {"en": f"Prefecture {number}", "zh-CN": f"第{number}州"}, regions.west.clock.now()
        )
        regions.trust.regions[listed.op] = listed


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_narrows_while_one_types(visit: Visit, regions: TwoRegions, language: str) -> None:
    visitor = visit(language)
    begin(visitor, regions)
    visitor.press("#login-elsewhere")
    address = visitor.page.url
    assert visitor.find(".region").count() == 50

    # The whole list in between: what is pressed afterwards must not be the first answer, about to be replaced.
    for typed in ("东", "EAST"):
        visitor.fill("#region-query", "")
        expect(visitor.find(".region")).to_have_count(50)
        visitor.fill("#region-query", typed)
        expect(visitor.find(".region")).to_have_count(1)
        expect(visitor.find("[data-region-status]")).to_have_text(
            {"en": "1 region found.", "zh-CN": "找到 1 个地区。"}[language]
        )

    assert visitor.page.url == address
    visitor.cross(".region", regions.east.issuer, "/login")


@pytest.mark.usefixtures("many")
def test_the_search_works_without_script(visit: Visit, regions: TwoRegions) -> None:
    visitor = visit("zh-CN", java_script_enabled=False)
    begin(visitor, regions)
    visitor.press("#login-elsewhere")

    visitor.fill("#region-query", "east")
    visitor.press("#region-find")

    assert visitor.find(".region").all_inner_texts() == ["东区\nRegion East"]
    visitor.cross(".region", regions.east.issuer, "/login")


@pytest.mark.usefixtures("many")
def test_the_keyboard_alone_gets_there(visit: Visit, regions: TwoRegions) -> None:
    visitor = visit()
    begin(visitor, regions)
    visitor.tab_to("#login-elsewhere")
    visitor.enter()
    visitor.tab_to("#region-query")
    visitor.type("east")
    visitor.enter()

    visitor.tab_to(".region")
    visitor.cross_by_key(regions.east.issuer, "/login")


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_region_that_is_away_says_so_and_the_app_can_be_gone_back_to(
    visit: Visit, regions: TwoRegions, has_script: bool
) -> None:
    visitor = visit(java_script_enabled=has_script)
    begin(visitor, regions)
    regions.network.away.add(regions.east.issuer)

    visitor.press("#login-home")

    assert visitor.heading == "Region East does not answer"
    regions.network.away.clear()
    visitor.cross("#region-retry", regions.east.issuer, "/login")
    visitor.cross("#login-cancel", regions.west.issuer, "/login")
    visitor.press("#login-cancel")
    assert visitor.origin == regions.health


def test_a_suspended_region_is_explained_in_either_language(visit: Visit, regions: TwoRegions) -> None:
    visitor = visit("zh-CN")
    begin(visitor, regions)
    regions.trust.change(
        regions.east.issuer, status=RegionStatus.SUSPENDED, reason="review", since=regions.west.clock.now()
    )

    visitor.press("#login-home")

    assert visitor.heading == "东区已暂停互认"
    visitor.press("button[name=lang][value=en]")
    assert visitor.language == "en"


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_who_has_an_account_in_both_joins_them(
    visit: Visit, regions: TwoRegions, citizen: Citizen, has_script: bool
) -> None:
    """There and back with West's own session; afterwards either account is the same person."""
    resident = Citizen(regions.west.person(f"resident{next(_numbers)}"), PASSWORD)
    visitor = visit(java_script_enabled=has_script)
    visitor.watch_width()
    visitor.open(f"{regions.west.issuer}/account/security")
    visitor.sign_in(resident)
    visitor.press("#security-regions")
    visitor.press("#region-join-begin")

    visitor.cross('button.region:has-text("Region East")', regions.east.issuer, "/login")
    visitor.give_name(citizen.username)
    visitor.fill("#password", citizen.password)
    visitor.press("#login-submit")
    if visitor.path == "/consent":
        visitor.cross("#consent-allow", regions.west.issuer, "/account/security/regions/join")
    visitor.press("#region-join")

    assert "Region East" in visitor.text
    (joined,) = regions.west.services.stores.linked_subjects.of(resident.account.id)
    assert joined.home_iss == regions.east.issuer
