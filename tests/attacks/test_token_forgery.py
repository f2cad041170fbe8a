"""No forged JWT is believed anywhere: not as access token, not as ID token hint, not as client assertion.

The forgeries are in `forgery.py`: algorithm confusion, `none`, keys in headers, `kid` injection, `crit`, and damage.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from idp.oidc.vocabulary import Algorithm, ClientAuthMethod
from tests.attacks.forgery import BAD_KIDS, compact, every_forgery, parts_of, segment, signed_anyhow
from tests.support.provider import Provider
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, answer_of

ASSERTION_PLACES = ("/token", "/introspect", "/revoke")


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No token may make us call anybody or open the file that it names."""
    reached: list[str] = []
    really_open = io.open

    def connect(self: socket.socket, address: Any) -> None:
        reached.append(f"connection to {address!r}")
        raise OSError("no connections in this test")

    def watched_open(file: Any, *arguments: Any, **options: Any) -> Any:
        if any(kid and kid in str(file) for kid in BAD_KIDS.values()):
            reached.append(f"file {file!r}")
        return really_open(file, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    monkeypatch.setattr("builtins.open", watched_open)
    monkeypatch.setattr(io, "open", watched_open)
    yield reached
    assert reached == []


def public_key_of(provider: Provider, token: str) -> dict[str, Any]:
    kid = parts_of(token)[0]["kid"]
    keys = json.loads(provider.services.keyring.jwks().body)["keys"]
    return next(key for key in keys if key["kid"] == kid)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_no_forged_access_token_is_accepted(provider: Provider, algorithm: Algorithm) -> None:
    """RFC 9068 §4; RFC 8725: at userinfo, in header and body, and at introspection and revocation."""
    provider.person()
    app = provider.client(signing_alg=algorithm)
    genuine = str(provider.tokens(provider.browser(), app).access_token)
    assert app.userinfo(genuine).status == 200

    for name, forged in every_forgery(genuine, public_key_of(provider, genuine)).items():
        if forged.isascii() and forged.isprintable():
            answer = app.send("GET", "/userinfo", headers={"Authorization": f"Bearer {forged}"})
            assert (answer.status, answer.error) == (401, "invalid_token") or forged.strip() == genuine, name
        in_body = app.send("POST", "/userinfo", {"access_token": forged})
        assert in_body.status in (400, 401), name
        introspected = app.introspect(forged)
        assert introspected.members == {"active": False} or introspected.status == 400, name
        assert app.revoke(forged).status in (200, 400), name

    assert app.userinfo(genuine).status == 200


@pytest.mark.parametrize("algorithm", Algorithm)
def test_no_forged_hint_names_anybody(provider: Provider, algorithm: Algorithm) -> None:
    """OpenID Connect Core §3.1.2.1; RP-Initiated Logout §2: at the authorization and the logout endpoint."""
    provider.person()
    app, browser = provider.client(signing_alg=algorithm), provider.browser()
    genuine = str(provider.tokens(browser, app).id_token)
    address = "https://tax.example/signed-out"

    for name, forged in every_forgery(genuine, public_key_of(provider, genuine)).items():
        asked = browser.get(app.begin(prompt="none", id_token_hint=forged).url, follow=False)
        if asked.status == 303:
            assert answer_of(asked.headers["Location"])["error"] == "invalid_request", name
        else:
            assert asked.status == 400, name
        left = provider.send(
            "GET",
            "/logout",
            query_string={"id_token_hint": forged, "post_logout_redirect_uri": address},
            headers={"Cookie": browser.cookie_header},
        )
        assert (left.status_code, left.headers.get("Location")) == (400, None), name

    assert browser.get("/account").path == "/account"
    assert "code" in answer_of(browser.get(app.begin(prompt="none", id_token_hint=genuine).url).url)


def test_no_forged_assertion_authenticates_a_client(provider: Provider) -> None:
    """RFC 7523 §3: wherever clients authenticate. Among the forgers is the client itself, with its own key."""
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    assert app.key is not None
    genuine = app.assertion()

    for name, forged in every_forgery(genuine, app.key.as_dict(private=False), app.key).items():
        for place in ASSERTION_PLACES:
            answer = with_assertion(app, place, forged)
            assert answer.status in (400, 401), (name, place)
            assert answer.error in ("invalid_client", "invalid_request"), (name, place)

    assert with_assertion(app, "/token", genuine).status == 200


def test_a_token_of_one_type_is_not_taken_for_another(provider: Provider) -> None:
    """RFC 8725 §3.11: an ID token opens no API, an access token is no hint, neither is an assertion."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    tokens = provider.tokens(browser, app)
    keyed = provider.client("keyed", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)

    assert app.userinfo(tokens.id_token).error == "invalid_token"
    assert app.introspect(tokens.id_token).members == {"active": False}
    asked = browser.get(app.begin(prompt="none", id_token_hint=tokens.access_token).url)
    assert answer_of(asked.url)["error"] == "invalid_request"
    for token in (tokens.id_token, tokens.access_token):
        assert with_assertion(keyed, "/token", token).error == "invalid_client"
    assert keyed.userinfo(keyed.assertion()).error == "invalid_token"


@pytest.mark.parametrize(
    "typ", ["at+jwt", "dpop+jwt", "logout+jwt", "application/at+jwt", "entity-statement+jwt", "", 7]
)
def test_a_jwt_made_for_another_use_is_no_assertion(provider: Provider, typ: object) -> None:
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    header, claims, _ = parts_of(app.assertion())

    forged = signed_anyhow({**header, "typ": typ}, claims, app.key)

    assert with_assertion(app, "/token", forged).error == "invalid_client"


def test_another_regions_token_is_nothing_here(provider: Provider) -> None:
    """Same shape, same issuer name even, but keys that we never published."""
    provider.person()
    app = provider.client()
    header, claims, _ = parts_of(str(provider.tokens(provider.browser(), app).access_token))
    for changed in ({}, {"iss": "https://west.example"}):
        forged = signed_anyhow(header, {**claims, **changed})

        assert app.userinfo(forged).error == "invalid_token"


def test_a_token_signed_before_a_key_was_revoked_is_dead(provider: Provider) -> None:
    """A key that is no longer secret proves nothing from that moment on, whatever it signed before."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    tokens = provider.tokens(browser, app)
    assert app.userinfo(tokens.access_token).status == 200

    provider.services.keyring.revoke(parts_of(str(tokens.access_token))[0]["kid"])

    assert app.userinfo(tokens.access_token).error == "invalid_token"
    asked = browser.get(app.begin(prompt="none", id_token_hint=tokens.id_token).url)
    assert answer_of(asked.url)["error"] == "invalid_request"


class TestBoundedWork:
    """A hostile token costs a look at its length, not the work that it asks for (RFC 8725 §2.9, §3.5)."""

    @pytest.fixture
    def no_hard_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Fails on inflating, on deriving keys, and on decoding anything large."""
        decode = base64.urlsafe_b64decode

        def refuse(*arguments: Any, **options: Any) -> None:
            raise AssertionError("this work must not be done for a stranger")

        def small(data: Any) -> bytes:
            assert len(data) <= 20_000
            return decode(data)

        monkeypatch.setattr(zlib, "decompress", refuse)
        monkeypatch.setattr(zlib, "decompressobj", refuse)
        monkeypatch.setattr("hashlib.pbkdf2_hmac", refuse)
        monkeypatch.setattr(base64, "urlsafe_b64decode", small)

    @pytest.mark.usefixtures("no_hard_work")
    @pytest.mark.parametrize("make", ["huge header", "huge payload", "zip bomb", "PBES2", "many dots"])
    def test_a_hostile_token_is_refused_before_it_is_worked_on(self, provider: Provider, make: str) -> None:
        app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        token = HOSTILE[make]()

        assert with_assertion(app, "/token", token).error in ("invalid_client", "invalid_request")
        assert app.userinfo(token).error == "invalid_token"
        assert app.send("POST", "/userinfo", {"access_token": token}).status in (400, 401)

    @pytest.mark.parametrize("length", [str(500 * 1024 * 1024), "9" * 5_000, "1e9", "-1", "+1", "0x10"])
    def test_half_a_gigabyte_is_refused_unread(self, provider: Provider, length: str) -> None:
        """And a length that is no number is no reason to begin to read."""

        class Unread(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                raise AssertionError("the body was read")

        for path in ("/par", "/token", "/introspect", "/revoke", "/userinfo", "/authorize", "/logout"):
            answer = provider.send(
                "POST",
                path,
                content_type="application/x-www-form-urlencoded",
                environ={"wsgi.input": Unread(), "CONTENT_LENGTH": length},
            )
            assert answer.status_code == 400, path


HOSTILE: dict[str, Callable[[], str]] = {
    "huge header": lambda: compact({"alg": "ES256", "kid": "k" * 40_000}, {}, "AA"),
    "huge payload": lambda: compact({"alg": "ES256"}, {"sub": "s" * 40_000}, "AA"),
    "zip bomb": lambda: compact(
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, segment(zlib.compress(bytes(4_000_000))), "AA"
    ),
    "PBES2": lambda: (
        segment(json.dumps({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "AAAA"}))
        + ".AAAA.AAAA.AAAA.AAAA"
    ),
    "many dots": lambda: "." * 30_000,
}


def with_assertion(app: RelyingParty, place: str, assertion: str) -> Any:
    """A request authenticated by `assertion`, and otherwise right."""
    form = {"grant_type": "client_credentials"} if place == "/token" else {"token": "any"}
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return dataclasses.replace(app, headers={}).send("POST", place, {**form, **proof})
