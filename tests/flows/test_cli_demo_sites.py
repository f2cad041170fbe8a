"""What the demo's processes stand on: names that lead to this machine, and the mini-app itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from examples.mini_app import create_app
from examples.mini_app.config import Config
from examples.mini_app.region import Visit
from examples.mini_app.services import HEALTH, SERVICES, TAX
from examples.mini_app.sessions import COOKIE
from examples.mini_app.words import COMMON, LANGUAGES, Speaker
from idp.adapters import localhost

ISSUER = "http://east.id.localhost:18541"
VISIT = Visit(
    id_token="eyJ-the-id-token",
    proof={"sub": "somebody", "acr": "urn:tongxing:acr:1", "amr": ["pwd"], "auth_time": 1_795_478_000},
    person={
        "name": "欧阳𬭚",
        "birthdate": "2001-09-21",
        "address": {"formatted": "东区"},
        "real_name_assurance": 1,
    },
    refresh_token="rt-the-refresh-token",
)


@pytest.fixture
def names() -> Iterator[None]:
    with localhost.installed():
        yield


@pytest.fixture
def tax() -> Flask:
    key = ECKey.generate_key("P-256").as_pem(private=True).decode()
    return create_app(
        Config(
            service=TAX, issuer=ISSUER, client_id="tax", key=key, address="http://tax.apps.localhost:18542"
        )
    )


@pytest.fixture
def browser(tax: Flask) -> FlaskClient:
    return tax.test_client()


def signed_in(browser: FlaskClient) -> None:
    with browser.session_transaction(base_url="https://localhost") as kept:
        kept["visit"] = VISIT


# --- names


@pytest.mark.parametrize(
    "name", ["localhost", "east.id.localhost", "EAST.ID.LOCALHOST", "a.localhost.", b"a.localhost"]
)
def test_names_under_localhost_lead_to_this_machine(names: None, name: str | bytes) -> None:
    found = socket.getaddrinfo(name, 8001, type=socket.SOCK_STREAM)

    assert {address[4][0] for address in found} == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["localhost.example", "evillocalhost", "local", "", None, "127.0.0.1"])
def test_no_other_name_is_touched(name: str | None) -> None:
    assert not localhost.is_local_name(name)


def test_the_system_answers_again_afterwards() -> None:
    before = socket.getaddrinfo

    with localhost.installed():
        assert socket.getaddrinfo is not before

    assert socket.getaddrinfo is before


# --- the mini-app


def test_no_token_is_in_the_cookie(browser: FlaskClient) -> None:
    signed_in(browser)

    page = browser.get("/", base_url="https://localhost").text
    cookie = browser.get_cookie(COOKIE, domain="localhost")

    assert "欧阳𬭚" in page
    assert cookie is not None
    assert cookie.secure
    assert cookie.http_only
    assert VISIT.id_token not in page + cookie.value
    assert str(VISIT.refresh_token) not in page + cookie.value


def test_a_session_number_from_before_the_sign_in_is_worth_nothing_after_it(tax: Flask) -> None:
    """Session fixation: whoever planted the number does not get the visit."""

    @tax.get("/visit")
    def visit() -> str:
        session.renew()  # type: ignore[attr-defined]
        session["visit"] = VISIT
        return ""

    browser, planter = tax.test_client(), tax.test_client()
    with browser.session_transaction(base_url="https://localhost") as before:
        before["something"] = "begun"
    planted = browser.get_cookie(COOKIE, domain="localhost")
    assert planted is not None

    browser.get("/visit", base_url="https://localhost")
    planter.set_cookie(COOKIE, planted.value, domain="localhost", secure=True)

    assert "欧阳𬭚" in browser.get("/", base_url="https://localhost").text
    assert "欧阳𬭚" not in planter.get("/", base_url="https://localhost").text


def test_an_answer_from_another_issuer_is_refused(browser: FlaskClient) -> None:
    """Mix-up: another server's code must not be redeemed here, nor ours there (RFC 9207 §2.4)."""
    for iss in ("", "&iss=http://evil.example", f"&iss={ISSUER}/"):
        answer = browser.get(f"/callback?code=c&state=s{iss}")

        assert answer.status_code == 400
        assert "wrong_issuer" in answer.text


def test_an_answer_that_nobody_asked_for_is_refused(browser: FlaskClient) -> None:
    """Somebody else's code must not sign this person in (RFC 6749 §10.12)."""
    answer = browser.get(f"/callback?code=c&state=s&iss={ISSUER}")

    assert answer.status_code == 400
    assert "mismatching_state" in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/refresh", "/sign-out"])
def test_another_site_cannot_press_its_buttons(browser: FlaskClient, path: str) -> None:
    assert browser.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post(path, headers={"Sec-Fetch-Site": "same-site"}).status_code == 403


def test_a_region_that_does_not_answer_is_a_friendly_page(browser: FlaskClient) -> None:
    with localhost.installed():
        answer = browser.post("/sign-in", headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    assert "The region does not answer" in answer.text


@pytest.mark.parametrize(
    ("wanted", "said"), [("zh-CN,zh", "zh-CN"), ("en-GB", "en"), ("fr", "zh-CN"), ("", "zh-CN")]
)
def test_it_speaks_the_visitors_language(browser: FlaskClient, wanted: str, said: str) -> None:
    assert f'<html lang="{said}">' in browser.get("/", headers={"Accept-Language": wanted}).text


def test_each_service_is_its_own(tax: Flask) -> None:
    health = create_app(
        Config(
            service=HEALTH,
            issuer=ISSUER,
            client_id="health",
            key=ECKey.generate_key("P-256").as_pem(private=True).decode(),
            address="http://health.apps.localhost:18543",
        )
    )

    pages = [app.test_client().get("/", headers={"Accept-Language": "en"}).text for app in (tax, health)]

    assert ["Personal tax" in page for page in pages] == [True, False]
    assert ["Health record" in page for page in pages] == [False, True]


def test_it_names_the_region_that_vouched(browser: FlaskClient) -> None:
    visit = replace(VISIT, proof={**VISIT.proof, "home_iss": "https://id.west.example"})
    with browser.session_transaction(base_url="https://localhost") as kept:
        kept["visit"] = visit

    page = browser.get("/", base_url="https://localhost", headers={"Accept-Language": LANGUAGES[1]}).text

    assert "https://id.west.example" in page
    assert "Your own region" in page


def test_it_says_claims_in_words() -> None:
    assert Speaker("en", TAX.words).facts(VISIT.person) == [
        ("Name", "欧阳𬭚"),
        ("Date of birth", "21 September 2001"),
        ("Address", "东区"),
        ("Identity check", "Your document’s number was checked"),
    ]
    assert Speaker("zh-CN", TAX.words).facts({"birthdate": "0000-02-29"}) == [("出生日期", "0000-02-29")]


def test_every_text_is_there_in_both_languages() -> None:
    for service in SERVICES.values():
        assert all(chinese and english for chinese, english in {**COMMON, **service.words}.values())
        assert service.words.keys() == TAX.words.keys()
