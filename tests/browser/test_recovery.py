"""Getting back into an account in a real browser: without scripts, in both languages, with a passkey at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from idp.adapters.file_messages import latest
from idp.foundation.clock import to_milliseconds
from idp.storage.rows import NOW
from idp.storage.schema import recoveries
from idp.storage.statement import Statement
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visitor import LANGUAGES, Visitor
from tests.support.provider import EVERY_CLAIM
from tests.support.server import RunningProvider, running_provider

pytestmark = pytest.mark.browser

NEW_PASSWORD = "seven quiet herons over the western lake"
WAIT = timedelta(days=1)
LET_WAITS_END = Statement(update(recoveries).values(waits_until=NOW))


@pytest.fixture(scope="module")
def patient_region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A region that sends messages into a folder, and waits for a day."""
    place = tmp_path_factory.mktemp("recovering")
    settings = {"workers": 1, "message_folder": place / "messages", "recovery_wait": WAIT}
    with running_provider(f"sqlite:///{place / 'idp.db'}", **settings) as region:
        yield region


def visitor_of(chromium: Browser, region: RunningProvider, language: str, *, scripts: bool = True) -> Visitor:
    context = chromium.new_context(
        locale=language, viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    return Visitor(context, region.guard, frozenset({region.issuer}))


def let_the_wait_end(region: RunningProvider) -> None:
    """As if the day were over."""
    region.services.database.run(LET_WAITS_END, now=to_milliseconds(region.clock.now()))


def code_for(visitor: Visitor, region: RunningProvider, recipient: str) -> str:
    """The latest six digits in somebody's mail or on their telephone, once the region has sent them."""
    folder = region.settings.message_folder
    assert isinstance(folder, Path)

    def codes() -> list[str]:
        texts = (text for text in latest(folder, 1_000) if f"To: {recipient}\n" in text)
        return [code for text in texts if (code := text.partition("\n\n")[2][:6]).isdecimal()]

    visitor.wait_until(lambda: codes() != [])
    return codes()[-1]


def two_anchors(visitor: Visitor, region: RunningProvider, username: str, email: str, phone: str) -> None:
    """From the page where somebody gets stuck to the page of waiting."""
    visitor.open(f"{region.issuer}/account")
    visitor.give_name(username)
    visitor.press('a[href="/recover"]')
    visitor.fill("#username", username)
    visitor.press("#recover-submit")
    for anchor, to in (("email", email), ("text_message", phone)):
        visitor.press(f"#anchor-{anchor}")
        visitor.fill("#code", code_for(visitor, region, to))
        visitor.press("#recover-submit")
    assert visitor.path == "/recover/waiting"


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_without_scripts_gets_back_in_and_signs_in(
    chromium: Browser, patient_region: RunningProvider, language: str
) -> None:
    region, name = patient_region, f"recovers-{language}".lower()
    email, phone = f"{name}@mail.example", {"zh-CN": "+8613800000011", "en": "+8613800000012"}[language]
    region.person(name, claims=EVERY_CLAIM | {"email": email, "phone_number": phone})
    visitor = visitor_of(chromium, region, language, scripts=False)

    two_anchors(visitor, region, name, email, phone)
    let_the_wait_end(region)
    visitor.open(f"{region.issuer}/recover/waiting")
    assert visitor.path == "/recover/finish"
    visitor.fill("#new_password", NEW_PASSWORD)
    visitor.press("#recover-submit")

    assert visitor.path == "/recover/done"
    visitor.press("main a.button")
    visitor.give_name(name)
    visitor.give_password(NEW_PASSWORD)
    assert visitor.path == "/account/security"
    assert visitor.complaints == []
    visitor.context.close()


def test_a_passkey_can_be_the_end_of_it(chromium: Browser, patient_region: RunningProvider) -> None:
    region, name = patient_region, "recovers-key"
    email, phone = f"{name}@mail.example", "+8613800000013"
    account = region.person(name, claims=EVERY_CLAIM | {"email": email, "phone_number": phone})
    visitor = visitor_of(chromium, region, "en")
    VirtualAuthenticator(visitor)

    two_anchors(visitor, region, name, email, phone)
    let_the_wait_end(region)
    visitor.open(f"{region.issuer}/recover/waiting")
    visitor.press("#recover-passkey")

    assert visitor.path == "/recover/done"
    methods = [one.method for one in region.services.stores.authenticators.of(account.id)]
    assert methods == ["password", "passkey"]
    assert visitor.complaints == []
    visitor.context.close()


def test_the_owner_stops_it_from_their_account(chromium: Browser, patient_region: RunningProvider) -> None:
    region, name = patient_region, "recovers-not"
    email, phone = f"{name}@mail.example", "+8613800000014"
    region.person(name, claims=EVERY_CLAIM | {"email": email, "phone_number": phone})
    thief, owner = visitor_of(chromium, region, "en"), visitor_of(chromium, region, "en")
    two_anchors(thief, region, name, email, phone)

    owner.open(f"{region.issuer}/account")
    owner.give_name(name)
    owner.give_password("plum blossom in the eastern courtyard")
    owner.press("#recovery-stop")

    assert "Somebody asked" not in owner.text
    let_the_wait_end(region)
    thief.page.goto(f"{region.issuer}/recover/finish")
    assert "over" in thief.heading
    owner.context.close()
    thief.context.close()
