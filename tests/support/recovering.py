"""Walks through a recovery, as a person does: pages, mailbox, telephone, counter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.browser import Browser, Page
from tests.support.mailbox import Mailbox
from tests.support.provider import Provider

EMAIL, PHONE = "gulbahar@mail.example", "+8613800000001"
"""Of the person whom `Provider.person` makes."""
NEW_PASSWORD = "seven quiet herons over the western lake"

_STOP_LINK = re.compile(r"/recover/stop\?key=[\w-]+")


@dataclass
class Recovering:
    """One browser on its way back into an account."""

    provider: Provider
    mailbox: Mailbox
    browser: Browser

    def begin(self, username: str = "gulbahar") -> Page:
        """Say whose account; the choice of anchors comes back."""
        return self.browser.submit(self.browser.get("/recover?again"), "/recover", username=username)

    def choose(self, page: Page, anchor: str) -> Page:
        """Press the button of one anchor."""
        # What waits goes out first, a moment earlier: the latest letter is then the code.
        self.mailbox.letters()
        self.provider.clock.advance(seconds=1)
        return self.browser.submit(page, "/recover/anchors", f"anchor-{anchor}")

    def enter(self, page: Page, code: str) -> Page:
        """Enter its code."""
        return self.browser.submit(page, "/recover/code", code=code)

    def by_email(self, page: Page, to: str = EMAIL) -> Page:
        """The whole of one anchor."""
        asked = self.choose(page, "email")
        return self.enter(asked, self.mailbox.code_for(to))

    def by_phone(self, page: Page, to: str = PHONE) -> Page:
        """The whole of another."""
        asked = self.choose(page, "text_message")
        return self.enter(asked, self.mailbox.code_for(to))

    def two_anchors(self, username: str = "gulbahar") -> Page:
        """E-mail and telephone: the waiting page comes back."""
        return self.by_phone(self.by_email(self.begin(username)))

    def wait(self) -> Page:
        """Come back when the time has come."""
        self.provider.clock.advance(seconds=self.provider.settings.recovery_wait.total_seconds())
        return self.browser.get("/recover/waiting")

    def set_password(self, page: Page, password: str = NEW_PASSWORD) -> Page:
        """The last form."""
        return self.browser.submit(page, "/recover/finish", new_password=password)

    def stop_link(self, to: str = EMAIL) -> str:
        """The link in the latest notice that has one."""
        texts = [letter.text for letter in self.mailbox.to(to)]
        return next(found[0] for text in reversed(texts) if (found := _STOP_LINK.search(text)))
