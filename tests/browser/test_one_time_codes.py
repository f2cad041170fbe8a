"""Code devices and codes by text message, as people meet them: in both languages, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from idp.adapters.file_messages import latest
from tests.browser.axe import violations
from tests.browser.visitor import LANGUAGES, Citizen, Visitor
from tests.support.mailbox import Letter, read_letter
from tests.support.provider import EVERY_CLAIM, PASSWORD
from tests.support.server import RunningProvider, running_provider
from tests.support.token import Token, enrol_token
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

SECURITY = "/account/security"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everybody's mail and telephones."""
    return tmp_path_factory.mktemp("sending") / "messages"


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[RunningProvider]:
    """A region that sends messages."""
    path = tmp_path_factory.mktemp("sending") / "idp.db"
    with running_provider(f"sqlite:///{path}", message_folder=folder) as provider:
        yield provider


Visiting = Callable[..., Visitor]


@pytest.fixture
def visiting(chromium: Browser, sending: RunningProvider) -> Iterator[Visiting]:
    """Opens a fresh browser profile."""
    visitors: list[Visitor] = []

    def open_profile(language: str, **options: Any) -> Visitor:
        size = {"width": 390, "height": 844}
        context = chromium.new_context(**{"locale": language, "viewport": size} | options)
        visitors.append(Visitor(context, sending.guard, frozenset({sending.issuer})))
        visitors[-1].watch_width()
        return visitors[-1]

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def register(provider: RunningProvider, username: str, number: str) -> Citizen:
    return Citizen(provider.person(username, claims={**EVERY_CLAIM, "phone_number": number}), PASSWORD)


def letter_to(folder: Path, number: str, seen: int) -> Letter:
    """The next letter after so many that were seen."""

    def came() -> list[Letter]:
        return [letter for letter in map(read_letter, latest(folder, 1_000)) if letter.to == number]

    wait_until(lambda: len(came()) > seen, lambda: "no message came")
    return came()[seen]


def open_account(visitor: Visitor, provider: RunningProvider, citizen: Citizen, page: str) -> None:
    visitor.open(f"{provider.issuer}{page}")
    visitor.sign_in(citizen)
    assert visitor.path == page


@pytest.mark.parametrize(
    ("language", "scripts", "number"),
    [("zh-CN", True, "+8613800000011"), ("en", True, "+8613800000012"), ("en", False, "+8613800000013")],
)
def test_codes_by_text_message_from_turning_them_on_to_signing_in(
    sending: RunningProvider, folder: Path, visiting: Visiting, language: str, scripts: bool, number: str
) -> None:
    citizen = register(sending, f"texting-{language.lower()}-{scripts}".lower(), number)
    visitor = visiting(language, java_script_enabled=scripts)
    open_account(visitor, sending, citizen, f"{SECURITY}/text-message")
    visitor.press("#code-send")
    first = letter_to(folder, number, 0)
    visitor.fill("#code", first.code)
    visitor.press("#text-message-confirm")
    assert visitor.path == SECURITY

    another = visiting(language, java_script_enabled=scripts)
    another.open(f"{sending.issuer}/account")
    another.sign_in(citizen)
    assert another.path == "/login/text-message"
    assert number not in another.text
    assert number[-4:] in another.text
    if scripts:
        assert violations(another.page) == []
    another.press("#code-send")
    # Between the two codes came the notice that they were turned on.
    told, second = letter_to(folder, number, 1), letter_to(folder, number, 2)
    assert "/help" in told.text
    assert another.find("#code").get_attribute("autocomplete") == "one-time-code"
    another.give_code(first.code)
    assert another.find("[data-problem]").is_visible()
    another.give_code(second.code)
    assert another.path == "/account"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_device_from_its_paper_to_signing_in(
    sending: RunningProvider, visiting: Visiting, language: str
) -> None:
    citizen = register(sending, f"device-{language.lower()}", f"+86138000000{len(language)}1")
    visitor, device = visiting(language), Token(counter=3)
    open_account(visitor, sending, citizen, f"{SECURITY}/hotp")
    assert violations(visitor.page) == []
    visitor.fill("#key", "not a key")
    visitor.press("#hotp-begin")
    assert visitor.find("[data-problem]").is_visible()
    visitor.fill("#key", " ".join(device.key[start : start + 4] for start in range(0, 32, 4)).lower())
    visitor.press("#hotp-begin")
    assert violations(visitor.page) == []
    code, next_code = device.two()
    visitor.fill("#code", code)
    visitor.fill("#next_code", next_code)
    visitor.press("#hotp-confirm")
    assert visitor.path == SECURITY

    another = visiting(language)
    another.open(f"{sending.issuer}/account")
    another.sign_in(citizen)
    assert another.path == "/login/hotp"
    assert violations(another.page) == []
    another.give_code(device.press(4))
    assert another.path == "/account"


def test_a_code_device_that_ran_away_is_set_right(sending: RunningProvider, visiting: Visiting) -> None:
    citizen = register(sending, "ran-away", "+8613800000099")
    device = enrol_token(sending, citizen.account)
    visitor = visiting("en")
    visitor.open(f"{sending.issuer}{SECURITY}/hotp/resync")
    visitor.sign_in(citizen)
    assert visitor.path == "/login/hotp"
    visitor.give_code(device.press(5))
    assert visitor.path == f"{SECURITY}/hotp/resync"
    device.press(200)
    code, next_code = device.two()
    visitor.fill("#code", code)
    visitor.fill("#next_code", next_code)
    visitor.press("#hotp-resync")

    assert visitor.path == SECURITY
