"""Entity statements: what an entity says about itself, and what its superior says about it.

Only the shape is judged here. Whether a statement is signed, current and in its place is `trust_chain`'s to say.
Spec: OpenID Federation 1.0 §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.federation import federation_jwt
from idp.federation.constraints import ConstraintError, host_of
from idp.federation.federation_jwt import FederationJwt, FederationJwtError
from idp.federation.statement_claims import (
    ABOUT_SUBORDINATES,
    IN_CONFIGURATIONS,
    IN_EVERY_STATEMENT,
    MetadataError,
    StatementError,
)

__all__ = ["STATEMENT_TYPE", "EntityStatement", "MetadataError", "StatementError", "parse"]

STATEMENT_TYPE = "entity-statement+jwt"
CHAIN_HEADERS = ("trust_chain", "peer_trust_chain")


@dataclass(frozen=True, slots=True)
class EntityStatement:
    """A well-formed statement. Nobody vouches yet for a word of it.

    What the properties return belongs to the statement: read it, and copy what is to be changed.
    """

    jwt: FederationJwt
    issuer: str
    subject: str
    issued_at: datetime
    expires_at: datetime

    @property
    def token(self) -> str:
        """The statement as it came, a compact JWS."""
        return self.jwt.token

    @property
    def claims(self) -> Mapping[str, Any]:
        """Everything that it says."""
        return self.jwt.claims

    @property
    def is_configuration(self) -> bool:
        """Whether the entity speaks about itself."""
        return self.issuer == self.subject

    @property
    def jwks(self) -> Mapping[str, Any]:
        """The federation keys of its subject."""
        return self._object("jwks")

    @property
    def metadata(self) -> Mapping[str, Mapping[str, Any]]:
        """Entity type → parameter → value."""
        return self._object("metadata")

    @property
    def authority_hints(self) -> tuple[str, ...]:
        """The superiors that the entity names; empty for an anchor without any."""
        return tuple(self.claims.get("authority_hints", ()))

    @property
    def metadata_policy(self) -> Mapping[str, Any]:
        """Entity type → parameter → operator → value, for everything below the issuer."""
        return self._object("metadata_policy")

    @property
    def critical_operators(self) -> tuple[str, ...]:
        """Operators of its policy that must be understood."""
        return tuple(self.claims.get("metadata_policy_crit", ()))

    @property
    def constraints(self) -> Mapping[str, Any]:
        """What the issuer allows below itself."""
        return self._object("constraints")

    def _object(self, name: str) -> Mapping[str, Any]:
        claim: Mapping[str, Any] = self.claims.get(name, {})
        return claim


def parse(token: str, *, audience: str | None = None) -> EntityStatement:
    """Read one statement. With `audience` it is a request for explicit registration, addressed to that entity.

    Raises: StatementError; MetadataError among them. Spec: OpenID Federation 1.0 §3.2, §12.2.1.
    """
    try:
        jwt = federation_jwt.read(token, STATEMENT_TYPE)
        statement = EntityStatement(
            jwt=jwt,
            issuer=_entity_id(jwt.claims, "iss"),
            subject=_entity_id(jwt.claims, "sub"),
            issued_at=federation_jwt.moment(jwt.claims, "iat"),
            expires_at=federation_jwt.moment(jwt.claims, "exp"),
        )
    except FederationJwtError as error:
        raise StatementError(str(error)) from error
    _require_audience(statement, audience)
    own = IN_CONFIGURATIONS if statement.is_configuration else ABOUT_SUBORDINATES
    for check in (*IN_EVERY_STATEMENT, *own):
        check(statement.claims)
    return statement


def _entity_id(claims: Mapping[str, Any], name: str) -> str:
    entity_id = federation_jwt.text(claims, name)
    try:
        host_of(entity_id)
    except ConstraintError as error:
        raise StatementError(f"{name} is no entity id") from error
    return entity_id


def _require_audience(statement: EntityStatement, audience: str | None) -> None:
    """See that the statement is for everybody, or for the one to whom it asks to be registered."""
    if audience is None:
        if "aud" in statement.claims or any(name in statement.jwt.header for name in CHAIN_HEADERS):
            # Made for one reader, who is not asking; and a chain within a chain would be two answers to one question.
            raise StatementError("aud and chains in the header are for requests to be registered")
    elif statement.claims.get("aud") not in (audience, [audience]) or not statement.is_configuration:
        raise StatementError(
            "the request to be registered is not addressed here, or not from the entity itself"
        )
