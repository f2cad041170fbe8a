"""What others wrote is shown as text: in no field, from no source, does it become part of a page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from markupsafe import escape

from idp.registry.application import Application
from idp.registry.checks import problems_of
from idp.registry.rules import Rules
from tests.support.browser import Page
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider
from tests.support.relying_party import RelyingParty

POLYGLOTS = [
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "'\"--></title></style></script><img src=x onerror=alert(1)>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//</stYle/</titLe/--!>\\x3csVg/<sVg/oNloAd=alert()//>",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}{% raw %}",
    "%(app)s %s {0} {app}",
    "&lt;b&gt;&#x3c;script&#x3e;",
    "<a href=javascript:alert(1)>x</a>",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=https://evil.example/><form action=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example/>",
    "x\u2028alert(1)\u2029",
    "\u202e<b>\u2066",
]


class Skeleton(HTMLParser):
    """A page without its texts: elements, the names of their attributes, and where they lead."""

    LEADING = ("href", "src", "action", "formaction", "srcdoc", "style", "http-equiv", "class", "id", "name")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bones: list[tuple[str, ...]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = sorted(name for name, _ in attrs)
        leads = [str(value).partition("?")[0] for name, value in attrs if name in self.LEADING]
        self.bones.append((tag, *named, *leads))


def bones(page: Page | str) -> list[tuple[str, ...]]:
    return Skeleton(page if isinstance(page, str) else page.text).bones


def hostile_client(provider: Provider, text: str) -> RelyingParty:
    """Registered past the registry's checks, as if somebody had edited the table."""
    return provider.client(
        name={"en": text, "zh-CN": text},
        organisation=text,
        purposes={"name": {"en": text, "zh-CN": text}},
    )


@pytest.mark.parametrize("text", POLYGLOTS)
def test_a_mini_apps_words_stay_words(provider: Provider, text: str) -> None:
    """Name, organisation and purposes, on every page that shows them, in both languages."""
    provider.person()
    plain = provider.client("plain", name={"en": "Plain"}, purposes={"name": {"en": "to greet you"}})
    hostile = hostile_client(provider, text)

    for language in ("en", "zh-CN"):
        walks = []
        for app in (plain, hostile):
            browser = provider.browser()
            browser.headers = {"Accept-Language": language}
            login = browser.get(app.begin(scope="openid profile", prompt="consent").url)
            at_password = browser.submit(login, "/login", username="gulbahar")
            consent = browser.submit(at_password, "/login/password", password=PASSWORD)
            browser.allow(consent)
            walks.append([bones(page) for page in (login, at_password, consent)])
            apps = browser.get("/account/apps")
        assert str(escape(text)) in consent.text
        assert str(escape(text)) in apps.text
        assert walks[0] == walks[1]


@pytest.mark.parametrize("text", POLYGLOTS)
def test_what_is_typed_stays_what_was_typed(provider: Provider, text: str) -> None:
    """The identifier, shown again on the next page; and the app's hint, shown in the field."""
    app = provider.client()

    def walk(username: str) -> list[list[tuple[str, ...]]]:
        browser = provider.browser()
        begun = browser.get(app.begin(login_hint=username).url)
        next_page = browser.submit(begun, "/login", username=username)
        wrong = (
            browser.submit(next_page, "/login/password", password="wrong")
            if next_page.path == "/login/password"
            else next_page
        )
        return [bones(begun), bones(next_page), bones(wrong)]

    assert walk(text) == walk("somebody" if text.isprintable() else "not\u2028printable")


@pytest.mark.parametrize("text", POLYGLOTS)
def test_a_persons_own_claims_stay_text(provider: Provider, text: str) -> None:
    """People write their own nickname; it is shown to them, and to nobody as markup."""

    def walk(username: str, claims: dict[str, Any]) -> list[list[tuple[str, ...]]]:
        provider.person(username, claims=claims)
        app, browser = provider.client(f"app-{username}"), provider.browser()
        browser.headers["User-Agent"] = text if username == "hostile" else "Firefox"
        asked = app.begin(scope="openid profile email phone address").url
        consent = browser.sign_in(browser.get(asked), username, PASSWORD)
        pages = [browser.get(path) for path in ("/", "/account", "/account/sessions", "/account/security")]
        return [bones(page) for page in (consent, *pages)]

    texts = {name: text for name, value in EVERY_CLAIM.items() if isinstance(value, str)}
    hostile = {**EVERY_CLAIM, **texts, "address": {"formatted": text, text: text}}

    assert walk("hostile", hostile) == walk("plain", EVERY_CLAIM)


@pytest.mark.parametrize("text", POLYGLOTS)
def test_an_error_page_quotes_nothing_that_was_sent(provider: Provider, text: str) -> None:
    """Wherever an address comes from, and whichever parameter carries it."""
    app = provider.client()
    plain = dict.fromkeys(("client_id", "redirect_uri", "state", "scope", "nonce", "ui_locales"), "x")
    hostile = dict.fromkeys(plain, text)
    paths = ("/authorize", "/logout", "/login", "/consent", "/nothing", "/account/x", "/help")

    for path in paths:
        pages = []
        for sent in (plain, hostile):
            more = {"client_id": app.client_id} if path == "/authorize" else {}
            answer = provider.send("GET", path, query_string={**sent, **more, "transaction": sent["state"]})
            pages.append(answer.get_data(as_text=True))
        assert bones(pages[0]) == bones(pages[1]), path
    missing = provider.send("GET", f"/{text.replace('?', '').replace('#', '')}")
    assert bones(missing.get_data(as_text=True)) == bones(
        provider.send("GET", "/nothing").get_data(as_text=True)
    )


@pytest.mark.parametrize("text", POLYGLOTS)
def test_state_goes_back_as_one_parameter(provider: Provider, text: str) -> None:
    """The answer's address is built, not glued: nothing in state or nonce adds a parameter or a header."""
    app = provider.client()

    answer = provider.send(
        "GET", app.begin(state=text, nonce=text, prompt="none").url.removeprefix(provider.issuer)
    )

    location = answer.headers["Location"]
    assert location.startswith("https://tax.example/callback?error=login_required&")
    assert location.isascii()
    assert not set('<>"\\ \r\n') & set(location)
    assert location.count("&") == 3


def test_the_answer_to_a_hostile_request_is_never_script(provider: Provider) -> None:
    """Machine endpoints speak JSON only, so nothing they quote can run."""
    app = provider.client()
    for path in ("/token", "/introspect", "/revoke", "/userinfo"):
        for text in POLYGLOTS:
            answer = app.send("POST", path, {"grant_type": text, "token": text, "client_id": text})
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert text not in str(answer.members)


@pytest.mark.parametrize(
    "scheme", ["javascript", "JavaScript", "data", "vbscript", "file", "blob", "about", "http"]
)
@pytest.mark.parametrize(
    "field", ["redirect_uris", "post_logout_redirect_uris", "policy_uri", "tos_uri", "logo_uri"]
)
def test_an_address_that_runs_is_not_registered(scheme: str, field: str) -> None:
    """`javascript:` and its kin are refused in every address of a registration."""
    rules = Rules(issuer="https://id.example", region="east", allow_http_localhost=False)
    for uri in (f"{scheme}:alert(1)", f"{scheme}://app.example/x", f"{scheme}:%0aalert(1)"):
        value: Any = (uri,) if field.endswith("uris") else uri
        members: dict[str, Any] = {
            "client_id": "tax",
            "name": {"en": "Tax"},
            "organisation": "East Tax Office",
            "redirect_uris": ("https://tax.example/callback",),
            field: value,
        }

        assert problems_of(Application(**members), rules), uri
