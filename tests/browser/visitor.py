"""A person in front of Chromium, and everything that must not happen on their way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, WebError

from idp.accounts.person import Account
from tests.support.leak_guard import LeakGuard

LANGUAGES = ("zh-CN", "en")
PATIENCE_MS = 60_000
"""How long anybody waits for what must come. Reached only when it does not."""
MOST_STOPS = 60
"""Tab presses after which a control counts as unreachable."""

FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    name: element.id || element.textContent.trim() || element.tagName,
    isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isInView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""

TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return Array.from(document.querySelectorAll("body *"))
    .filter((element) => element.getBoundingClientRect().right > room + 1)
    .map((element) => element.outerHTML.slice(0, 80));
}"""


@dataclass(frozen=True)
class Citizen:
    """Somebody with an account."""

    account: Account
    password: str

    @property
    def username(self) -> str:
        return self.account.username

    @property
    def name(self) -> str:
        return str(self.account.claims["name"])


class Visitor:
    """One browser window of one person. `press` and `open` wait for the page that follows."""

    def __init__(self, context: BrowserContext, guard: LeakGuard, own_origins: frozenset[str]) -> None:
        self.context = context
        context.set_default_timeout(PATIENCE_MS)
        self.page = context.new_page()
        self.requested: list[str] = []
        self.complaints: list[str] = []
        """What went wrong without a test asking: errors, violations of the policy, strangers called."""
        self.on_each_page: Callable[[Page], None] = lambda page: None
        self._guard = guard
        self._own_origins = own_origins
        context.on("request", self._watch_request)
        context.on("response", self._watch_response)
        context.on("console", self._watch_console)
        context.on("weberror", self._watch_error)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def language(self) -> str:
        return self.page.locator("html").get_attribute("lang") or ""

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        """What main says."""
        return self.page.locator("main").inner_text()

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def open(self, url: str) -> None:
        """Type an address."""
        self.page.goto(url)
        self._arrived()

    def press(self, selector: str) -> None:
        """Press the button or link, and be on the next page."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()
        self._arrived()

    def go_back(self) -> None:
        """The browser's own Back button."""
        self.page.go_back()
        self._arrived()

    def fill(self, selector: str, text: str) -> None:
        self.page.locator(selector).fill(text)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Until something holds; what the browser tells meanwhile is heard. Raises: AssertionError."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not holds():
            assert time.monotonic() < deadline, f"{holds.__name__} does not hold on {self.path}"
            self.page.wait_for_timeout(50)

    def sign_in(self, citizen: Citizen, code: str | None = None) -> None:
        """Walk the sign-in pages from the first."""
        self.give_name(citizen.username)
        self.give_password(citizen.password)
        if code is not None:
            self.give_code(code)

    def give_name(self, username: str) -> None:
        self.fill("#username", username)
        self.press("#login-submit")

    def give_password(self, password: str) -> None:
        self.fill("#password", password)
        self.press("#login-submit")

    def give_code(self, code: str) -> None:
        self.fill("#code", code)
        self.press("#login-submit")

    def another_window(self) -> Visitor:
        """A second window of the same browser: the same cookies."""
        return Visitor(self.context, self._guard, self._own_origins)

    def tab_to(self, selector: str) -> None:
        """Reach a control with the Tab key alone, seeing at every stop where one is."""
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop = self.focus()
            if stop is not None:
                assert stop["isMarked"], f"the focus is invisible on {stop['name']} of {self.path}"
                assert stop["isInView"], f"the focus is out of sight on {stop['name']} of {self.path}"
            if self.page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} of {self.path} cannot be reached by keyboard")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def enter(self) -> None:
        """Press Enter, and be on the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self._arrived()

    def focus(self) -> Any:
        """What has the focus, and whether one can see it."""
        return self.page.evaluate(FOCUS)

    def watch_width(self) -> None:
        """From now on, complain of every page that has to be scrolled sideways (WCAG 1.4.10)."""

        def complain(page: Page) -> None:
            wide = page.evaluate(TOO_WIDE)
            self.complaints.extend(f"{self.path} is too wide: {element}" for element in wide)

        self.on_each_page = complain

    def _arrived(self) -> None:
        self._guard.page(self.path, self.page.content())
        self.on_each_page(self.page)

    def _watch_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.requested.append(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" not in self._own_origins:
            self.complaints.append(f"asked a stranger: {parts.scheme}://{parts.netloc}")

    def _watch_response(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not is_page):
            self.complaints.append(f"{response.status} at {urlsplit(response.url).path}")

    def _watch_console(self, message: ConsoleMessage) -> None:
        # A refusal is a page with a status of its own, which Chromium reports as a failed load.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server"):
            self.complaints.append(f"console: {message.text}")

    def _watch_error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")
