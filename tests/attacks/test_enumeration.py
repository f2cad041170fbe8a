"""Nobody finds out who is registered: the same words, headers, cookies and work for everybody.

Work is counted, not timed: times are measured where nothing else runs, in `benchmarks/`.
"""

from __future__ import annotations

import re

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.attacks.counting import Work
from tests.support.provider import PASSWORD, Provider

TOKENS = re.compile(r"tx_[\w-]+|[0-9a-f]{64}|[0-9a-f]{10}\b|br_[\w-]+")
"""What differs between any two pages: transaction, form token, reference, browser cookie."""

NAMES = [
    "known",
    "unknown",
    "disabled",
    "guarded",
    "nopass",
    "very-long-" + "n" * 200,
    "o'brien",
    "\u53e4\u4e3d",
]

GUESSES = ["a wrong guess at this", "", "x" * 300, "with\x00control", "\u5bc6\u7801\u5bc6\u7801"]


@pytest.fixture
def people(provider: Provider) -> Provider:
    """One account of each kind; `unknown` and the rest have none."""
    provider.person("known")
    provider.person("disabled", active=False)
    provider.enrol_totp(provider.person("guarded"))
    return provider


def blurred(text: str, name: str) -> str:
    return TOKENS.sub("*", text).replace(name, "*").replace("&#39;", "'").replace("o'brien", "*")


def attempt(
    provider: Provider, name: str, password: str, work: Work, address: str = "127.0.0.1"
) -> list[object]:
    """Everything that can be seen of one attempt from outside, and what it cost inside."""
    browser = provider.browser(address)
    seen: list[object] = []
    begun = browser.get("/account")
    asked = browser.submit(begun, "/login", username=name)
    work.take()
    answered = browser.submit(asked, "/login/password", password=password)
    seen.append(work.take())
    for page in (asked, answered):
        seen.append((page.status, page.path, blurred(page.text, name)))
        seen.append(
            [(header, len(page.headers[header])) for header in page.headers if header != "Content-Length"]
        )
    return seen


@pytest.mark.parametrize("password", GUESSES, ids=lambda value: repr(value[:12]))
def test_a_wrong_password_is_answered_alike_for_everybody(
    people: Provider, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Known, unknown, disabled, with a second factor, without a password: one answer after the same work."""
    work = Work(monkeypatch)
    first, *others = (attempt(people, name, password, work) for name in NAMES)

    for name, other in zip(NAMES[1:], others, strict=True):
        assert other == first, name
    assert isinstance(first[0], dict)
    # What can be nobody's password is refused unhashed, and that for everybody.
    assert first[0].get("hashes", 0) == (0 if len(password) > 256 or "\x00" in password else 1)


def test_the_right_password_of_a_disabled_account_is_a_wrong_one(
    people: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    assert attempt(people, "disabled", PASSWORD, work) == attempt(people, "unknown", PASSWORD, work)


def test_being_turned_away_is_the_same_for_everybody(
    people: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The throttle counts what is typed, whether or not anybody has it."""
    work = Work(monkeypatch)
    for name in ("known", "unknown", "disabled"):
        for _ in range(5):
            attempt(people, name, "a wrong guess", work, address="192.0.2.1")

    seen = [
        attempt(people, name, PASSWORD, work, address="192.0.2.1")
        for name in ("known", "unknown", "disabled")
    ]

    assert seen[0] == seen[1] == seen[2]
    assert "429" in str(seen[0])
    assert isinstance(seen[0][0], dict)
    assert "hashes" not in seen[0][0]


def test_the_first_step_looks_nobody_up(people: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Giving an identifier costs and answers the same, so it cannot be used to ask who exists."""
    work = Work(monkeypatch)
    costs = []
    for name in NAMES:
        browser = people.browser()
        begun = browser.get("/account")
        work.take()
        page = browser.submit(begun, "/login", username=name)
        costs.append((work.take(), page.status, page.path))

    assert all(cost == costs[0] for cost in costs)


def test_help_and_error_pages_name_nobody(people: Provider) -> None:
    for path in ("/help", "/help?username=known", "/login/password?username=known", "/account/known"):
        text = people.browser().get(path).text
        assert "known" not in text.replace("unknown", "").replace("username=known", "").replace(
            "/account/known", ""
        )


@pytest.mark.parametrize("place", ["/token", "/introspect", "/revoke"])
def test_an_unknown_client_is_refused_like_a_known_one(provider: Provider, place: str) -> None:
    """The answer does not say whether a client exists, is switched off, or uses another method."""
    provider.client("known")
    provider.client("off", enabled=False)
    provider.client("keyed", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    seen = []
    for client_id in ("known", "off", "keyed", "unknown", "with space", "\u53e4"):
        form = {
            "client_id": client_id,
            "client_secret": "cs_wrong",
            "token": "x",
            "grant_type": "refresh_token",
        }
        answer = provider.send("POST", place, data=form)
        headers = [one for one in answer.headers if one[0] != "X-Request-Id"]
        seen.append((answer.status_code, answer.json, headers))

    assert all(each == seen[0] for each in seen)
    assert seen[0][0] == 401


def test_a_token_of_somebody_else_looks_like_none(provider: Provider) -> None:
    """RFC 7662 §2.2, RFC 7009 §2.2: introspection and revocation tell nothing of other clients' tokens."""
    provider.person()
    app, other = provider.client(), provider.client("other")
    tokens = provider.tokens(provider.browser(), app)

    for token in (tokens.access_token, tokens.refresh_token, "rt_unknown", "unknown", "a.b.c"):
        told = other.introspect(token)
        assert (told.status, told.members) == (200, {"active": False})
        ended = other.revoke(token)
        assert (ended.status, ended.members) == (200, {})

    assert app.introspect(tokens.access_token).members["active"] is True
    assert app.refresh(tokens.refresh_token).status == 200
