"""The voice as an extra sign: agreed to, recorded, asked for beside another proof, deleted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from idp.foundation.events import EventKind
from idp.oidc.proofs import Method
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider
from tests.support.speech import Speaker, silence
from tests.support.voices import HOME, LOGIN, RECORD, SpeakingPerson, digits_on, foreseeable, send

ENGLISH, CHINESE = Speaker("en+m3"), Speaker("cmn+f2")


@pytest.fixture
def listening(provider: Provider) -> Iterator[Provider]:
    """A provider that offers the voice check."""
    with provider.twin(voice=True) as switched_on:
        yield foreseeable(switched_on)


@pytest.mark.parametrize(
    ("speaker", "spoken", "name"), [(ENGLISH, "en", "four"), (CHINESE, "zh-CN", "四")], ids=["en", "zh-CN"]
)
def test_a_voice_is_an_extra_sign_beside_an_app_and_raises_nothing(
    listening: Provider, speaker: Speaker, spoken: str, name: str
) -> None:
    person, app = SpeakingPerson.register(listening, speaker), listening.client()
    assert "Your voice is set up." in person.enrol(spoken=spoken).text

    browser, pending = listening.browser(), app.begin()
    page = browser.sign_in(browser.get(pending.url), "gulbahar", PASSWORD)
    page = browser.get(page.url.replace("/login/totp", LOGIN))
    assert len(set(digits_on(page))) == 6
    after = person.answer(browser, page)
    assert after.path == "/login/totp", "the voice pays nothing of what is owed"
    page = browser.submit(after, "/login/totp", code=person.app.code())
    assert page.path == "/consent", page.text
    page = browser.allow(page)

    code = page.url.split("code=")[1].split("&")[0]
    tokens = app.redeem(code, pending.verifier)
    claims = json.loads(base64.urlsafe_b64decode(tokens.id_token.split(".")[1] + "=="))
    assert claims["acr"] == "urn:tongxing:acr:2"
    assert claims["amr"] == ["pwd", "otp", "vbm", "mfa"]


def test_the_digits_are_named_in_the_language_they_were_recorded_in(listening: Provider) -> None:
    """Whatever language the page is read in."""
    person = SpeakingPerson.register(listening, CHINESE)
    person.enrol(spoken="zh-CN")

    _, page = person.at_digits()

    assert '<ol class="voice__digits voice__digits--6" lang="zh-CN">' in page.text
    assert "简体中文" in page.text
    assert "Read six digits aloud" in page.text


def test_a_language_the_pages_do_not_speak_has_figures_alone(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, Speaker("kk"))
    person.enrol(spoken="")

    browser, page = person.at_digits()

    assert "voice__name" not in page.text
    assert "the language in which you set up your voice" in page.text
    assert person.answer(browser, page).path == "/login/totp"


def test_a_wrong_answer_gets_fresh_digits_and_no_reason(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    person.enrol()
    browser, page = person.at_digits()

    other_voice = person.answer(browser, page, Speaker("en+f2"))
    other_digits = send(browser, other_voice, LOGIN, recording=ENGLISH.says("012345"))

    for refused in (other_voice, other_digits):
        assert refused.status == 400
        assert "We could not recognise you. Here are new digits" in refused.text
    assert len({digits_on(one) for one in (page, other_voice, other_digits)}) == 3
    assert person.answer(browser, other_digits).path == "/login/totp"


@pytest.mark.parametrize(
    ("recording", "said"),
    [
        (silence(3), "We heard nothing"),
        (ENGLISH.says("01234"), "could not tell the digits apart"),
        (silence(12.5), "took too long"),
        (b"", "no recording"),
    ],
    ids=["silence", "five words", "too long", "nothing"],
)
def test_a_recording_that_cannot_be_judged_says_what_to_do(
    listening: Provider, recording: bytes, said: str
) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    person.enrol()
    browser, page = person.at_digits()

    told = send(browser, page, LOGIN, recording=recording)

    assert told.status == 400
    assert said in told.text
    assert digits_on(told) != digits_on(page)
    assert person.answer(browser, told).path == "/login/totp"


def test_the_voice_is_one_of_the_other_ways_with_words_about_what_it_is_worth(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    person.enrol()
    browser = listening.browser()

    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    ways = browser.get(page.url.replace("/login/totp", "/login/ways") + "&all")

    assert page.path == "/login/totp", "nobody is sent to the microphone"
    assert "/login/voice?" in ways.text
    assert "Another proof is needed as well" in ways.text
    _, asked = person.at_digits()
    assert "it is never enough alone" in asked.text
    assert "Use another way" in asked.text


def test_readings_that_differ_may_be_read_again(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    browser = person.signed_in()
    page = person.agree(browser)
    digits = digits_on(page)

    told = send(
        browser, page, RECORD, first=ENGLISH.says(digits[:10]), second=Speaker("en+f2").says(digits[10:])
    )

    assert told.status == 400
    assert "did not sound like the first" in told.text
    again = send(browser, told, RECORD, first=ENGLISH.says(digits[:10]), second=ENGLISH.says(digits[10:]))
    assert "Your voice is set up." in again.text


def test_an_enrolment_ends_after_too_many_tries_and_keeps_nothing(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    browser = person.signed_in()
    page = person.agree(browser)

    for _ in range(6):
        last = send(browser, page, RECORD, first=silence(2), second=silence(2))

    assert last.path == HOME
    assert "Nothing was kept. Begin again." in last.text
    account = listening.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    assert listening.services.stores.voices.find(account.id) is None


def test_the_consent_is_kept_with_its_words_and_time(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    shown = person.signed_in()
    page = shown.get(HOME)
    digest = page.form(HOME).fields["consent"]

    person.enrol(shown)

    account = listening.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    record = listening.services.stores.voices.find(account.id)
    assert record is not None
    assert (record.consent.text_hash, record.consent.version) == (digest, "2026-11")
    assert record.spoken == "en"
    events = [event.kind for event in listening.services.stores.events.of_account(account.id, 5)]
    assert EventKind.VOICE_ENROLLED in events


def test_what_was_agreed_to_in_other_words_counts_for_nothing(listening: Provider) -> None:
    """Not today's text, or another language's: the page is shown again."""
    person = SpeakingPerson.register(listening, ENGLISH)
    browser = person.signed_in()

    page = browser.submit(browser.get(HOME), HOME, consent="0" * 64)

    assert page.path == HOME
    assert "What you agree to" in page.text


def test_deleting_the_voice_destroys_it_and_the_way(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    browser = person.signed_in()
    page = person.enrol(browser)
    account = listening.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None

    browser.submit(page, "/account/security/authenticators/voice/remove", "voice-remove")

    assert listening.services.stores.voices.find(account.id) is None
    methods = {one.method for one in listening.services.stores.authenticators.of(account.id)}
    assert Method.VOICE not in methods
    _, asked = person.at_digits()
    assert digits_on(asked) == ""
    assert "must be set up again" in asked.text


def test_a_suspended_voice_is_not_asked_for(listening: Provider) -> None:
    person = SpeakingPerson.register(listening, ENGLISH)
    person.enrol()
    account = listening.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    browser, page = person.at_digits()

    listening.services.stores.authenticators.suspend(account.id, "voice", now=listening.clock.now())

    assert person.answer(browser, page).status == 400
    _, asked = person.at_digits()
    assert digits_on(asked) == ""


def test_children_are_told_to_use_something_else(listening: Provider) -> None:
    """PIPL art. 31: under 14 a guardian would have to agree."""
    account = listening.person(claims={**EVERY_CLAIM, "birthdate": "2014-05-01"})
    app = listening.enrol_totp(account)
    browser = SpeakingPerson(listening, ENGLISH, app).signed_in()

    page = browser.get(HOME)

    assert "Under 14" in page.text
    assert "I agree" not in page.text


def test_where_it_is_off_it_does_not_exist(provider: Provider) -> None:
    """The default: nobody is offered it, and its pages are not there."""
    person = SpeakingPerson.register(provider, ENGLISH)
    browser = person.signed_in()

    assert browser.get(HOME).status == 404
    assert "Voice check" not in browser.get("/account/security").text
    _, asked = person.at_digits()
    assert asked.status == 404
