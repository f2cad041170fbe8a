"""Somebody who cannot sign in gets back into their account: by two anchors and a waiting, or at a counter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.authn.permit import Ground, Permit
from idp.foundation.events import EventKind
from tests.support.mailbox import Mailbox, with_mailbox
from tests.support.provider import PASSWORD, Provider
from tests.support.recovering import EMAIL, NEW_PASSWORD, PHONE, Recovering


@pytest.fixture
def town(provider: Provider, tmp_path: Path) -> Iterator[tuple[Provider, Mailbox]]:
    """A provider that can send messages."""
    with with_mailbox(provider, tmp_path / "messages") as made:
        yield made


@pytest.fixture
def lost(town: tuple[Provider, Mailbox]) -> Recovering:
    """Gulbahar, who forgot her password, in front of a browser."""
    provider, mailbox = town
    provider.person()
    return Recovering(provider, mailbox, provider.browser())


def events(lost: Recovering) -> list[EventKind]:
    account = lost.provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    return [event.kind for event in lost.provider.services.stores.events.of_account(account.id, 50)]


def signs_in(lost: Recovering, password: str) -> bool:
    browser = lost.provider.browser()
    return browser.sign_in(browser.get("/account"), "gulbahar", password).path == "/account"


def test_two_anchors_and_a_waiting_lead_to_a_new_password(lost: Recovering) -> None:
    waiting = lost.two_anchors()
    assert (waiting.status, waiting.path) == (200, "/recover/waiting"), waiting.text

    finish = lost.wait()
    assert finish.path == "/recover/finish"
    done = lost.set_password(finish)

    assert (done.status, done.path) == (200, "/recover/done")
    assert signs_in(lost, NEW_PASSWORD)
    assert not signs_in(lost, PASSWORD)
    assert {EventKind.RECOVERY_WAITING, EventKind.RECOVERED} <= set(events(lost))


def test_recovering_signs_nobody_in(lost: Recovering) -> None:
    lost.set_password(lost.two_anchors() and lost.wait())

    assert lost.browser.get("/account").path == "/login"


def test_nothing_can_be_set_before_the_time_has_come(lost: Recovering) -> None:
    lost.two_anchors()

    assert lost.browser.get("/recover/finish").path == "/recover/waiting"
    assert signs_in(lost, PASSWORD)


def test_the_owner_hears_of_it_on_every_channel_and_stops_it_with_the_link(lost: Recovering) -> None:
    lost.two_anchors()
    owner = lost.provider.browser()
    for recipient in (EMAIL, PHONE):
        assert "/recover/stop?key=rs_" in lost.mailbox.to(recipient)[-1].text

    asked = owner.get(lost.stop_link())
    assert lost.browser.get("/recover/waiting").path == "/recover/waiting", "asking alone stops nothing"
    stopped = owner.submit(asked, "/recover/stop", "recover-stop")

    assert (stopped.status, stopped.path) == (200, "/recover/stop")
    assert "over" in lost.browser.get("/recover/waiting").text
    assert lost.wait().status == 400
    assert EventKind.RECOVERY_STOPPED in events(lost)


def test_messages_are_in_the_language_of_the_owner(lost: Recovering) -> None:
    """Whoever sits in front of the browser may speak another one."""
    lost.browser.headers["Accept-Language"] = "en"
    lost.two_anchors()

    assert "年" in lost.mailbox.to(EMAIL)[-1].text, "the date is as their language writes it"


def test_a_signed_in_owner_sees_it_and_stops_it(lost: Recovering) -> None:
    owner = lost.provider.browser()
    owner.sign_in(owner.get("/account"), "gulbahar", PASSWORD)
    lost.two_anchors()

    told = owner.get("/account")
    assert "Somebody asked to recover this account" in told.text
    stopped = owner.submit(told, "/account/recovery/stop")

    assert "Somebody asked to recover this account" not in stopped.text
    assert lost.browser.get("/recover/waiting").status == 400


def test_it_can_be_stopped_where_it_was_begun(lost: Recovering) -> None:
    stopped = lost.browser.submit(lost.two_anchors(), "/recover/waiting", "recover-stop")

    assert stopped.path == "/recover/stop"
    assert lost.browser.get("/recover/waiting").status == 400


def test_every_session_and_app_is_signed_out_by_it(lost: Recovering) -> None:
    elsewhere, app = lost.provider.browser(), lost.provider.client()
    tokens = lost.provider.tokens(elsewhere, app, scope="openid offline_access", prompt="consent")

    lost.set_password(lost.two_anchors() and lost.wait())

    assert elsewhere.get("/account").path == "/login"
    assert app.refresh(str(tokens.members["refresh_token"])).error == "invalid_grant"


def test_the_authenticator_app_stays_asked_for_and_that_is_said_before(lost: Recovering) -> None:
    """A reset skips nothing that guards the account (ASVS 6.4.3)."""
    account = lost.provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    app = lost.provider.enrol_totp(account)
    assert "Authenticator app" in lost.two_anchors().text
    finish = lost.wait()
    assert "Authenticator app" in finish.text
    assert "Make a passkey instead" not in finish.text
    lost.set_password(finish)

    browser = lost.provider.browser()
    asked = browser.sign_in(browser.get("/account"), "gulbahar", NEW_PASSWORD)

    assert asked.path == "/login/totp"
    lost.provider.clock.advance(seconds=30)
    assert browser.submit(asked, "/login/totp", code=app.code()).path == "/account"


def test_a_recovery_code_and_the_app_are_anchors_too(lost: Recovering) -> None:
    account = lost.provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    app = lost.provider.enrol_totp(account)
    permit = Permit(account.id, Ground.OPERATOR)
    codes = lost.provider.services.recovery_codes.renew(permit, now=lost.provider.clock.now())

    page = lost.enter(lost.choose(lost.begin(), "recovery_code"), codes[0])
    waiting = lost.enter(lost.choose(page, "totp"), app.code())

    assert waiting.path == "/recover/waiting"
    assert "Make a passkey instead" in lost.wait().text


def test_only_one_recovery_of_an_account_runs(lost: Recovering) -> None:
    lost.two_anchors()
    other = Recovering(lost.provider, lost.mailbox, lost.provider.browser("192.0.2.9"))
    lost.provider.clock.advance(minutes=20)

    refused = other.two_anchors()

    assert refused.status == 409
    assert "recovered already" in refused.text


def test_a_wrong_code_asks_again_and_six_of_them_end_it(lost: Recovering) -> None:
    asked = lost.choose(lost.begin(), "email")
    for _ in range(5):
        asked = lost.enter(asked, "000000")
        assert (asked.status, asked.path) in ((400, "/recover/code"), (429, "/recover/code"))
        lost.provider.clock.advance(seconds=1)
    lost.provider.clock.advance(seconds=31)

    ended = lost.enter(asked, "000000")

    assert ended.status == 400
    assert "Too many wrong answers" in ended.text
    assert lost.browser.get("/recover/anchors").status == 400


def test_the_new_password_must_be_a_good_one(lost: Recovering) -> None:
    lost.two_anchors()
    finish = lost.wait()

    for bad in ("short", "gulbahar gulbahar"):
        refused = lost.set_password(finish, bad)
        assert (refused.status, refused.path) == (400, "/recover/finish")
    assert lost.set_password(finish).path == "/recover/done"


def test_a_browser_that_was_closed_meanwhile_goes_on_where_it_stands(lost: Recovering) -> None:
    lost.two_anchors()
    kept = lost.browser.cookie("__Host-idp_recovery")
    assert kept is not None
    lost.browser = lost.provider.browser()
    lost.browser.set_cookie("__Host-idp_recovery", kept)

    assert lost.browser.get("/recover").path == "/recover/waiting"
    assert lost.set_password(lost.wait()).path == "/recover/done"


def test_it_lapses_when_nobody_finishes_it(lost: Recovering) -> None:
    lost.two_anchors()
    lost.wait()
    lost.provider.clock.advance(days=8)

    assert lost.browser.get("/recover/finish").status == 400


def counter_code(lost: Recovering, *gone: str) -> str:
    """Two officers agree."""
    services, now = lost.provider.services, lost.provider.clock.now()
    account = services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    visit = services.counter_visits.request(account.id, "Li", gone, now=now)
    return services.counter_visits.approve(visit.id, "Wang", now=now)


def at_counter(lost: Recovering, code: str, username: str = "gulbahar") -> object:
    page = lost.browser.get("/recover/counter")
    return lost.browser.submit(page, "/recover/counter", username=username, code=code)


def test_two_officers_let_a_person_in_without_waiting(lost: Recovering) -> None:
    account = lost.provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    lost.provider.enrol_totp(account)
    code = counter_code(lost, "totp")

    page = lost.browser.get("/recover/counter")
    finish = lost.browser.submit(page, "/recover/counter", username="Gulbahar", code=f" {code.lower()} ")
    assert (finish.status, finish.path) == (200, "/recover/finish"), finish.text
    assert "taken off your account" in finish.text
    lost.set_password(finish)

    assert signs_in(lost, NEW_PASSWORD), "the lost app is gone"
    assert "您的账户已找回" in lost.mailbox.to(EMAIL)[-1].subject


def test_a_code_from_the_counter_works_once_for_its_name_and_ten_minutes(lost: Recovering) -> None:
    code = counter_code(lost)
    page = lost.browser.get("/recover/counter")
    for username, typed in (("somebody", code), ("gulbahar", "AAAA-BBBB-CCCC"), ("", "")):
        refused = lost.browser.submit(page, "/recover/counter", username=username, code=typed)
        assert (refused.status, refused.path) == (400, "/recover/counter")
    lost.provider.clock.advance(minutes=10)

    late = lost.browser.submit(page, "/recover/counter", username="gulbahar", code=code)
    assert (late.status, late.path) == (400, "/recover/counter")

    code = counter_code(lost)
    assert (
        lost.browser.submit(page, "/recover/counter", username="gulbahar", code=code).path
        == "/recover/finish"
    )
    again = lost.browser.submit(page, "/recover/counter", username="gulbahar", code=code)
    assert (again.status, again.path) == (400, "/recover/counter")


@pytest.mark.parametrize("where", ["/login/password", "/help"])
def test_the_way_here_is_on_the_pages_where_people_get_stuck(lost: Recovering, where: str) -> None:
    page = lost.browser.get("/help")
    if where != "/help":
        page = lost.browser.submit(lost.browser.get("/account"), "/login", username="gulbahar")

    assert 'href="/recover"' in page.text
