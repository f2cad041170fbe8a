"""Against the pattern: guessing, replaying, moving answers between people, browsers, sign-ins and sites."""

from __future__ import annotations

import json

import pytest

from idp.accounts.person import Account
from idp.authn.factors.gesture import MOST_MISSES, KeyAlgorithm
from tests.flows.test_gesture import ENROL, question, send_key, to_gesture
from tests.support.browser import Browser, Page
from tests.support.gesture import OTHER_PATTERN, PATTERN, PatternKey, draw, enrolled, filled
from tests.support.provider import PASSWORD, Authenticator, Provider


@pytest.fixture
def ada(provider: Provider) -> Account:
    return provider.person()


@pytest.fixture
def phone(provider: Provider, ada: Account) -> Authenticator:
    return provider.enrol_totp(ada)


@pytest.fixture
def key(provider: Provider, ada: Account, phone: Authenticator) -> PatternKey:
    return enrolled(provider, ada.id)


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").path == "/account"


def test_a_stolen_store_gets_ten_tries_however_they_are_spread(provider: Provider, key: PatternKey) -> None:
    """Over browsers, sign-ins and addresses; then the right pattern comes too late."""
    for number in range(MOST_MISSES):
        browser = provider.browser(f"203.0.113.{number}")
        draw(browser, to_gesture(browser), key, OTHER_PATTERN)

    browser = provider.browser()
    page = draw(browser, to_gesture(browser), key, PATTERN)

    assert page.status == 400
    assert not is_signed_in(browser)


def test_a_stolen_store_tells_nothing_by_itself(key: PatternKey) -> None:
    """Any pattern unlocks a key that signs; which one is right is written nowhere but with us."""
    unlocked = {key.public_key(pattern) for pattern in (PATTERN, OTHER_PATTERN, (1, 2, 3, 4, 5, 6))}

    assert len(unlocked) == 3
    assert not any(public in key.blob + key.salt for public in unlocked)


def test_an_answer_counts_once(provider: Provider, key: PatternKey) -> None:
    browser = provider.browser()
    page = to_gesture(browser)
    form = filled(page.form("/login/gesture"), key)
    assert browser.post("/login/gesture", form).path == "/account"

    other = provider.browser()
    fresh = to_gesture(other).form("/login/gesture").fields
    again = other.post(
        "/login/gesture", {**fresh, **{name: form[name] for name in ("challenge", "key", "signature")}}
    )

    assert again.status == 400
    assert not is_signed_in(other)


def test_a_question_takes_one_guess(provider: Provider, key: PatternKey) -> None:
    """Wrong once, it cannot be answered right: who sees two answers to one question learns more than we want."""
    browser = provider.browser()
    page = to_gesture(browser)
    form = page.form("/login/gesture")
    browser.post("/login/gesture", filled(form, key, OTHER_PATTERN))

    again = browser.post("/login/gesture", filled(form, key))

    assert again.status == 400
    assert not is_signed_in(browser)


def test_an_answer_for_one_sign_in_is_none_for_another(provider: Provider, key: PatternKey) -> None:
    """The victim answers in their own browser; the thief has begun a sign-in too and wants the answer there."""
    victim, thief = provider.browser(), provider.browser()
    answer = filled(to_gesture(victim).form("/login/gesture"), key)
    page = to_gesture(thief)
    stolen = {**page.form("/login/gesture").fields, "challenge": answer["challenge"]}

    refused = thief.post("/login/gesture", {**stolen, "key": key.id, "signature": answer["signature"]})

    assert refused.status == 400
    assert not is_signed_in(thief)


def test_an_answer_got_on_another_site_is_a_miss(provider: Provider, key: PatternKey) -> None:
    """A site that relays our question gets a signature over its own origin."""
    browser = provider.browser()
    page = draw(browser, to_gesture(browser), key.on("https://id.east.example.evil.example"))

    assert "You have 9 tries left." in page.text


def test_somebody_elses_pattern_is_no_second_proof(
    provider: Provider, ada: Account, phone: Authenticator
) -> None:
    """The thief knows Ada's password and has a pattern of their own."""
    enrolled(provider, ada.id)
    thief = provider.person("thief", claims={"name": "Thief"})
    own_key = enrolled(provider, thief.id)
    browser = provider.browser()
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

    page = browser.get(f"/login/gesture?{page.url.partition('?')[2]}")
    page = draw(browser, page, own_key)

    assert page.status == 400
    assert not is_signed_in(browser)


def test_a_switched_off_account_is_not_opened_by_its_pattern(
    provider: Provider, ada: Account, key: PatternKey
) -> None:
    provider.services.stores.accounts.set_active(ada.id, False, now=provider.clock.now())
    browser = provider.browser()

    page = draw(browser, to_gesture(browser), key)

    assert page.status == 400
    assert not is_signed_in(browser)


def test_an_unknown_key_and_a_removed_one_are_told_alike(
    provider: Provider, ada: Account, key: PatternKey
) -> None:
    provider.services.stores.authenticators.remove(ada.id, key.id, now=provider.clock.now())

    def words(key_id: str) -> str:
        browser = provider.browser()
        page = to_gesture(browser)
        form = {**filled(page.form("/login/gesture"), key), "key": key_id}
        shown = browser.post("/login/gesture", form)
        return f"{shown.status} {'does not work any more' in shown.text}"

    assert words(key.id) == words("gesture-unknown") == words("") == "400 True"


def signed_in_to_enrol(provider: Provider, phone: Authenticator) -> tuple[Browser, Page]:
    browser = provider.browser()
    return browser, browser.sign_in(browser.get(ENROL), "gulbahar", PASSWORD, phone.code())


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "00" * 64},
        {"public_key": "00" * 31},
        {"public_key": "zz" * 32},
        {"algorithm": "none"},
        {"algorithm": "P-256"},
        {"challenge": "ch_another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_key_that_its_sender_does_not_hold_is_not_enrolled(
    provider: Provider, ada: Account, phone: Authenticator, changes: dict[str, str]
) -> None:
    browser, page = signed_in_to_enrol(provider, phone)

    answer = send_key(browser, page, KeyAlgorithm.ED25519, **changes)

    assert answer.status == 400
    assert json.loads(answer.text).keys() == {"problem"}
    methods = {line.method.value for line in provider.services.stores.authenticators.of(ada.id)}
    assert "gesture" not in methods


def test_another_sessions_enrolment_cannot_be_finished(
    provider: Provider, ada: Account, phone: Authenticator
) -> None:
    """A question read off one person's page is worth nothing in another's session."""
    _, page = signed_in_to_enrol(provider, phone)
    thief = provider.person("thief", claims={"name": "Thief"})
    app = provider.enrol_totp(thief)
    other = provider.browser()
    own = other.sign_in(other.get(ENROL), "thief", PASSWORD, app.code())

    asked = question(page)
    answer = send_key(other, own, KeyAlgorithm.ED25519, challenge=asked["challenge"])

    assert answer.status == 400
    assert provider.services.stores.device_keys.find(asked["key"]) is None


def test_an_old_session_sets_up_no_pattern(provider: Provider, ada: Account, phone: Authenticator) -> None:
    browser, page = signed_in_to_enrol(provider, phone)
    provider.clock.advance(minutes=11)

    answer = send_key(browser, page, KeyAlgorithm.ED25519)

    assert answer.path == "/login"
    assert provider.services.stores.device_keys.find(question(page)["key"]) is None
