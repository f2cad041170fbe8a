"""The registry of mini-apps, and what a process remembers of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.settings import DatabaseSync
from idp.storage.cached_clients import ABSENT_CAPACITY, CachedClients
from idp.storage.clients import ClientRegistry
from idp.storage.db import Database
from idp.storage.generations import GenerationRepository
from tests.contract.region import NOW, Region, at_once

FULL = {
    "name": {"en": "Tax", "zh-CN": "税务𠮷"},
    "auth_method": ClientAuthMethod.PRIVATE_KEY_JWT,
    "redirect_uris": ("https://a.example/callback", "https://b.example/callback?x=1"),
    "sector": "a.example",
    "profile": Profile.STANDARD,
    "application_type": "native",
    "post_logout_redirect_uris": ("https://a.example/bye",),
    "grant_types": frozenset(GrantType),
    "scopes": ("openid", "profile", "tax.read"),
    "resources": ("https://api.a.example",),
    "audiences": ("https://a.example",),
    "secret_hash": b"\0" * 32,
    "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]},
    "signing_alg": Algorithm.EDDSA,
    "subject_type": SubjectType.PUBLIC,
    "purposes": {"name": {"en": "to greet you"}},
    "logo_uri": "https://a.example/logo.png",
    "policy_uri": "https://a.example/policy",
    "tos_uri": "https://a.example/tos",
    "backchannel_logout_uri": "https://a.example/backchannel-logout",
    "backchannel_logout_session_required": True,
    "dpop_bound_access_tokens": True,
    "trust_expires_at": NOW,
    "logo": "0" * 64,
    "claims": ("name",),
    "retires_at": NOW,
    "enabled": False,
}


class Elapsed:
    """A stopwatch moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class CountingRegistry(ClientRegistry):
    """A registry that counts how often it is asked."""

    asked = 0

    def find_by_id(self, client_id: str) -> Client | None:
        self.asked += 1
        return super().find_by_id(client_id)


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
def counting(database: Database) -> CountingRegistry:
    return CountingRegistry(database)


@pytest.fixture
def cached(database: Database, counting: CountingRegistry, elapsed: Elapsed) -> CachedClients:
    return CachedClients(counting, GenerationRepository(database), elapsed, capacity=3)


def test_a_client_comes_back_with_all_its_members(region: Region) -> None:
    plain, full = region.add_client(), region.add_client("full", **FULL)

    assert region.stores.registry.find_by_id("tax") == plain
    assert region.stores.registry.find_by_id("full") == full


@pytest.mark.parametrize("client_id", ["unknown", "", "a\0b", "\ud800", "x" * 100_000])
def test_an_unknown_client_is_nobody(region: Region, client_id: str) -> None:
    assert region.stores.registry.find_by_id(client_id) is None
    assert region.stores.clients.find_by_id(client_id) is None


def test_a_client_id_is_given_once(region: Region) -> None:
    first = region.add_client()

    answers = at_once(
        5, lambda _: region.stores.registry.add(replace(first, organisation="Another"), now=NOW)
    )

    assert not any(answers)
    assert region.stores.registry.find_by_id("tax") == first


def test_a_client_is_replaced_as_a_whole(region: Region) -> None:
    client = region.add_client("full", **FULL)
    changed = replace(client, name={"en": "Taxes"}, jwks=None, secret_hash=None, enabled=True)

    assert region.stores.registry.replace(changed)

    assert region.stores.registry.find_by_id("full") == changed
    assert not region.stores.registry.replace(replace(client, client_id="unknown"))


def test_a_client_is_switched_off_and_on(region: Region) -> None:
    region.add_client()

    assert [region.stores.registry.set_enabled("tax", state) for state in (True, False, False, True)] == [
        False,
        True,
        False,
        True,
    ]
    assert not region.stores.registry.set_enabled("unknown", False)


def test_clients_are_listed_a_page_at_a_time(region: Region) -> None:
    for client_id in ("c", "a", "b", "B"):
        region.add_client(client_id)

    first = region.stores.registry.list_after("", 2)
    second = region.stores.registry.list_after(first[-1].client_id, 5)

    assert [client.client_id for client in first + second] == ["B", "a", "b", "c"]


def test_a_remembered_client_is_not_asked_for_again(
    region: Region, cached: CachedClients, counting: CountingRegistry, elapsed: Elapsed
) -> None:
    client = region.add_client()

    for _ in range(5):
        assert cached.find_by_id("tax") == client
        elapsed.seconds += 10

    assert counting.asked == 1


@pytest.mark.parametrize("edit", ["replace", "switch off", "add"])
def test_a_change_by_another_process_is_seen_within_a_second(
    region: Region, database_url: str, cached: CachedClients, elapsed: Elapsed, edit: str
) -> None:
    client = region.add_client()
    cached.find_by_id("tax")
    assert cached.find_by_id("new") is None
    elsewhere = Database(database_url, DatabaseSync.NORMAL)
    registry = ClientRegistry(elsewhere)
    match edit:
        case "replace":
            registry.replace(replace(client, organisation="Another"))
        case "switch off":
            registry.set_enabled("tax", False)
        case _:
            registry.add(replace(client, client_id="new"), now=NOW)
    elsewhere.close()

    elapsed.seconds += 1

    assert cached.find_by_id("tax") == registry_now(region, "tax")
    assert cached.find_by_id("new") == registry_now(region, "new")


def registry_now(region: Region, client_id: str) -> Client | None:
    return region.stores.registry.find_by_id(client_id)


def test_only_so_many_clients_are_remembered_and_the_least_used_goes(
    region: Region, cached: CachedClients, counting: CountingRegistry
) -> None:
    for client_id in "abcd":
        region.add_client(client_id)
    for client_id in "abcad":
        cached.find_by_id(client_id)
    asked = counting.asked

    cached.find_by_id("a")
    assert counting.asked == asked
    cached.find_by_id("b")

    assert counting.asked == asked + 1


def test_unknown_ids_are_remembered_apart_and_only_so_many(
    region: Region, cached: CachedClients, counting: CountingRegistry
) -> None:
    region.add_client()
    cached.find_by_id("tax")
    for number in range(ABSENT_CAPACITY + 1):
        cached.find_by_id(f"unknown {number}")
    asked = counting.asked

    cached.find_by_id("tax")
    cached.find_by_id(f"unknown {ABSENT_CAPACITY}")
    assert counting.asked == asked
    cached.find_by_id("unknown 0")

    assert counting.asked == asked + 1


def test_threads_share_what_is_remembered(
    region: Region, cached: CachedClients, counting: CountingRegistry
) -> None:
    client = region.add_client()
    cached.find_by_id("tax")

    answers = at_once(20, lambda _: cached.find_by_id("tax"))

    assert answers == [client] * 20
    assert counting.asked == 1
