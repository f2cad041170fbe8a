"""The voice check in Chromium, with a microphone that plays speech made by a program. In both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import Citizen, Visitor
from tests.support.chromium import find_chromium, launch_args
from tests.support.provider import PASSWORD, Authenticator
from tests.support.server import RunningProvider, running_provider
from tests.support.speech import Speaker, seconds_of
from tests.support.voices import HOME, LOGIN, enrolled

pytestmark = pytest.mark.browser

SPEAKERS = {"zh-CN": Speaker("cmn+f2", speed=220), "en": Speaker("en+m3", speed=220)}
PAUSE = 0.25
LEAD = 2.0
"""Quiet before the first digit: the file plays from the moment in which the microphone opens, and on a busy machine the
page needs a while from there until it records."""
TAIL = 1.0
"""How much longer it records: a busy machine plays the file more slowly."""
NO_MICROPHONE = "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none')); }"
_numbers = count(1)

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A region that listens."""
    path = tmp_path_factory.mktemp("voices") / "idp.db"
    with running_provider(f"sqlite:///{path}", workers=2, voice=True) as provider:
        yield provider


@dataclass(frozen=True)
class Microphone:
    """The file that Chromium hears. It is read anew whenever a page starts to listen."""

    path: Path

    def will_hear(self, speaker: Speaker, digits: str) -> float:
        """Put a recording there; how many seconds it lasts."""
        recording = speaker.says(digits, pause=PAUSE, lead=LEAD)
        self.path.write_bytes(recording)
        return seconds_of(recording)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Microphone:
    made = Microphone(tmp_path_factory.mktemp("microphone") / "speech.wav")
    made.will_hear(SPEAKERS["en"], "0")
    return made


@pytest.fixture(scope="module")
def with_microphone(chromium: Browser, microphone: Microphone) -> Iterator[Browser]:
    """Another Chromium, whose microphone is a file."""
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone.path}%noloop",
    ]
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=[*launch_args(), *flags])
    yield browser
    browser.close()


@pytest.fixture
def visit(with_microphone: Browser, region: RunningProvider) -> Iterator[Visit]:
    visitors: list[Visitor] = []

    def open_profile(language: str = "en", **options: object) -> Visitor:
        granted = {"permissions": ["microphone"], **options}
        context = with_microphone.new_context(
            locale=language, viewport={"width": 390, "height": 844}, **granted
        )
        visitors.append(Visitor(context, region.guard, frozenset({region.issuer})))
        return visitors[-1]

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def citizen(region: RunningProvider) -> tuple[Citizen, Authenticator]:
    """Somebody new, with an authenticator app."""
    account = region.person(f"speaker{next(_numbers)}")
    return Citizen(account, PASSWORD), region.enrol_totp(account)


def shown(visitor: Visitor, reading: str) -> str:
    """The digits of a reading."""
    return "".join(visitor.find(f"[data-voice-reading={reading}] .voice__figure").all_inner_texts())


def read_aloud(visitor: Visitor, microphone: Microphone, speaker: Speaker, digits: str) -> None:
    """Start, say the digits, and be at the button that ends it."""
    lasts = microphone.will_hear(speaker, digits)
    visitor.find("#voice-start").click()
    visitor.find("#voice-done").wait_for()
    visitor.page.wait_for_timeout(1000 * (lasts + TAIL))


def at_digits(visitor: Visitor, region: RunningProvider, somebody: Citizen) -> None:
    """Past the password, by the list of other ways, at the microphone."""
    visitor.open(f"{region.issuer}/account")
    visitor.sign_in(somebody)
    visitor.open(visitor.page.url.replace("/login/totp", "/login/ways") + "&all")
    visitor.press(f"a[href^='{LOGIN}']")


def test_a_voice_is_set_up_by_reading_ten_digits_twice(
    visit: Visit, region: RunningProvider, citizen: tuple[Citizen, Authenticator], microphone: Microphone
) -> None:
    (somebody, app), visitor, speaker = citizen, visit("zh-CN"), SPEAKERS["zh-CN"]
    visitor.open(region.issuer + HOME)
    visitor.sign_in(somebody, app.code())
    if visitor.path != HOME:
        visitor.open(region.issuer + HOME)
    visitor.press("#voice-agree")
    assert not visitor.find("[data-voice-reading=second]").is_visible()

    read_aloud(visitor, microphone, speaker, shown(visitor, "first"))
    visitor.find("#voice-done").click()
    visitor.find("#voice-start").wait_for()
    second = shown(visitor, "second")
    read_aloud(visitor, microphone, speaker, second)
    visitor.press("#voice-done")

    assert sorted(second) == list("0123456789")
    assert second != "0123456789"
    kept = region.services.stores.voices.find(somebody.account.id)
    assert kept is not None, visitor.text
    assert kept.spoken == "zh-CN"
    assert visitor.path == HOME


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_six_digits_are_read_aloud_beside_another_proof(
    visit: Visit,
    region: RunningProvider,
    citizen: tuple[Citizen, Authenticator],
    microphone: Microphone,
    language: str,
) -> None:
    (somebody, app), visitor, speaker = citizen, visit(language), SPEAKERS[language]
    enrolled(region, somebody.account.id, speaker, spoken=language)
    at_digits(visitor, region, somebody)
    assert visitor.find(".voice__digits").get_attribute("lang") == language

    read_aloud(visitor, microphone, speaker, shown(visitor, "recording"))
    visitor.press("#voice-done")

    assert visitor.path == "/login/totp", visitor.text
    visitor.give_code(app.code())
    assert visitor.path == "/account"
    (session,) = region.services.stores.sessions.list_of(somebody.account.id, now=region.clock.now())
    assert session.amr == ("pwd", "otp", "vbm", "mfa")


def test_without_a_microphone_it_says_so_and_offers_another_way(
    visit: Visit, region: RunningProvider, citizen: tuple[Citizen, Authenticator]
) -> None:
    somebody, _ = citizen
    enrolled(region, somebody.account.id, SPEAKERS["en"])
    visitor = visit()
    at_digits(visitor, region, somebody)
    visitor.page.evaluate(NO_MICROPHONE)

    visitor.find("#voice-start").click()

    visitor.find("[data-voice-say]:not(:empty)").wait_for()
    assert "We cannot use the microphone." in visitor.text
    assert visitor.find("a[href^='/login/ways']").is_visible()


def test_without_scripts_it_says_so_and_offers_another_way(
    visit: Visit, region: RunningProvider, citizen: tuple[Citizen, Authenticator]
) -> None:
    somebody, _ = citizen
    enrolled(region, somebody.account.id, SPEAKERS["en"])
    visitor = visit(java_script_enabled=False)
    visitor.open(f"{region.issuer}/account")
    visitor.sign_in(somebody)

    visitor.open(visitor.page.url.replace("/login/totp", LOGIN))

    assert "The microphone needs JavaScript" in visitor.text
    assert not visitor.find("#voice-start").is_visible()
    assert visitor.find("a[href^='/login/ways']").is_visible()
