"""What a superior of ours answers about those right below it: a hub about regions, an intermediate about its leaves.

A hub's word about a region is the statement in its trust bundle, and no other: there are never two. Its own list of
enrolled entities stands beside the regions, for those that belong to no region.
Spec: OpenID Federation 1.0 §8.1, §8.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from idp.federation import addresses, issuing
from idp.federation.constraints import FEDERATION_ENTITY
from idp.federation.own_metadata import PROVIDER, RELYING_PARTY
from idp.federation.roll import MarkStatus, Subordinate, Wanted
from idp.settings import Role, Settings
from idp.trustlist.bundle import Region, RegionStatus
from idp.wiring.following.trust import Trust
from idp.wiring.publishing.roll_memory import RollMemory, RollView
from idp.wiring.publishing.signed_documents import SignedDocument, SignedDocuments
from idp.wiring.publishing.statements import Statements


class Superior:
    """Vouches for subordinates."""

    def __init__(self, settings: Settings, statements: Statements, memory: RollMemory, trust: Trust) -> None:
        self.is_hub = settings.role is Role.HUB
        self.issuer = settings.issuer
        self.entity_id = settings.issuer if self.is_hub else settings.issuer + addresses.INTERMEDIATE
        self._statements, self._memory, self._trust = statements, memory, trust
        self._documents = SignedDocuments(statements.lifetime)
        own = {self.issuer: PROVIDER, self.issuer + addresses.BROKER: RELYING_PARTY}
        self._own_types = {} if self.is_hub else own

    def statement_about(self, subject: str, *, now: datetime) -> SignedDocument | None:
        """Our word about somebody right below us; None when we do not vouch for such a one."""
        region = self._listed().get(subject)
        if region is not None:
            is_meant = region.id == subject and _is_active(region)
            return SignedDocument.of(region.statement) if is_meant and region.statement else None
        view = self._memory.view()
        one = self._own_leaf(subject) or view.roll.find(subject)
        if one is None:
            return None
        version = (self._statements.version, view.generation)
        return self._documents.get(subject, version, lambda: self.sign(one, now=now), now=now)

    def listing(self, wanted: Wanted, *, now: datetime) -> list[str]:
        """Entity ids of those right below us that are meant."""
        view, kids = self._memory.view(), self._statements.kids
        return [
            one.entity_id
            for one in self._everybody(view)
            if wanted.includes(one, self._marks_of(one, view, kids, now))
        ]

    def sign(self, one: Subordinate, *, now: datetime) -> str:
        """The statement about somebody. Raises: StatementError."""
        return self._statements.sign(
            issuing.subordinate_claims(
                issuer=self.entity_id,
                subject=one.entity_id,
                jwks=one.jwks,
                now=now,
                metadata=one.metadata,
                metadata_policy=one.metadata_policy,
                constraints=one.constraints,
                source_endpoint=self.issuer + addresses.FETCH,
                lifetime=self._statements.lifetime,
            )
        )

    def _everybody(self, view: RollView) -> list[Subordinate]:
        listed = self._listed()
        regions = [
            _as_subordinate(region)
            for entity_id, region in listed.items()
            if entity_id == region.id and _is_active(region)
        ]
        own = [leaf for leaf in map(self._own_leaf, self._own_types) if leaf is not None]
        enrolled = [
            one
            for one in view.roll.active()
            if one.entity_id not in listed and one.entity_id not in self._own_types
        ]
        return [*regions, *own, *enrolled]

    def _listed(self) -> Mapping[str, Region]:
        """The entities that the trust list speaks of, whatever their state: nobody else does."""
        return self._trust().by_entity if self.is_hub else {}

    def _own_leaf(self, entity_id: str) -> Subordinate | None:
        """The provider or the broker of a region. Nobody can be enrolled in their place."""
        entity_type = self._own_types.get(entity_id)
        if entity_type is None:
            return None
        beginning = min(record.created_at for record in self._statements.records)
        return Subordinate(
            entity_id=entity_id,
            entity_types=(entity_type, FEDERATION_ENTITY),
            jwks=self._statements.jwks,
            enrolled_at=beginning,
            changed_at=beginning,
            constraints={"max_path_length": 0, "allowed_entity_types": [entity_type]},
        )

    def _marks_of(
        self, one: Subordinate, view: RollView, kids: frozenset[str], now: datetime
    ) -> frozenset[str]:
        return frozenset(
            mark.mark_type
            for mark in view.marks_of.get(one.entity_id, ())
            if mark.issuer == self.entity_id and mark.status(kids, now=now) is MarkStatus.ACTIVE
        )


def _is_active(region: Region) -> bool:
    return region.status is RegionStatus.ACTIVE


def _as_subordinate(region: Region) -> Subordinate:
    return Subordinate(
        entity_id=region.id,
        entity_types=(FEDERATION_ENTITY,),
        jwks={},
        enrolled_at=region.since,
        changed_at=region.since,
        is_intermediate=True,
    )
