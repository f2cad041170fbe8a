"""A voice is easily copied, so it opens nothing; and what can be refused is: replays, strangers, other digits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.adapters.wav import HEADER_BYTES, header_of
from idp.authn.factors.vault import SealedTemplate
from idp.authn.factors.voice import QUESTION_LIFETIME
from idp.authn.factors.voice_values import VoiceRecord
from idp.authn.throttle import ThrottledFactor, TooManyAttempts
from idp.oidc.proofs import Method
from idp.oidc.vocabulary import AcrLevel
from idp.web.cookies import SESSION
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.speech import Speaker
from tests.support.voices import HOME, LOGIN, RECORD, SpeakingPerson, digits_on, foreseeable, send

BEN, STRANGER = Speaker("en+m3"), Speaker("en+m5")


@pytest.fixture
def listening(provider: Provider) -> Iterator[Provider]:
    """A provider that offers the voice check, to many addresses."""
    with provider.twin(voice=True) as switched_on:
        yield foreseeable(switched_on)


@pytest.fixture
def victim(listening: Provider) -> SpeakingPerson:
    """Whose voice is enrolled, and whose password is known to whoever attacks here."""
    person = SpeakingPerson.register(listening, BEN)
    person.enrol()
    return person


def account_of(person: SpeakingPerson) -> str:
    account = person.provider.services.stores.accounts.find_by_identifier(person.username)
    assert account is not None
    return account.id


def is_refused(page: Page) -> bool:
    return page.status in (400, 429) and page.path == LOGIN


class TestReplay:
    """What was recorded or answered once is worth nothing the next time."""

    def test_a_recording_of_an_earlier_sign_in_says_other_digits(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        overheard = BEN.says(digits_on(page))
        assert send(browser, page, LOGIN, recording=overheard).path == "/login/totp"

        thief, fresh = victim.at_digits()

        assert digits_on(fresh) != digits_on(page)
        assert is_refused(send(thief, fresh, LOGIN, recording=overheard))

    def test_an_answer_is_taken_once(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        answer = BEN.says(digits_on(page))
        assert send(browser, page, LOGIN, recording=answer).path == "/login/totp"

        again = send(browser, page, LOGIN, recording=answer)

        assert is_refused(again)
        assert "used already" in again.text

    def test_digits_are_used_up_by_a_wrong_answer_too(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        answer = BEN.says(digits_on(page))
        assert is_refused(send(browser, page, LOGIN, recording=STRANGER.says("012345")))

        assert is_refused(send(browser, page, LOGIN, recording=answer))

    def test_digits_are_old_after_two_minutes(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        answer = BEN.says(digits_on(page))

        victim.provider.clock.advance(seconds=QUESTION_LIFETIME.total_seconds())

        assert is_refused(send(browser, page, LOGIN, recording=answer))

    def test_the_readings_of_an_enrolment_answer_no_question(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()

        assert is_refused(send(browser, page, LOGIN, recording=BEN.says("0123456789")))

    def test_of_many_answers_at_once_one_is_looked_at(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        twins = [_copy_of(browser, victim.provider) for _ in range(6)]
        answer, start = BEN.says(digits_on(page)), Barrier(6)

        def give(twin: Browser) -> bool:
            start.wait()
            return send(twin, page, LOGIN, recording=answer).path == "/login/totp"

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(give, twins)) == [False] * 5 + [True]


class TestSomebodyElse:
    """Another throat, another browser, another person's place."""

    def test_another_speaker_with_the_right_digits_is_refused(self, victim: SpeakingPerson) -> None:
        for speaker in (STRANGER, Speaker("en+f2"), Speaker("cmn+m2")):
            browser, page = victim.at_digits()
            assert is_refused(victim.answer(browser, page, speaker))

    def test_the_right_voice_with_other_digits_is_refused(self, victim: SpeakingPerson) -> None:
        """Also when but one is another: a spliced recording lacks a digit, and a like one is put in its place."""
        browser, page = victim.at_digits()
        for _ in range(3):
            digits = digits_on(page)
            other = next(digit for digit in "9876543210" if digit not in digits)
            page = send(browser, page, LOGIN, recording=BEN.says(digits[:5] + other))
            assert is_refused(page)

    def test_digits_shown_in_another_browser_are_nobodys(self, victim: SpeakingPerson) -> None:
        """Relayed to the victim on the telephone, answered elsewhere: the question belongs to its browser."""
        _, shown = victim.at_digits()
        other, other_page = victim.at_digits()

        relayed = send(
            other,
            _with(other_page, challenge=shown.form(LOGIN).fields["challenge"]),
            LOGIN,
            recording=BEN.says(digits_on(shown)),
        )

        assert is_refused(relayed)

    def test_digits_of_another_sign_in_in_the_same_browser_are_not_of_this_one(
        self, victim: SpeakingPerson
    ) -> None:
        browser, shown = victim.at_digits()
        again = browser.sign_in(browser.get("/account"), victim.username, PASSWORD)
        here = browser.get(again.url.replace("/login/totp", LOGIN))

        moved = send(
            browser,
            _with(here, challenge=shown.form(LOGIN).fields["challenge"]),
            LOGIN,
            recording=BEN.says(digits_on(shown)),
        )

        assert is_refused(moved)

    def test_a_question_for_one_person_is_not_answered_for_another(self, victim: SpeakingPerson) -> None:
        services, now = victim.provider.services, victim.provider.clock.now()
        assert services.voices is not None
        other = SpeakingPerson.register(victim.provider, BEN, "other")
        other.enrol()
        question = services.voices.ask(account_of(victim), b"here", now=now)

        browser, page = other.at_digits()
        answered = send(
            browser, _with(page, challenge=question.id), LOGIN, recording=BEN.says(question.digits)
        )

        assert is_refused(answered)

    def test_a_template_moved_to_another_account_does_not_open(self, victim: SpeakingPerson) -> None:
        """Somebody who can write rows puts their own voice into another's."""
        thief = SpeakingPerson.register(victim.provider, STRANGER, "thief")
        thief.enrol()
        stores = victim.provider.services.stores
        mine, theirs = stores.voices.find(account_of(thief)), stores.voices.find(account_of(victim))
        line = stores.authenticators.find(account_of(victim), "voice")
        assert mine is not None
        assert theirs is not None
        assert line is not None
        stores.voices.save(
            line, VoiceRecord(mine.template, mine.model_id, mine.version, mine.spoken, theirs.consent)
        )

        browser, page = victim.at_digits()

        assert victim.answer(browser, page, STRANGER).status == 500


class TestWorthNothing:
    """However good the copy, the voice opens nothing, pays nothing and raises nothing."""

    def test_the_page_does_not_exist_before_another_proof(self, victim: SpeakingPerson) -> None:
        browser = victim.provider.browser()
        page = browser.submit(browser.get("/account"), "/login", username=victim.username)

        asked = browser.get(page.url.replace("/login/password", LOGIN))

        assert asked.status == 400
        assert digits_on(asked) == ""

    def test_a_right_answer_leaves_everything_owed(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()

        after = victim.answer(browser, page)

        assert after.path == "/login/totp"
        assert browser.cookie(SESSION) is None
        assert browser.get("/account").path == "/login"

    def test_it_changes_no_level_of_any_policy(self, victim: SpeakingPerson) -> None:
        """Beside every other set of proofs: with and without it the same level (NIST SP 800-63B-4 §3.2.3)."""
        voice = Method.VOICE
        for policy in ("strict", "cn-gov"):
            with victim.provider.twin(voice=True, assurance_policy=policy) as region:
                assurance = region.services.assurance
                enrolled = region.services.stores.authenticators.of(account_of(victim))
                now = region.clock.now()
                without = [one for one in enrolled if one.method is not voice]
                assert assurance.reachable((), enrolled, now=now) == assurance.reachable((), without, now=now)
                for wanted in AcrLevel:
                    assert voice not in {
                        one.method for one in assurance.missing((), enrolled, wanted, now=now)
                    }
                assert voice not in {one.method for one in assurance.owed((), enrolled)}

    def test_it_permits_no_change_of_the_account(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()
        victim.answer(browser, page)

        assert browser.get("/account/security/password").path == "/login"
        assert browser.get(HOME).path == "/login"

    def test_only_a_strong_session_records_a_voice(self, victim: SpeakingPerson) -> None:
        """With the password alone, or long after signing in, nobody puts their own voice there."""
        browser = victim.signed_in()
        page = victim.agree(browser)
        digits = digits_on(page)
        victim.provider.clock.advance(minutes=11)

        late = send(
            browser, page, RECORD, first=STRANGER.says(digits[:10]), second=STRANGER.says(digits[10:])
        )

        assert late.path == "/login"
        asked, question = victim.at_digits()
        assert victim.answer(asked, question).path == "/login/totp", "the owner's voice is still the one"


class TestFloods:
    """Bounded: bytes before they are read, seconds before they are looked at, tries before they are counted."""

    def test_a_body_that_is_too_large_is_not_read(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()

        assert send(browser, page, LOGIN, recording=bytes(1_100_000)).status == 413

    def test_other_pages_take_no_recordings(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()

        for action in ("/login/totp", "/login/password"):
            large = {**page.form(LOGIN).fields, "code": "1" * 100_000}
            assert browser.post(action, large).status == 413

    @pytest.mark.parametrize(
        "recording",
        [
            header_of(2**31) + bytes(1000),
            header_of(1000)[: HEADER_BYTES - 4] + b"\xff\xff\xff\xff" + bytes(1000),
            b"RIFF" * 1000,
            b"\0" * 400_000,
        ],
        ids=["lies about its length", "endless", "no header", "zeros"],
    )
    def test_what_is_no_recording_is_refused_in_words(self, victim: SpeakingPerson, recording: bytes) -> None:
        browser, page = victim.at_digits()

        assert is_refused(send(browser, page, LOGIN, recording=recording))

    def test_a_right_answer_that_is_too_long_is_not_listened_to(self, victim: SpeakingPerson) -> None:
        browser, page = victim.at_digits()

        refused = send(browser, page, LOGIN, recording=BEN.says(digits_on(page), lead=8))

        assert is_refused(refused)
        assert "took too long" in refused.text

    def test_after_five_misses_voices_wait_whoever_asks(self, victim: SpeakingPerson) -> None:
        for number in range(5):
            browser, page = victim.at_digits(f"198.51.100.{number}")
            assert victim.answer(browser, page, STRANGER).status == 400

        browser, page = victim.at_digits("203.0.113.7")

        turned_away = victim.answer(browser, page)
        assert turned_away.status == 429
        assert "Wait 30 seconds" in turned_away.text
        victim.provider.clock.advance(seconds=31)
        assert victim.answer(browser, turned_away).path == "/login/totp"

    def test_fifty_misses_close_the_voice(self, victim: SpeakingPerson) -> None:
        """However patiently; recording it anew from a strong session opens it (NIST SP 800-63B-4 §3.2.3)."""
        services, clock = victim.provider.services, victim.provider.clock
        assert services.voices is not None
        account_id = account_of(victim)
        for _ in range(50):
            clock.advance(minutes=2)
            services.throttle.admit(ThrottledFactor.VOICE, account_id, "198.51.100.1", now=clock.now())

        clock.advance(days=30)
        question = services.voices.ask(account_id, b"here", now=clock.now())
        with pytest.raises(TooManyAttempts) as closed:
            services.voices.verify(
                account_id, question.id, BEN.says(question.digits), b"here", "198.51.100.2", now=clock.now()
            )
        assert closed.value.disabled
        victim.enrol()
        browser, page = victim.at_digits()
        assert victim.answer(browser, page).path == "/login/totp"


def test_nothing_that_was_said_is_kept(victim: SpeakingPerson) -> None:
    """Neither recordings nor scores, in no table; the template only sealed, with its own key."""
    browser, page = victim.at_digits()
    answer = BEN.says(digits_on(page))
    send(browser, page, LOGIN, recording=answer)

    path = victim.provider.settings.database_url.removeprefix("sqlite:///")
    with open(path, "rb") as database:
        stored = database.read()
    record = victim.provider.services.stores.voices.find(account_of(victim))
    assert record is not None
    assert isinstance(record.template, SealedTemplate)
    assert len(record.template.wrapped_key) == 40
    for start in range(HEADER_BYTES + 16_000, len(answer) - 64, 8_000):
        assert answer[start : start + 32] not in stored


def _copy_of(browser: Browser, provider: Provider) -> Browser:
    """Another window of the same browser, for another thread."""
    twin = provider.browser()
    for cookie in browser.cookie_header.split("; "):
        name, _, value = cookie.partition("=")
        twin.set_cookie(name, value)
    return twin


def _with(page: Page, **changed: str) -> Page:
    """The page as somebody made it: other hidden values."""
    text = page.text
    for name, value in changed.items():
        old = page.form(LOGIN).fields[name]
        text = text.replace(f'value="{old}"', f'value="{value}"')
    return Page(page.status, page.url, text, page.headers)
