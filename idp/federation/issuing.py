"""What we say as an entity: the claims of our own statements, strict before anybody signs them.

Pure. Whatever is built here passes `entity_statement.parse`, and more: every rule of ours about others holds for us
first, and so do the specification's recommendations.
Spec: OpenID Federation 1.0 §3, §5, §6, §7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from idp.federation import constraints as rules
from idp.federation import metadata_policy as policies
from idp.federation.constraints import FEDERATION_ENTITY, ConstraintError, host_of
from idp.federation.metadata_policy import PolicyError
from idp.federation.statement_claims import (
    ABOUT_SUBORDINATES,
    ENDPOINTS_OF_SUPERIORS,
    IN_CONFIGURATIONS,
    IN_EVERY_STATEMENT,
    StatementError,
)

Json = dict[str, Any]
Jwks = Mapping[str, Any]

STATEMENT_LIFETIME = timedelta(hours=24)
"""How long a statement holds. There is no way to take one back (§11.4), so this is how long a mistake lives."""
MAX_LIFETIME = timedelta(days=30)
MARK_LIFETIME = timedelta(days=30)
"""The longest that a trust mark may last without being asked about."""
MAX_CLAIMS_SIZE = 180_000
"""In bytes of JSON: what stays below `federation_jwt.MAX_SIZE` when it is encoded and signed."""


def configuration_claims(
    *,
    entity: str,
    jwks: Jwks,
    now: datetime,
    metadata: Mapping[str, Mapping[str, Any]],
    authority_hints: Sequence[str] = (),
    trust_marks: Sequence[Mapping[str, str]] = (),
    trust_mark_issuers: Mapping[str, Sequence[str]] | None = None,
    trust_mark_owners: Mapping[str, Mapping[str, Any]] | None = None,
    lifetime: timedelta = STATEMENT_LIFETIME,
) -> Json:
    """What an entity of ours says about itself. Without `authority_hints` it is a trust anchor.

    What is empty is left out. Raises: StatementError — nobody should sign this. Spec: OpenID Federation 1.0 §3.
    """
    claims = _terms(entity, entity, jwks, now, lifetime) | {
        "metadata": {entity_type: dict(each) for entity_type, each in metadata.items()}
    }
    claims |= _given(
        authority_hints=list(authority_hints),
        trust_marks=[dict(mark) for mark in trust_marks],
        trust_mark_issuers={name: list(ids) for name, ids in (trust_mark_issuers or {}).items()},
        trust_mark_owners={name: dict(owner) for name, owner in (trust_mark_owners or {}).items()},
    )
    for check in (*IN_EVERY_STATEMENT, *IN_CONFIGURATIONS):
        check(claims)
    _require_entity_ids(authority_hints, without=entity)
    _require_role(claims)
    _require_rules_of_anchor(claims)
    return _short_enough(claims)


def subordinate_claims(
    *,
    issuer: str,
    subject: str,
    jwks: Jwks,
    now: datetime,
    metadata: Mapping[str, Mapping[str, Any]] | None = None,
    metadata_policy: Mapping[str, Any] | None = None,
    constraints: Mapping[str, Any] | None = None,
    source_endpoint: str | None = None,
    lifetime: timedelta = STATEMENT_LIFETIME,
) -> Json:
    """What a superior of ours says about one entity right below it. `jwks` are the subject's federation keys.

    The constraints have to allow the subject itself, and the policy must not contradict itself.
    Raises: StatementError — nobody should sign this. Spec: OpenID Federation 1.0 §3, §6.
    """
    if issuer == subject:
        raise StatementError("nobody is its own superior")
    claims = _terms(issuer, subject, jwks, now, lifetime) | _given(
        metadata={entity_type: dict(each) for entity_type, each in (metadata or {}).items()},
        metadata_policy=dict(metadata_policy or {}),
        constraints=dict(constraints or {}),
        source_endpoint=source_endpoint,
    )
    for check in (*IN_EVERY_STATEMENT, *ABOUT_SUBORDINATES):
        check(claims)
    _require_sound_rules(claims)
    return _short_enough(claims)


def _terms(issuer: str, subject: str, jwks: Jwks, now: datetime, lifetime: timedelta) -> Json:
    _require_entity_ids((issuer, subject))
    seconds = int(lifetime.total_seconds())
    if not 0 < seconds <= MAX_LIFETIME.total_seconds():
        raise StatementError("a statement lasts for a second or longer, and 30 days at most")
    issued_at = int(now.timestamp())
    return {
        "iss": issuer,
        "sub": subject,
        "iat": issued_at,
        "exp": issued_at + seconds,
        "jwks": {"keys": deepcopy(jwks.get("keys"))},
    }


def _given(**claims: Any) -> Json:
    return {name: value for name, value in claims.items() if value}


def _require_entity_ids(entity_ids: Sequence[str], *, without: str | None = None) -> None:
    for entity_id in entity_ids:
        try:
            host_of(entity_id)
        except ConstraintError as error:
            raise StatementError(str(error)) from error
        if entity_id == without:
            raise StatementError("nobody is its own superior")


def _require_role(claims: Json) -> None:
    """A leaf has no subordinates to ask about; whoever has some says where to ask. Spec: §5.1.1."""
    federation = claims["metadata"].get(FEDERATION_ENTITY, {})
    answered = [name for name in ENDPOINTS_OF_SUPERIORS if name in federation]
    if answered and len(answered) != len(ENDPOINTS_OF_SUPERIORS):
        raise StatementError("a superior publishes both where to fetch and where to list")
    if answered and claims["metadata"].keys() != {FEDERATION_ENTITY}:
        # One entity in one role: a provider that vouched for others would mix keys and rights.
        raise StatementError("only an entity that is nothing else publishes where to fetch and list")
    if not answered and "authority_hints" not in claims:
        raise StatementError("an entity without superior is an anchor, and says where to fetch and list")
    for name, address in federation.items():
        if name.startswith("federation_") and name.endswith("_endpoint") and urlsplit(address).query:
            raise StatementError("the address of a federation endpoint has no query")


def _require_rules_of_anchor(claims: Json) -> None:
    issuers, owners = claims.get("trust_mark_issuers", {}), claims.get("trust_mark_owners", {})
    if (issuers or owners) and "authority_hints" in claims:
        raise StatementError("only an anchor says who may issue trust marks")
    if not all(issuers.values()):
        # To the specification an empty list means anybody (§7.3): never what somebody meant to say.
        raise StatementError("every type of trust mark has an issuer")
    _require_entity_ids([issuer for ids in issuers.values() for issuer in ids])
    _require_entity_ids([owner["sub"] for owner in owners.values()])


def _require_sound_rules(claims: Json) -> None:
    constraints = claims.get("constraints", {})
    try:
        rules.require(constraints, intermediates_below=0, subjects_below=[claims["sub"]])
        rules.allowed_types(constraints)
        policies.merged([claims.get("metadata_policy", {})])
    except (ConstraintError, PolicyError) as error:
        raise StatementError(str(error)) from error


def _short_enough(claims: Json) -> Json:
    if len(json.dumps(claims)) > MAX_CLAIMS_SIZE:
        raise StatementError("the statement is too large")
    return claims
