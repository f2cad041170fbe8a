"""Who is a client: the registry, the trust bundle and the registrations as one directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.federation.registration import Standing
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.storage.federated_clients import ConfigurationTimes, FederatedRegistration
from idp.storage.schema_federated_clients import RegisteredBy
from idp.trustlist.bundle import Bundle, RegionStatus, RevokedKey
from idp.trustlist.bundle import Region as Listed
from idp.trustlist.snapshot import Distrust, NotTrusted, TrustSnapshot
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.federated_clients import Brokers, KnownClients
from tests.contract.region import MINUTE, NOW, Region, contract_settings
from tests.support.clock import FakeClock

HUB = "https://hub.example"
WEST = "https://id.west.example"
BROKER = f"{WEST}/rp"
APP = "https://health.west.example"
TIMES = ConfigurationTimes(NOW, NOW)
KEY: Any = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"}).as_dict(private=False)
NEXT: Any = ECKey.generate_key("P-256", {"kid": "next", "use": "sig"}).as_dict(private=False)


def metadata_of(entity_id: str, *keys: Any) -> dict[str, Any]:
    return {
        "client_name": "West",
        "redirect_uris": [f"{entity_id}/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "ES256",
        "scope": "openid profile",
        "jwks": {"keys": list(keys or (KEY,))},
    }


class Trust:
    """A trust bundle that can be changed, as the follower of a real one would."""

    def __init__(self) -> None:
        self.west = Listed(
            id=f"{WEST}/fed",
            op=WEST,
            rp=BROKER,
            name={"en": "West", "zh-CN": "西区"},
            status=RegionStatus.ACTIVE,
            since=NOW,
            reason="",
            acr_ceiling="urn:tongxing:acr:3",
            statement="",
            op_statement="",
            rp_statement="",
            op_metadata={},
            rp_metadata=metadata_of(BROKER),
        )
        self.revoked: tuple[RevokedKey, ...] = ()

    def __call__(self) -> TrustSnapshot:
        bundle = Bundle(
            issuer=HUB,
            seq=1,
            issued_at=NOW,
            expires_at=NOW + timedelta(hours=24),
            next_update=NOW + MINUTE,
            lineage={},
            content_hash="",
            freshness={},
            anchor_jwks={},
            bundle_jwks={},
            regions=(self.west,),
            revoked=self.revoked,
        )
        listed = dict.fromkeys((self.west.id, self.west.op, self.west.rp), self.west)
        return Snapshot(bundle, listed)


class Snapshot(TrustSnapshot):
    """Answers of a snapshot as its docstrings promise them."""

    def region(self, entity: str, *, now: datetime) -> Listed:
        region = self.by_entity.get(entity)
        if region is None:
            raise NotTrusted(Distrust.UNKNOWN, entity)
        if region.status is not RegionStatus.ACTIVE:
            raise NotTrusted(Distrust(region.status.value), entity, region)
        return region

    def broker(self, client_id: str, *, now: datetime) -> Mapping[str, Any]:
        return self.region(client_id, now=now).rp_metadata


@pytest.fixture
def trust() -> Trust:
    return Trust()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def known(region: Region, trust: Trust, clock: FakeClock, database_url: str) -> KnownClients:
    entities = EntityClients(contract_settings(database_url))
    stores = region.stores
    return KnownClients(
        stores.registry,
        stores.federated_clients,
        Brokers(entities, stores.federated_clients),
        trust,
        clock,
    )


def registered(region: Region, database_url: str, superior: str = f"{WEST}/fed", *keys: Any) -> Client:
    """An app that registered by a chain of ten minutes."""
    ends = NOW + 10 * MINUTE
    client = EntityClients(contract_settings(database_url)).read(
        APP, metadata_of(APP, *keys), Standing(superior, "West", ends)
    )
    region.stores.federated_clients.register(registration_of(client, ends), TIMES)
    return client


def registration_of(client: Client, ends: datetime) -> FederatedRegistration:
    return FederatedRegistration(client, RegisteredBy.AUTOMATIC, HUB, ((HUB, "1"),), NOW, ends)


def test_a_mini_app_is_found_in_the_registry(region: Region, known: KnownClients) -> None:
    client = region.add_client()

    assert known.find_by_id("tax") == client
    assert known.find_by_id("unknown") is None


def test_the_broker_of_a_region_is_a_client_without_having_registered(known: KnownClients) -> None:
    client = known.find_by_id(BROKER)

    assert client is not None
    assert client.enabled
    assert (client.client_id, client.region, client.sector) == (BROKER, f"{WEST}/fed", "id.west.example")
    assert client.trust_expires_at is None


def test_grants_can_hold_on_to_a_broker_that_was_found(region: Region, known: KnownClients) -> None:
    known.find_by_id(BROKER)

    region.add_code("code", client_id=BROKER)

    assert region.stores.codes.find(digest("code")) is not None


@pytest.mark.parametrize("entity_id", [WEST, f"{WEST}/fed", f"{WEST}/other", "https://other.example", HUB])
def test_no_other_entity_of_the_list_is_a_client(known: KnownClients, entity_id: str) -> None:
    assert known.find_by_id(entity_id) is None


@pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.REMOVED])
def test_a_region_that_lost_trust_has_no_clients_any_more(
    region: Region, known: KnownClients, trust: Trust, database_url: str, status: RegionStatus
) -> None:
    """Neither its broker nor an app that its intermediate made trusted, however long its chain still lasts."""
    client = registered(region, database_url)
    assert known.find_by_id(APP) == client
    assert known.find_by_id(BROKER) is not None

    trust.west = replace(trust.west, status=status)

    assert known.find_by_id(APP) is None
    assert known.find_by_id(BROKER) is None


def test_a_broker_cannot_come_back_by_a_chain_after_its_region_lost_trust(
    region: Region, known: KnownClients, trust: Trust, database_url: str
) -> None:
    ends = NOW + 10 * MINUTE
    client = EntityClients(contract_settings(database_url)).read(
        BROKER, metadata_of(BROKER), Standing(HUB, "West", ends)
    )
    region.stores.federated_clients.register(registration_of(client, ends), TIMES)

    trust.west = replace(trust.west, status=RegionStatus.REMOVED)

    assert known.find_by_id(BROKER) is None


def test_a_registration_does_not_outlive_its_chain(
    region: Region, known: KnownClients, clock: FakeClock, database_url: str
) -> None:
    registered(region, database_url)

    clock.advance(minutes=9, seconds=59)
    assert known.find_by_id(APP) is not None
    clock.advance(seconds=1)

    assert known.find_by_id(APP) is None


def test_an_app_of_a_region_that_is_not_on_the_list_is_no_client(
    region: Region, known: KnownClients, database_url: str
) -> None:
    registered(region, database_url, "https://id.north.example/fed")

    assert known.find_by_id(APP) is None


def test_an_entity_right_below_the_hub_needs_no_region(
    region: Region, known: KnownClients, database_url: str
) -> None:
    registered(region, database_url, HUB)

    assert known.find_by_id(APP) is not None


def test_a_bundle_that_nobody_renewed_keeps_nobody(
    region: Region, known: KnownClients, clock: FakeClock, database_url: str
) -> None:
    """Nor an entity right below the hub, whose chain may last for a month."""
    client = EntityClients(contract_settings(database_url)).read(
        APP, metadata_of(APP), Standing(HUB, "West", NOW + timedelta(days=30))
    )
    region.stores.federated_clients.register(registration_of(client, NOW + timedelta(days=30)), TIMES)

    clock.advance(hours=23, minutes=59)
    assert known.find_by_id(APP) is not None
    clock.advance(minutes=2)

    assert known.find_by_id(APP) is None


def test_a_new_key_in_the_bundle_is_the_brokers_key_at_once(known: KnownClients, trust: Trust) -> None:
    known.find_by_id(BROKER)

    trust.west = replace(trust.west, rp_metadata=metadata_of(BROKER, NEXT))

    client = known.find_by_id(BROKER)
    assert client is not None
    assert client.jwks == {"keys": [NEXT]}


def test_a_revoked_key_signs_nothing_for_a_registered_app(
    region: Region, known: KnownClients, trust: Trust, database_url: str
) -> None:
    registered(region, database_url, f"{WEST}/fed", KEY, NEXT)

    trust.revoked = (
        RevokedKey(APP, "first", NOW, "compromised"),
        RevokedKey("https://other.example", "next", NOW, "compromised"),
    )

    client = known.find_by_id(APP)
    assert client is not None
    assert client.jwks == {"keys": [NEXT]}


def test_a_broker_whose_metadata_we_cannot_honour_is_no_client(known: KnownClients, trust: Trust) -> None:
    trust.west = replace(trust.west, rp_metadata={**metadata_of(BROKER), "subject_type": "public"})

    assert known.find_by_id(BROKER) is None
