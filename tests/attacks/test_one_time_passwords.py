"""Six digits cannot be guessed, nor used twice: not across sign-ins, processes or addresses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.authn.factors.codes import WrongCode
from idp.authn.throttle import MOST_MISSES
from idp.web.cookies import SESSION
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Authenticator, Provider, permit_for
from tests.unit.authn.memory import RepeatableEntropy


@pytest.fixture
def phone(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    """The app of the person `gulbahar`. Its seed is always the same: no code is by chance that of another time too."""
    monkeypatch.setattr(provider.services.totp, "_entropy", RepeatableEntropy())
    return provider.enrol_totp(provider.person())


def owing_a_code(provider: Provider, address: str = "127.0.0.1") -> tuple[Browser, Page]:
    """Past the password, at the page that asks for six digits."""
    browser = provider.browser(address)
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert page.path == "/login/totp"
    return browser, page


def test_after_five_misses_codes_wait_whoever_asks(provider: Provider, phone: Authenticator) -> None:
    """Counted by account: other browsers, addresses and processes share the count."""
    for number in range(5):
        browser, page = owing_a_code(provider, f"198.51.100.{number}")
        assert browser.submit(page, "/login/totp", code=phone.wrong()).status == 400

    with provider.twin() as other:
        for where in (provider, other):
            browser, page = owing_a_code(where, "203.0.113.77")
            turned_away = browser.submit(page, "/login/totp", code=phone.code())
            assert turned_away.status == 429
            assert browser.cookie(SESSION) is None


def test_a_sign_in_dies_with_its_sixth_wrong_answer(provider: Provider, phone: Authenticator) -> None:
    """Whatever was answered wrongly on the way; waiting does not bring it back."""
    browser = provider.browser()
    page = browser.submit(browser.get("/account"), "/login", username="gulbahar")
    for _ in range(3):
        page = browser.submit(page, "/login/password", password="not the password")
    page = browser.submit(page, "/login/password", password=PASSWORD)
    for _ in range(2):
        page = browser.submit(page, "/login/totp", code=phone.wrong())
    assert page.status == 400
    assert page.path == "/login/totp"

    last = browser.submit(page, "/login/totp", code=phone.wrong())

    assert "too_many_wrong_answers" in last.text
    provider.clock.advance(minutes=1)
    assert "page_expired" in browser.submit(page, "/login/totp", code=phone.code()).text
    assert browser.get("/account").path == "/login"


def test_fifty_guesses_at_once_get_five_looks(provider: Provider, phone: Authenticator) -> None:
    """Charged before the check, in the database: a burst buys nothing."""
    sign_ins = [owing_a_code(provider) for _ in range(25)]
    guess, start = phone.wrong(), Barrier(len(sign_ins))

    def answer(place: tuple[Browser, Page]) -> int:
        browser, page = place
        start.wait()
        return browser.submit(page, "/login/totp", code=guess).status

    with ThreadPoolExecutor(len(sign_ins)) as pool:
        statuses = list(pool.map(answer, sign_ins))

    assert sorted(statuses) == [400] * 5 + [429] * 20


def test_guessing_on_and_on_closes_the_factor(provider: Provider, phone: Authenticator) -> None:
    """A hundred misses in all, however patiently: then no code opens it until it is opened by hand."""
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    check = provider.services.second_factor.check_totp
    for _ in range(MOST_MISSES):
        provider.clock.advance(hours=1)
        with pytest.raises(WrongCode):
            check(account.id, phone.wrong(), "198.51.100.1", now=provider.clock.now())

    provider.clock.advance(days=30)
    browser, page = owing_a_code(provider)
    assert browser.submit(page, "/login/totp", code=phone.code()).status == 429


def test_a_code_is_used_once(provider: Provider, phone: Authenticator) -> None:
    """RFC 6238 §5.2: somebody who watched it being typed is too late."""
    code = phone.code()
    owner, page = owing_a_code(provider)
    watcher, watched_page = owing_a_code(provider)
    assert owner.submit(page, "/login/totp", code=code).path == "/account"

    with provider.twin() as other:
        elsewhere, other_page = owing_a_code(other)
        assert elsewhere.submit(other_page, "/login/totp", code=code).status == 400
    assert watcher.submit(watched_page, "/login/totp", code=code).status == 400
    assert watcher.cookie(SESSION) is None


def test_of_two_uses_at_once_one_wins(provider: Provider, phone: Authenticator) -> None:
    sign_ins = [owing_a_code(provider) for _ in range(4)]
    code, start = phone.code(), Barrier(4)

    def answer(place: tuple[Browser, Page]) -> bool:
        browser, page = place
        start.wait()
        return browser.submit(page, "/login/totp", code=code).path == "/account"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, sign_ins)) == [False, False, False, True]


def test_an_earlier_code_dies_with_a_later_one(provider: Provider, phone: Authenticator) -> None:
    """Leeway for slow typing is no second life: only steps after the last used one count."""
    earlier = phone.code()
    provider.clock.advance(seconds=30)
    browser, page = owing_a_code(provider)
    assert browser.submit(page, "/login/totp", code=phone.code()).path == "/account"

    late, late_page = owing_a_code(provider)

    assert late.submit(late_page, "/login/totp", code=earlier).status == 400


@pytest.mark.parametrize("offset", [-3, -2, 2, 3, 1000])
def test_a_code_of_another_time_is_wrong(provider: Provider, phone: Authenticator, offset: int) -> None:
    browser, page = owing_a_code(provider)
    code = phone.totp.at(phone.clock.now(), counter_offset=offset)

    assert browser.submit(page, "/login/totp", code=code).status == 400


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "0",
        "12345",
        "1234567",
        "abcdef",
        "-12345",
        "1e5",
        "0x1F",
        "\u0661" * 3,
        "None",
        "0" * 10_000,
        "\x00",
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_code_is_wrong(provider: Provider, phone: Authenticator, code: str) -> None:
    browser, page = owing_a_code(provider)

    assert browser.submit(page, "/login/totp", code=code).status == 400
    assert browser.cookie(SESSION) is None


def test_one_persons_code_is_not_anothers(provider: Provider, phone: Authenticator) -> None:
    other = provider.enrol_totp(provider.person("other"))
    browser, page = owing_a_code(provider)

    assert browser.submit(page, "/login/totp", code=other.code()).status == 400


def test_a_recovery_code_is_used_once_and_is_its_owners(provider: Provider, phone: Authenticator) -> None:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    other = provider.person("other")
    assert account is not None
    now = provider.clock.now()
    code, *_ = provider.services.recovery_codes.renew(permit_for(account), now=now)
    foreign, *_ = provider.services.recovery_codes.renew(permit_for(other), now=now)

    def use(given: str) -> Page:
        browser, page = owing_a_code(provider)
        page = browser.get(page.url.replace("/login/totp", "/login/recovery-code"))
        return browser.submit(page, "/login/recovery-code", code=given)

    assert use(foreign).status == 400
    assert use(code).path == "/account"
    assert use(code).status == 400


def test_a_recovery_code_alone_is_no_sign_in(provider: Provider, phone: Authenticator) -> None:
    """It stands in for the phone, not for the password: the page does not exist before the password."""
    browser = provider.browser()
    page = browser.submit(browser.get("/account"), "/login", username="gulbahar")
    for path in ("/login/recovery-code", "/login/totp"):
        assert browser.get(page.url.replace("/login/password", path)).status == 400
