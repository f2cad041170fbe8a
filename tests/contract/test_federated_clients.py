"""Clients of the federation as rows: they register, end, and leave what people agreed to in its place."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod
from idp.settings import DatabaseSync
from idp.storage.cached_clients import CachedClients
from idp.storage.db import Database
from idp.storage.federated_clients import (
    ConfigurationTimes,
    FederatedClients,
    FederatedRegistration,
    OlderRegistration,
)
from idp.storage.generations import GenerationRepository
from idp.storage.housekeeping import KEEP_REGISTRATIONS
from idp.storage.schema_federated_clients import RegisteredBy
from tests.contract.region import MINUTE, NOW, Region, at_once, swept

APP = "https://health.west.example"
HUB = "https://hub.example"
TIMES = ConfigurationTimes(configured_at=NOW, vouched_at=NOW)
LATER = ConfigurationTimes(configured_at=NOW + MINUTE, vouched_at=NOW + MINUTE)


def entity(**changes: Any) -> Client:
    client = Client(
        client_id=APP,
        name={"en": "Health", "zh-CN": "健康𠮷"},
        organisation="West Health",
        region="https://west.example/fed",
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=(f"{APP}/callback",),
        sector="health.west.example",
        jwks={"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]},
    )
    return replace(client, **changes)


def registration(
    client: Client | None = None,
    registered_by: RegisteredBy = RegisteredBy.AUTOMATIC,
    lasts: timedelta = 10 * MINUTE,
) -> FederatedRegistration:
    expires_at = NOW + lasts
    return FederatedRegistration(
        client=replace(client or entity(), trust_expires_at=expires_at),
        registered_by=registered_by,
        trust_anchor=HUB,
        signers=((APP, "1"), ("https://west.example/fed", "2"), (HUB, "3")),
        registered_at=NOW,
        expires_at=expires_at,
    )


@pytest.mark.parametrize("registered_by", RegisteredBy)
def test_a_registration_comes_back_with_all_it_was(region: Region, registered_by: RegisteredBy) -> None:
    registered = registration(registered_by=registered_by)

    region.stores.federated_clients.register(registered, TIMES)

    assert region.stores.federated_clients.find(APP) == registered
    assert region.stores.federated_clients.find_by_id(APP) == registered.client


@pytest.mark.parametrize("client_id", ["https://unknown.example", "", "a\0b", "\ud800", "x" * 100_000])
def test_whoever_did_not_register_is_nobody(region: Region, client_id: str) -> None:
    assert region.stores.federated_clients.find_by_id(client_id) is None


def test_a_mini_app_of_the_registry_is_no_client_of_the_federation(region: Region) -> None:
    region.add_client()

    assert region.stores.federated_clients.find_by_id("tax") is None


def test_a_registration_is_replaced_as_a_whole(region: Region) -> None:
    store = region.stores.federated_clients
    store.register(registration(), TIMES)
    again = registration(entity(organisation="Another", jwks={"keys": []}), RegisteredBy.EXPLICIT, 5 * MINUTE)

    store.register(again, TIMES)

    assert store.find(APP) == again


def test_of_twenty_who_register_one_entity_at_once_one_registration_is_left(region: Region) -> None:
    store = region.stores.federated_clients
    chains = [registration(lasts=number * MINUTE) for number in range(1, 21)]

    at_once(20, lambda index: store.register(chains[index], TIMES))

    assert store.find(APP) in chains


OLDER = [replace(LATER, configured_at=NOW), replace(LATER, vouched_at=NOW), TIMES]
OF_THEN = registration(entity(jwks={"keys": [{"kty": "EC", "crv": "P-256", "x": "old", "y": "old"}]}))


@pytest.mark.parametrize("older", OLDER, ids=["its own words", "its superior's", "both"])
def test_no_older_words_bring_back_what_an_entity_was(region: Region, older: ConfigurationTimes) -> None:
    store = region.stores.federated_clients
    store.register(registration(), LATER)

    with pytest.raises(OlderRegistration):
        store.register(OF_THEN, older)

    assert store.find(APP) == registration()


@pytest.mark.parametrize("older", OLDER, ids=["its own words", "its superior's", "both"])
def test_older_words_that_say_the_same_renew_a_registration_and_set_no_time_back(
    region: Region, older: ConfigurationTimes
) -> None:
    """Each process of an entity or its superior signs for itself, one a little before another."""
    store = region.stores.federated_clients
    store.register(registration(), LATER)

    store.register(registration(lasts=20 * MINUTE), older)

    assert store.find(APP) == registration(lasts=20 * MINUTE)
    with pytest.raises(OlderRegistration):
        store.register(OF_THEN, older)


def test_words_of_the_same_second_count(region: Region) -> None:
    store = region.stores.federated_clients
    store.register(OF_THEN, TIMES)

    store.register(registration(), TIMES)

    assert store.find(APP) == registration()


def test_the_end_of_a_registration_is_no_way_back_either(region: Region) -> None:
    store = region.stores.federated_clients
    store.register(registration(), LATER)
    store.end(APP)

    with pytest.raises(OlderRegistration):
        store.register(OF_THEN, TIMES)

    assert store.find(APP) is None


def test_of_twenty_chains_at_once_the_newest_is_left(region: Region) -> None:
    store = region.stores.federated_clients
    chains = [registration(entity(organisation=str(number))) for number in range(20)]

    def register(number: int) -> None:
        moment = NOW + number * MINUTE
        with suppress(OlderRegistration):
            store.register(chains[number], ConfigurationTimes(moment, moment))

    at_once(20, register)

    assert store.find(APP) == chains[19]


def test_a_registration_that_ended_is_gone_and_the_consent_to_it_is_not(region: Region) -> None:
    account = region.add_account()
    store = region.stores.federated_clients
    store.register(registration(), TIMES)
    region.stores.consents.agree(account.id, APP, frozenset({"openid"}), frozenset(), now=NOW)

    assert store.end(APP)
    assert not store.end(APP)

    assert store.find(APP) is None
    assert [consent.client_id for consent in region.stores.consents.list_of(account.id)] == [APP]


def test_the_row_that_grants_hold_on_to_opens_nothing(region: Region) -> None:
    """Whoever asks the registry for an entity, past the directory, finds it switched off."""
    region.stores.federated_clients.register(registration(), TIMES)
    region.stores.federated_clients.place(entity(client_id="https://east.example/rp"), now=NOW)

    for client_id in (APP, "https://east.example/rp"):
        row = region.stores.registry.find_by_id(client_id)
        assert row is not None
        assert not row.enabled


def test_a_broker_is_placed_once_and_registers_nobody(region: Region) -> None:
    store = region.stores.federated_clients

    assert store.place(entity(), now=NOW)
    assert not store.place(entity(), now=NOW)
    assert store.place(entity(organisation="Another"), now=NOW)

    assert store.find(APP) is None
    region.add_code("code", client_id=APP)
    assert region.stores.codes.find(digest("code")) is not None


def test_a_registration_elsewhere_is_seen_within_a_second(region: Region, database_url: str) -> None:
    seconds = [0.0]
    cached = CachedClients(
        region.stores.federated_clients, GenerationRepository(region.database), lambda: seconds[0]
    )
    assert cached.find_by_id(APP) is None
    elsewhere = Database(database_url, DatabaseSync.NORMAL)

    FederatedClients(elsewhere).register(registration(), TIMES)
    seconds[0] += 1
    assert cached.find_by_id(APP) == registration().client
    FederatedClients(elsewhere).end(APP)
    seconds[0] += 1
    elsewhere.close()

    assert cached.find_by_id(APP) is None


def test_a_registration_is_swept_out_a_month_after_its_end(region: Region) -> None:
    region.stores.federated_clients.register(registration(), TIMES)
    lapsed = NOW + 10 * MINUTE + KEEP_REGISTRATIONS

    assert swept(region.stores.housekeeping.sweep(now=lapsed)) == {}
    assert swept(region.stores.housekeeping.sweep(now=lapsed + MINUTE)) == {"federated_clients": 1}
