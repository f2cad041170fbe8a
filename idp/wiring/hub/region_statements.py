"""The hub's statements about the regions' intermediates, signed anew only when they say something else or grow old.

Spec: OpenID Federation 1.0 §3, §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.federation import federation_jwt
from idp.federation.addresses import FETCH
from idp.federation.entity_statement import STATEMENT_TYPE
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.issuing import subordinate_claims
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.listing import ListedRegion, TrustList
from idp.trustlist.region_rules import constraints, metadata_policy
from idp.wiring.publishing.statements import Statements

_TIMES = frozenset({"iat", "exp"})


class RegionStatements:
    """What the hub says about the regions right below it."""

    def __init__(self, issuer: str, acr: AcrNames, statements: Statements) -> None:
        self._issuer, self._acr, self._statements = issuer, acr, statements

    @property
    def anchors(self) -> Mapping[str, Mapping[str, Any]]:
        """The hub as the only anchor, with its own keys."""
        return {self._issuer: self._statements.jwks}

    def about(
        self, op: str, jwks: Mapping[str, Any], ceiling: AcrLevel, domains: Sequence[str], *, now: datetime
    ) -> str:
        """A new statement about a region's intermediate. Raises: StatementError — it would be none."""
        return self._statements.sign(self._claims(op, jwks, ceiling, domains, now))

    def brought_up_to_date(self, listed: TrustList, *, now: datetime) -> TrustList:
        """The list with a statement that holds in every line that is to have one."""
        regions = tuple(self._with_statement(region, now) for region in listed.regions)
        return listed if regions == listed.regions else replace(listed, regions=regions)

    def _with_statement(self, region: ListedRegion, now: datetime) -> ListedRegion:
        jwks = region.jwks
        if region.status is not RegionStatus.ACTIVE or not jwks["keys"]:
            return replace(region, statement="")
        claims = self._claims(region.op, jwks, region.ceiling, region.domains, now)
        if region.statement and self._is_good(region.statement, claims, now):
            return region
        return replace(region, statement=self._statements.sign(claims))

    def _is_good(self, statement: str, claims: Mapping[str, Any], now: datetime) -> bool:
        """Whether a statement says this, has half of its life before it, and its key is still one of ours."""
        try:
            held = federation_jwt.read(statement, STATEMENT_TYPE)
        except FederationJwtError:
            return False
        left = federation_jwt.moment(held.claims, "exp") - now
        kids = {key["kid"] for key in self._statements.jwks["keys"]}
        is_of_now = timedelta(0) < left <= self._statements.lifetime and left > self._statements.lifetime / 2
        return is_of_now and held.kid in kids and _untimed(held.claims) == _untimed(claims)

    def _claims(
        self,
        op: str,
        jwks: Mapping[str, Any],
        ceiling: AcrLevel,
        domains: Sequence[str],
        now: datetime,
    ) -> dict[str, Any]:
        return subordinate_claims(
            issuer=self._issuer,
            subject=f"{op}/fed",
            jwks=jwks,
            now=now,
            metadata_policy=metadata_policy(
                [self._acr.name(level) for level in AcrLevel if level <= ceiling]
            ),
            constraints=constraints(op, domains),
            source_endpoint=f"{self._issuer}{FETCH}",
            lifetime=self._statements.lifetime,
        )


def _untimed(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in _TIMES}
