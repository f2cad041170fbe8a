"""Our entities and what they say about themselves: a hub is one, a region's host is three.

Each configuration is signed when something in it changed or half of its life is over, not when somebody asks.
Spec: OpenID Federation 1.0 §3, §5, §8.7, §9, §11.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.adapters.encryption_keys import PublishedKeys
from idp.adapters.keyring import JwksDocument, Keyring
from idp.federation import addresses, historical_keys, issuing, own_metadata
from idp.federation.roll import HeldMark, MarkStatus, Roll
from idp.oidc.key_schedule import is_revoked
from idp.oidc.keys import KeyRecord, KeyState
from idp.oidc.scopes import IDENTITY_SCOPES, OFFLINE_ACCESS
from idp.settings import Role, Settings
from idp.wiring.publishing.mark_issuer import MarkIssuer
from idp.wiring.publishing.roll_memory import RollMemory, RollView
from idp.wiring.publishing.signed_documents import SignedDocument, SignedDocuments
from idp.wiring.publishing.statements import Statements
from idp.wiring.publishing.superior import Superior

Json = dict[str, Any]

_OF_BROKER = tuple(scope for scope in IDENTITY_SCOPES if scope != OFFLINE_ACCESS)
"""What a broker may ask other regions for: it keeps no access beyond the sign-in."""


@dataclass(frozen=True, slots=True)
class _Entity:
    """One of ours."""

    entity_id: str
    superiors: tuple[str, ...]
    """Entity ids of those who answer for it; none for an anchor."""
    metadata: Callable[[], Mapping[str, Any]]
    version: Callable[[], Hashable]
    """Changes whenever the metadata does."""


class OwnEntities:
    """Everything that we publish to the federation."""

    def __init__(
        self,
        settings: Settings,
        discovery: Mapping[str, Any],
        statements: Statements,
        published_keys: PublishedKeys,
        broker_keys: Keyring,
        superior: Superior,
        marks: MarkIssuer,
        memory: RollMemory,
    ) -> None:
        self.superior, self.marks = superior, marks
        self._issuer, self._statements, self._memory = settings.issuer, statements, memory
        self._provider_keys = published_keys.jwks
        self._documents = SignedDocuments(statements.lifetime)
        organisation = own_metadata.about_organisation(settings.region_name, settings.support_contact)
        above = _superior_of(settings, superior.entity_id, organisation)
        self._entities = (
            [above]
            if settings.role is Role.HUB
            else [
                _provider_of(settings, superior.entity_id, organisation, discovery, published_keys),
                above,
                _broker_of(settings, superior.entity_id, organisation, broker_keys),
            ]
        )

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """A hub's one, or a region's provider, intermediate and broker."""
        return tuple(entity.entity_id for entity in self._entities)

    def configuration(self, entity_id: str, *, now: datetime) -> SignedDocument:
        """What one of ours says about itself. Raises: KeyError — it is none of ours."""
        entity = {one.entity_id: one for one in self._entities}[entity_id]
        view = self._memory.view()
        shown = self._shown_by(entity_id, view, now)
        version = (self._statements.version, view.generation, entity.version(), shown)
        return self._documents.get(entity_id, version, lambda: self._sign(entity, view, shown, now), now=now)

    def require_publishable(self, roll: Roll, *, now: datetime) -> None:
        """See that all of ours could still say what this roll has them say. Raises: StatementError."""
        view = RollView(0, roll)
        for entity in self._entities:
            self._sign(entity, view, self._shown_by(entity.entity_id, view, now), now)

    def historical_keys(self, *, now: datetime) -> SignedDocument:
        """The federation keys that are gone. Spec: OpenID Federation 1.0 §8.7."""
        gone = [record for record in self._statements.records if record.state is KeyState.RETIRED]
        version = (self._statements.version, tuple(record.kid for record in gone))

        def sign() -> str:
            keys = [historical_keys.entry(_past(record)) for record in gone]
            return self._statements.key_set(
                historical_keys.claims(issuer=self.superior.entity_id, keys=keys, now=now)
            )

        return self._documents.get("historical keys", version, sign, now=now)

    def signed_jwks(self, *, now: datetime) -> SignedDocument:
        """The provider's keys, signed by a federation key. Spec: OpenID Federation 1.0 §5.2.1.1."""
        keys = self._provider_keys()

        def sign() -> str:
            issued_at = int(now.timestamp())
            lasts = int(self._statements.lifetime.total_seconds())
            return self._statements.key_set(
                {
                    "iss": self._issuer,
                    "sub": self._issuer,
                    "iat": issued_at,
                    "exp": issued_at + lasts,
                    **_keys_in(keys),
                }
            )

        version = (self._statements.version, keys.etag)
        return self._documents.get("signed keys", version, sign, now=now)

    def _sign(self, entity: _Entity, view: RollView, shown: tuple[HeldMark, ...], now: datetime) -> str:
        issuers, owners = ({}, {}) if entity.superiors else view.roll.mark_types_of_anchor()
        return self._statements.sign(
            issuing.configuration_claims(
                entity=entity.entity_id,
                jwks=self._statements.jwks,
                now=now,
                metadata=entity.metadata(),
                authority_hints=entity.superiors,
                trust_marks=[{"trust_mark_type": mark.mark_type, "trust_mark": mark.token} for mark in shown],
                trust_mark_issuers=issuers,
                trust_mark_owners=owners,
                lifetime=self._statements.lifetime,
            )
        )

    def _shown_by(self, entity_id: str, view: RollView, now: datetime) -> tuple[HeldMark, ...]:
        """The marks that an entity of ours shows: of each type and issuer the newest that counts."""
        kids = self._statements.kids
        newest = {
            (mark.mark_type, mark.issuer): mark
            for mark in view.marks_of.get(entity_id, ())
            # Whether another issuer's key still stands is for the reader to find out.
            if mark.status(kids if mark.issuer == self.marks.issuer else {mark.kid}, now=now)
            is MarkStatus.ACTIVE
        }
        return tuple(newest.values())


def _superior_of(settings: Settings, entity_id: str, organisation: Json) -> _Entity:
    metadata = own_metadata.superior_metadata(settings.issuer, organisation)
    is_hub = settings.role is Role.HUB
    above = () if is_hub or not settings.trust_anchor else (settings.trust_anchor,)
    return _Entity(entity_id, above, lambda: metadata, lambda: None)


def _provider_of(
    settings: Settings, superior: str, organisation: Json, discovery: Mapping[str, Any], keys: PublishedKeys
) -> _Entity:
    issuer = settings.issuer
    return _Entity(
        issuer,
        (superior,),
        lambda: own_metadata.provider_metadata(issuer, discovery, _keys_in(keys.jwks()), organisation),
        lambda: keys.jwks().etag,
    )


def _broker_of(settings: Settings, superior: str, organisation: Json, keys: Keyring) -> _Entity:
    issuer, names = settings.issuer, settings.region_name
    return _Entity(
        issuer + addresses.BROKER,
        (superior,),
        lambda: own_metadata.broker_metadata(issuer, _keys_in(keys.jwks()), _OF_BROKER, names, organisation),
        lambda: keys.jwks().etag,
    )


def _keys_in(document: JwksDocument) -> Json:
    jwks: Json = json.loads(document.body)
    return jwks


def _past(record: KeyRecord) -> historical_keys.PastKey:
    return historical_keys.PastKey(
        public_jwk=record.public_jwk,
        issued_at=record.created_at,
        not_before=record.signs_from,
        expired_at=record.published_until,
        is_revoked=is_revoked(record),
    )
