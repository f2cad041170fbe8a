"""What the database says, asked directly: some promises are about rows that no page and no endpoint shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import column, func, select, table

from idp.foundation.events import EventKind
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.oidc.grant import FoundCode, FoundRefreshToken
from idp.storage.rows import given
from idp.storage.schema import audit_events, authorization_codes, grants, refresh_tokens
from idp.storage.statement import Statement
from idp.wiring import Services

EVENTS = Statement(select(audit_events).where(audit_events.c.kind == given("kind")))
CODES_FOR = Statement(
    select(func.count().label("codes")).where(authorization_codes.c.client_id == given("client"))
)
GRANTS_OF = Statement(select(func.count().label("grants")).where(grants.c.id == given("grant")))
# Only PostgreSQL has this table.
_session = table("pg_stat_activity", column("datname"), column("backend_type"))
SESSIONS = Statement(
    select(func.count().label("sessions"))
    .select_from(_session)
    .where(_session.c.datname == func.current_database(), _session.c.backend_type == "client backend")
)
FAMILY = Statement(select(refresh_tokens.c.consumed_at).where(refresh_tokens.c.grant_id == given("grant")))


@dataclass(frozen=True)
class Ledger:
    """Counts of rows."""

    services: Services

    def events(self, kind: EventKind) -> Counter[str]:
        """How often this was recorded about each subject."""
        return Counter(row.subject for row in self.services.database.all(EVENTS, kind=kind.value))

    def codes_for(self, client_id: str) -> int:
        """How many codes a mini-app was ever given."""
        row = self.services.database.one(CODES_FOR, client=client_id)
        return 0 if row is None else int(row.codes)

    def grant_of(self, value: str) -> str:
        """The id of the grant that a code or refresh token is for, used or not."""
        found = self._find(value)
        return found.code.grant.id if isinstance(found, FoundCode) else found.grant.id

    def is_used(self, value: str) -> bool:
        """Whether somebody redeemed this code or used this refresh token."""
        return self._find(value).is_consumed

    def grants_from(self, value: str) -> int:
        """How many grants there are of the code or refresh token."""
        row = self.services.database.one(GRANTS_OF, grant=self.grant_of(value))
        return 0 if row is None else int(row.grants)

    def family_of(self, value: str) -> list[bool]:
        """For each refresh token of the grant, whether it was used; the used ones first."""
        rows = self.services.database.all(FAMILY, grant=self.grant_of(value))
        return sorted((row.consumed_at is not None for row in rows), reverse=True)

    def is_ours_alone(self) -> bool:
        """Whether nobody else is connected. PostgreSQL carries out what a killed server sent last, a moment later."""
        if self.services.settings.database_url.startswith("sqlite"):
            return True
        row = self.services.database.one(SESSIONS)
        return row is not None and int(row.sessions) <= self.services.database.open_connections()

    def _find(self, value: str) -> FoundCode | FoundRefreshToken:
        stores, now = self.services.stores, self.services.clock.now()
        found = (
            stores.codes.find(digest(value))
            if is_kind(Kind.CODE, value)
            else stores.grants.find_refresh_token(digest(value), now=now)
        )
        assert found is not None, "the database does not know it"
        return found
