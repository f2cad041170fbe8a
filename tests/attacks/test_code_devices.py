"""Codes of devices and by text message at the sign-in page: not guessed, not used twice, not moved elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from idp.accounts.person import Account
from idp.authn.authenticators import Authenticator
from idp.authn.factors.seal import BrokenSeal
from idp.oidc.proofs import Method
from idp.web.cookies import SESSION
from tests.support.browser import Browser, Page
from tests.support.mailbox import Mailbox, with_mailbox
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider
from tests.support.token import Token, enrol_token

NUMBER = EVERY_CLAIM["phone_number"]
SMS = "/account/security/text-message"


@pytest.fixture
def device(provider: Provider) -> Token:
    """The code device of the person `gulbahar`."""
    return enrol_token(provider, provider.person())


@pytest.fixture
def region(provider: Provider, tmp_path: Path) -> Iterator[tuple[Provider, Mailbox]]:
    """A region that sends messages, and the person `gulbahar` who has codes by text message turned on."""
    provider.person()
    with with_mailbox(provider, tmp_path / "messages") as (able, mailbox):
        browser = able.browser()
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
        page = browser.submit(browser.get(SMS), f"{SMS}/send")
        browser.submit(page, SMS, code=mailbox.code_for(NUMBER))
        yield able, mailbox


def owing(provider: Provider, path: str = "/login/hotp", address: str = "127.0.0.1") -> tuple[Browser, Page]:
    """Past the password, at the page of the second proof."""
    browser = provider.browser(address)
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert page.path == path
    return browser, page


def owing_a_message(provider: Provider) -> tuple[Browser, Page]:
    """The same, with the message asked for."""
    browser, page = owing(provider, "/login/text-message")
    return browser, browser.submit(page, "/login/text-message/send")


def test_after_five_misses_a_device_waits_whoever_asks(provider: Provider, device: Token) -> None:
    """Counted by account: other browsers, addresses and processes share the count."""
    for number in range(5):
        browser, page = owing(provider, address=f"198.51.100.{number}")
        assert browser.submit(page, "/login/hotp", code=device.wrong()).status == 400

    with provider.twin() as other:
        for where in (provider, other):
            browser, page = owing(where, address="203.0.113.77")
            assert browser.submit(page, "/login/hotp", code=device.press()).status == 429
            assert browser.cookie(SESSION) is None


def test_fifty_guesses_at_a_device_get_five_looks(provider: Provider, device: Token) -> None:
    wrong = device.wrong()
    with provider.twin() as other:
        sign_ins = [owing((provider, other)[number % 2]) for number in range(20)]
        start = Barrier(len(sign_ins))

        def answer(place: tuple[Browser, Page]) -> int:
            browser, page = place
            start.wait()
            return browser.submit(page, "/login/hotp", code=wrong).status

        with ThreadPoolExecutor(len(sign_ins)) as pool:
            statuses = list(pool.map(answer, sign_ins))

    assert sorted(statuses) == [400] * 5 + [429] * 15


def test_a_code_of_a_device_is_used_once_and_older_ones_never(provider: Provider, device: Token) -> None:
    """RFC 4226 §7.2: somebody who saw an earlier display is too late."""
    seen, later = device.two()
    owner, page = owing(provider)
    assert owner.submit(page, "/login/hotp", code=later).path == "/account"

    with provider.twin() as other:
        for where in (provider, other):
            for code in (later, seen):
                browser, page = owing(where)
                assert browser.submit(page, "/login/hotp", code=code).status == 400
                assert browser.cookie(SESSION) is None


def test_codes_far_ahead_are_no_codes_at_the_sign_in_page(provider: Provider, device: Token) -> None:
    """Neither one of them nor two in a row: resynchronising takes a session."""
    device.press(11)
    for code in device.two():
        browser, page = owing(provider)
        assert browser.submit(page, "/login/hotp", code=code, next_code=device.press()).status == 400
    browser, page = owing(provider)
    assert browser.get("/account/security/hotp/resync").path.startswith("/login")


def test_one_persons_device_is_not_anothers(provider: Provider, device: Token) -> None:
    other = enrol_token(provider, provider.person("other"), Token(seed=b"somebody else's seed"))
    browser, page = owing(provider)

    assert browser.submit(page, "/login/hotp", code=other.press()).status == 400


def test_a_seed_moved_to_another_row_cannot_be_used(provider: Provider, device: Token) -> None:
    """Sealed for its owner: who can write to the database still cannot make a known device somebody else's."""
    victim = provider.person("victim")
    mine = provider.services.stores.hotp.find(_id(provider), "hotp")
    assert mine is not None
    line = Authenticator(victim.id, "hotp", Method.HOTP, frozenset(), "", created_at=provider.clock.now())
    provider.services.stores.hotp.set(line, mine)

    with pytest.raises(BrokenSeal):
        provider.services.hotp.check(victim.id, device.press(), "127.0.0.1", now=provider.clock.now())


def test_a_suspended_device_opens_nothing(provider: Provider, device: Token) -> None:
    browser, page = owing(provider)
    provider.services.stores.authenticators.suspend(_id(provider), "hotp", now=provider.clock.now())

    assert browser.submit(page, "/login/hotp", code=device.press()).status == 400
    assert browser.cookie(SESSION) is None


def test_the_pages_of_a_second_proof_do_not_exist_before_the_first(provider: Provider, device: Token) -> None:
    browser = provider.browser()
    page = browser.submit(browser.get("/account"), "/login", username="gulbahar")
    for path in ("/login/hotp", "/login/text-message"):
        assert browser.get(page.url.replace("/login/password", path)).status == 400


def test_a_text_message_signs_in_where_it_was_asked_for(region: tuple[Provider, Mailbox]) -> None:
    """A thief who watched the telephone has another browser; the same browser's other sign-in is another one too."""
    provider, mailbox = region
    owner, page = owing_a_message(provider)
    code = mailbox.code_for(NUMBER)
    thief, foreign = owing_a_message(provider)
    for place in (
        foreign.url,
        page.url.replace(page.url.partition("challenge=")[0], foreign.url.partition("challenge=")[0]),
    ):
        asked = thief.get(place)
        assert thief.submit(asked, "/login/text-message", code=code).status == 400
        assert thief.cookie(SESSION) is None

    assert owner.submit(page, "/login/text-message", code=code).path == "/account"


def test_a_text_message_signs_in_once(region: tuple[Provider, Mailbox]) -> None:
    provider, mailbox = region
    browser, page = owing_a_message(provider)
    code = mailbox.code_for(NUMBER)
    assert browser.submit(page, "/login/text-message", code=code).path == "/account"

    again = owing_a_message(provider)
    assert again[0].submit(again[1], "/login/text-message", code=code).status == 400


def test_a_sign_in_dies_with_its_sixth_wrong_answer_however_many_messages(
    region: tuple[Provider, Mailbox],
) -> None:
    provider, mailbox = region
    browser, page = owing_a_message(provider)
    for number in range(6):
        if number == 5:
            provider.clock.advance(seconds=31)
        wrong = f"{(int(mailbox.code_for(NUMBER)) + 1) % 10**6:06}"
        last = browser.submit(page, "/login/text-message", code=wrong)

    assert "too_many_wrong_answers" in last.text
    assert browser.cookie(SESSION) is None


def test_asking_for_messages_without_end_has_to_wait(region: tuple[Provider, Mailbox]) -> None:
    """By account, from whatever browser, address or process; nobody's telephone rings all night."""
    provider, mailbox = region
    before = len(mailbox.to(NUMBER))
    answers = []
    with provider.twin() as other:
        for number in range(8):
            browser, page = owing(
                (provider, other)[number % 2], "/login/text-message", f"198.51.100.{number}"
            )
            answers.append(browser.submit(page, "/login/text-message/send").status)

    assert answers.count(429) >= 5
    assert len(mailbox.to(NUMBER)) - before == answers.count(200) <= 3


def test_a_message_is_sent_only_by_a_form_of_ours(region: tuple[Provider, Mailbox]) -> None:
    provider, mailbox = region
    browser, page = owing(provider, "/login/text-message")
    before = len(mailbox.to(NUMBER))
    transaction = page.url.partition("transaction=")[2]

    browser.get(f"/login/text-message/send?transaction={transaction}")
    browser.post("/login/text-message/send", {"transaction": transaction, "step_token": "forged"})

    assert len(mailbox.to(NUMBER)) == before


def test_nobody_turns_on_messages_to_a_number_that_is_not_verified(
    provider: Provider, tmp_path: Path
) -> None:
    provider.person(claims={**EVERY_CLAIM, "phone_number_verified": False})
    with with_mailbox(provider, tmp_path / "messages") as (able, mailbox):
        browser = able.browser()
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

        assert "code-send" not in browser.get(SMS).text
        assert mailbox.to(NUMBER) == []


def _id(provider: Provider) -> str:
    account: Account | None = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    return account.id


def test_a_code_sent_to_one_number_does_not_confirm_another(provider: Provider, tmp_path: Path) -> None:
    """Between the message and the answer the number was changed: whoever read the code never showed the new one."""
    account = provider.person()
    with with_mailbox(provider, tmp_path / "messages") as (able, mailbox):
        browser = able.browser()
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
        page = browser.submit(browser.get(SMS), f"{SMS}/send")
        claims = {**account.claims, "phone_number": "+8613900000002"}
        able.services.stores.accounts.set_claims(replace(account, claims=claims), ("gulbahar",))

        assert browser.submit(page, SMS, code=mailbox.code_for(NUMBER)).status == 400
        assert able.services.stores.authenticators.find(account.id, "sms") is None
