"""Nobody agrees by accident: no page can be framed, and agreeing takes our own page's fresh form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from idp.web.endpoints import table
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of


def every_page(provider: Provider) -> Iterator[tuple[str, dict[str, str]]]:
    """Every GET route, signed out, in the middle of a sign-in, and signed in; and what is no page at all."""
    app = provider.client()
    stranger, midway, person = provider.browser(), provider.browser(), provider.browser()
    begun = midway.submit(midway.get(app.begin().url), "/login", username="gulbahar")
    person.sign_in(person.get("/account"), "gulbahar", PASSWORD)
    transaction = begun.url.partition("?")[2]
    for rule in provider.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            for browser in (stranger, midway, person):
                for query in ("", transaction):
                    shown = browser.get(f"{rule.rule}?{query}", follow=False)
                    yield rule.rule, shown.headers
    for path in ("/nothing/here", "/account/x.css", "/static/nothing.css", *table({})):
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            yield f"{method} {path}", dict(provider.send(method, path).headers)


def test_no_page_can_be_framed(provider: Provider) -> None:
    """RFC 9700 §4.16; ASVS 3.4.6: errors, redirects and machine endpoints included."""
    provider.person()
    seen = 0
    for where, headers in every_page(provider):
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], where
        assert headers["X-Content-Type-Options"] == "nosniff", where
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), where
        if headers.get("Content-Type", "").startswith("text/html"):
            assert headers["X-Frame-Options"] == "DENY", where
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, where
            assert "unsafe" not in policy, where
        seen += 1
    assert seen > 100


def test_consent_takes_the_consent_pages_own_token(provider: Provider) -> None:
    """Neither none, nor another step's, another sign-in's, another browser's or the account's will do."""
    provider.person()
    app, browser, other = provider.client(), provider.browser(), provider.browser()
    begun = browser.get(app.begin().url)
    step_tokens = [begun.form("/login").fields["step_token"]]
    at_password = browser.submit(begun, "/login", username="gulbahar")
    step_tokens.append(at_password.form("/login/password").fields["step_token"])
    page = browser.submit(at_password, "/login/password", password=PASSWORD)
    other_sign_in = browser.get(app.begin().url)
    step_tokens.append(other_sign_in.form("/consent").fields["step_token"])
    elsewhere = other.sign_in(other.get(app.begin().url), "gulbahar", PASSWORD)
    step_tokens.append(elsewhere.form("/consent").fields["step_token"])
    step_tokens.append(browser.get("/account").form("/account/sign-out").fields["csrf_token"])
    fields = page.form("/consent").fields

    for token in ("", "x", *step_tokens):
        answer = browser.post("/consent", {**fields, "step_token": token, "decision": "allow"})
        assert answer.status == 403, token
    assert answer_of(browser.get(app.begin(prompt="none").url).url)["error"] == "consent_required"

    assert "code" in answer_of(browser.allow(page).url)


def test_consent_is_not_given_by_opening_an_address(provider: Provider) -> None:
    """Not by GET, whatever is in the address, and not by a form without a decision."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    page = browser.sign_in(browser.get(app.begin().url), "gulbahar", PASSWORD)
    fields = page.form("/consent").fields
    query = "&".join(f"{name}={value}" for name, value in fields.items())

    opened = browser.get(f"/consent?{query}&decision=allow")
    undecided = browser.post("/consent", fields)

    assert opened.path == "/consent"
    assert answer_of(undecided.url)["error"] == "access_denied"


def test_a_hidden_frame_gets_nothing_it_could_show(provider: Provider) -> None:
    """prompt=none never shows a page: it answers the app, or refuses to the app."""
    provider.person()
    app, stranger, person = provider.client(), provider.browser(), provider.browser()
    person.sign_in(person.get("/account"), "gulbahar", PASSWORD)

    for browser, error in ((stranger, "login_required"), (person, "consent_required")):
        page = browser.get(app.begin(prompt="none").url, follow=False)

        assert page.status == 303
        assert answer_of(page.headers["Location"])["error"] == error


def test_consent_is_for_what_was_shown_and_no_more(provider: Provider) -> None:
    """Shown = stored = released: asking for more later asks the person again."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    less = provider.tokens(browser, app, scope="openid profile")
    assert "email" not in app.userinfo(less.access_token).members

    more = browser.get(app.begin(scope="openid profile email").url)
    silent = browser.get(app.begin(scope="openid profile email", prompt="none").url)

    assert more.path == "/consent"
    assert answer_of(silent.url)["error"] == "consent_required"


def test_what_is_added_while_the_page_is_open_is_not_agreed_to(provider: Provider) -> None:
    """The registration grows between showing and pressing: the old page no longer counts."""
    provider.person()
    wide = ("openid", "profile", "email", "phone")
    app, browser = provider.client(scopes=("openid", "profile")), provider.browser()
    asked = '{"userinfo": {"phone_number": null}}'
    page = browser.sign_in(browser.get(app.begin(claims=asked).url), "gulbahar", PASSWORD)
    assert "13800000001" not in page.text
    client = provider.services.stores.registry.find_by_id("tax")
    assert client is not None
    provider.services.stores.registry.replace(dataclasses.replace(client, scopes=wide))

    with provider.twin() as updated:
        answer = updated.send(
            "POST",
            "/consent",
            data={**page.form("/consent").fields, "decision": "allow"},
            headers={"Cookie": browser.cookie_header},
        )

    assert answer.status_code == 403
