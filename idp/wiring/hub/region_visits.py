"""Visiting a region: what it says of itself, fetched, verified against the hub's own anchor, and policy applied.

What comes back is a value; whether it changes the list is `idp.trustlist.changes`' to say.
Spec: OpenID Federation 1.0 §9, §8.1, §10.2.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.adapters.jose_client_keys import imported, may_verify
from idp.federation import entity_statement, signatures
from idp.federation.addresses import configuration_of
from idp.federation.constraints import FEDERATION_ENTITY, ConstraintError, host_of
from idp.federation.entity_statement import EntityStatement, StatementError
from idp.federation.signatures import NotSigned, Signatures
from idp.federation.trust_chain import LEEWAY, ChainError, TrustChain, validate
from idp.foundation.sentence import N_, Refusal
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.listing import FederationKey, ListedRegion, Vouched, in_order
from idp.trustlist.region_rules import ALGORITHMS
from idp.wiring.hub.region_statements import RegionStatements

STATEMENT_MEDIA_TYPE = "application/entity-statement+jwt"
MAX_STATEMENT = 64 * 1024
"""Bytes: no larger statement fits into a bundle."""
_TIMES = frozenset({"iat", "exp"})


class VisitFailed(Refusal):
    """The region cannot be reached, or says what must not be believed."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a region that is not listed yet says of itself, verified by nothing but its own keys."""

    op: str
    name: Mapping[str, str]
    keys: tuple[FederationKey, ...]
    """To be compared with what the region's operators say over another way."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a visit brought."""

    keys: tuple[FederationKey, ...]
    vouched: Vouched
    configured_at: datetime
    """The date of the intermediate's configuration."""


class RegionVisits:
    """Asks the regions. Six requests a visit, each bounded in time and size."""

    def __init__(self, issuer: str, egress: Egress, about: RegionStatements, verifier: Signatures) -> None:
        self._issuer, self._egress, self._about, self._verifier = issuer, egress, about, verifier

    def introduction(self, op: str, *, now: datetime) -> Introduction:
        """Whom we would list. Raises: VisitFailed."""
        _require_issuer(op)
        configuration = self._intermediate(op)
        try:
            signatures.verify(configuration.jwt, configuration.jwks, self._verifier)
        except NotSigned as error:
            raise VisitFailed(
                "visit-unsigned",
                N_("%(region)s does not sign what it says of itself: %(detail)s"),
                region=op,
                detail=str(error),
            ) from error
        if configuration.expires_at <= now - LEEWAY:
            raise VisitFailed("visit-expired", N_("What %(region)s says of itself has expired."), region=op)
        return Introduction(op, _name_of(configuration), _keys_of(configuration))

    def first(
        self, met: Introduction, ceiling: AcrLevel, domains: tuple[str, ...], *, now: datetime
    ) -> Found:
        """Visit a region that is about to be listed, with the keys that were compared. Raises: VisitFailed."""
        jwks = {"keys": [dict(key.jwk) for key in met.keys]}
        return self._found(met.op, self._statement_about(met.op, jwks, ceiling, domains, now), now)

    def again(self, region: ListedRegion, *, now: datetime) -> Found:
        """Visit a listed region, with the keys that we know. Raises: VisitFailed."""
        statement = self._statement_about(region.op, region.jwks, region.ceiling, region.domains, now)
        return self._found(region.op, statement, now)

    def _statement_about(
        self,
        op: str,
        jwks: Mapping[str, Any],
        ceiling: AcrLevel,
        domains: tuple[str, ...],
        now: datetime,
    ) -> str:
        try:
            return self._about.about(op, jwks, ceiling, domains, now=now)
        except StatementError as error:
            raise VisitFailed(
                "visit-no-statement",
                N_("No statement can be made about %(region)s: %(detail)s"),
                region=op,
                detail=str(error),
            ) from error

    def _found(self, op: str, statement: str, now: datetime) -> Found:
        intermediate = self._intermediate(op)
        chain = self._held([intermediate.token, statement], now)
        provider, about_provider = self._leaf(op, intermediate, statement, op, now)
        broker, about_broker = self._leaf(op, intermediate, statement, f"{op}/rp", now)
        # Who leaves its issuer out is called by its entity id, which is the same (OpenID Federation 1.0 §5.1.3).
        op_metadata = {"issuer": op, **_usable(provider, "openid_provider")}
        rp_metadata = _usable(broker, "openid_relying_party")
        if op_metadata.get("issuer") != op:
            raise VisitFailed(
                "visit-other-provider", N_("The provider of %(region)s does not call itself so."), region=op
            )
        expires_at = min(chain.expires_at, provider.expires_at, broker.expires_at)
        return Found(
            keys=_keys_of(intermediate),
            configured_at=intermediate.issued_at,
            vouched=Vouched(
                op_statement=about_provider.token,
                rp_statement=about_broker.token,
                op_metadata=op_metadata,
                rp_metadata=rp_metadata,
                meaning=_digest([_untimed(about_provider), _untimed(about_broker), op_metadata, rp_metadata]),
                renew_at=now + (expires_at - now) / 2,
                expires_at=expires_at,
            ),
        )

    def _leaf(
        self, op: str, intermediate: EntityStatement, statement: str, entity: str, now: datetime
    ) -> tuple[TrustChain, EntityStatement]:
        """One of the region's two leaves, through its intermediate and us."""
        configuration = self._statement(configuration_of(entity), entity, entity)
        endpoint = intermediate.metadata.get(FEDERATION_ENTITY, {}).get("federation_fetch_endpoint", "")
        if not str(endpoint).startswith(f"{op}/"):
            # We fetch from a region what is the region's, and are sent nowhere else.
            raise VisitFailed(
                "visit-elsewhere",
                N_("%(region)s answers for its entities somewhere else than at its own address."),
                region=op,
            )
        about = self._statement(f"{endpoint}?sub={quote(entity, safe='')}", f"{op}/fed", entity)
        return self._held([configuration.token, about.token, statement], now), about

    def _intermediate(self, op: str) -> EntityStatement:
        entity = f"{op}/fed"
        return self._statement(configuration_of(entity), entity, entity)

    def _statement(self, url: str, issuer: str, subject: str) -> EntityStatement:
        """A statement of one about another, as far as it can be told without keys. Raises: VisitFailed."""
        try:
            answer = self._egress.get(url, types=(STATEMENT_MEDIA_TYPE,), max_bytes=MAX_STATEMENT)
            if answer.status != 200:
                raise VisitFailed(
                    "visit-status", N_("%(url)s answered %(status)s."), url=url, status=answer.status
                )
            found = entity_statement.parse(answer.body.decode("ascii"))
        except EgressError as error:
            raise VisitFailed(
                "visit-unfetched",
                N_("%(url)s could not be fetched (%(detail)s)."),
                url=url,
                detail=str(error),
            ) from error
        except (StatementError, UnicodeDecodeError) as error:
            raise VisitFailed(
                "visit-no-answer", N_("What %(url)s answered is no entity statement."), url=url
            ) from error
        if (found.issuer, found.subject) != (issuer, subject):
            raise VisitFailed(
                "visit-somebody-else", N_("What %(url)s answered is about somebody else."), url=url
            )
        return found

    def _held(self, chain: list[str], now: datetime) -> TrustChain:
        try:
            return validate(chain, self._about.anchors, self._verifier, now=now)
        except ChainError as error:
            raise VisitFailed(
                "visit-chain",
                N_("The chain of %(entity)s cannot be trusted: %(detail)s"),
                entity=entity_statement.parse(chain[0]).subject,
                detail=str(error),
            ) from error


def _require_issuer(op: str) -> None:
    try:
        host_of(op)
    except ConstraintError as error:
        raise VisitFailed(
            "visit-no-issuer", N_("%(region)s is no issuer: %(detail)s"), region=op, detail=str(error)
        ) from error
    if urlsplit(op).path:
        raise VisitFailed(
            "visit-issuer-with-path",
            N_("%(region)s is no issuer: an issuer has no path and no slash at its end."),
            region=op,
        )


def _keys_of(configuration: EntityStatement) -> tuple[FederationKey, ...]:
    """The federation keys that an intermediate says it has. Raises: VisitFailed — one has another name than its own."""
    keys = []
    for jwk in configuration.jwks["keys"]:
        key = imported(jwk) if may_verify(jwk) else None
        if key is None or key.thumbprint() != jwk["kid"]:
            # By any other name an old key could come back, or a revoked one.
            raise VisitFailed(
                "visit-key-name",
                N_("A federation key of %(entity)s is not named by its thumbprint."),
                entity=configuration.subject,
            )
        keys.append(FederationKey(jwk["kid"], jwk))
    return in_order(keys)


def _usable(chain: TrustChain, entity_type: str) -> dict[str, Any]:
    """Resolved metadata with its keys by value: those that may sign and that everybody can read."""
    metadata = chain.metadata.get(entity_type, {})
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise VisitFailed(
            "visit-no-metadata",
            N_("%(entity)s has no metadata of the type %(type)s with jwks in it."),
            entity=chain.subject,
            type=entity_type,
        )
    good = [key for key in keys if _may_be_listed(key)]
    if not good:
        raise VisitFailed(
            "visit-no-key", N_("%(entity)s has no key in its jwks that may sign."), entity=chain.subject
        )
    return {**metadata, "jwks": {"keys": good}}


def _may_be_listed(jwk: Any) -> bool:
    is_named = isinstance(jwk, Mapping) and isinstance(jwk.get("kid"), str)
    return (
        is_named
        and jwk.get("alg", ALGORITHMS[0]) in ALGORITHMS
        and may_verify(jwk)
        and imported(jwk) is not None
    )


def _name_of(configuration: EntityStatement) -> dict[str, str]:
    """How a region calls itself: `organization_name`, and with a language tag behind it (§5.2.2)."""
    metadata = configuration.metadata.get(FEDERATION_ENTITY, {})
    names = {
        key.partition("#")[2] or "en": value
        for key, value in metadata.items()
        if key.partition("#")[0] == "organization_name" and isinstance(value, str) and 0 < len(value) <= 200
    }
    return names or {"en": configuration.subject}


def _untimed(statement: EntityStatement) -> dict[str, Any]:
    return {name: value for name, value in statement.claims.items() if name not in _TIMES}


def _digest(value: Any) -> str:
    raw = json.dumps(value, sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
