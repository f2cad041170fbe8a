"""Input is data: it never becomes SQL, and no pattern of ours can be made to work for long on it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import pytest

from idp.web.cookies import SESSION
from idp.web.endpoints import table
from tests.architecture.source import ROOT, modules
from tests.support.provider import PASSWORD, Provider

INJECTIONS = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE accounts; --",
    "gulbahar' --",
    "gulbahar'/*",
    '" OR ""="',
    "' UNION SELECT digest FROM sessions --",
    "\\'; SELECT 1 --",
    "%' OR '%'='",
    "_%",
    "*)(uid=*",
    "$ne",
    "{'$gt': ''}",
    "[$regex]=.*",
    "\u02bc OR 1=1",
    "\uff07 OR 1=1 --",
    "%27%20OR%201=1",
    "0 OR 1",
    "NULL",
    "sleep(5)",
    "pg_sleep(5)",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_input_becomes_a_query(provider: Provider, text: str) -> None:
    """As name, password, code, token, client, transaction, session and form value: found by nobody, harming nothing."""
    account = provider.person()
    app, browser = provider.client(), provider.browser()
    tokens = provider.tokens(browser, app)

    for username, password in ((text, PASSWORD), ("gulbahar", f"{text} or so")):
        fresh = provider.browser()
        page = fresh.submit(fresh.get("/account"), "/login", username=username)
        assert fresh.submit(page, "/login/password", password=password).status == 400
        assert fresh.cookie(SESSION) is None
    for prefix in ("", "rt_", "ac_"):
        assert app.refresh(prefix + text).error == "invalid_grant"
        assert app.redeem(prefix + text, "v" * 43).error == "invalid_grant"
        assert app.introspect(prefix + text).members == {"active": False}
        assert app.revoke(prefix + text).status == 200
    assert app.send("POST", "/token", {"client_id": text, "client_secret": text}).error == "invalid_client"
    assert provider.send("GET", "/authorize", query_string={"client_id": text}).status_code == 400
    for name in ("transaction", "session"):
        assert provider.send("GET", "/login", query_string={name: "tx_" + text}).status_code == 400
    token = browser.get("/account").form("/account/sign-out").fields
    browser.post("/account/sessions/end", {**token, "session": text})
    browser.post("/account/apps/withdraw", {**token, "client_id": text})

    assert provider.services.stores.accounts.find_by_identifier("gulbahar") == account
    assert browser.get("/account").path == "/account"
    assert app.userinfo(tokens.access_token).status == 200


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "\U0010ffff", "\ufffe", "a" * 10_000])
def test_what_no_database_keeps_is_refused_in_words(provider: Provider, text: str) -> None:
    """NUL and lone surrogates break PostgreSQL and SQLite in different ways: neither may become our fault."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    raw = text.encode("utf-8", "surrogatepass")
    token = browser.get("/account").form("/account/sign-out").fields["csrf_token"]

    for path, field in (
        ("/account/apps/withdraw", "client_id"),
        ("/account/sessions/end", "session"),
        ("/account/security/password", "current_password"),
        ("/account/security/totp", "code"),
        ("/language", "return_to"),
        ("/language", "lang"),
        ("/login", "username"),
        ("/login", "transaction"),
        ("/logout", "csrf_token"),
        ("/token", "client_id"),
        ("/userinfo", "access_token"),
    ):
        body = b"csrf_token=%s&%s=%s" % (
            token.encode(),
            field.encode(),
            b"".join(b"%%%02x" % byte for byte in raw),
        )
        answer = provider.send(
            "POST",
            path,
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"Cookie": browser.cookie_header},
        )
        assert answer.status_code < 500, (path, field)


@pytest.mark.parametrize(
    "raw", [b"\x80", b"\xc0\xaf", b"transaction=\xff", b"a=%ff%fe", b"\xe5\x8f\xa4", b"%", b"=&=;&"]
)
def test_an_address_that_is_none_is_refused_in_words(provider: Provider, raw: bytes) -> None:
    """Bytes where RFC 3986 has only ASCII, and percent signs that encode nothing, at every address."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    paths = [rule.rule for rule in provider.app.url_map.iter_rules() if not rule.arguments]

    for path in (*paths, *table({})):
        for method in ("GET", "POST"):
            answer = provider.send(
                method,
                path,
                headers={"Cookie": browser.cookie_header},
                environ={"QUERY_STRING": raw.decode("latin-1")},
            )
            assert answer.status_code < 500, (method, path)


def patterns() -> dict[str, str]:
    """Every regular expression in the product, by where it stands."""
    found = {}
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re" and node.args:
                assert isinstance(node.args[0], ast.Constant), f"{module.name}: a pattern must be a constant"
                written = node.args[0].value
                found[f"{module.name}:{node.lineno}"] = (
                    written.decode("ascii") if isinstance(written, bytes) else written
                )
    return found


def hostile_inputs(pattern: str) -> list[str]:
    """100 kB that make a bad pattern try everything: long runs of what it likes, then what it does not."""
    likes = {"a", "A", "0", "a-", "aa-", "0a", "a.", "\u53e4", *filter(str.isprintable, pattern)}
    return [like * (100_000 // len(like)) + end for like in likes for end in ("", "!")]


RACE = """
import json, re, sys
for pattern, inputs in json.load(sys.stdin):
    compiled = re.compile(pattern)
    for text in inputs:
        compiled.fullmatch(text), compiled.search(text)
"""


def test_no_pattern_of_ours_can_be_made_to_work_for_long() -> None:
    """ReDoS: each runs on 100 kB of its worst input. The limit only keeps a bad one from running for ever."""
    found = patterns()
    assert found

    for place, pattern in found.items():
        # What never gives back what it took (`*+`) cannot be made to try again.
        yielding = re.sub(r"[*+}]\+", "", pattern)
        assert not re.search(r"[+*}]\)[+*{]", yielding) or bounded(yielding), f"{place} repeats a repetition"
    work = [(pattern, hostile_inputs(pattern)) for pattern in set(found.values())]
    subprocess.run(
        [sys.executable, "-c", RACE], input=json.dumps(work), text=True, timeout=900, check=True, cwd=ROOT
    )


def bounded(pattern: str) -> bool:
    """Whether every repetition in it has an end: `(x{2,8}){0,3}` looks at 24 characters and stops."""
    return not re.search(r"(?<!\\)[+*]|,\}", re.sub(r"\[[^]]*\]", "x", pattern))
