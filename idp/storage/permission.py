"""The columns that a waiting code and the grant made from it have in common."""

from __future__ import annotations

from typing import Any

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.grant import Grant
from idp.oidc.vocabulary import AcrLevel
from idp.storage.rows import joined, words
from idp.storage.statement import Row

COLUMNS = (
    "client_id",
    "account_id",
    "session_id",
    "subject",
    "scope",
    "userinfo_claims",
    "id_token_claims",
    "resources",
    "level",
    "amr",
    "authenticated_at",
    "offline",
    "home_iss",
)


def values_of(grant: Grant) -> dict[str, Any]:
    """The grant's permission as column values."""
    return {
        "client_id": grant.client_id,
        "account_id": grant.account_id,
        "session_id": grant.session_id,
        "subject": grant.subject,
        "scope": joined(grant.scope),
        "userinfo_claims": joined(grant.userinfo_claims),
        "id_token_claims": joined(grant.id_token_claims),
        "resources": joined(grant.resources),
        "level": grant.level.value,
        "amr": joined(grant.amr),
        "authenticated_at": to_milliseconds(grant.auth_time),
        "offline": grant.offline,
        "home_iss": grant.home_iss,
    }


def grant_of(row: Row, *, grant_id: str, expires_at: int, jkt: str | None = None) -> Grant:
    """The grant that a row with these columns stands for."""
    return Grant(
        id=grant_id,
        client_id=row.client_id,
        account_id=row.account_id,
        session_id=row.session_id,
        subject=row.subject,
        scope=words(row.scope),
        userinfo_claims=words(row.userinfo_claims),
        id_token_claims=words(row.id_token_claims),
        resources=words(row.resources),
        level=AcrLevel(row.level),
        amr=words(row.amr),
        auth_time=from_milliseconds(row.authenticated_at),
        offline=bool(row.offline),
        expires_at=from_milliseconds(expires_at),
        home_iss=row.home_iss,
        jkt=jkt,
    )
