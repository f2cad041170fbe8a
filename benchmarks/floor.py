"""The floor: the least code that still answers every measured operation, over the same server and database.

It is a ruler, not a provider: checks are minimal, and there is no throttling, audit, hashing, translation or
key rotation. Token, introspection, userinfo and the static documents are answered by plain WSGI; the pages go
through Flask with a session interface that does nothing. A code or refresh token is spent, and its successor
stored, in one durable commit before anything is signed.

Environment: FLOOR_ISSUER, FLOOR_DATABASE (a SQLite path or a postgresql:// URL), BENCH_SYNC (full or normal).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import flask
import orjson
import psycopg
from flask.sessions import NullSession, SessionInterface
from jinja2 import Environment
from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.people import CLIENT, PERSON

ISSUER = os.environ["FLOOR_ISSUER"]
DATABASE = os.environ["FLOOR_DATABASE"]
SYNCHRONOUS = os.environ.get("BENCH_SYNC", "full")
KEY = ECKey.generate_key("P-256", {"kid": "floor", "alg": "ES256", "use": "sig"})
JSON = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
SCHEMA = """
CREATE TABLE accounts (sub TEXT PRIMARY KEY, claims TEXT NOT NULL);
CREATE TABLE sessions (id_hash {blob} PRIMARY KEY, sub TEXT NOT NULL, auth_time BIGINT NOT NULL);
CREATE TABLE codes (hash {blob} PRIMARY KEY, grant_json TEXT NOT NULL, expires_at BIGINT, consumed_at BIGINT);
CREATE TABLE refresh_tokens
  (hash {blob} PRIMARY KEY, grant_json TEXT NOT NULL, expires_at BIGINT, consumed_at BIGINT);
CREATE TABLE revoked_tokens (jti TEXT PRIMARY KEY)"""
PAGE = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<h1>{{ title }}</h1><form method="post" action="{{ action }}">{% if fields %}
<label>Name <input name="username"></label><label>Password <input name="password" type="password"></label>
{% else %}<p>{{ client }} asks for: {{ scope }}</p>{% endif %}
<button name="decision" value="allow">Continue</button></form></html>"""
)
connections = threading.local()


def connect() -> Any:
    """One connection a thread, committing each statement by itself."""
    if DATABASE.startswith("postgresql"):
        return psycopg.connect(DATABASE, autocommit=True, prepare_threshold=0)
    connection = sqlite3.connect(DATABASE, isolation_level=None, timeout=5)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
    return connection


def run(statement: str, *values: object) -> tuple[Any, ...] | None:
    """Execute one statement and return its first row, if it has one."""
    connection = getattr(connections, "mine", None)
    if connection is None:
        connection = connections.mine = connect()
    if DATABASE.startswith("postgresql"):
        cursor = connection.execute(statement.replace("?", "%s"), values)
        return cursor.fetchone() if cursor.description else None
    rows = connection.execute(statement, values).fetchall()
    return rows[0] if rows else None


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def save(table: str, grant: dict[str, Any], lifetime: int) -> str:
    token = secrets.token_urlsafe(32)
    run(
        f"INSERT INTO {table} (hash, grant_json, expires_at) VALUES (?, ?, ?)",
        digest(token), orjson.dumps(grant).decode(), int(time.time()) + lifetime,
    )  # fmt: skip
    return token


def consume(table: str, token: str) -> dict[str, Any] | None:
    now = int(time.time())
    row = run(
        f"UPDATE {table} SET consumed_at=? WHERE hash=? AND consumed_at IS NULL AND expires_at>?"
        " RETURNING grant_json",
        now, digest(token), now,
    )  # fmt: skip
    return orjson.loads(row[0]) if row else None


def exchange(table: str, token: str) -> tuple[dict[str, Any] | None, str]:
    """Spend a code or refresh token and store the next refresh token, in one commit."""
    run("BEGIN" if DATABASE.startswith("postgresql") else "BEGIN IMMEDIATE")
    try:
        grant = consume(table, token)
        return grant, save("refresh_tokens", grant, 86400) if grant else ""
    finally:
        run("COMMIT")


def sign(kind: str, claims: dict[str, Any], lifetime: int) -> str:
    now = int(time.time())
    header = {"alg": "ES256", "typ": kind, "kid": "floor"}
    return jwt.encode(
        header, {"iss": ISSUER, "iat": now, "exp": now + lifetime, **claims}, KEY, algorithms=["ES256"]
    )


def access_token(sub: str, scope: str) -> str:
    claims = {
        "sub": sub,
        "aud": ISSUER,
        "client_id": CLIENT.id,
        "scope": scope,
        "jti": secrets.token_urlsafe(16),
    }
    return sign("at+jwt", claims, 300)


def tokens_for(grant: dict[str, Any], refresh_token: str) -> dict[str, Any]:
    identity = {k: grant[k] for k in ("sub", "nonce", "auth_time")}
    return {
        "access_token": access_token(grant["sub"], grant["scope"]),
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": refresh_token,
        "id_token": sign("JWT", {"aud": CLIENT.id, **identity}, 300),
    }


SECRET_HASH = digest(CLIENT.secret)


def is_client(environ: dict[str, Any]) -> bool:
    name, _, secret = base64.b64decode(environ.get("HTTP_AUTHORIZATION", "")[6:]).decode().partition(":")
    return name == CLIENT.id and hmac.compare_digest(digest(secret), SECRET_HASH)


def form_of(environ: dict[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))


def token(environ: dict[str, Any]) -> dict[str, Any] | None:
    form = form_of(environ)
    if not is_client(environ):
        return None
    if form["grant_type"] == "client_credentials":
        return {"access_token": access_token(CLIENT.id, "api"), "token_type": "Bearer", "expires_in": 300}
    if form["grant_type"] == "refresh_token":
        grant, refresh_token = exchange("refresh_tokens", form["refresh_token"])
        return tokens_for(grant, refresh_token) if grant else None
    grant, refresh_token = exchange("codes", form["code"])
    challenge = base64.urlsafe_b64encode(digest(form["code_verifier"])).rstrip(b"=").decode()
    if not grant or grant["challenge"] != challenge or grant["redirect_uri"] != form["redirect_uri"]:
        return None
    return tokens_for(grant, refresh_token)


def verified(token: str) -> dict[str, Any]:
    claims = jwt.decode(token, KEY, algorithms=["ES256"]).claims
    if claims["exp"] < time.time() or claims["iss"] != ISSUER:
        raise ValueError("expired or foreign token")
    return claims


def userinfo(environ: dict[str, Any]) -> dict[str, Any] | None:
    claims = verified(environ["HTTP_AUTHORIZATION"][7:])
    row = run("SELECT claims FROM accounts WHERE sub=?", claims["sub"])
    return {"sub": claims["sub"], **orjson.loads(row[0])} if row else None


def introspect(environ: dict[str, Any]) -> dict[str, Any] | None:
    form = form_of(environ)
    if not is_client(environ):
        return None
    claims = verified(form["token"])
    return {"active": run("SELECT jti FROM revoked_tokens WHERE jti=?", claims["jti"]) is None, **claims}


class NoSession(SessionInterface):
    """Pages read their own cookie; Flask's default interface costs 21 µs even when unused."""

    def open_session(self, app: flask.Flask, request: flask.Request) -> NullSession:
        return NullSession()

    def save_session(self, app: flask.Flask, session: Any, response: flask.Response) -> None:
        return None


pages = flask.Flask(__name__)
pages.session_interface = NoSession()


def current_session() -> tuple[Any, ...] | None:
    cookie = flask.request.cookies.get("session")
    return run("SELECT sub, auth_time FROM sessions WHERE id_hash=?", digest(cookie)) if cookie else None


def onward(page: str) -> flask.Response:
    return flask.redirect(f"{page}?{flask.request.query_string.decode()}", 303)


@pages.get("/authorize")
def authorize() -> flask.Response:
    asked = flask.request.args
    if asked["client_id"] != CLIENT.id or asked["redirect_uri"] != CLIENT.redirect_uri:
        flask.abort(400)
    session = current_session()
    if session is None:
        return onward("/login")
    return onward("/consent") if asked.get("prompt") == "consent" else respond(*session)


@pages.route("/login", methods=["GET", "POST"])
def login() -> flask.Response:
    if flask.request.method == "GET":
        return flask.make_response(PAGE.render(title="Sign in", action=flask.request.full_path, fields=True))
    if flask.request.form["username"] != PERSON.username:
        flask.abort(400)
    response, session = onward("/consent"), secrets.token_urlsafe(32)
    run("INSERT INTO sessions VALUES (?, ?, ?)", digest(session), PERSON.username, int(time.time()))
    response.set_cookie("session", session, httponly=True, samesite="Lax")
    return response


@pages.route("/consent", methods=["GET", "POST"])
def consent() -> flask.Response:
    session = current_session()
    if session is None:
        return onward("/login")
    if flask.request.method == "POST":
        return respond(*session)
    scope, action = flask.request.args["scope"], flask.request.full_path
    return flask.make_response(PAGE.render(title="Allow?", action=action, client=CLIENT.id, scope=scope))


def respond(sub: str, auth_time: int) -> flask.Response:
    asked = flask.request.args
    grant = {k: asked[k] for k in ("redirect_uri", "scope", "nonce")}
    grant |= {"sub": sub, "auth_time": auth_time, "challenge": asked["code_challenge"]}
    answer = {"code": save("codes", grant, 60), "state": asked["state"], "iss": ISSUER}
    return flask.redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)


def create_tables() -> None:
    for statement in SCHEMA.format(blob="BYTEA" if DATABASE.startswith("postgresql") else "BLOB").split(";"):
        run(statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
    claims = orjson.dumps(PERSON.claims).decode()
    run("INSERT INTO accounts VALUES (?, ?) ON CONFLICT DO NOTHING", PERSON.username, claims)


DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "introspection_endpoint": f"{ISSUER}/introspect",
    "jwks_uri": f"{ISSUER}/jwks.json",
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["ES256"],
}
STATIC = {
    "/.well-known/openid-configuration": orjson.dumps(DISCOVERY),
    "/jwks.json": orjson.dumps({"keys": [KEY.as_dict(private=False)]}),
}
PLAIN = {"/token": token, "/userinfo": userinfo, "/introspect": introspect}
create_tables()


def app(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer static documents and the machine endpoints here; everything else is a page."""
    path = environ["PATH_INFO"]
    if path in STATIC:
        start_response("200 OK", [*JSON[:1], ("Cache-Control", "public, max-age=300")])
        return [STATIC[path]]
    if path in PLAIN:
        answer = PLAIN[path](environ)
        start_response("200 OK" if answer else "400 Bad Request", JSON)
        return [orjson.dumps(answer or {"error": "invalid_request"})]
    return pages(environ, start_response)
