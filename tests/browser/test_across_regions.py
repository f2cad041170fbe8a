"""The route across regions with everybody running for real: a hub, three regions, an app of West, a citizen of East."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser

from idp.trustlist.changes import Restore, Suspend
from tests.browser.mini_app import Site, running_health
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.leak_guard import LeakGuard
from tests.support.nation import Nation, nation
from tests.support.provider import EVERY_CLAIM, PASSWORD

pytestmark = pytest.mark.browser

SIGNED_OUT = {"zh-CN": "您已退出登录", "en": "You are signed out"}
EAST = {"zh-CN": "东区", "en": "East"}
HOME = 'button.region:has-text("{}")'
_numbers = count(1)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with nation(tmp_path_factory.mktemp("country")) as running:
        yield running


@pytest.fixture(scope="module")
def health(country: Nation) -> Iterator[Site]:
    with running_health(country.west) as site:
        yield site


@pytest.fixture
def citizen(country: Nation) -> Citizen:
    """Somebody registered in East, and nowhere else."""
    account = country.east.person(f"citizen{next(_numbers)}", claims=dict(EVERY_CLAIM))
    return Citizen(account, PASSWORD)


@pytest.fixture
def travel(
    chromium: Browser, country: Nation, health: Site, leak_guard: LeakGuard
) -> Iterator[Callable[..., Visitor]]:
    """Opens a fresh browser profile that may go to the app and to every region."""
    visitors: list[Visitor] = []
    own = frozenset({health.address, *(region.issuer for region in country.regions)})

    def open_profile(language: str, **options: Any) -> Visitor:
        context = chromium.new_context(
            **{"locale": language, "viewport": {"width": 390, "height": 844}} | options
        )
        visitors.append(Visitor(context, leak_guard, own))
        return visitors[-1]

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def go_home(visitor: Visitor, country: Nation, health: Site) -> None:
    """From the app to one's own region's sign-in page."""
    visitor.open(health.address)
    visitor.press("#sign-in")
    visitor.press("#login-elsewhere")
    cross(visitor, HOME.format(EAST[visitor.language]), country.east.issuer)


def cross(visitor: Visitor, selector: str, address: str) -> None:
    """Press what leads to another site, by way of pages that go on by themselves."""
    visitor.find(selector).click(no_wait_after=True)
    visitor.page.wait_for_url(lambda url: url.startswith(address))
    visitor.on_each_page(visitor.page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_citizen_of_another_region_goes_the_whole_way(
    travel: Callable[..., Visitor],
    country: Nation,
    health: Site,
    citizen: Citizen,
    language: str,
    scripts: bool,
) -> None:
    """In their language on every page, up to their details and back out; the app's name is with them everywhere."""
    visitor = travel(language, java_script_enabled=scripts)
    spoken: set[str] = set()
    visitor.on_each_page = lambda page: spoken.add(page.locator("html").get_attribute("lang") or "")

    go_home(visitor, country, health)
    at_home = (visitor.origin, visitor.text)
    visitor.sign_in(citizen)
    asked = visitor.text
    cross(visitor, "#consent-allow", f"{health.address}/")
    shown = (visitor.origin, visitor.find("#claims").inner_text())
    cross(visitor, "#sign-out", f"{health.address}/signed-out")

    app = {"zh-CN": "健康档案", "en": "Health record"}[language]
    assert at_home[0] == country.east.issuer
    assert app in at_home[1]
    assert app in asked
    assert shown[0] == health.address
    assert citizen.name in shown[1]
    assert visitor.heading == SIGNED_OUT[language]
    assert spoken == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_region_that_is_suspended_says_so_and_leaves_other_ways(
    travel: Callable[..., Visitor], country: Nation, health: Site, citizen: Citizen, language: str
) -> None:
    visitor = travel(language)
    country.change(Suspend(country.east.issuer, "review"))
    try:
        country.wait_until_honoured(country.west)
        visitor.open(health.address)
        visitor.press("#sign-in")
        visitor.press("#login-elsewhere")
        visitor.press(HOME.format(EAST[language]))

        assert visitor.path == "/login/region"
        assert EAST[language] in visitor.heading
        assert visitor.find("main a, main button").count() >= 2
    finally:
        country.change(Restore(country.east.issuer))
        country.wait_until_honoured()
