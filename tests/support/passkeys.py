"""Walking the passkey pages with a software authenticator in place of a browser's own."""

from __future__ import annotations

import json
from typing import Any

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_values import PasskeyKind
from idp.authn.permit import Ground, Permit
from tests.support.browser import Browser, Page
from tests.support.provider import Provider
from tests.support.software_authenticator import TRUTH, Credential, Lies, SoftwareAuthenticator

PASSKEYS = "/account/security/passkeys"
ADD = f"{PASSKEYS}/add"


def enrol(
    provider: Provider,
    account_id: str,
    authenticator: SoftwareAuthenticator,
    kind: PasskeyKind = PasskeyKind.PASSKEY,
    *,
    label: str = "",
    says: Lies = TRUTH,
) -> Authenticator:
    """Give a person a passkey without walking the pages. Raises: PasskeyRefused."""
    permit, now = Permit(account_id, Ground.OPERATOR), provider.clock.now()
    passkeys = provider.services.passkeys
    ceremony = passkeys.begin_enrolment(permit, b"test", kind, username="ada", display_name="Ada", now=now)
    answer = authenticator.create(ceremony.options, origin=provider.issuer, says=says)
    return passkeys.complete_enrolment(
        permit, ceremony.challenge_id, b"test", json.dumps(answer), label, now=now
    )


def question(browser: Browser, page: Page, action: str, options: str, **fields: str) -> dict[str, Any]:
    """What the script of `page` is told when it asks for the form that goes to `action`."""
    asked = browser.post(options, {**page.form(action).fields, **fields})
    said: dict[str, Any] = json.loads(asked.text)
    return said


def sign_in(
    browser: Browser,
    page: Page,
    authenticator: SoftwareAuthenticator,
    *,
    origin: str = "",
    credential: Credential | None = None,
    says: Lies = TRUTH,
) -> Page:
    """Answer the passkey form of `page`: the sign-in page has one, and `/login/passkey`."""
    asked = question(browser, page, "/login/passkey", "/login/passkey/options")
    shown = authenticator.get(
        asked["options"], origin=origin or browser.origin, credential=credential, says=says
    )
    return browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=json.dumps(shown))


def add(
    browser: Browser,
    authenticator: SoftwareAuthenticator,
    kind: str = "passkey",
    *,
    label: str = "",
    says: Lies = TRUTH,
) -> Page:
    """Add a passkey on the account page, as somebody who just signed in."""
    page = browser.get(ADD)
    asked = question(browser, page, ADD, f"{PASSKEYS}/options", kind=kind)
    made = authenticator.create(asked["options"], origin=browser.origin, says=says)
    return browser.submit(page, ADD, challenge=asked["challenge"], answer=json.dumps(made), label=label)
