"""Members of the staff at their browsers: joined by a one-time link, signed in with a software authenticator.

ada, bo = joined_pair(provider, "Ada", "Bo")     # the first two administrators, as `idp admin bootstrap` makes them
page = ada.get("/console")
page = ada.confirm(page, "/console/me/passkeys/unlock")
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask

from idp.governance.roles import StaffRole
from idp.settings import Settings
from idp.wiring import Services
from idp.wiring.governing.staff_desk import BOOTSTRAP
from tests.support.browser import Browser, Page
from tests.support.clock import FakeClock
from tests.support.software_authenticator import TRUTH, Lies, SoftwareAuthenticator

CONSOLE = "/console"
SIGN_IN = "/console/sign-in"
JOIN = "/console/join"
BY_TEST = "a-change-of-the-test"


class Installation(Protocol):
    """A hub or a region in this process (`Provider` and `Nation` are)."""

    @property
    def settings(self) -> Settings: ...
    @property
    def services(self) -> Services: ...
    @property
    def clock(self) -> FakeClock: ...
    @property
    def app(self) -> Flask: ...


class Guard(Protocol):
    """Watches what pages say."""

    def page(self, path: str, body: str) -> None: ...
    def remember(self, secret: str) -> None: ...


class Nobody:
    """For tests whose leak guard watches elsewhere."""

    def page(self, path: str, body: str) -> None:
        pass

    def remember(self, secret: str) -> None:
        pass


@dataclass
class Member:
    """One of the staff, with a browser and a passkey."""

    installation: Installation
    id: str
    name: str
    browser: Browser
    passkey: SoftwareAuthenticator = field(default_factory=SoftwareAuthenticator)

    def get(self, path: str) -> Page:
        return self.browser.get(path)

    def post(self, path: str, **fields: str) -> Page:
        """Send a form with this session's token."""
        return self.browser.post(path, {"csrf_token": self.csrf_token(), **fields})

    def csrf_token(self) -> str:
        return self.get(CONSOLE).form("/console/sign-out").fields["csrf_token"]

    def sign_in(self, back: str = CONSOLE, *, says: Lies = TRUTH) -> Page:
        """Sign in with the passkey, as the page's script does."""
        page = self.browser.get(f"{SIGN_IN}?next={back}")
        if page.path != SIGN_IN:
            return page
        asked = self.ask(page, SIGN_IN, f"{SIGN_IN}/options")
        shown = self.passkey.get(asked["options"], origin=self.browser.origin, says=says)
        return self.answer(page, SIGN_IN, asked, shown)

    def confirm(
        self, page: Page, action: str, options: str = "/console/confirm", *, says: Lies = TRUTH, **typed: str
    ) -> Page:
        """Unlock the passkey for the form of `page` that goes to `action`, and send it."""
        asked = self.ask(page, action, options, **typed)
        shown = self.passkey.get(asked["options"], origin=self.browser.origin, says=says)
        return self.answer(page, action, asked, shown, **typed)

    def ask(self, page: Page, action: str, options: str, **typed: str) -> dict[str, Any]:
        """What the script is told when it asks."""
        asked: dict[str, Any] = json.loads(
            self.browser.post(options, {**page.form(action).fields, **typed}).text
        )
        return asked

    def answer(
        self, page: Page, action: str, asked: dict[str, Any], shown: dict[str, Any], **typed: str
    ) -> Page:
        return self.browser.submit(
            page, action, challenge=asked["challenge"], answer=json.dumps(shown), **typed
        )


def joined_pair(installation: Installation, *names: str, guard: Guard | None = None) -> tuple[Member, Member]:
    """The first two administrators, signed in: from here on the installation is governed."""
    first, second = names or ("Ada", "Bo")
    links = installation.services.staff.bootstrap((first, second), now=installation.clock.now())
    ada, bo = (use_link(installation, link.address, guard=guard) for link in links)
    return ada, bo


def joined(
    installation: Installation,
    name: str,
    roles: Iterable[StaffRole],
    organisation: str | None = None,
    *,
    guard: Guard | None = None,
) -> Member:
    """A further member, signed in, by the functions that change requests call."""
    now = installation.clock.now()
    invited = installation.services.staff.invite(name, roles, organisation, by=BY_TEST, now=now)
    link = installation.services.staff.renew_link(invited.id, by=BOOTSTRAP, now=now)
    return use_link(installation, link.address, guard=guard)


def use_link(installation: Installation, address: str, *, guard: Guard | None = None) -> Member:
    """Open a one-time link, make a passkey, sign in with it."""
    member = opened(installation, address, guard=guard)
    page = member.sign_in()
    assert page.path == CONSOLE, page.text
    return member


def opened(installation: Installation, address: str, *, guard: Guard | None = None) -> Member:
    """Open a one-time link and make a passkey."""
    browser = Browser(installation.app, installation.settings.issuer, guard or Nobody())  # type: ignore[arg-type]
    link = address.partition("#")[2]
    found = installation.services.staff.passkeys.invited_by(link, now=installation.clock.now())
    member = Member(installation, found.id, found.name, browser)
    page = join(member, link)
    assert page.path == SIGN_IN, page.text
    return member


def join(member: Member, link: str) -> Page:
    """Make the first passkey with a link; wherever that leads."""
    page = member.browser.get(JOIN)
    asked = member.ask(page, JOIN, f"{JOIN}/options", link=link)
    made = member.passkey.create(asked["options"], origin=member.browser.origin)
    return member.answer(page, JOIN, asked, made, link=link)
