"""What a trust chain makes of its subject: a client, and the registration that is kept of it."""

from __future__ import annotations

from datetime import datetime

from idp.federation.constraints import FEDERATION_ENTITY
from idp.federation.registration import RegistrationType, Standing
from idp.federation.trust_chain import ChainError, ChainFault, TrustChain
from idp.storage.federated_clients import ConfigurationTimes, FederatedRegistration
from idp.storage.schema_federated_clients import RegisteredBy
from idp.wiring.registering.chain_trust import region_of, signers_of
from idp.wiring.registering.entity_clients import EntityClients

RELYING_PARTY = "openid_relying_party"


def registration_of(
    trusted: TrustChain, entities: EntityClients, by: RegisteredBy, now: datetime
) -> FederatedRegistration:
    """The registration of a chain's subject; it ends with the chain. Raises: ChainError; RegistrationError."""
    metadata = trusted.metadata
    if RELYING_PARTY not in metadata:
        raise ChainError(ChainFault.METADATA, "the entity is no relying party")
    organisation = metadata.get(FEDERATION_ENTITY, {}).get("organization_name", "")
    standing = Standing(
        superior=region_of(trusted),
        organisation=organisation if isinstance(organisation, str) else "",
        trust_expires_at=trusted.expires_at,
    )
    asked = entities.completed(trusted.subject, metadata[RELYING_PARTY], now=now)
    client = entities.read(trusted.subject, asked, standing, RegistrationType(by.value))
    return FederatedRegistration(
        client=client,
        registered_by=by,
        trust_anchor=trusted.anchor,
        signers=signers_of(trusted),
        registered_at=now,
        expires_at=trusted.expires_at,
    )


def times_of(trusted: TrustChain) -> ConfigurationTimes:
    """When the chain's subject spoke, and whoever answers for it."""
    above = trusted.statements[min(1, len(trusted.statements) - 1)]
    return ConfigurationTimes(trusted.statements[0].issued_at, above.issued_at)
