"""One server, one mini-app and one Chromium for all of these tests; a fresh browser profile for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.mini_app import Site, running_tax
from tests.browser.visitor import PATIENCE_MS, Citizen, Visitor
from tests.support.chromium import find_chromium, launch_args
from tests.support.provider import EVERY_CLAIM, PASSWORD
from tests.support.server import RunningProvider, running_provider

Visit = Callable[..., Visitor]
MakeCitizen = Callable[..., Citizen]

SUPPORT_CONTACT = "12345"
RP_ID = "id.localhost"
"""Above the region's host, as where several regions share their passkeys."""
_numbers = count(1)


@pytest.fixture(scope="package")
def running_region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """The provider, for the whole package."""
    path = tmp_path_factory.mktemp("region") / "idp.db"
    with running_provider(
        f"sqlite:///{path}", workers=2, support_contact=SUPPORT_CONTACT, rp_id=RP_ID
    ) as region:
        yield region


@pytest.fixture
def region(running_region: RunningProvider) -> Iterator[RunningProvider]:
    """The provider; whatever it says or shows during this test must be fit for anybody's eyes."""
    yield running_region
    running_region.listen()
    assert running_region.guard.leaks() == []
    running_region.guard.said.clear()


@pytest.fixture(scope="package")
def tax(running_region: RunningProvider) -> Iterator[Site]:
    """The demo's mini-app."""
    with running_tax(running_region) as site:
        yield site


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the package. It ends with it: Playwright allows one at a time in a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_args())
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, region: RunningProvider, tax: Site) -> Iterator[Visit]:
    """Opens a fresh browser profile: `visit("zh-CN")`, with Playwright's options for a context.

    `also`: further origins that it may go to.
    """
    visitors: list[Visitor] = []

    def open_profile(language: str = "en", *, also: tuple[str, ...] = (), **options: Any) -> Visitor:
        context = chromium.new_context(
            **{"locale": language, "viewport": {"width": 390, "height": 844}} | options
        )
        visitor = Visitor(context, region.guard, frozenset({region.issuer, tax.address, *also}))
        visitors.append(visitor)
        return visitor

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def citizen(region: RunningProvider) -> MakeCitizen:
    """Registers somebody nobody has met before."""

    def register(**claims: Any) -> Citizen:
        account = region.person(f"citizen{next(_numbers)}", claims={**EVERY_CLAIM, **claims})
        return Citizen(account, PASSWORD)

    return register
