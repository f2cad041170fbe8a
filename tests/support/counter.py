"""Both sides of a service counter: the person who shows a code, and the office that redeems it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from idp.foundation.entropy import SystemEntropy
from idp.oidc.shown_code import Showing, ShownCode
from idp.oidc.vocabulary import AcrLevel
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import Answer, RelyingParty

DIGITS = re.compile(r"data-digits>([\d ]+)<")
SHOWING = re.compile(r'data-showing="([^"]+)"')
COUNTER_SCOPES = ("openid", "profile", "email", "real_name", "show_code")


def counter(provider: Provider, client_id: str = "counter", **changes: Any) -> RelyingParty:
    """An office that may redeem shown codes."""
    host = f"{client_id}.example"
    defaults = {
        "scopes": COUNTER_SCOPES,
        "redirect_uris": (f"https://{host}/callback",),
        "sector": host,
        "name": {"en": "Civil Affairs", "zh-CN": "民政"},
        "organisation": "East Civil Affairs Bureau",
    }
    return provider.client(client_id, **{**defaults, **changes})


def redeem(office: RelyingParty, code: str) -> Answer:
    """What the office gets for a code."""
    return office.call("/show-code", {"code": code})


def show(browser: Browser, *details: str, username: str = "gulbahar", password: str = PASSWORD) -> Page:
    """The person signs in where asked, ticks, and holds out the telephone."""
    page = browser.get("/account/code")
    if page.path == "/login":
        page = browser.sign_in(page, username, password)
    return tick(browser, page, *details)


def tick(browser: Browser, page: Page, *details: str) -> Page:
    """Choose what to show, and nothing else."""
    token = page.form("/account/code").fields["csrf_token"]
    return browser.post("/account/code", {"csrf_token": token, "details": list(details)})  # type: ignore[dict-item]


def digits_on(page: Page) -> str:
    """What the officer reads off the screen."""
    found = DIGITS.search(page.text)
    assert found is not None, page.text
    return found[1]


def showing_on(page: Page) -> str:
    """The showing that the page's script speaks of."""
    found = SHOWING.search(page.text)
    assert found is not None, page.text
    return found[1]


def drawn(provider: Provider, account_id: str, session_id: str, **changes: Any) -> ShownCode:
    """A code of a showing that began just now, as its page draws it: with the value that is in the picture."""
    now = provider.clock.now()
    showing = Showing(
        id=SystemEntropy().token(16),
        account_id=account_id,
        session_id=session_id,
        details=("name", "birthdate"),
        level=AcrLevel.ONE_FACTOR,
        auth_time=now - timedelta(minutes=1),
        began_at=now,
    )
    code = provider.services.code_display.draw(replace(showing, **changes), now=now)
    assert code is not None
    return code
