"""Nobody else's page presses our buttons: every route that changes something refuses a foreign or tokenless form."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from idp.web.access import Policy, policy_of
from idp.web.cookies import BROWSER, SESSION
from tests.support.browser import Browser
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of

SAFE = {"GET", "HEAD", "OPTIONS"}

ANSWERS_OTHER_SITES = {"/authorize", "/logout"}
"""The protocol's own endpoints, which other sites do post to; each has its tests below."""

SWITCHED_OFF = frozenset({"/login/voice"})
"""What the region does not offer is not there for anybody."""
NOBODY_YET = ("/recover", "/console/sign-in", "/console/join")
"""Where somebody comes in who is nobody yet, with a step token of the browser's own."""
NEEDS_NO_TOKEN = {"/language"}
"""Changes nothing but the language of this browser, and that only from our own pages."""

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://east.id.localhost:8001.evil.example"},
    {"Origin": "http://east.id.localhost"},
    {"Origin": "https://east.id.localhost:8001"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "whatever"},
    {"Origin": "http://east.id.localhost:8001", "Sec-Fetch-Site": "cross-site"},
]
OWN = [{}, {"Origin": "http://east.id.localhost:8001", "Sec-Fetch-Site": "same-origin"}]


def changing_rules(provider: Provider) -> Iterator[tuple[Rule, str]]:
    """Every route and method by which a page can change something. What an API token opens, no browser brings along."""
    for rule in provider.app.url_map.iter_rules():
        if policy_of(provider.app.view_functions[rule.endpoint]) is Policy.STAFF_API:
            continue
        for method in sorted((rule.methods or set()) - SAFE):
            yield rule, method


def content_of(provider: Provider) -> list[str]:
    """Everything in the database."""
    with sqlite3.connect(provider.settings.database_url.removeprefix("sqlite:///")) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def walked_in(provider: Provider, password: str = PASSWORD) -> tuple[Browser, str]:
    """A browser that is signed in, and has a sign-in under way; with the transaction of that."""
    provider.person(password=password)
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    page = browser.get(app.begin(prompt="login").url)
    page = browser.submit(page, "/login", username="gulbahar")
    return browser, page.url.partition("transaction=")[2]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_of_another_site_changes_nothing(provider: Provider, headers: dict[str, str]) -> None:
    """ASVS 3.5.1: the browser says where a request came from, and is believed when that is elsewhere."""
    browser, transaction = walked_in(provider)
    before = content_of(provider)
    tried = 0

    for rule, method in changing_rules(provider):
        if rule.rule in ANSWERS_OTHER_SITES:
            continue
        answer = provider.send(
            method,
            rule.rule,
            headers={"Cookie": browser.cookie_header, **headers},
            data={"transaction": transaction, "password": PASSWORD, "decision": "allow", "all": "1"},
        )
        assert answer.status_code == 403, rule.rule
        assert "Set-Cookie" not in answer.headers, rule.rule
        tried += 1

    assert tried >= 10
    assert content_of(provider) == before


@pytest.mark.parametrize("headers", OWN, ids=["no word of where from", "from our own page"])
def test_a_form_without_its_token_changes_nothing(provider: Provider, headers: dict[str, str]) -> None:
    """Old browsers say nothing of where a form came from, so the token must stand by itself."""
    browser, transaction = walked_in(provider)
    before = content_of(provider)

    for rule, method in changing_rules(provider):
        if rule.rule in ANSWERS_OTHER_SITES | NEEDS_NO_TOKEN:
            continue
        for token in ("", "x" * 64, "0" * 64):
            answer = provider.send(
                method,
                rule.rule,
                headers={"Cookie": browser.cookie_header, **headers},
                data={"transaction": transaction, "step_token": token, "csrf_token": token, "all": "1"},
            )
            assert answer.status_code in refusals(rule, provider), rule.rule

    assert content_of(provider) == before


def test_a_token_of_one_browser_step_or_session_is_refused_in_another(provider: Provider) -> None:
    browser, transaction = walked_in(provider)
    thief = provider.browser()
    thiefs_page = thief.submit(thief.get("/account"), "/login", username="gulbahar")
    stolen = thiefs_page.form("/login/password").fields
    account = browser.get("/account/security").form("/account/sign-out").fields["csrf_token"]

    other_step = browser.get(f"/login?transaction={transaction}").form("/login").fields
    for fields in (stolen | {"transaction": transaction}, other_step, other_step | {"step_token": account}):
        answer = browser.post("/login/password", {**fields, "password": PASSWORD})
        assert answer.status == 403

    provider.person("other")
    other = provider.browser()
    other.sign_in(other.get("/account"), "other", PASSWORD)
    assert other.post("/account/sign-out", {"csrf_token": account}).status == 403


def test_an_account_token_dies_with_its_session(provider: Provider) -> None:
    browser, _ = walked_in(provider)
    old = browser.get("/account").form("/account/sign-out").fields["csrf_token"]
    browser.submit(browser.get("/account"), "/account/sign-out")
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

    answer = browser.post("/account/sign-out", {"csrf_token": old})

    assert answer.status == 403
    assert browser.get("/account").path == "/account"


def test_nobody_can_be_signed_in_as_somebody_else(provider: Provider) -> None:
    """Login CSRF: the attacker's transaction, step token and password, sent by the victim's browser."""
    provider.person("attacker")
    app, attacker, victim = provider.client(), provider.browser(), provider.browser()
    page = attacker.submit(attacker.get(app.begin().url), "/login", username="attacker")
    prepared = {**page.form("/login/password").fields, "password": PASSWORD}
    victim.get("/account")  # the victim has cookies of its own

    for headers in ({"Origin": "https://evil.example"}, {}):
        answer = provider.send(
            "POST",
            "/login/password",
            data=prepared,
            headers={"Cookie": f"{BROWSER}={victim.cookie(BROWSER)}", **headers},
        )
        assert answer.status_code in (400, 403)
        assert SESSION not in "".join(answer.headers.getlist("Set-Cookie"))

    assert victim.get("/account").path == "/login"


def test_an_authorization_request_by_form_only_begins_a_sign_in(provider: Provider) -> None:
    """OpenID Connect Core §3.1.2.1 lets other sites post it. It answers nothing by itself, cookies or not."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    before = content_of(provider)
    query = app.begin().url.partition("?")[2]

    answer = provider.send(
        "POST",
        "/authorize",
        data=query,
        content_type="application/x-www-form-urlencoded",
        headers={"Cookie": browser.cookie_header, "Origin": "https://tax.example"},
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/authorize?")
    assert "code" not in answer_of(answer.headers["Location"])
    assert content_of(provider) == before


@pytest.mark.parametrize("form", [{}, {"state": "s"}, {"csrf_token": ""}, {"csrf_token": "x" * 64}], ids=str)
def test_a_sign_out_by_form_from_elsewhere_signs_nobody_out(provider: Provider, form: dict[str, str]) -> None:
    browser, _ = walked_in(provider)

    for headers in ({"Origin": "https://evil.example"}, {}):
        provider.send("POST", "/logout", data=form, headers={"Cookie": browser.cookie_header, **headers})

    assert browser.get("/account").path == "/account"


def test_every_way_in_is_listed_with_its_policy(provider: Provider) -> None:
    """What the tests above leave out is exactly what is open to other sites by design."""
    rules = [rule for rule, _ in changing_rules(provider)]
    open_to_others = {
        rule.rule
        for rule in rules
        if policy_of(provider.app.view_functions[rule.endpoint]) is Policy.PROTOCOL
    }
    public = {
        rule.rule for rule in rules if policy_of(provider.app.view_functions[rule.endpoint]) is Policy.PUBLIC
    }

    assert open_to_others == ANSWERS_OTHER_SITES
    assert {path for path in public if not path.startswith(NOBODY_YET)} == NEEDS_NO_TOKEN


def refusals(rule: Rule, provider: Provider) -> tuple[int, ...]:
    """How a form without its token is turned away. Nobody is recovering here, so those pages cannot go on.

    Nobody here is of the staff either: the console sends them to its own sign-in (`test_staff.py` has its forms).
    """
    path = rule.rule
    if path in SWITCHED_OFF:
        return (404,)
    if policy_of(provider.app.view_functions[rule.endpoint]) is Policy.STAFF:
        return (303,)
    return (400, 403) if path.startswith("/recover/") else (403,)
