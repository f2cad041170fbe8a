"""Hardware tokens and codes by text message, from setting them up to signing in with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.authn.messages import Channel
from idp.foundation.events import EventKind
from tests.support.browser import Browser, Page
from tests.support.mailbox import Mailbox, with_mailbox
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider
from tests.support.token import Token

NUMBER = EVERY_CLAIM["phone_number"]
HOTP, SMS = "/account/security/hotp", "/account/security/text-message"


@pytest.fixture
def region(provider: Provider, tmp_path: Path) -> Iterator[tuple[Provider, Mailbox]]:
    """A region that can send messages, with the person `gulbahar`."""
    provider.person()
    with with_mailbox(provider, tmp_path / "messages") as able:
        yield able


def signed_in(provider: Provider) -> Browser:
    browser = provider.browser()
    assert browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD).path == "/account"
    return browser


def set_up_token(browser: Browser) -> Token:
    token = Token(counter=7)
    page = browser.submit(browser.get(HOTP), HOTP, key=token.key, label="Key ring")
    assert token.key not in page.text
    code, next_code = token.two()
    page = browser.submit(page, HOTP, code=code, next_code=next_code)
    assert page.path == "/account/security"
    return token


def turn_on_messages(browser: Browser, mailbox: Mailbox) -> None:
    page = browser.submit(browser.get(SMS), f"{SMS}/send")
    page = browser.submit(page, SMS, code=mailbox.code_for(NUMBER))
    assert page.path == "/account/security"


def at_text_message(browser: Browser) -> Page:
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert page.path == "/login/text-message"
    return page


def test_a_token_is_set_up_and_asked_for_at_the_next_sign_in(region: tuple[Provider, Mailbox]) -> None:
    provider, _ = region
    token = set_up_token(signed_in(provider))

    browser = provider.browser()
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert page.path == "/login/hotp"
    page = browser.submit(page, "/login/hotp", code=token.wrong())
    assert page.status == 400
    assert browser.submit(page, "/login/hotp", code=token.press()).path == "/account"


def test_a_key_that_is_none_and_codes_that_do_not_follow_are_asked_for_again(
    region: tuple[Provider, Mailbox],
) -> None:
    provider, _ = region
    browser, token = signed_in(provider), Token()
    page = browser.submit(browser.get(HOTP), HOTP, key="no key")
    assert page.status == 400

    page = browser.submit(page, HOTP, key=token.key)
    first, _, third = token.press(), token.press(), token.press()
    page = browser.submit(page, HOTP, code=first, next_code=third)
    assert page.status == 400
    code, next_code = token.two()
    assert browser.submit(page, HOTP, code=code, next_code=next_code).path == "/account/security"


def test_a_token_that_ran_away_is_set_right_on_the_account_page(region: tuple[Provider, Mailbox]) -> None:
    provider, _ = region
    browser = signed_in(provider)
    token = set_up_token(browser)
    # Setting it up makes an earlier sign-in too weak to change anything: prove the second factor first.
    page = browser.get(f"{HOTP}/resync")
    while page.path.startswith("/login"):
        page = (
            browser.submit(page, "/login/hotp", code=token.press())
            if page.path == "/login/hotp"
            else browser.sign_in(page, "gulbahar", PASSWORD)
        )
    token.press(50)
    code, next_code = token.two()

    page = browser.submit(page, f"{HOTP}/resync", code=code, next_code=next_code)

    assert page.path == "/account/security"
    fresh = provider.browser()
    asked = fresh.sign_in(fresh.get("/account"), "gulbahar", PASSWORD)
    assert fresh.submit(asked, "/login/hotp", code=token.press()).path == "/account"


def test_codes_by_text_message_are_turned_on_and_asked_for(region: tuple[Provider, Mailbox]) -> None:
    provider, mailbox = region
    turn_on_messages(signed_in(provider), mailbox)
    browser = provider.browser()
    page = at_text_message(browser)
    assert NUMBER not in page.text
    assert "0001" in page.text

    sent = browser.submit(page, "/login/text-message/send")
    letter = mailbox.to(NUMBER)[-1]

    assert letter.text.startswith(letter.code)
    assert "east.id.localhost" in letter.text
    assert letter.text.endswith(f"@east.id.localhost #{letter.code}")
    assert browser.submit(sent, "/login/text-message", code=letter.code).path == "/account"


def test_the_message_names_the_mini_app_and_speaks_the_language_of_the_page(
    region: tuple[Provider, Mailbox],
) -> None:
    provider, mailbox = region
    turn_on_messages(signed_in(provider), mailbox)
    app = provider.client()
    for language, word in (("en", "Tax"), ("zh-CN", "税务")):
        browser = provider.browser()
        browser.headers = {"Accept-Language": language}
        page = browser.sign_in(browser.get(app.begin().url), "gulbahar", PASSWORD)
        browser.submit(page, "/login/text-message/send")

        letter = mailbox.to(NUMBER)[-1]
        assert letter.text.startswith(letter.code)
        assert word in letter.text


def test_opening_the_page_sends_nothing(region: tuple[Provider, Mailbox]) -> None:
    """Not even again and again: a message costs money, and a page may be fetched by anything."""
    provider, mailbox = region
    turn_on_messages(signed_in(provider), mailbox)
    browser, before = provider.browser(), len(mailbox.to(NUMBER))
    page = at_text_message(browser)
    for _ in range(3):
        browser.get(page.url)

    assert len(mailbox.to(NUMBER)) == before


def test_a_changed_number_gets_no_codes_until_it_is_confirmed(region: tuple[Provider, Mailbox]) -> None:
    provider, mailbox = region
    turn_on_messages(signed_in(provider), mailbox)
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    claims = {**account.claims, "phone_number": "+8613900000002"}
    provider.services.stores.accounts.set_claims(replace(account, claims=claims), ("gulbahar",))
    before = len(mailbox.letters())

    browser = provider.browser()
    page = at_text_message(browser)

    assert "code-send" not in page.text
    assert "/help" in page.text
    assert len(mailbox.letters()) == before


def test_where_no_messages_are_sent_nobody_can_turn_them_on(provider: Provider) -> None:
    provider.person()
    page = signed_in(provider).get(SMS)

    assert "code-send" not in page.text
    assert page.status == 200


def test_every_change_is_told_on_every_channel_in_the_persons_language(
    region: tuple[Provider, Mailbox],
) -> None:
    provider, mailbox = region
    browser = signed_in(provider)
    browser.headers = {"Accept-Language": "en", "User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/131"}
    set_up_token(browser)

    mail, text = mailbox.to(EVERY_CLAIM["email"])[-1], mailbox.to(NUMBER)[-1]

    for told in (mail.text, text.text):
        assert "http://east.id.localhost:8001/help" in told
        assert "Key ring" in told
        assert "Android" in told
        assert "2026年11月1日" in told
    kinds = [event.kind for event in provider.services.stores.events.of_account(_id(provider), 20)]
    assert EventKind.HOTP_ENROLLED in kinds


def _id(provider: Provider) -> str:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    return account.id


def test_a_gateway_that_is_down_holds_no_change_up(provider: Provider, tmp_path: Path) -> None:
    """The change is made, its notice waits; it goes out when the gateway works again."""
    provider.person()
    with provider.twin(text_message_command="/no/such/program") as broken:
        set_up_token(signed_in(broken))
        assert broken.services.post.deliver(Channel.SMS) == 0

    provider.clock.advance(minutes=1)

    with with_mailbox(provider, tmp_path / "messages") as (_, mailbox):
        (letter,) = mailbox.letters()
    assert letter.to == NUMBER
    assert "/help" in letter.text
