"""Grants, their refresh tokens, and access tokens ended by themselves. Spec: RFC 9700 §4.14.2; RFC 7009."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, Insert, and_, exists, insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.events import Event
from idp.oidc.grant import FoundRefreshToken, LiveGrant, NewRefreshToken
from idp.storage import permission
from idp.storage.db import Database
from idp.storage.events import RECORD, values_of
from idp.storage.rows import NOW, given
from idp.storage.schema import accounts, grants, refresh_tokens, revoked_access_tokens
from idp.storage.statement import Claim, Statement

_tokens = refresh_tokens.c
_DIGEST = given("digest")
_JTI = given("jti")
_IS_LIVE = and_(grants.c.revoked_at.is_(None), grants.c.expires_at > NOW, accounts.c.is_active.is_(True))


def _keep_successor(won: ColumnElement[bool]) -> Insert:
    row = select(
        given("successor_digest", _tokens.digest.type),
        _tokens.grant_id,
        given("successor_expires_at", _tokens.expires_at.type),
    ).where(_tokens.digest == _DIGEST, won)
    return insert(refresh_tokens).from_select(["digest", "grant_id", "expires_at"], row)


FIND_LIVE = Statement(
    select(grants, accounts.c.claims)
    .join(accounts, accounts.c.id == grants.c.account_id)
    .where(
        grants.c.id == given("grant_id"),
        _IS_LIVE,
        ~exists().where(revoked_access_tokens.c.jti == _JTI),
    )
)
REVOKE = Statement(
    update(grants)
    .where(grants.c.id == given("grant_id"), grants.c.revoked_at.is_(None))
    .values(revoked_at=NOW)
)
FIND_REFRESH_TOKEN = Statement(
    select(
        *(grants.c[column] for column in permission.COLUMNS),
        grants.c.id.label("grant_id"),
        grants.c.jkt,
        grants.c.expires_at.label("grant_expires_at"),
        _tokens.expires_at,
        _tokens.consumed_at,
        _IS_LIVE.label("is_live"),
        accounts.c.claims,
    )
    .select_from(refresh_tokens)
    .join(grants, grants.c.id == _tokens.grant_id)
    .join(accounts, accounts.c.id == grants.c.account_id)
    .where(_tokens.digest == _DIGEST)
)
# A grant revoked while this runs may still get a successor; nobody can use it, since every use asks for the grant.
ROTATE = Claim(
    update(refresh_tokens)
    .where(
        _tokens.digest == _DIGEST,
        _tokens.consumed_at.is_(None),
        _tokens.expires_at > NOW,
        select(grants.c.id)
        .join(accounts, accounts.c.id == grants.c.account_id)
        .where(grants.c.id == _tokens.grant_id, _IS_LIVE)
        .exists(),
    )
    .values(consumed_at=NOW),
    _keep_successor,
)
REVOKE_ACCESS_TOKEN = Statement(
    lambda insert: insert(revoked_access_tokens).on_conflict_do_nothing(index_elements=["jti"])
)
IS_ACCESS_TOKEN_REVOKED = Statement(
    select(revoked_access_tokens.c.jti).where(revoked_access_tokens.c.jti == _JTI)
)


class GrantRepository:
    """Implements `idp.oidc.ports.GrantStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_live(self, grant_id: str, jti: str, *, now: datetime) -> LiveGrant | None:
        row = self._db.one(FIND_LIVE, grant_id=grant_id, jti=jti, now=to_milliseconds(now))
        if row is None:
            return None
        return LiveGrant(
            grant=permission.grant_of(row, grant_id=row.id, expires_at=row.expires_at, jkt=row.jkt),
            person=orjson.loads(row.claims),
        )

    def revoke(self, grant_id: str, *, now: datetime, saying: Event | None = None) -> bool:
        if saying is None:
            return self._db.run(REVOKE, grant_id=grant_id, now=to_milliseconds(now)) == 1
        with self._db.transaction() as tx:
            if tx.run(REVOKE, grant_id=grant_id, now=to_milliseconds(now)) != 1:
                return False
            tx.run(RECORD, **values_of(saying))
        return True

    def find_refresh_token(self, digest: bytes, *, now: datetime) -> FoundRefreshToken | None:
        row = self._db.one(FIND_REFRESH_TOKEN, digest=digest, now=to_milliseconds(now))
        if row is None:
            return None
        return FoundRefreshToken(
            grant=permission.grant_of(
                row, grant_id=row.grant_id, expires_at=row.grant_expires_at, jkt=row.jkt
            ),
            expires_at=from_milliseconds(row.expires_at),
            is_consumed=row.consumed_at is not None,
            is_grant_live=bool(row.is_live),
            person=orjson.loads(row.claims),
        )

    def rotate(self, digest: bytes, successor: NewRefreshToken, *, now: datetime) -> bool:
        return self._db.claim(
            ROTATE,
            digest=digest,
            successor_digest=successor.digest,
            successor_expires_at=to_milliseconds(successor.expires_at),
            now=to_milliseconds(now),
        )

    def revoke_access_token(self, jti: str, expires_at: datetime) -> None:
        self._db.run(REVOKE_ACCESS_TOKEN, jti=jti, expires_at=to_milliseconds(expires_at))

    def is_access_token_revoked(self, jti: str) -> bool:
        return self._db.one(IS_ACCESS_TOKEN_REVOKED, jti=jti) is not None
