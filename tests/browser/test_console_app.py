"""A mini-app that runs: handed in, reviewed, published by two people; then a citizen finds it and signs in to it.

In Chinese from beginning to end. What happens to a mini-app after that is in `test_app_life_cycle`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import expect

from examples.mini_app import create_app
from examples.mini_app.config import Config
from examples.mini_app.services import HEALTH
from idp.adapters import localhost
from idp.governance.roles import StaffRole
from idp.registry.submission_text import EXAMPLE
from tests.browser.clerks import clerk, sound
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import serving
from tests.browser.visitor import Visitor
from tests.support.server import RunningProvider, free_port
from tests.unit.registry.submissions import png

pytestmark = pytest.mark.browser

CLIENT = "health-record"
APP = f"/console/apps/{CLIENT}"
ORGANISATION = "East Health Service"
ASKED = ("name", "birthdate", "gender", "phone_number")


@dataclass(frozen=True)
class Health:
    """Runs, and no region knows it yet."""

    address: str
    public_key: Mapping[str, Any]

    def document(self) -> Mapping[str, Any]:
        """What its developer hands in: the example's words, and its own addresses and key."""
        example = tomllib.loads(EXAMPLE)
        reason = example["claims"]["name"]
        return {
            **{member: value for member, value in example.items() if member != "logo"},
            "client_id": CLIENT,
            "name": {"zh-CN": "健康档案", "en": "Health record"},
            "category": "health",
            "auth_method": "private_key_jwt",
            "jwks": {"keys": [self.public_key]},
            "redirect_uris": [f"{self.address}/callback"],
            "post_logout_redirect_uris": [f"{self.address}/signed-out"],
            "scopes": ["openid", "profile", "phone"],
            "claims": dict.fromkeys(ASKED, reason),
        }


@pytest.fixture
def health(region: RunningProvider) -> Iterator[Health]:
    port = free_port()
    address = f"http://records.apps.localhost:{port}"
    key = ECKey.generate_key("P-256", parameters={"use": "sig"}, auto_kid=True)
    private: Any = key.as_dict(private=True)
    config = Config(service=HEALTH, issuer=region.issuer, client_id=CLIENT, key=private, address=address)
    with localhost.installed(), serving(create_app(config), port):
        yield Health(address, key.as_dict(private=False))


def hand_in(region: RunningProvider, dev: Visitor, health: Health, logo: Path) -> None:
    dev.open(f"{region.issuer}/console/new-app")
    dev.fill("#text", json.dumps(health.document(), ensure_ascii=False))
    dev.find("#logo").set_input_files(logo)
    dev.press("#keep")
    assert dev.path == APP
    dev.press("#submit")


def accept(region: RunningProvider, reviewer: Visitor) -> None:
    """Found among those that wait, looked at, accepted: it is not published by that."""
    reviewer.open(f"{region.issuer}/console/apps?state=submitted")
    reviewer.press(f'a[href="{APP}"]')
    reviewer.press("#take")
    reviewer.press("#accept")


def publish(region: RunningProvider, ada: Visitor, ben: Visitor) -> None:
    """One proposes, another one approves; after a day it is done."""
    ada.open(region.issuer + APP)
    ada.fill("#propose-why", "年度体检开始了。")
    ada.press("#propose")
    ben.open(region.issuer + ada.path)
    ben.press("#approve")
    region.services.changes.apply_due(now=region.services.clock.now() + timedelta(hours=25))


def test_a_mini_app_is_published_by_four_people_and_a_citizen_signs_in_to_it(
    region: RunningProvider, visit: Visit, health: Health, citizen: MakeCitizen, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(64, 64))

    def member(name: str, role: StaffRole, organisation: str | None = None) -> Visitor:
        return clerk(region, visit, name, role, organisation, language="zh-CN")

    hand_in(region, member("开发者", StaffRole.DEVELOPER, ORGANISATION), health, logo)
    accept(region, member("审核员", StaffRole.REVIEWER))
    gulbahar, reader = citizen(), visit("zh-CN", also=(health.address,))
    reader.on_each_page = sound
    reader.open(f"{region.issuer}/apps")
    assert reader.find(f'a[href="/apps/{CLIENT}"]').count() == 0
    publish(region, *(member(name, StaffRole.REGIONAL_ADMIN) for name in ("管理员甲", "管理员乙")))

    reader.open(f"{region.issuer}/apps?q=健康")
    reader.press(f'a[href="/apps/{CLIENT}"]')
    expect(reader.find("main")).to_contain_text(ORGANISATION)
    reader.on_each_page = lambda page: None  # the app's own pages are no part of ours
    reader.open(health.address)
    reader.press("#sign-in")
    assert reader.origin == region.issuer
    reader.sign_in(gulbahar)
    reader.press("#consent-allow")
    assert reader.origin == health.address
    expect(reader.find("#claims")).to_contain_text(gulbahar.name)
