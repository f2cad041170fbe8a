"""Guessing passwords is slow for the guesser, and nobody else is locked out by it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.web.cookies import SESSION
from tests.attacks.counting import Work
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider


def at_password(
    provider: Provider, username: str = "gulbahar", address: str = "127.0.0.1"
) -> tuple[Browser, Page]:
    browser = provider.browser(address)
    return browser, browser.submit(browser.get("/account"), "/login", username=username)


def guess(provider: Provider, password: str, username: str = "gulbahar", address: str = "127.0.0.1") -> Page:
    browser, page = at_password(provider, username, address)
    return browser.submit(page, "/login/password", password=password)


def test_after_five_misses_a_name_waits_from_every_address_and_process(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And an attempt that has to wait is not looked at, even with the right password."""
    provider.person()
    for number in range(5):
        assert guess(provider, "a wrong guess", address=f"198.51.100.{number}").status == 400

    with provider.twin() as other:
        work = Work(monkeypatch)
        for where in (provider, other):
            assert guess(where, PASSWORD, address="203.0.113.1").status == 429
        assert "hashes" not in work.take()

    provider.clock.advance(seconds=30)
    assert guess(provider, PASSWORD, address="203.0.113.1").path == "/account"


def test_waiting_grows_and_success_forgives(provider: Provider) -> None:
    provider.person()
    for _ in range(5):
        guess(provider, "a wrong guess")
    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        provider.clock.advance(seconds=seconds - 1)
        assert guess(provider, "a wrong guess").status == 429
        provider.clock.advance(seconds=1)
        assert guess(provider, "a wrong guess").status == 400

    provider.clock.advance(hours=1)
    assert guess(provider, PASSWORD).path == "/account"
    assert guess(provider, "a wrong guess").status == 400
    assert guess(provider, "a wrong guess").status == 400


def test_being_turned_away_does_not_make_the_wait_longer(provider: Provider) -> None:
    """Otherwise anybody could keep somebody out by knocking on and on."""
    provider.person()
    for _ in range(5):
        guess(provider, "a wrong guess")
    for _ in range(20):
        assert guess(provider, "a wrong guess").status == 429

    provider.clock.advance(seconds=31)

    assert guess(provider, PASSWORD).path == "/account"


def test_a_burst_of_guesses_gets_five_looks(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.person()
    places = [at_password(provider) for _ in range(25)]
    work, start = Work(monkeypatch), Barrier(len(places))

    def answer(place: tuple[Browser, Page]) -> int:
        browser, page = place
        start.wait()
        return browser.submit(page, "/login/password", password="a wrong guess").status

    with ThreadPoolExecutor(len(places)) as pool:
        statuses = list(pool.map(answer, places))

    assert sorted(statuses) == [400] * 5 + [429] * 20
    assert work.take()["hashes"] == 5


def test_one_name_under_attack_leaves_the_others_alone(provider: Provider) -> None:
    """No account-wide lock: a session, another name and another person go on as before."""
    provider.person()
    provider.person("neighbour")
    signed_in = provider.browser()
    signed_in.sign_in(signed_in.get("/account"), "gulbahar", PASSWORD)
    for _ in range(7):
        guess(provider, "a wrong guess", address="198.51.100.1")

    assert signed_in.get("/account").path == "/account"
    assert guess(provider, PASSWORD, "neighbour", address="198.51.100.1").path == "/account"


def test_one_address_cannot_try_everybody(provider: Provider) -> None:
    """Spraying one password over many names: a hundred misses an hour, then the address waits; others do not."""
    provider.person()
    statuses = [
        guess(provider, "a wrong guess", f"name-{number}", "198.51.100.1").status for number in range(104)
    ]

    assert statuses[:100] == [400] * 100
    assert 429 in statuses[100:]
    assert guess(provider, PASSWORD, address="198.51.100.2").path == "/account"


@pytest.mark.parametrize(
    "addresses", [("2001:db8::1", "2001:db8::ffff:2"), ("::ffff:198.51.100.1", "198.51.100.1")]
)
def test_an_address_cannot_be_multiplied(provider: Provider, addresses: tuple[str, str]) -> None:
    """A household's IPv6 network is one address, and so is IPv4 however it is written."""
    for number in range(100):
        guess(provider, "a wrong guess", f"name-{number}", addresses[0])

    statuses = {
        guess(provider, "a wrong guess", f"more-{number}", addresses[1]).status for number in range(3)
    }

    assert 429 in statuses


def test_an_address_that_cannot_be_read_is_counted_all_the_same(provider: Provider) -> None:
    for number in range(100):
        guess(provider, "a wrong guess", f"name-{number}", f"unreadable-{number}")

    statuses = {guess(provider, "a wrong guess", f"more-{number}", "").status for number in range(3)}

    assert 429 in statuses


def test_a_sign_in_dies_with_its_sixth_wrong_password(provider: Provider) -> None:
    provider.person()
    browser, page = at_password(provider)
    for _ in range(5):
        page = browser.submit(page, "/login/password", password="a wrong guess")
    provider.clock.advance(seconds=31)

    last = browser.submit(page, "/login/password", password="a wrong guess")

    assert "too_many_wrong_answers" in last.text
    provider.clock.advance(minutes=2)
    assert "page_expired" in browser.submit(page, "/login/password", password=PASSWORD).text
    assert browser.cookie(SESSION) is None


def test_the_current_password_cannot_be_guessed_from_inside(provider: Provider) -> None:
    """Whoever finds a browser open guesses under the same count as at the door."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    new = "another long sentence of words"
    statuses = []
    for _ in range(6):
        page = browser.get("/account/security/password")
        changed = {"current_password": "a wrong guess", "new_password": new}
        statuses.append(browser.submit(page, "/account/security/password", **changed).status)

    assert statuses == [400] * 5 + [429]
