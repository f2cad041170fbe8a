"""The roll of a superior: whom it vouches for, which trust marks it gave, and what an anchor says about marks.

A roll is immutable and replaced as a whole; every question is answered from memory.
Spec: OpenID Federation 1.0 §7, §8.2, §8.4 to §8.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]


class SubordinateState(StrEnum):
    """Where a subordinate stands, as stored."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class MarkStatus(StrEnum):
    """What a trust mark is worth now. Spec: OpenID Federation 1.0 §8.4.2."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Subordinate:
    """Somebody a superior vouches for, and on which terms."""

    entity_id: str
    entity_types: tuple[str, ...]
    jwks: Json
    """Its federation keys, as they were confirmed when it was enrolled."""
    enrolled_at: datetime
    changed_at: datetime
    is_intermediate: bool = False
    """Whether it has subordinates of its own."""
    metadata: Json = field(default_factory=dict)
    """What its superior says in place of its own words."""
    metadata_policy: Json = field(default_factory=dict)
    constraints: Json = field(default_factory=dict)
    state: SubordinateState = SubordinateState.ACTIVE


@dataclass(frozen=True, slots=True)
class HeldMark:
    """A trust mark that we gave, or that one of our entities was given."""

    token: str
    """The mark itself, a compact JWS."""
    kid: str
    """The key that signed it."""
    issuer: str
    mark_type: str
    subject: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    reason: str = ""

    def status(self, signing_kids: Iterable[str], *, now: datetime) -> MarkStatus:
        """What it is worth. `signing_kids`: the keys of its issuer that are published."""
        if self.revoked_at is not None:
            return MarkStatus.REVOKED
        if self.expires_at <= now:
            return MarkStatus.EXPIRED
        # Nobody can verify it any more, us included: its key was withdrawn.
        return MarkStatus.ACTIVE if self.kid in signing_kids else MarkStatus.INVALID


@dataclass(frozen=True, slots=True)
class MarkType:
    """A type of trust mark that an anchor knows: who may issue it, and whose it is."""

    mark_type: str
    issuers: tuple[str, ...]
    owner: str | None = None
    owner_jwks: Json | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """That the owner of a type lets us issue it."""

    mark_type: str
    owner: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a listing; what is not asked for is empty. Spec: OpenID Federation 1.0 §8.2.1."""

    entity_types: tuple[str, ...] = ()
    """Of all of these."""
    is_marked: bool = False
    mark_type: str | None = None
    is_intermediate: bool = False

    def includes(self, one: Subordinate, marks: frozenset[str]) -> bool:
        """Whether a subordinate with valid marks of these types is meant."""
        return (
            set(self.entity_types) <= set(one.entity_types)
            and (bool(marks) or not self.is_marked)
            and (self.mark_type is None or self.mark_type in marks)
            and (one.is_intermediate or not self.is_intermediate)
        )


@dataclass(frozen=True, slots=True)
class Roll:
    """Everything that was entered by hand, at one moment."""

    subordinates: Mapping[str, Subordinate]
    """By entity id, in its order; those that are suspended and removed too."""
    marks: tuple[HeldMark, ...]
    """Of every pair of type and subject the newest last."""
    mark_types: tuple[MarkType, ...]
    delegations: Mapping[str, Delegation]
    """By type of mark."""

    def active(self) -> list[Subordinate]:
        """Whom we vouch for."""
        return [one for one in self.subordinates.values() if one.state is SubordinateState.ACTIVE]

    def find(self, entity_id: str) -> Subordinate | None:
        """Somebody whom we vouch for."""
        one = self.subordinates.get(entity_id)
        return one if one is not None and one.state is SubordinateState.ACTIVE else None

    def mark_types_of_anchor(self) -> tuple[dict[str, list[str]], dict[str, dict[str, Any]]]:
        """`trust_mark_issuers` and `trust_mark_owners`."""
        issuers = {each.mark_type: list(each.issuers) for each in self.mark_types}
        owners = {
            each.mark_type: {"sub": each.owner, "jwks": each.owner_jwks}
            for each in self.mark_types
            if each.owner is not None and each.owner_jwks is not None
        }
        return issuers, owners
