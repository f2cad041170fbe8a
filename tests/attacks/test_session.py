"""A session belongs to one person in one browser, and its cookie is new whenever more was proved."""

from __future__ import annotations

import pytest

from idp.web.access import Policy, policy_of
from idp.web.cookies import BROWSER, SESSION
from tests.support.browser import Browser
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of

LEVEL_TWO = "urn:tongxing:acr:2"


def is_signed_in(provider: Provider, cookie: str | None) -> bool:
    """Whether this session cookie, in a fresh browser, opens the account."""
    browser = provider.browser()
    browser.set_cookie(SESSION, cookie or "")
    return browser.get("/account").path == "/account"


def test_the_cookie_changes_with_every_proof_and_the_old_one_dies(provider: Provider) -> None:
    """ASVS 7.2.4: at sign-in, at signing in again, and at a step-up."""
    person = provider.person()
    app, browser = provider.client(), provider.browser()
    browser.set_cookie(SESSION, "se_planted-by-somebody-before-the-sign-in-began")

    provider.arrive(browser, app)
    at_sign_in = browser.cookie(SESSION)
    provider.arrive(browser, app, prompt="login")
    signed_in_again = browser.cookie(SESSION)
    phone = provider.enrol_totp(person)
    provider.arrive(browser, app, totp=phone.code(), acr_values=LEVEL_TWO)
    stepped_up = browser.cookie(SESSION)

    cookies = ["se_planted-by-somebody-before-the-sign-in-began", at_sign_in, signed_in_again, stepped_up]
    assert len(set(cookies)) == 4
    assert [is_signed_in(provider, cookie) for cookie in cookies] == [False, False, False, True]


def test_a_planted_session_cookie_never_becomes_a_session(provider: Provider) -> None:
    """Session fixation: a value that the attacker knows opens nothing, before or after the victim signs in."""
    provider.person()
    app = provider.client()
    for planted in ("se_" + "A" * 43, "se_", "", "a" * 46, "se_" + "A" * 3_000, "br_" + "A" * 43):
        browser = provider.browser()
        browser.set_cookie(SESSION, planted)

        provider.arrive(browser, app)

        assert browser.cookie(SESSION) != planted
        assert not is_signed_in(provider, planted)


def test_an_attackers_own_session_planted_in_a_victims_browser_is_not_carried_on(provider: Provider) -> None:
    """The victim signs in on top of it: the attacker's session ends, and never becomes the victim's."""
    provider.person("attacker")
    provider.person("victim")
    app, attacker, victim = provider.client(), provider.browser(), provider.browser()
    provider.arrive(attacker, app, "attacker")
    planted = attacker.cookie(SESSION)
    victim.set_cookie(SESSION, planted or "")

    arrival = provider.arrive(victim, app, "victim", prompt="login")

    assert victim.cookie(SESSION) != planted
    assert not is_signed_in(provider, planted)
    tokens = app.redeem(arrival.code, arrival.pending.verifier)
    assert tokens.status == 200
    assert "victim" in victim.get("/account/security/password").text


SHUT = (400, 404)
"""Not for this browser; and what the region does not offer is not there at all."""


def test_a_sign_in_begun_elsewhere_cannot_be_continued_here(provider: Provider) -> None:
    """A flow id from another browser is refused on every page of a sign-in, and for every method."""
    provider.person()
    app, attacker, victim = provider.client(), provider.browser(), provider.browser()
    page = attacker.submit(attacker.get(app.begin().url), "/login", username="gulbahar")
    transaction = page.url.partition("transaction=")[2]
    fields = page.form("/login/password").fields
    victim.get(app.begin().url)
    rules = [
        rule
        for rule in provider.app.url_map.iter_rules()
        if policy_of(provider.app.view_functions[rule.endpoint]) is Policy.TRANSACTION
    ]
    assert len(rules) >= 10

    for rule in rules:
        for browser in (victim, provider.browser()):
            if "GET" in (rule.methods or ()):
                status = browser.get(f"{rule.rule}?transaction={transaction}").status
                assert status in SHUT, rule.rule
            else:
                sent = {**fields, "password": PASSWORD, "decision": "allow"}
                assert browser.post(rule.rule, sent).status in SHUT, rule.rule

    assert attacker.submit(page, "/login/password", password=PASSWORD).path == "/consent"


def test_whoever_prepared_a_sign_in_gets_nothing_when_somebody_else_finishes_it(provider: Provider) -> None:
    """The attacker's browser cookie is planted too, so both share the transaction: still no session, no code."""
    provider.person()
    app, attacker, victim = provider.client(), provider.browser(), provider.browser()
    page = attacker.get(app.begin().url)
    victim.set_cookie(BROWSER, attacker.cookie(BROWSER) or "")

    at_consent = victim.sign_in(victim.get(page.url), "gulbahar", PASSWORD)
    assert at_consent.path == "/consent"

    assert attacker.get(page.url.replace("/login", "/consent")).status == 400
    assert attacker.post("/consent", {**at_consent.form("/consent").fields, "decision": "allow"}).status in (
        400,
        403,
    )
    assert attacker.get("/account").path == "/login"


def test_two_people_at_one_browser_stay_apart(provider: Provider) -> None:
    """The first one's cookie is cut (or lost), the second signs in: nothing of the first reaches them."""
    provider.person("first", claims={"name": "First Person"})
    provider.person("second", claims={"name": "Second Person"})
    app, browser = provider.client(), provider.browser()
    firsts = provider.tokens(browser, app, username="first")
    browser.set_cookie(SESSION, "")

    seconds = provider.tokens(browser, app, username="second")

    assert claims_of(seconds.id_token)["sub"] != claims_of(firsts.id_token)["sub"]
    assert app.userinfo(seconds.access_token).name == "Second Person"
    refreshed = app.refresh(seconds.refresh_token)
    assert app.userinfo(refreshed.access_token).name == "Second Person"
    assert "First Person" not in browser.get("/account").text
    # The first one's ID token does not sign the second one out.
    hint = {"id_token_hint": firsts.id_token}
    asked = provider.send("GET", "/logout", query_string=hint, headers={"Cookie": browser.cookie_header})
    assert asked.status_code == 200
    assert browser.get("/account").path == "/account"
    # And signing the second one out ends the second one's tokens only.
    browser.submit(browser.get("/account"), "/account/sign-out")
    assert app.refresh(refreshed.refresh_token).error == "invalid_grant"
    assert app.userinfo(firsts.access_token).name == "First Person"


def test_signing_in_over_somebody_ends_their_session_and_tokens(provider: Provider) -> None:
    provider.person("first")
    provider.person("second")
    app, browser = provider.client(), provider.browser()
    firsts = provider.tokens(browser, app, username="first")
    cookie = browser.cookie(SESSION)

    provider.tokens(browser, app, username="second", prompt="login")

    assert not is_signed_in(provider, cookie)
    assert app.userinfo(firsts.access_token).status == 401
    assert app.refresh(firsts.refresh_token).error == "invalid_grant"


def test_what_one_person_was_shown_another_cannot_agree_to(provider: Provider) -> None:
    """The consent page names one person's details; somebody else has signed in since, in another tab."""
    provider.person("first")
    provider.person("second")
    app, browser = provider.client(), provider.browser()
    shown_to_first = browser.sign_in(browser.get(app.begin().url), "first", PASSWORD)
    assert shown_to_first.path == "/consent"
    browser.sign_in(browser.get(app.begin(prompt="login").url), "second", PASSWORD)

    after = browser.allow(shown_to_first)

    assert not after.is_outside
    assert answer_of(browser.get(app.begin(prompt="none").url).url)["error"] == "consent_required"


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(provider: Provider) -> None:
    """NIST SP 800-63B-4 §5.2: an hour unused, twelve hours at most."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    provider.clock.advance(minutes=59)
    assert browser.get("/account").path == "/account"
    provider.clock.advance(minutes=61)
    assert browser.get("/account").path == "/login"

    provider.arrive(browser, app)
    for _ in range(15):
        provider.clock.advance(minutes=50)
        browser.get("/account")
    assert browser.get("/account").path == "/login"


@pytest.mark.parametrize("way", ["sign out here", "end it elsewhere", "change the password"])
def test_an_ended_session_is_dead_wherever_its_cookie_is(provider: Provider, way: str) -> None:
    provider.person()
    browser, elsewhere = provider.browser(), provider.browser()
    for each in (browser, elsewhere):
        each.sign_in(each.get("/account"), "gulbahar", PASSWORD)
    cookie = browser.cookie(SESSION)

    end(browser, elsewhere, way)

    assert not is_signed_in(provider, cookie)


def end(browser: Browser, elsewhere: Browser, way: str) -> None:
    """End the session of `browser`, there or from elsewhere."""
    match way:
        case "sign out here":
            browser.submit(browser.get("/account"), "/account/sign-out")
        case "end it elsewhere":
            page = elsewhere.get("/account/sessions")
            token = page.form("/account/sign-out").fields if page.forms else {}
            assert elsewhere.post("/account/sessions/end", {**token, "all": "1"}).status == 200
        case _:
            page = elsewhere.get("/account/security/password")
            new = "a wholly different sentence of words"
            elsewhere.submit(page, "/account/security/password", current_password=PASSWORD, new_password=new)


def test_nobody_ends_somebody_elses_session(provider: Provider) -> None:
    """The handle of a session is no key to it: only its owner's account page ends it."""
    provider.person("victim")
    provider.person("attacker")
    victim, attacker = provider.browser(), provider.browser()
    victim.sign_in(victim.get("/account"), "victim", PASSWORD)
    attacker.sign_in(attacker.get("/account"), "attacker", PASSWORD)
    account = provider.services.stores.accounts.find_by_identifier("victim")
    assert account is not None
    now = provider.clock.now()
    handle = provider.services.stores.sessions.list_of(account.id, now=now)[0].id
    token = attacker.get("/account").form("/account/sign-out").fields

    attacker.post("/account/sessions/end", {**token, "session": handle})

    assert victim.get("/account").path == "/account"


def test_cookies_are_for_this_host_alone(provider: Provider) -> None:
    """ASVS 3.3: `__Host-`, Secure, HttpOnly, SameSite, no domain, no lifetime beyond the browser's."""
    provider.person()
    app = provider.client()
    begun = provider.send("GET", app.begin().url.removeprefix(provider.issuer))
    (cookie,) = begun.headers.getlist("Set-Cookie")
    browser = provider.browser()
    page = browser.submit(browser.get(app.begin().url), "/login", username="gulbahar")
    fields = {**page.form("/login/password").fields, "password": PASSWORD}
    session = browser.post("/login/password", fields, follow=False).headers["Set-Cookie"]

    for line, name in ((cookie, BROWSER), (session, SESSION)):
        value, *attributes = line.split("; ")
        assert value.startswith(f"{name}=")
        assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
