"""A mini-app in a real browser, from its developer's form to the directory that citizens read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from idp.governance.roles import StaffRole
from tests.browser.clerks import clerk, sound
from tests.browser.conftest import Visit
from tests.support.server import RunningProvider
from tests.unit.registry.submissions import png

pytestmark = pytest.mark.browser

APP = "/console/apps/income-tax"


def test_a_mini_app_goes_from_its_developer_to_the_citizens_by_four_people(
    region: RunningProvider, visit: Visit, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(64, 64))
    dev = clerk(region, visit, "Dev", StaffRole.DEVELOPER, "East Tax Service")
    rita = clerk(region, visit, "Rita", StaffRole.REVIEWER)
    ada = clerk(region, visit, "Ada", StaffRole.REGIONAL_ADMIN)
    ben = clerk(region, visit, "Ben", StaffRole.REGIONAL_ADMIN)

    dev.open(f"{region.issuer}/console/new-app")
    assert "income-tax" in dev.find("#text").input_value()
    dev.press("#check")
    expect(dev.find(".findings")).to_contain_text("logo")
    dev.find("#logo").set_input_files(logo)
    dev.press("#keep")
    assert dev.path == APP
    dev.press("#submit")
    expect(dev.find("main")).to_contain_text("Waits for a reviewer")

    rita.open(f"{region.issuer}/console/apps?state=submitted")
    rita.press("main th a")
    rita.press("#take")
    rita.press("#accept")
    expect(rita.find("main")).to_contain_text("Accepted, waits for two people")

    ada.open(region.issuer + APP)
    ada.fill("#propose-why", "The tax season begins.")
    ada.press("#propose")
    request = ada.page.url
    assert ada.find("#approve").count() == 0

    ben.open(request)
    expect(ben.find("main")).to_contain_text("Individual Income Tax Law, Article 9")
    ben.press("#approve")
    region.services.changes.apply_due(now=region.services.clock.now() + timedelta(hours=25))

    citizen = visit("zh-CN")
    citizen.on_each_page = sound
    citizen.open(f"{region.issuer}/apps")
    citizen.fill("#query", "所得税")
    citizen.press("#find")
    citizen.press(".directory-app__name a[href='/apps/income-tax']")
    assert citizen.path == "/apps/income-tax"
    expect(citizen.find("main")).to_contain_text("《个人所得税法》第九条")
    assert citizen.page.evaluate("document.querySelector('img').naturalWidth") == 64

    ada.open(region.issuer + APP)
    ada.find("#suspend-form summary").click()
    ada.fill("#suspend-reason", "It sells what it learns.")
    ada.press("#suspend")
    assert ada.path.startswith("/console/changes/")
    answer = citizen.page.goto(f"{region.issuer}/apps/income-tax?again")
    assert answer is not None
    assert answer.status == 404
    dev.open(region.issuer + APP)
    expect(dev.find("main")).to_contain_text("It sells what it learns.")
