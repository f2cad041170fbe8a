"""One spoken answer is looked at once, on however many workers it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from idp.foundation.events import EventKind
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD
from tests.support.server import RunningProvider, running_provider
from tests.support.speech import Speaker
from tests.support.voices import LOGIN, digits_on, enrolled, send

COPIES = 30
BEN = Speaker("en+m3")


@pytest.fixture
def listening(new_database: Callable[[], str], leak_guard: LeakGuard) -> Iterator[RunningProvider]:
    """A region that offers the voice check."""
    with running_provider(new_database(), leak_guard, workers=2, voice=True) as provider:
        yield provider


def test_one_answer_sent_30_times_counts_once(listening: RunningProvider) -> None:
    account = listening.person("voice")
    listening.enrol_totp(account)
    enrolled(listening, account.id, BEN)
    browser = listening.browser()
    page = browser.sign_in(browser.get("/account"), "voice", PASSWORD)
    page = browser.get(page.url.replace("/login/totp", LOGIN))
    answer = BEN.says(digits_on(page))
    request = written_by_browser(browser, lambda browser: send(browser, page, LOGIN, recording=answer))

    with Volley(listening) as volley:
        answers = volley.fire([request] * COPIES)

    assert statuses(answers) == {303: 1, 400: COPIES - 1}
    assert all("/login/ways" in answer.headers["Location"] for answer in answers if answer.status == 303)
    stores, now = listening.services.stores, listening.clock.now()
    assert stores.sessions.list_of(account.id, now=now) == ()
    kinds = [event.kind for event in stores.events.of_account(account.id, 100)]
    assert EventKind.SIGNED_IN not in kinds
