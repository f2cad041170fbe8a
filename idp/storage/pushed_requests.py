"""Pushed authorization requests. Spec: RFC 9126 §2.2, §4."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.grant import AuthorizationCode
from idp.oidc.parameters import Parameters
from idp.oidc.pushed_request import PushedRequest
from idp.storage.codes import code_values, keep_code
from idp.storage.db import Database
from idp.storage.rows import NOW, document, given
from idp.storage.schema import pushed_requests
from idp.storage.statement import Claim, Statement

_is_this = pushed_requests.c.digest == given("pushed_digest", pushed_requests.c.digest.type)
_use = (
    update(pushed_requests).where(_is_this, pushed_requests.c.consumed_at.is_(None)).values(consumed_at=NOW)
)

ADD = Statement(insert(pushed_requests))
FIND = Statement(select(pushed_requests).where(_is_this))
CONSUME = Statement(_use)
ANSWER = Claim(_use, keep_code)


class PushedRequestRepository:
    """Implements `idp.oidc.pushed_request.PushedRequestStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, digest: bytes, request: PushedRequest) -> None:
        self._db.run(
            ADD,
            digest=digest,
            client_id=request.client_id,
            parameters=document(request.parameters.pairs()),
            created_at=to_milliseconds(request.created_at),
            expires_at=to_milliseconds(request.expires_at),
            consumed_at=None,
        )

    def find(self, digest: bytes) -> PushedRequest | None:
        row = self._db.one(FIND, pushed_digest=digest)
        if row is None:
            return None
        return PushedRequest(
            client_id=row.client_id,
            parameters=Parameters.from_pairs(orjson.loads(row.parameters)),
            created_at=from_milliseconds(row.created_at),
            expires_at=from_milliseconds(row.expires_at),
            is_consumed=row.consumed_at is not None,
        )

    def consume(self, digest: bytes, *, now: datetime) -> bool:
        return self._db.run(CONSUME, pushed_digest=digest, now=to_milliseconds(now)) == 1

    def answer(self, digest: bytes, code_digest: bytes, code: AuthorizationCode, *, now: datetime) -> bool:
        values = code_values(code_digest, code)
        return self._db.claim(ANSWER, pushed_digest=digest, now=to_milliseconds(now), **values)
