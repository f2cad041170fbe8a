"""Whether a chain of entity statements leads to an anchor that we chose ourselves, and what it makes of its subject.

Pure: statements in, a value or an error out. Keys come from the chain itself and from the pinned anchors, for this one
question; nothing is kept. Statements run from the subject's own configuration upwards, as §4 writes them down.

    validate([configuration, about_it, about_its_superior, anchors_configuration], anchors, signatures, now=now)

Spec: OpenID Federation 1.0 §4, §6.1.4.2, §6.2, §10.2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from idp.federation import constraints, entity_statement, metadata_policy, signatures
from idp.federation.constraints import ConstraintError
from idp.federation.entity_statement import EntityStatement, MetadataError, StatementError
from idp.federation.metadata_policy import PolicyError
from idp.federation.signatures import Jwk, Jwks, NotSigned, Signatures

LEEWAY = timedelta(seconds=60)
"""How far the clocks of two entities may be apart."""
MAX_LENGTH = 6
"""Statements in a chain: the subject's, one of each superior, the anchor's own; room for two levels below a region."""

_ISSUER_IS_ENTITY = ("openid_provider", "oauth_authorization_server")


class ChainFault(StrEnum):
    """Why a chain does not hold, in the words of OpenID Federation 1.0 §8.9."""

    TRUST_CHAIN = "invalid_trust_chain"
    TRUST_ANCHOR = "invalid_trust_anchor"
    METADATA = "invalid_metadata"


class ChainError(Exception):
    """The chain does not hold. The message quotes nothing of it; `detail`, for the log, may."""

    def __init__(self, reason: ChainFault, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TrustChain:
    """A chain that holds: its subject is trusted, as what `metadata` says, until `expires_at`."""

    statements: tuple[EntityStatement, ...]
    expires_at: datetime
    """When the first of its statements ends."""
    metadata_json: str
    """What `metadata` gives copies of: as text it cannot be changed by one reader for the next."""
    jwks_json: str

    @property
    def subject(self) -> str:
        """Entity id of whom the chain is about."""
        return self.statements[0].subject

    @property
    def anchor(self) -> str:
        """Entity id of the pinned authority that it ends in."""
        return self.statements[-1].issuer

    @property
    def superior(self) -> str:
        """Entity id of who answers for the subject; the anchor answers for itself."""
        return self.statements[min(1, len(self.statements) - 1)].issuer

    @property
    def tokens(self) -> tuple[str, ...]:
        """The statements as they came."""
        return tuple(statement.token for statement in self.statements)

    @property
    def anchor_configuration(self) -> EntityStatement | None:
        """What the anchor says about itself, when the chain has it."""
        last = self.statements[-1]
        return last if last.is_configuration else None

    @property
    def metadata(self) -> dict[str, dict[str, Any]]:
        """Entity type → parameter → value after policy; a new copy each time."""
        metadata: dict[str, dict[str, Any]] = json.loads(self.metadata_json)
        return metadata

    @property
    def jwks(self) -> Jwks:
        """The federation keys of the subject that both it and its superior name; a new copy each time."""
        jwks: dict[str, Any] = json.loads(self.jwks_json)
        return jwks


def validate(
    chain: Sequence[str],
    anchors: Mapping[str, Jwks],
    verifier: Signatures,
    *,
    now: datetime,
    leeway: timedelta = LEEWAY,
    max_length: int = MAX_LENGTH,
    audience: str | None = None,
) -> TrustChain:
    """The trust that a chain of compact JWSs proves.

    `anchors` are the authorities that the caller trusts by itself: entity id → the keys it got over another way. Any
    superior may be one, an intermediate too. The anchor's own configuration may be left out at the end. `audience` is
    given when the subject's configuration is a request for explicit registration, and is who was asked.

    Raises: ChainError. Spec: OpenID Federation 1.0 §10.2.
    """
    statements = _parsed(chain, max_length, audience)
    pinned = _pinned_keys(statements, anchors)
    _require_order(statements)
    _require_hint(statements)
    _require_current(statements, now, leeway)
    _require_signed(statements, pinned, verifier)
    _require_within_constraints(statements)
    return TrustChain(
        statements=statements,
        expires_at=min(statement.expires_at for statement in statements),
        metadata_json=json.dumps(_resolved(statements)),
        jwks_json=json.dumps(_vouched_for(statements[0].jwks, _keys_above(statements, 0, pinned))),
    )


def _parsed(chain: Sequence[str], max_length: int, audience: str | None) -> tuple[EntityStatement, ...]:
    if not 1 <= len(chain) <= max_length:
        raise ChainError(ChainFault.TRUST_CHAIN, f"a chain has 1 to {max_length} statements")
    return tuple(
        _parsed_statement(token, index, audience if index == 0 else None) for index, token in enumerate(chain)
    )


def _parsed_statement(token: str, index: int, audience: str | None) -> EntityStatement:
    try:
        return entity_statement.parse(token, audience=audience)
    except StatementError as error:
        reason = ChainFault.METADATA if isinstance(error, MetadataError) else ChainFault.TRUST_CHAIN
        raise ChainError(reason, f"statement {index}: {error}") from error


def _pinned_keys(statements: Sequence[EntityStatement], anchors: Mapping[str, Jwks]) -> Jwks:
    keys = anchors.get(statements[-1].issuer)
    if keys is None:
        raise ChainError(ChainFault.TRUST_ANCHOR, "the chain ends in no anchor that is trusted here")
    return keys


def _require_order(statements: Sequence[EntityStatement]) -> None:
    first, above = statements[0], statements[1:]
    if not first.is_configuration:
        raise ChainError(ChainFault.TRUST_CHAIN, "a chain begins with what its subject says about itself")
    if any(statement.is_configuration for statement in above[:-1]) or (
        len(above) == 1 and above[0].is_configuration
    ):
        raise ChainError(ChainFault.TRUST_CHAIN, "only the first and the last speak about themselves")
    if any(lower.issuer != upper.subject for lower, upper in pairwise(statements)):
        raise ChainError(ChainFault.TRUST_CHAIN, "a statement is not about the issuer of the one below it")
    # The anchor's own configuration comes from whom the statement below it comes from; nobody else speaks twice.
    issuers = [
        statement.issuer
        for statement in (first, *above)
        if statement is first or not statement.is_configuration
    ]
    if len(set(issuers)) != len(issuers):
        raise ChainError(ChainFault.TRUST_CHAIN, "the chain leads back to somebody it has passed")


def _require_hint(statements: Sequence[EntityStatement]) -> None:
    """Only whom an entity names as its superior can answer for it. Spec: OpenID Federation 1.0 §3.2."""
    if len(statements) > 1 and statements[1].issuer not in statements[0].authority_hints:
        raise ChainError(ChainFault.TRUST_CHAIN, "the subject does not name its superior in authority_hints")


def _require_current(statements: Sequence[EntityStatement], now: datetime, leeway: timedelta) -> None:
    for index, statement in enumerate(statements):
        if statement.issued_at > now + leeway:
            raise ChainError(ChainFault.TRUST_CHAIN, f"statement {index} is from the future")
        if statement.expires_at <= now - leeway:
            raise ChainError(ChainFault.TRUST_CHAIN, f"statement {index} has expired")


def _require_signed(statements: Sequence[EntityStatement], pinned: Jwks, verifier: Signatures) -> None:
    _verify(statements, 0, [statements[0].jwks, _keys_above(statements, 0, pinned)], verifier)
    for index in range(1, len(statements)):
        _verify(statements, index, [_keys_above(statements, index, pinned)], verifier)


def _keys_above(statements: Sequence[EntityStatement], index: int, pinned: Jwks) -> Jwks:
    """The keys that the issuer of a statement has by the word of those above it.

    The anchor has the keys that were pinned: what it says of its own keys inside a chain, anybody could have said.
    """
    if statements[index].issuer == statements[-1].issuer:
        return pinned
    return statements[index + 1].jwks


def _verify(
    statements: Sequence[EntityStatement], index: int, sets: Sequence[Jwks], verifier: Signatures
) -> None:
    """Require a signature by the key of the header, which has to be in each of the sets."""
    document = statements[index].jwt
    try:
        keys = [signatures.find_key(document, jwks) for jwks in sets]
        for key in keys[:1] if all(key == keys[0] for key in keys) else keys:
            signatures.verify_with(document, key, verifier)
    except NotSigned as error:
        raise ChainError(
            ChainFault.TRUST_CHAIN, f"statement {index} is not signed by its issuer: {error}"
        ) from error


def _require_within_constraints(statements: Sequence[EntityStatement]) -> None:
    about = _about_subordinates(statements)
    for below, statement in enumerate(about):
        subjects = [each.subject for each in reversed(about[: below + 1])]
        try:
            constraints.require(statement.constraints, intermediates_below=below, subjects_below=subjects)
        except ConstraintError as error:
            raise ChainError(
                ChainFault.TRUST_CHAIN,
                f"statement {below + 1} does not allow what is below it",
                detail=str(error),
            ) from error


def _resolved(statements: Sequence[EntityStatement]) -> dict[str, dict[str, Any]]:
    """The subject's metadata: its superior's words on top, types that are not allowed gone, then policy."""
    about = _about_subordinates(statements)
    metadata = {entity_type: dict(each) for entity_type, each in statements[0].metadata.items()}
    for entity_type, each in about[0].metadata.items() if about else ():
        if entity_type in metadata:
            metadata[entity_type].update(each)
    for statement in about:
        allowed = _allowed_types(statement)
        metadata = {kind: each for kind, each in metadata.items() if allowed is None or kind in allowed}
    try:
        resolved = metadata_policy.resolve(
            [statement.metadata_policy for statement in reversed(about)],
            metadata,
            critical={operator for statement in about for operator in statement.critical_operators},
        )
    except PolicyError as error:
        raise ChainError(
            ChainFault.METADATA, "the metadata does not pass the policies above it", detail=str(error)
        ) from error
    _require_own_issuer(statements[0].subject, resolved)
    return resolved


def _allowed_types(statement: EntityStatement) -> frozenset[str] | None:
    try:
        return constraints.allowed_types(statement.constraints)
    except ConstraintError as error:
        raise ChainError(ChainFault.TRUST_CHAIN, "constraints are malformed", detail=str(error)) from error


def _require_own_issuer(subject: str, metadata: Mapping[str, Mapping[str, Any]]) -> None:
    """A provider's issuer is its entity id: nobody is trusted to sign in another's name. Spec: §5.1.3."""
    for entity_type in _ISSUER_IS_ENTITY:
        if metadata.get(entity_type, {}).get("issuer", subject) != subject:
            raise ChainError(ChainFault.METADATA, "the issuer of a provider is its entity id")


def _about_subordinates(statements: Sequence[EntityStatement]) -> list[EntityStatement]:
    """What superiors say, the immediate one first."""
    return [statement for statement in statements[1:] if not statement.is_configuration]


def _vouched_for(own: Jwks, above: Jwks) -> Jwks:
    known = [_material(key) for key in above["keys"] if isinstance(key, Mapping)]
    return {"keys": [key for key in own["keys"] if _material(key) in known]}


def _material(key: Jwk) -> list[object]:
    return [key.get(name) for name in ("kid", "kty", "crv", "x", "y", "n", "e")]
