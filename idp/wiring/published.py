"""What this installation publishes: its metadata, its keys, and what its entities say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.adapters.encryption_keys import EncryptionKeys, PublishedKeys
from idp.oidc.discovery import metadata
from idp.oidc.keys import KeyPurpose
from idp.web.locale import LANGUAGES
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground
from idp.wiring.keyrings import Keyrings
from idp.wiring.protocol import key_encryptions
from idp.wiring.publishing.mark_issuer import MarkIssuer
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.roll_memory import RollMemory
from idp.wiring.publishing.statements import Statements
from idp.wiring.publishing.superior import Superior


@dataclass(frozen=True, slots=True)
class Published:
    """One for a process."""

    metadata: Mapping[str, Any]
    """Of the provider, as its discovery document has it."""
    encryption_keys: EncryptionKeys
    keys: PublishedKeys
    own_entities: OwnEntities

    @classmethod
    def of(cls, ground: Ground, keyrings: Keyrings, statements: Statements, trust: Trust) -> Published:
        """Nothing is signed yet."""
        settings, stores = ground.settings, ground.stores
        discovery = metadata(
            settings.issuer, ground.acr, [language.tag for language in LANGUAGES], key_encryptions(settings)
        )
        encryption_keys = EncryptionKeys(keyrings[KeyPurpose.ENCRYPTION])
        keys = PublishedKeys(keyrings[KeyPurpose.PROTOCOL], encryption_keys)
        roll = RollMemory(stores.federation_entities, stores.generations, ground.clock)
        superior = Superior(settings, statements, roll, trust)
        marks = MarkIssuer(superior.entity_id, statements, stores.federation_entities, roll)
        own_entities = OwnEntities(
            settings, discovery, statements, keys, keyrings[KeyPurpose.BROKER], superior, marks, roll
        )
        return cls(discovery, encryption_keys, keys, own_entities)
