"""Authorization codes. Spec: RFC 6749 §4.1.2."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Insert, insert, select, true, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.grant import AuthorizationCode, FoundCode, NewRefreshToken
from idp.oidc.token.redeem_code import MAX_FAILURES
from idp.storage import permission
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import accounts, authorization_codes, grants, refresh_tokens, sessions
from idp.storage.statement import Claim, Statement

_codes = authorization_codes.c
_DIGEST = given("digest")

_WRITTEN = (
    "digest",
    "grant_id",
    *permission.COLUMNS,
    "grant_expires_at",
    "redirect_uri",
    "nonce",
    "code_challenge",
    "expires_at",
    "failures",
    "jkt",
)


def keep_code(condition: ColumnElement[bool]) -> Insert:
    """Keep a code under `condition`, and only while its session lasts.

    The lock on the session makes its end wait for us, or us for its end: no code slips in behind `drop_codes`.
    """
    row = (
        select(*(given(column, _codes[column].type) for column in _WRITTEN))
        .select_from(sessions)
        .where(sessions.c.id == given("session_id"), sessions.c.ended_at.is_(None), condition)
        .with_for_update(read=True, of=sessions)
    )
    return insert(authorization_codes).from_select(list(_WRITTEN), row)


def code_values(digest: bytes, code: AuthorizationCode) -> dict[str, Any]:
    """The code as values for `keep_code`."""
    return {
        **permission.values_of(code.grant),
        "digest": digest,
        "grant_id": code.grant.id,
        "grant_expires_at": to_milliseconds(code.grant.expires_at),
        "redirect_uri": code.redirect_uri,
        "nonce": code.nonce,
        # No challenge is an empty text: the column was made when there always was one.
        "code_challenge": code.code_challenge or "",
        "expires_at": to_milliseconds(code.expires_at),
        "failures": 0,
        "jkt": code.jkt,
    }


def _open_grant(won: ColumnElement[bool]) -> Insert:
    kept = [_codes[column] for column in permission.COLUMNS]
    proved = given("proved_jkt", grants.c.jkt.type)
    row = select(_codes.grant_id, *kept, NOW, _codes.grant_expires_at, proved).where(
        _codes.digest == _DIGEST, won
    )
    return insert(grants).from_select(["id", *permission.COLUMNS, "created_at", "expires_at", "jkt"], row)


def _begin_family(won: ColumnElement[bool]) -> Insert:
    row = select(
        given("refresh_digest", refresh_tokens.c.digest.type),
        _codes.grant_id,
        given("refresh_expires_at", refresh_tokens.c.expires_at.type),
    ).where(_codes.digest == _DIGEST, won)
    return insert(refresh_tokens).from_select(["digest", "grant_id", "expires_at"], row)


_USE = (
    update(authorization_codes)
    .where(
        _codes.digest == _DIGEST,
        _codes.consumed_at.is_(None),
        _codes.expires_at > NOW,
        _codes.failures < MAX_FAILURES,
    )
    .values(consumed_at=NOW)
)

ADD = Statement(keep_code(true()))
FIND = Statement(
    select(authorization_codes, accounts.c.claims, accounts.c.is_active)
    .join(accounts, accounts.c.id == _codes.account_id)
    .where(_codes.digest == _DIGEST)
)
CONSUME = Claim(_USE, _open_grant)
CONSUME_WITH_REFRESH = Claim(_USE, _open_grant, _begin_family)
RECORD_FAILURE = Statement(
    update(authorization_codes).where(_codes.digest == _DIGEST).values(failures=_codes.failures + 1)
)


class CodeRepository:
    """Implements `idp.oidc.ports.CodeStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, digest: bytes, code: AuthorizationCode) -> None:
        """Keep a new code; nothing is kept when its session has ended meanwhile, so the code is then unknown."""
        self._db.run(ADD, **code_values(digest, code))

    def find(self, digest: bytes) -> FoundCode | None:
        row = self._db.one(FIND, digest=digest)
        if row is None:
            return None
        return FoundCode(
            code=AuthorizationCode(
                grant=permission.grant_of(row, grant_id=row.grant_id, expires_at=row.grant_expires_at),
                redirect_uri=row.redirect_uri,
                nonce=row.nonce,
                code_challenge=row.code_challenge or None,
                expires_at=from_milliseconds(row.expires_at),
                jkt=row.jkt,
            ),
            is_consumed=row.consumed_at is not None,
            is_account_active=bool(row.is_active),
            failures=row.failures,
            person=orjson.loads(row.claims),
        )

    def consume(
        self, digest: bytes, refresh_token: NewRefreshToken | None, jkt: str | None = None, *, now: datetime
    ) -> bool:
        values = {"digest": digest, "proved_jkt": jkt, "now": to_milliseconds(now)}
        if refresh_token is None:
            return self._db.claim(CONSUME, **values)
        return self._db.claim(
            CONSUME_WITH_REFRESH,
            refresh_digest=refresh_token.digest,
            refresh_expires_at=to_milliseconds(refresh_token.expires_at),
            **values,
        )

    def record_failure(self, digest: bytes) -> None:
        self._db.run(RECORD_FAILURE, digest=digest)
