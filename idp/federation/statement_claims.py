"""What may stand in an entity statement: one check for each rule, in the order in which they are asked.

Spec: OpenID Federation 1.0 §3.1, §3.2, §5.1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.federation.constraints import FEDERATION_ENTITY, ConstraintError, host_of
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.policy_operators import OPERATORS

Claims = Mapping[str, Any]

MAX_AUTHORITY_HINTS = 32
"""Whoever looks for a chain asks every one of them: an entity with a thousand superiors would make us knock at all."""

ONLY_IN_CONFIGURATIONS = (
    "authority_hints",
    "trust_anchor_hints",
    "trust_marks",
    "trust_mark_issuers",
    "trust_mark_owners",
)
ONLY_ABOUT_SUBORDINATES = ("metadata_policy", "metadata_policy_crit", "constraints", "source_endpoint")
ENDPOINTS_OF_SUPERIORS = ("federation_fetch_endpoint", "federation_list_endpoint")

_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_KEYS_ELSEWHERE = frozenset({"jwks", "jwks_uri", "signed_jwks_uri"})


class StatementError(FederationJwtError):
    """It is no entity statement as the specification wants one. The message quotes nothing of it."""


class MetadataError(StatementError):
    """Its `metadata` or `metadata_policy` is not well formed."""


def _refuse_extensions(claims: Claims) -> None:
    # We know no claim beyond the specification, and `crit` may list no others: whatever is in it, it is not for us.
    if "crit" in claims:
        raise StatementError("a critical claim is not understood here")


def _refuse_claims_of_registration(claims: Claims) -> None:
    if "trust_anchor" in claims:
        raise StatementError("trust_anchor is for answers to explicit registration")


def _require_keys(claims: Claims) -> None:
    _require_jwks(claims.get("jwks"))


def _require_jwks(jwks: object) -> None:
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, Mapping) for key in keys):
        raise StatementError("jwks is missing or no set of keys")
    kids = [key.get("kid") for key in keys]
    if not all(isinstance(kid, str) and kid for kid in kids) or len(set(kids)) != len(kids):
        raise StatementError("every key of jwks has a kid of its own")
    if any(key.get("kty") == "oct" or not _SECRET_MEMBERS.isdisjoint(key) for key in keys):
        raise StatementError("a key of jwks is not public")


def _require_metadata(claims: Claims) -> None:
    metadata = claims.get("metadata", {})
    if not isinstance(metadata, Mapping):
        raise MetadataError("metadata is an object")
    for parameters in metadata.values():
        if not isinstance(parameters, Mapping) or None in parameters.values():
            raise MetadataError("metadata has an object for each entity type, and no null in it")


def _require_federation_metadata(claims: Claims) -> None:
    federation = claims.get("metadata", {}).get(FEDERATION_ENTITY, {})
    if not _KEYS_ELSEWHERE.isdisjoint(federation):
        # There must be one answer to the question which keys an entity of the federation signs with.
        raise MetadataError("the federation keys of an entity are in jwks and nowhere else")
    for name, address in federation.items():
        if name.startswith("federation_") and name.endswith("_endpoint") and not _is_address(address):
            raise MetadataError("a federation endpoint is an https address without fragment")


def _refuse_claims_about_subordinates(claims: Claims) -> None:
    if any(name in claims for name in ONLY_ABOUT_SUBORDINATES):
        raise StatementError("a configuration carries a claim that superiors make about others")


def _require_hints(claims: Claims) -> None:
    for name in ("authority_hints", "trust_anchor_hints"):
        if name in claims and not _are_words(claims[name]):
            raise StatementError(f"{name} is a list of entity ids, and not empty")
        if len(claims.get(name, ())) > MAX_AUTHORITY_HINTS:
            raise StatementError(f"{name} names more than {MAX_AUTHORITY_HINTS}")


def _require_trust_marks(claims: Claims) -> None:
    marks = claims.get("trust_marks", [])
    if not isinstance(marks, list) or not all(_is_trust_mark(mark) for mark in marks):
        raise StatementError("trust_marks is a list of trust_mark_type and trust_mark")


def _is_trust_mark(mark: object) -> bool:
    return isinstance(mark, Mapping) and all(
        isinstance(mark.get(name), str) for name in ("trust_mark_type", "trust_mark")
    )


def _require_trust_mark_issuers(claims: Claims) -> None:
    issuers = claims.get("trust_mark_issuers", {})
    if not isinstance(issuers, Mapping) or not all(
        isinstance(ids, list) and all(isinstance(each, str) for each in ids) for ids in issuers.values()
    ):
        raise StatementError("trust_mark_issuers has a list of entity ids for each type")


def _require_trust_mark_owners(claims: Claims) -> None:
    owners = claims.get("trust_mark_owners", {})
    if not isinstance(owners, Mapping):
        raise StatementError("trust_mark_owners is an object")
    for owner in owners.values():
        if not isinstance(owner, Mapping) or not isinstance(owner.get("sub"), str):
            raise StatementError("trust_mark_owners has sub and jwks for each type")
        _require_jwks(owner.get("jwks"))


def _refuse_claims_of_configurations(claims: Claims) -> None:
    if any(name in claims for name in ONLY_IN_CONFIGURATIONS):
        raise StatementError("a superior makes a claim that entities make about themselves")


def _require_policy(claims: Claims) -> None:
    if not isinstance(claims.get("metadata_policy", {}), Mapping):
        raise MetadataError("metadata_policy is an object")
    if "metadata_policy_crit" not in claims:
        return
    if not _are_words(claims["metadata_policy_crit"]):
        raise MetadataError("metadata_policy_crit is a list of operators, and not empty")
    if not OPERATORS.keys().isdisjoint(claims["metadata_policy_crit"]):
        raise MetadataError("metadata_policy_crit lists an operator that the specification defines")


def _require_constraints(claims: Claims) -> None:
    if not isinstance(claims.get("constraints", {}), Mapping):
        raise StatementError("constraints is an object")


def _require_source_endpoint(claims: Claims) -> None:
    if "source_endpoint" in claims and not _is_address(claims["source_endpoint"]):
        raise StatementError("source_endpoint is an https address")


def _refuse_endpoints_of_superiors(claims: Claims) -> None:
    # Where an authority answers is its own to say: with another's word for it, one superior could speak for a rival.
    federation = claims.get("metadata", {}).get(FEDERATION_ENTITY, {})
    if any(name in federation for name in ENDPOINTS_OF_SUPERIORS):
        raise MetadataError("only an authority itself says where it answers")


def _are_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or "#" in value or " " in value or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        host_of(f"{parts.scheme}://{parts.netloc}")
    except (ConstraintError, ValueError):
        return False
    return True


Check = Callable[[Claims], None]

IN_EVERY_STATEMENT: tuple[Check, ...] = (
    _refuse_extensions,
    _refuse_claims_of_registration,
    _require_keys,
    _require_metadata,
    _require_federation_metadata,
)
IN_CONFIGURATIONS: tuple[Check, ...] = (
    _refuse_claims_about_subordinates,
    _require_hints,
    _require_trust_marks,
    _require_trust_mark_issuers,
    _require_trust_mark_owners,
)
ABOUT_SUBORDINATES: tuple[Check, ...] = (
    _refuse_claims_of_configurations,
    _require_policy,
    _require_constraints,
    _require_source_endpoint,
    _refuse_endpoints_of_superiors,
)
