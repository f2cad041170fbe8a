"""Grants of people from other regions, in force only while what their region said of them is believed.

As the trust bundle ages, strong sign-ins are believed no longer, then weaker ones, then none: the tokens made from them
lapse with them, and are good again when a fresh bundle has come. What is taken away for good ends in the store. Grants
of our own people are asked nothing. Spec: decision on the trust bundle.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from idp.foundation.events import Event
from idp.oidc.acr import AcrNames
from idp.oidc.grant import FoundRefreshToken, Grant, LiveGrant, NewRefreshToken
from idp.oidc.ports import GrantStore
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.following.trust import Trust


class BelievedGrants:
    """Implements `idp.oidc.ports.GrantStore` over another one."""

    def __init__(self, grants: GrantStore, trust: Trust, acr: AcrNames) -> None:
        self._grants, self._trust, self._acr = grants, trust, acr

    def find_live(self, grant_id: str, jti: str, *, now: datetime) -> LiveGrant | None:
        found = self._grants.find_live(grant_id, jti, now=now)
        return found if found is not None and self._is_believed(found.grant, now) else None

    def find_refresh_token(self, digest: bytes, *, now: datetime) -> FoundRefreshToken | None:
        found = self._grants.find_refresh_token(digest, now=now)
        if found is None or self._is_believed(found.grant, now):
            return found
        return replace(found, is_grant_live=False)

    def revoke(self, grant_id: str, *, now: datetime, saying: Event | None = None) -> bool:
        return self._grants.revoke(grant_id, now=now, saying=saying)

    def rotate(self, digest: bytes, successor: NewRefreshToken, *, now: datetime) -> bool:
        return self._grants.rotate(digest, successor, now=now)

    def revoke_access_token(self, jti: str, expires_at: datetime) -> None:
        self._grants.revoke_access_token(jti, expires_at)

    def is_access_token_revoked(self, jti: str) -> bool:
        return self._grants.is_access_token_revoked(jti)

    def _is_believed(self, grant: Grant, now: datetime) -> bool:
        if grant.home_iss is None:
            return True
        try:
            self._trust().require_acr(grant.home_iss, self._acr.name(grant.level), now=now)
        except NotTrusted:
            return False
        return True
