"""A code of a device or by message signs in once, however many send it at once; and messages are sent once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.adapters.file_messages import latest
from idp.foundation.events import EventKind
from tests.fire.conftest import WORKERS
from tests.fire.verdicts import statuses
from tests.fire.volley import SIZE, Volley, written_by_browser
from tests.support.browser import Browser, Page
from tests.support.leak_guard import LeakGuard
from tests.support.mailbox import Letter, read_letter
from tests.support.provider import EVERY_CLAIM, PASSWORD
from tests.support.server import RunningProvider, running_provider
from tests.support.token import enrol_token
from tests.support.waiting import wait_until

BROWSERS = 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where this region's messages go."""
    return tmp_path / "messages"


@pytest.fixture
def sending(
    new_database: Callable[[], str], leak_guard: LeakGuard, folder: Path
) -> Iterator[RunningProvider]:
    """A provider of two workers that sends messages."""
    with running_provider(new_database(), leak_guard, workers=WORKERS, message_folder=folder) as provider:
        yield provider


def arrived(folder: Path, number: int) -> list[Letter]:
    """The letters, once so many have been sent by one worker or the other."""
    wait_until(lambda: len(latest(folder, 1_000)) >= number)
    found = latest(folder, 1_000)
    assert len(found) == number
    return [read_letter(text) for text in found]


def signed_in_with_messages(provider: RunningProvider, folder: Path, username: str) -> None:
    """Turn on codes by text message, as its owner does."""
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), username, PASSWORD)
    path = "/account/security/text-message"
    page = browser.submit(browser.get(path), f"{path}/send")
    code = arrived(folder, 1)[0].code
    assert browser.submit(page, path, code=code).path == "/account/security"


def typed(browser: Browser, page: Page, action: str, code: str) -> bytes:
    return written_by_browser(browser, lambda browser: browser.submit(page, action, code=code))


def test_codes_are_taken_once_and_messages_sent_once(sending: RunningProvider, folder: Path) -> None:
    """One region for the whole story: a server takes longer to start than all of it."""
    account = sending.person("anna", claims=EVERY_CLAIM)
    signed_in_with_messages(sending, folder, "anna")
    # The notice of the change, by mail and by text message, and the code before it: each once, with two workers at it.
    assert len(arrived(folder, 3)) == 3
    browser = sending.browser()
    page = browser.sign_in(browser.get("/account"), "anna", PASSWORD)
    page = browser.submit(page, "/login/text-message/send")
    code = arrived(folder, 4)[-1].code

    with Volley(sending) as volley:
        answers = volley.fire([typed(browser, page, "/login/text-message", code)] * SIZE)

    counted = statuses(answers)
    events = [event.kind for event in sending.services.stores.events.of_account(account.id, 200)]
    assert events.count(EventKind.SIGNED_IN) == 2
    assert counted[303] == 1
    time.sleep(1.5)
    assert len(arrived(folder, 4)) == 4

    person = sending.person("chen", claims={"name": "Chen"})
    token = enrol_token(sending, person)
    waiting = []
    for _ in range(BROWSERS):
        one = sending.browser()
        waiting.append((one, one.sign_in(one.get("/account"), "chen", PASSWORD)))
    shown = token.press()

    with Volley(sending) as volley:
        answers = volley.fire([typed(one, asked, "/login/hotp", shown) for one, asked in waiting])

    counted = statuses(answers)
    assert counted[303] == 1
    assert counted[303] + counted[400] + counted[429] == BROWSERS
    events = [event.kind for event in sending.services.stores.events.of_account(person.id, 200)]
    assert events.count(EventKind.SIGNED_IN) == 1
