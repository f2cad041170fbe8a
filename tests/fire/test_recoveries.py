"""A recovery is finished once, whichever worker is asked, however many ask at once; so is a code from the counter."""

from __future__ import annotations

from datetime import timedelta

from idp.accounts.person import Account
from idp.authn.recovery import Anchor
from idp.authn.recovery_door import Begin
from idp.foundation.events import EventKind
from idp.web.recover.holding import COOKIE
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.browser import Browser, Page
from tests.support.server import RunningProvider

AT_ONCE = 16


def waited(provider: RunningProvider, account: Account) -> Begin:
    """A recovery whose two anchors were shown, and whose waiting is over already."""
    recoveries, wait = provider.services.account_recovery, provider.settings.recovery_wait
    then = provider.clock.now() - wait - timedelta(minutes=1)
    begun = recoveries.begin(account.username, "192.0.2.1", now=then)
    one = recoveries.prove_message(begun.recovery, Anchor.EMAIL, lambda: None, now=then)
    recoveries.prove_message(one.recovery, Anchor.TEXT_MESSAGE, lambda: None, now=then)
    return begun


def holding(provider: RunningProvider, value: str) -> tuple[Browser, Page]:
    browser = provider.browser()
    browser.set_cookie(COOKIE, value)
    return browser, browser.get("/recover/finish")


def finishing(browser: Browser, page: Page, password: str) -> bytes:
    """The last form, written down with the cookie that its browser holds."""
    fields = page.form("/recover/finish").fields | {"new_password": password}
    return written_by_browser(browser, lambda one: one.post("/recover/finish", fields))


def test_of_many_who_finish_one_recovery_at_once_one_sets_a_password(
    region: RunningProvider, volley: Volley
) -> None:
    account = region.person("recovering")
    browser, page = holding(region, waited(region, account).value)
    passwords = [f"a password for browser number {number:02d}" for number in range(AT_ONCE)]

    answers = volley.fire([finishing(browser, page, password) for password in passwords])

    counted = statuses(answers)
    assert counted[303] == 1, counted
    assert counted[303] + counted[400] == AT_ONCE, counted
    won = passwords[next(number for number, answer in enumerate(answers) if answer.status == 303)]
    signing_in = region.browser()
    assert signing_in.sign_in(signing_in.get("/account"), "recovering", won).path == "/account"
    events = [event.kind for event in region.services.stores.events.of_account(account.id, 100)]
    assert events.count(EventKind.RECOVERED) == events.count(EventKind.PASSWORD_CHANGED) == 1


def test_of_finishing_and_stopping_at_once_one_happens(region: RunningProvider, volley: Volley) -> None:
    """Whoever stops it in time has stopped it: then no password was set."""
    account = region.person("stopping")
    browser, page = holding(region, waited(region, account).value)
    before = region.services.stores.credentials.find_password(account.id)
    session = region.browser()
    here = session.sign_in(session.get("/account"), "stopping", "plum blossom in the eastern courtyard")
    stop = here.form("/account/recovery/stop").fields
    stopping = [
        written_by_browser(session, lambda one: one.post("/account/recovery/stop", stop)) for _ in range(8)
    ]
    finish = [finishing(browser, page, "a password for whoever is first") for _ in range(8)]

    volley.fire([request for pair in zip(finish, stopping, strict=True) for request in pair])

    events = [event.kind for event in region.services.stores.events.of_account(account.id, 100)]
    assert events.count(EventKind.RECOVERED) + events.count(EventKind.RECOVERY_STOPPED) == 1
    was_set = region.services.stores.credentials.find_password(account.id) != before
    assert was_set is (EventKind.RECOVERED in events)


def test_a_code_from_the_counter_opens_one_of_many_browsers(region: RunningProvider, volley: Volley) -> None:
    account = region.person("counter")
    visits, now = region.services.counter_visits, region.clock.now()
    visit = visits.request(account.id, "Li", (), now=now)
    code = visits.approve(visit.id, "Wang", now=now)
    requests = []
    for _ in range(4):
        browser = region.browser()
        fields = browser.get("/recover/counter").form("/recover/counter").fields
        fields |= {"username": "counter", "code": code}
        requests.append(
            written_by_browser(browser, lambda one, sent=fields: one.post("/recover/counter", sent))
        )

    answers = volley.fire(requests)

    counted = statuses(answers)
    assert counted[303] == 1, counted
    assert counted[303] + counted[400] == len(requests), counted
