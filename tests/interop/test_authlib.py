"""Authlib: its Flask client signs people in and out; its session on requests uses what that yields."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.flask_client import OAuth, OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient

from idp.accounts.person import Account
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod
from tests.support.browser import Browser
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider

BACK = "https://tax.example/signed-out"
METHODS = (ClientAuthMethod.SECRET_BASIC, ClientAuthMethod.SECRET_POST, ClientAuthMethod.NONE)
"""The demo's mini-app uses `private_key_jwt`, with an assertion of its own: Authlib's names another audience."""


def make_app(registered: RelyingParty, method: str = "client_secret_basic") -> FlaskClient:
    """A mini-app as Authlib's documentation would have it, and a way to call it."""
    app = Flask(__name__)
    app.secret_key = "for Authlib's state, in a test"
    region = OAuth(app).register(
        "region",
        client_id=registered.client_id,
        client_secret=registered.secret,
        server_metadata_url=f"{registered.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email offline_access",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": method,
        },
    )

    @app.get("/sign-in")
    def sign_in() -> Any:
        return region.authorize_redirect(registered.redirect_uri, **request.args)

    @app.get("/callback")
    def callback() -> Response:
        tokens = region.authorize_access_token()
        return jsonify(tokens, dict(region.userinfo(token=tokens)))

    @app.get("/sign-out")
    def sign_out() -> Any:
        return region.logout_redirect(BACK, id_token_hint=request.args["hint"])

    @app.get("/signed-out")
    def signed_out() -> Response:
        return jsonify(region.validate_logout_response())

    @app.errorhandler(OAuthError)
    def failed(error: OAuthError) -> tuple[Response, int]:
        return jsonify(error=error.error), 400

    return app.test_client()


def path_of(url: str) -> str:
    """What the mini-app sees of the address that the browser came back to."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def come_back(app: FlaskClient, browser: Browser, person: Account) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sign a person in; the tokens with the ID token's claims (`userinfo`), and what userinfo said."""
    page = browser.get(app.get("/sign-in").location)
    page = browser.allow(browser.sign_in(page, person.username, PASSWORD))
    tokens, told = app.get(path_of(page.url)).get_json()
    return tokens, told


@pytest.mark.parametrize("method", METHODS)
def test_authlibs_flask_client_signs_a_citizen_in(
    region: RunningProvider, person: Account, client_id: str, method: ClientAuthMethod
) -> None:
    app = make_app(region.client(client_id, auth_method=method), str(method))

    tokens, told = come_back(app, region.browser(), person)

    assert told["name"] == person.claims["name"]
    assert told["sub"] == tokens["userinfo"]["sub"]
    assert tokens["userinfo"]["aud"] == client_id


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
@pytest.mark.parametrize("algorithm", Algorithm)
def test_it_verifies_each_signature_of_ours(
    region: RunningProvider, person: Account, client_id: str, algorithm: Algorithm
) -> None:
    app = make_app(region.client(client_id, signing_alg=algorithm))

    tokens, _ = come_back(app, region.browser(), person)

    assert tokens["userinfo"]["iss"] == region.issuer


def test_it_signs_out_and_recognises_its_own_state(
    region: RunningProvider, person: Account, client_id: str
) -> None:
    app, browser = make_app(region.client(client_id)), region.browser()
    tokens, _ = come_back(app, browser, person)

    page = browser.get(app.get("/sign-out", query_string={"hint": tokens["id_token"]}).location)

    assert page.url.startswith(f"{BACK}?state=")
    assert app.get(path_of(page.url)).status_code == 200
    assert browser.get(f"{region.issuer}/account").path == "/login"


def test_it_hears_that_nobody_is_signed_in(region: RunningProvider, client_id: str) -> None:
    app = make_app(region.client(client_id))

    page = region.browser().get(app.get("/sign-in?prompt=none").location)

    assert app.get(path_of(page.url)).get_json() == {"error": "login_required"}


@pytest.mark.parametrize("method", METHODS)
def test_authlibs_session_refreshes_introspects_and_revokes(
    region: RunningProvider, person: Account, client_id: str, method: ClientAuthMethod
) -> None:
    registered = region.client(client_id, auth_method=method)
    tokens, _ = come_back(make_app(registered, str(method)), region.browser(), person)
    with OAuth2Session(
        client_id,
        registered.secret,
        token_endpoint_auth_method=str(method),
        revocation_endpoint_auth_method=str(method),
        token={"access_token": tokens["access_token"], "token_type": "Bearer"},
    ) as session:
        told = session.get(f"{region.issuer}/userinfo").json()
        fresh = session.refresh_token(f"{region.issuer}/token", refresh_token=tokens["refresh_token"])
        seen = session.introspect_token(f"{region.issuer}/introspect", token=fresh["access_token"])
        revoked = session.revoke_token(f"{region.issuer}/revoke", token=fresh["refresh_token"])
        after = session.get(f"{region.issuer}/userinfo").status_code

    assert told["sub"] == tokens["userinfo"]["sub"]
    assert seen.json().get("active") is (None if method is ClientAuthMethod.NONE else True)
    assert (revoked.status_code, after) == (200, 401)
