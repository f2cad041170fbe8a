"""Ten tries are ten tries, and an answer is one answer, on however many workers they arrive."""

from __future__ import annotations

from idp.authn.factors.gesture import MOST_MISSES
from idp.foundation.events import EventKind
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.flows.test_gesture import to_gesture
from tests.support.gesture import OTHER_PATTERN, PATTERN, enrolled, filled
from tests.support.server import RunningProvider

BROWSERS = 30


def forms(
    region: RunningProvider, username: str, pattern: tuple[int, ...], browsers: int
) -> tuple[str, list[bytes]]:
    """So many browsers that hold a copy of one person's key, each ready to send this pattern's answer."""
    account = region.person(username)
    key = enrolled(region, account.id)
    requests = []
    for _ in range(browsers):
        browser = region.browser()
        fields = filled(to_gesture(browser).form("/login/gesture"), key, pattern)
        requests.append(
            written_by_browser(browser, lambda browser, sent=fields: browser.post("/login/gesture", sent))  # type: ignore[misc]
        )
    return account.id, requests


def test_of_30_wrong_patterns_at_once_10_are_looked_at(region: RunningProvider, volley: Volley) -> None:
    account_id, requests = forms(region, "gesture-guessed", OTHER_PATTERN, BROWSERS)

    answers = volley.fire(requests)

    assert statuses(answers) == {400: BROWSERS}
    kinds = [event.kind for event in region.services.stores.events.of_account(account_id, 100)]
    assert kinds.count(EventKind.SIGN_IN_REFUSED) == MOST_MISSES
    assert kinds.count(EventKind.GESTURE_SWITCHED_OFF) == 1


def test_one_answer_sent_30_times_signs_in_once(region: RunningProvider, volley: Volley) -> None:
    account_id, (request,) = forms(region, "gesture-replayed", PATTERN, 1)

    answers = volley.fire([request] * BROWSERS)

    assert statuses(answers) == {303: 1, 400: BROWSERS - 1}
    sessions = region.services.stores.sessions.list_of(account_id, now=region.clock.now())
    assert len(sessions) == 1
