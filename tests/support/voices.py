"""A person who speaks: sets up their voice on the account pages and answers at sign-in, with recordings posted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from idp.authn.factors.voice_values import VoiceConsent
from idp.authn.permit import Ground, Permit
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Authenticator, Provider
from tests.support.speech import Speaker
from tests.unit.authn.memory import RepeatableEntropy

HOME = "/account/security/voice"
RECORD = f"{HOME}/record"
LOGIN = "/login/voice"
BOUNDARY = "a-line-that-no-recording-contains"

_FIGURES = re.compile(r'<span class="voice__figure">(\d)</span>')


def foreseeable(provider: Provider) -> Provider:
    """The same, which asks for the same digits in every run: none come twice, and what was heard is heard again."""
    entropy = RepeatableEntropy()
    for asking in (provider.services.voices, provider.services.voice_enrolments):
        assert asking is not None
        asking._entropy = entropy
    return provider


def digits_on(page: Page) -> str:
    """The digits that a page shows, in order."""
    return "".join(_FIGURES.findall(page.text))


def send(browser: Browser, page: Page, action: str, **recordings: bytes) -> Page:
    """Send the form of `page` that goes to `action` with recordings, as its script does."""
    body: Any = written(page.form(action).fields, recordings)
    return browser.post(action, body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def written(fields: dict[str, str], recordings: dict[str, bytes]) -> bytes:
    """A form with files as browsers write it (RFC 7578)."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items() if name not in recordings]
    parts += [
        (f'name="{name}"; filename="{name}.wav"\r\nContent-Type: audio/wav', recording)
        for name, recording in recordings.items()
    ]
    lines = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + content + b"\r\n"
        for about, content in parts
    ]
    return b"".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


def enrolled(provider: Provider, account_id: str, speaker: Speaker, spoken: str = "en") -> None:
    """Set up somebody's voice without the pages."""
    enrolments, now = provider.services.voice_enrolments, provider.clock.now()
    assert enrolments is not None
    permit, consent = Permit(account_id, Ground.OPERATOR), VoiceConsent("2026-11", "0" * 64, now)
    asked = enrolments.begin(permit, consent, spoken, b"a test", now=now)
    readings = speaker.says(asked.first), speaker.says(asked.second)
    enrolments.complete(permit, asked.id, readings, b"a test", now=now)


@dataclass
class SpeakingPerson:
    """Somebody with a password, an authenticator app, and a voice."""

    provider: Provider
    speaker: Speaker
    app: Authenticator
    username: str = "gulbahar"

    @classmethod
    def register(cls, provider: Provider, speaker: Speaker, username: str = "gulbahar") -> SpeakingPerson:
        account = provider.person(username)
        return cls(provider, speaker, provider.enrol_totp(account), username)

    def signed_in(self) -> Browser:
        """A browser in which they proved everything."""
        browser = self.provider.browser()
        page = browser.sign_in(browser.get("/account"), self.username, PASSWORD, self.app.code())
        assert page.path == "/account", page.text
        self.provider.clock.advance(seconds=60)
        return browser

    def agree(self, browser: Browser, **chosen: str) -> Page:
        """Agree to the recording; returns the page with the microphone."""
        return browser.submit(browser.get(HOME), HOME, **chosen)

    def enrol(self, browser: Browser | None = None, spoken: str = "en") -> Page:
        """Set up the voice; returns the page after it."""
        browser = browser or self.signed_in()
        page = self.agree(browser, spoken=spoken)
        digits = digits_on(page)
        first, second = (self.speaker.says(row) for row in (digits[:10], digits[10:]))
        return send(browser, page, RECORD, first=first, second=second)

    def at_digits(self, address: str = "127.0.0.1") -> tuple[Browser, Page]:
        """Past the password, and by the list of other ways at the six digits."""
        browser = self.provider.browser(address)
        page = browser.sign_in(browser.get("/account"), self.username, PASSWORD)
        assert page.path == "/login/totp", page.path
        return browser, browser.get(page.url.replace("/login/totp", LOGIN))

    def answer(self, browser: Browser, page: Page, speaker: Speaker | None = None) -> Page:
        """Say the digits that are asked for."""
        return send(browser, page, LOGIN, recording=(speaker or self.speaker).says(digits_on(page)))
