"""The log can be believed and given away: nobody forges a line of it, and no secret is in it."""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import re
from collections.abc import Iterator

import pytest

from idp.web.cookies import BROWSER, SESSION
from idp.web.logs import JsonLines
from tests.support.leak_guard import LeakGuard, stands_in
from tests.support.provider import PASSWORD, Provider, permit_for

EVERY_LINE = ("at", "level", "logger", "message", "request")
FORGERIES = [
    'x\r\n{"level": "info", "message": "forged"}',
    "x\n2026-11-01 INFO forged",
    "\x1b[2J\x1b[1;31mforged\x1b[0m",
    "\x08\x08\x08forged",
    "\u2028forged\u2029",
    "\x85forged",
    "\x9b31mforged",
    '", "level": "error", "forged": "',
    "\\u000aforged",
    "%0aforged",
    "\u202eforged",
    "forged\x00",
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What an operator would read, as it is written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("idp")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize("text", FORGERIES, ids=ascii)
def test_nobody_forges_a_line(provider: Provider, log: io.StringIO, text: str) -> None:
    """ASVS 16.4.1: wherever text from outside can get into the log, each line stays one JSON object of ours."""
    app = provider.client()
    requests = 0
    for parameters in (
        {"client_id": text},
        {"client_id": app.client_id, "redirect_uri": text},
        {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "scope": text},
    ):
        provider.send("GET", "/authorize", query_string=parameters)
        requests += 1
    for form in ({"client_id": text, "client_secret": text}, {"client_id": text}, {"grant_type": text}):
        provider.send("POST", "/token", data=form)
        requests += 1
    provider.send("GET", "/userinfo", headers={"Authorization": f"Bearer {text!a}"})
    provider.send("GET", f"/nothing/{text}")
    provider.send("GET", "/login", query_string={"transaction": text})
    provider.send("forged", "/help")
    requests += 4

    lines = log.getvalue().splitlines()

    assert len(lines) == len(log.getvalue().split("\n")) - 1 == 2 * requests
    refused, answered = lines[::2], lines[1::2]
    for line in refused:
        members = json.loads(line)
        assert set(members) <= {*EVERY_LINE, "error", "detail", "path"}
        assert (members["level"], members["message"]) == ("info", "refused")
    for line in answered:
        members = json.loads(line)
        assert set(members) == {*EVERY_LINE, "route", "method", "status", "ms", "role"}
        assert "forged" not in line
    for line in lines:
        assert not [character for character in line if not character.isprintable()]


@pytest.mark.parametrize("text", FORGERIES, ids=ascii)
def test_a_request_id_that_comes_along_is_believed_from_a_trusted_proxy_alone(
    provider: Provider, log: io.StringIO, text: str
) -> None:
    """And from it in a form alone that forges nothing, in the log or on a page."""
    safe, network = "7f3a-the-proxys-own", (ipaddress.ip_network("10.0.0.0/8"),)
    with provider.twin(trusted_proxies=network) as behind:
        for proxy, sent in (("203.0.113.9", safe), ("10.0.0.5", text), ("10.0.0.5", "x" * 65)):
            answer = behind.send("GET", "/nothing", headers=_as_it_travels(sent), address=proxy)

            assert sent not in answer.get_data(as_text=True)
            assert sent not in log.getvalue()
            assert re.fullmatch("[0-9a-f]{10}", answer.headers["X-Request-Id"])
        answer = behind.send("GET", "/nothing", headers={"X-Request-Id": safe}, address="10.0.0.5")

    assert answer.headers["X-Request-Id"] == safe
    assert safe in answer.get_data(as_text=True)
    assert json.loads(log.getvalue().splitlines()[-1])["request"] == safe


def _as_it_travels(text: str) -> dict[str, str]:
    """A header cannot carry line breaks; servers refuse them before we see them."""
    carried = "".join(character for character in text if character not in "\r\n")
    return {"X-Request-Id": carried.encode().decode("latin-1")}


@pytest.mark.parametrize("address", ["/nothing", "/login?transaction=no", "/account/security?x=\u00fc"])
def test_an_error_page_shows_the_id_that_finds_its_lines_in_the_log(
    provider: Provider, log: io.StringIO, address: str
) -> None:
    answer = provider.send("GET", address)

    request = answer.headers["X-Request-Id"] if answer.status_code >= 400 else None
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["request"] for line in lines} == {request or lines[-1]["request"]}
    if request:
        assert request in answer.get_data(as_text=True)


def test_a_refusal_to_a_machine_carries_the_id_of_its_lines_in_the_log(
    provider: Provider, log: io.StringIO
) -> None:
    answer = provider.send("POST", "/token", data={"grant_type": "no"})

    assert answer.status_code == 401
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["request"] for line in lines} == {answer.headers["X-Request-Id"]}


def test_a_whole_day_leaves_no_secret_in_the_log(provider: Provider, log: io.StringIO) -> None:
    """Every success and every refusal that handles a secret; each of them is looked for by value."""
    account = provider.person()
    phone = provider.enrol_totp(account)
    app, other, browser = provider.client(), provider.client("other"), provider.browser()
    code = phone.code()
    arrival = provider.arrive(browser, app, totp=code)
    tokens = app.redeem(arrival.code, arrival.pending.verifier)
    recovery, *_ = provider.services.recovery_codes.renew(permit_for(account), now=provider.clock.now())
    secrets = {
        *(str(tokens.members[name]) for name in ("access_token", "refresh_token", "id_token")),
        *(arrival.code, arrival.pending.verifier, PASSWORD, code, recovery, phone.totp.secret),
        *(app.secret or "-", browser.cookie(SESSION) or "-", browser.cookie(BROWSER) or "-"),
    }

    for issued in (tokens.access_token, tokens.refresh_token, tokens.id_token, arrival.code):
        misplaced = {"client_id": app.client_id, "redirect_uri": f"https://tax.example/{issued}"}
        provider.send("GET", "/authorize", query_string=misplaced)
    app.redeem(arrival.code, arrival.pending.verifier)
    other.redeem(arrival.code, arrival.pending.verifier)
    for secret in secrets:
        app.refresh(secret)
        app.introspect(secret)
        app.userinfo(secret)
        app.revoke(secret)
        app.send("POST", "/token", {"client_id": app.client_id, "client_secret": secret})
        app.send("POST", "/token", {"client_id": secret, "client_secret": secret})
        app.send("POST", "/token", {"client_id": secret})
        provider.send("GET", "/authorize", query_string={"client_id": secret})
        misplaced = {"client_id": app.client_id, "redirect_uri": f"https://tax.example/?token={secret}"}
        provider.send("GET", "/authorize", query_string=misplaced)
        provider.send("GET", "/authorize", query_string={"client_id": app.client_id, "redirect_uri": secret})
        app.send("POST", "/token", {"client_assertion": secret, "client_assertion_type": secret})
        app.send("GET", "/userinfo", headers={"Authorization": secret})
        app.send("POST", "/token", headers={"Authorization": f"Basic {secret}"})
        provider.send("GET", "/userinfo", query_string={"access_token": secret})
        provider.send("GET", "/logout", query_string={"id_token_hint": secret})
        provider.send("GET", "/login", query_string={"transaction": secret})
        provider.send("GET", "/account", headers={"Cookie": f"{SESSION}={secret}"})
        page = provider.browser()
        shown = page.submit(page.get("/account"), "/login", username="gulbahar")
        provider.send(
            "POST",
            "/login/password",
            data={**shown.form("/login/password").fields, "password": secret},
            headers={"Cookie": page.cookie_header},
        )
        provider.clock.advance(minutes=61)

    assert log.getvalue().count("\n") > 100
    assert log.getvalue().count('"route":"/token"') > 10
    for secret in secrets:
        assert not stands_in(secret, log.getvalue())
    events = provider.services.stores.events.of_account(account.id, 100)
    for secret in secrets:
        assert not stands_in(secret, repr(events))


def test_a_fault_of_ours_tells_a_reference_and_nothing_else(
    provider: Provider, log: io.StringIO, leak_guard: LeakGuard
) -> None:
    """ASVS 16.5.1: the database is gone. What failed is in the log, what was sent is nowhere."""
    app = provider.client()
    provider.services.close()

    machine = app.token(grant_type="client_credentials", client_secret=None)
    page = provider.browser().get(app.begin().url)

    assert (machine.status, machine.error) == (500, "server_error")
    assert page.status == 500
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    faults = [line for line in lines if line["logger"] != "idp.access"]
    for line, said in zip(faults, (str(machine.members), page.text), strict=True):
        assert line["level"] == "error"
        assert line["request"] in said
        assert "exception" in line
        assert app.client_id not in json.dumps(line)
    for text in (str(machine.members), page.text):
        for word in ("Traceback", "StorageUnavailable", "sqlite", ".py", "closed"):
            assert word not in text


def test_a_secret_does_not_print_itself(provider: Provider) -> None:
    """Objects that hold one say so instead, when somebody logs or formats them."""
    said = f"{provider.settings!r} {provider.services!r} {provider.services.form_key}"

    assert "a secret for tests only" not in said
    assert "Secret(…)" in said
