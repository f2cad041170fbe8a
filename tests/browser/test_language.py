"""The language is the person's choice first, then the app's wish, then the browser's."""

from __future__ import annotations

import pytest

from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

PASSWORD_HEADING = {"zh-CN": "输入密码", "en": "Enter your password"}


@pytest.mark.parametrize(("browsers", "apps"), [("en", "zh-CN"), ("zh-CN", "en")])
def test_a_sign_in_speaks_as_the_app_wishes(
    visit: Visit, tax: Site, citizen: MakeCitizen, browsers: str, apps: str
) -> None:
    visitor, person, spoken = visit(browsers), citizen(), set[str]()
    visitor.on_each_page = lambda page: spoken.add(page.locator("html").get_attribute("lang") or "")

    visitor.open(tax.client.begin(ui_locales=f"xx {apps}").url)
    visitor.give_name(person.username)
    visitor.give_password("not the password")
    visitor.give_password(person.password)

    assert visitor.path == "/consent"
    assert spoken == {apps}


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_the_switch_keeps_the_step_and_outweighs_every_wish(
    visit: Visit, tax: Site, citizen: MakeCitizen, has_script: bool
) -> None:
    visitor, person = visit("en", java_script_enabled=has_script), citizen()
    visitor.open(tax.client.begin(ui_locales="en").url)
    visitor.give_name(person.username)
    before = visitor.page.url

    visitor.press("button[name=lang][value=zh-CN]")

    assert (visitor.language, visitor.page.url) == ("zh-CN", before)
    visitor.give_password(person.password)
    assert (visitor.language, visitor.path) == ("zh-CN", "/consent")


def test_the_switch_works_on_a_page_that_answered_a_form(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    visitor, person = visit("en"), citizen()
    visitor.open(tax.client.begin().url)
    visitor.give_name(person.username)
    visitor.give_password("not the password")

    visitor.press("button[name=lang][value=zh-CN]")

    assert (visitor.language, visitor.path) == ("zh-CN", "/login/password")
    visitor.give_password(person.password)
    assert visitor.path == "/consent"


def test_the_choice_is_remembered_the_next_day(visit: Visit, region: RunningProvider) -> None:
    visitor = visit("en")
    visitor.open(region.issuer)

    visitor.press("button[name=lang][value=zh-CN]")

    (kept,) = (cookie for cookie in visitor.context.cookies() if cookie["name"] == "__Host-idp_lang")
    assert kept["expires"] > region.clock.now().timestamp() + 300 * 24 * 3600
    visitor.open(f"{region.issuer}/help")
    assert visitor.language == "zh-CN"
