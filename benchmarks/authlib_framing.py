"""What Authlib's token framing costs: the same two grants through its Flask server and a plain function.

Both have cached clients, raw SQL, PKCE, one atomic consume and ES256 by joserfc; both answer a real Flask
request in this process. The difference is client authentication, grant dispatch and response building.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask
import orjson
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from flask.sessions import NullSession, SessionInterface
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import EnvironBuilder

from benchmarks.load import CHALLENGE, VERIFIER
from benchmarks.people import CLIENT, PERSON
from benchmarks.report import aligned

ROUNDS, COUNT = 7, 300
KEY = ECKey.generate_key("P-256", {"kid": "bench"})
SECRET_HASH = hashlib.sha256(CLIENT.secret.encode()).digest()
BASIC = base64.b64encode(f"{CLIENT.id}:{CLIENT.secret}".encode()).decode()


class NoSession(SessionInterface):
    """Neither side uses a session, so neither pays for one."""

    def open_session(self, app: flask.Flask, request: flask.Request) -> NullSession:
        return NullSession()

    def save_session(self, app: flask.Flask, session: Any, response: flask.Response) -> None:
        return None


@dataclass(slots=True)
class Code:
    """A spent authorization code's grant, in the shape Authlib asks for."""

    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Store:
    """Codes in SQLite, consumed in one statement."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(f"PRAGMA synchronous={os.environ.get('BENCH_SYNC', 'full')}")
        self._connection.execute("CREATE TABLE codes (hash BLOB PRIMARY KEY, consumed_at INTEGER)")
        self._connection.execute("CREATE TABLE refresh_tokens (hash BLOB PRIMARY KEY)")

    def issue(self) -> str:
        code = secrets.token_urlsafe(32)
        self._connection.execute("INSERT INTO codes (hash) VALUES (?)", (hashed(code),))
        return code

    def consume(self, code: str) -> Code | None:
        rows = self._connection.execute(
            "UPDATE codes SET consumed_at=1 WHERE hash=? AND consumed_at IS NULL RETURNING hash",
            (hashed(code),),
        ).fetchall()
        return Code(CLIENT.redirect_uri, "openid", CHALLENGE) if rows else None

    def save_refresh_token(self, token: str) -> None:
        self._connection.execute("INSERT INTO refresh_tokens VALUES (?)", (hashed(token),))


def hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def access_token(sub: str, scope: str) -> str:
    now = int(time.time())
    claims = {"iss": "bench", "sub": sub, "aud": "bench", "client_id": CLIENT.id, "scope": scope}
    claims |= {"iat": now, "exp": now + 300, "jti": secrets.token_urlsafe(16)}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "bench"}, claims, KEY, algorithms=["ES256"])


def plain_application(store: Store) -> flask.Flask:
    """The grants as one function of form and Authorization header."""
    app = flask.Flask("plain")
    app.session_interface = NoSession()

    def grant(form: Any, authorization: Any) -> tuple[int, dict[str, Any]]:
        known = authorization and authorization.username == CLIENT.id
        if not known or not hmac.compare_digest(hashed(authorization.password), SECRET_HASH):
            return 401, {"error": "invalid_client"}
        answer = {"token_type": "Bearer", "expires_in": 300}
        if form["grant_type"] == "client_credentials":
            return 200, answer | {"access_token": access_token(CLIENT.id, "api")}
        code = store.consume(form["code"])
        challenge = base64.urlsafe_b64encode(hashed(form["code_verifier"])).rstrip(b"=").decode()
        if code is None or code.code_challenge != challenge or code.redirect_uri != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        refresh_token = secrets.token_urlsafe(32)
        store.save_refresh_token(refresh_token)
        token = access_token(PERSON.username, code.scope)
        return 200, answer | {"access_token": token, "refresh_token": refresh_token, "scope": code.scope}

    @app.post("/token")
    def token() -> flask.Response:
        status, answer = grant(flask.request.form, flask.request.authorization)
        return flask.Response(orjson.dumps(answer), status, mimetype="application/json")

    return app


class CachedClient(ClientMixin):
    """A plain object in a dictionary: no query, no ORM."""

    client_id = CLIENT.id

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == CLIENT.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(hashed(client_secret), SECRET_HASH)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


def authlib_application(store: Store) -> flask.Flask:
    """The grants registered with Authlib's AuthorizationServer."""
    app = flask.Flask("authlib")
    app.session_interface = NoSession()
    cache = {CLIENT.id: CachedClient()}

    class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def query_authorization_code(self, code: str, client: CachedClient) -> Code | None:
            return store.consume(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            return None

        def authenticate_user(self, authorization_code: Code) -> str:
            return PERSON.username

    class ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def make_token(
        grant_type: str, client: CachedClient, user: str | None = None, scope: str = "api", **_: Any
    ) -> dict[str, Any]:
        answer = {
            "token_type": "Bearer",
            "expires_in": 300,
            "access_token": access_token(user or CLIENT.id, scope),
        }
        if grant_type == "authorization_code":
            answer |= {"refresh_token": secrets.token_urlsafe(32), "scope": scope}
        return answer

    def save_token(token: dict[str, Any], request: Any) -> None:
        if "refresh_token" in token:
            store.save_refresh_token(token["refresh_token"])

    server = AuthorizationServer(app, query_client=cache.get, save_token=save_token)
    server.register_token_generator("default", make_token)
    server.register_grant(CodeGrant, [CodeChallenge(required=True)])
    server.register_grant(ClientGrant)
    app.post("/token")(lambda: server.create_token_response())
    return app


def request_for(form: dict[str, str]) -> dict[str, Any]:
    headers = {"Authorization": f"Basic {BASIC}"}
    return EnvironBuilder(
        "/token", "https://bench.invalid", method="POST", data=form, headers=headers
    ).get_environ()


def cpu_per_call(app: flask.Flask, environments: list[dict[str, Any]]) -> float:
    """Microseconds of CPU per request; every answer must be a 200."""

    def start_response(status: str, headers: object, *_: object) -> Callable[[bytes], object]:
        if not status.startswith("200"):
            raise RuntimeError(f"{app.name}: {status}")
        return lambda body: None

    started = time.process_time_ns()
    for environment in environments:
        b"".join(app(environment, start_response))
    return (time.process_time_ns() - started) / 1e3 / len(environments)


def main() -> None:
    """Print the table: CPU per request, Authlib and plain, and the difference."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = Store(Path(folder) / "codes.db")
        applications = {"Authlib": authlib_application(store), "plain": plain_application(store)}
        seen: dict[str, dict[str, list[float]]] = {"client_credentials": {}, "code + PKCE": {}}
        for _ in range(ROUNDS + 1):
            for name, app in applications.items():
                asks = [request_for({"grant_type": "client_credentials"}) for _ in range(COUNT)]
                seen["client_credentials"].setdefault(name, []).append(cpu_per_call(app, asks))
                form = {"grant_type": "authorization_code", "redirect_uri": CLIENT.redirect_uri}
                form |= {"code_verifier": VERIFIER}
                asks = [request_for(form | {"code": store.issue()}) for _ in range(COUNT)]
                seen["code + PKCE"].setdefault(name, []).append(cpu_per_call(app, asks))
    rows = [["µs CPU per request, in process", "Authlib", "plain", "difference"]]
    for operation, figures in seen.items():
        medians = [statistics.median(figures[name][1:]) for name in applications]
        rows.append([operation, *(f"{figure:.0f}" for figure in medians), f"{medians[0] - medians[1]:+.0f}"])
    print(aligned(rows))
