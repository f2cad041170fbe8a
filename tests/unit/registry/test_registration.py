"""A mini-app gets into the registry, is changed, and gets a new secret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.foundation.entropy import SystemEntropy
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import application_of
from idp.registry.registration import (
    RefusedClient,
    Registered,
    changed_client,
    new_client,
    new_client_id,
    rotate_secret,
)
from tests.unit.registry.applications import DEMO, P256_KEY, PRODUCTION, tax

ENTROPY = SystemEntropy()
BY_KEY = {"auth_method": ClientAuthMethod.PRIVATE_KEY_JWT, "jwks": {"keys": [P256_KEY]}}


def register(**changes: object) -> Registered:
    return new_client(tax(**changes), PRODUCTION, entropy=ENTROPY)


def change(client: Client, **changes: object) -> Registered:
    application = replace(application_of(client), **changes)  # type: ignore[arg-type]
    return changed_client(client, application, PRODUCTION, entropy=ENTROPY)


def test_an_ordinary_app_gets_what_it_asked_for_and_the_region() -> None:
    client = register().client

    assert client.client_id == "tax"
    assert client.region == "east"
    assert client.sector == "tax.example"
    assert client.enabled
    assert application_of(client) == tax()


def test_a_secret_is_handed_over_once_and_kept_as_a_digest() -> None:
    registered = register()

    assert registered.secret is not None
    assert registered.client.secret_hash == digest(registered.secret.reveal())
    assert len(registered.secret.reveal()) >= len("cs_") + 43
    assert registered.secret.reveal() not in repr(registered)


@pytest.mark.parametrize("changes", [BY_KEY, {"auth_method": ClientAuthMethod.NONE}])
def test_an_app_without_a_secret_method_gets_no_secret(changes: dict[str, object]) -> None:
    registered = register(**changes)

    assert registered.secret is None
    assert registered.client.secret_hash is None


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(RefusedClient) as refused:
        register(client_id="a b", name={}, organisation="\x07", redirect_uris=("http://tax.example/",))

    assert len(refused.value.problems) == 4


def test_several_hosts_need_a_named_sector() -> None:
    uris = ("https://tax.example/callback", "https://tax.example.org/callback")

    with pytest.raises(RefusedClient, match="sector_identifier_uri"):
        register(redirect_uris=uris)

    named = register(redirect_uris=uris, sector_identifier_uri="https://tax.example/sector.json")
    assert named.client.sector == "tax.example"


def test_nobody_joins_the_sector_of_public_subjects_by_the_name_of_a_host() -> None:
    with pytest.raises(RefusedClient, match="public"):
        register(redirect_uris=("https://public/callback",))


def test_native_apps_do_not_share_the_sector_of_everybodys_own_device() -> None:
    native = {
        "native": True,
        "auth_method": ClientAuthMethod.NONE,
        "redirect_uris": ("http://127.0.0.1/callback",),
    }

    with pytest.raises(RefusedClient, match="sector identifier"):
        register(**native)

    named = register(**native, sector_identifier_uri="https://desktop.example/sector.json")
    assert named.client.sector == "desktop.example"


def test_the_demo_admits_plain_http_on_this_machine_and_nowhere_else() -> None:
    local = tax(redirect_uris=("http://tax.apps.localhost:8011/callback",))

    assert new_client(local, DEMO, entropy=ENTROPY).client.sector == "tax.apps.localhost"
    with pytest.raises(RefusedClient):
        new_client(local, PRODUCTION, entropy=ENTROPY)
    with pytest.raises(RefusedClient):
        new_client(tax(redirect_uris=("http://tax.example/callback",)), DEMO, entropy=ENTROPY)


def test_a_generated_client_id_is_a_valid_one_and_always_another() -> None:
    first, second = new_client_id(ENTROPY), new_client_id(ENTROPY)

    assert first != second
    assert register(client_id=first).client.client_id == first


def test_moving_to_another_host_keeps_the_sector_so_that_people_keep_their_subject() -> None:
    before = register().client

    after = change(before, redirect_uris=("https://tax.example.org/callback",)).client

    assert after.redirect_uris == ("https://tax.example.org/callback",)
    assert after.sector == before.sector


def test_a_change_keeps_the_secret_the_region_and_the_standing() -> None:
    before = replace(register().client, enabled=False)

    after = change(before, organisation="East Revenue")

    assert after.secret is None
    assert after.client == replace(before, organisation="East Revenue")


def test_a_change_is_held_to_the_same_rules() -> None:
    with pytest.raises(RefusedClient):
        change(register().client, redirect_uris=("https://tax.example/#/callback",))


def test_a_change_of_method_brings_or_forgets_the_secret() -> None:
    with_key = change(register().client, **BY_KEY)
    back = change(with_key.client, auth_method=ClientAuthMethod.SECRET_POST, jwks=None)

    assert with_key.client.secret_hash is None
    assert back.secret is not None
    assert back.client.secret_hash == digest(back.secret.reveal())


def test_a_new_secret_replaces_the_old_one() -> None:
    first = register()

    second = rotate_secret(first.client, entropy=ENTROPY)

    assert second.client.secret_hash != first.client.secret_hash
    assert replace(second.client, secret_hash=first.client.secret_hash) == first.client


def test_a_client_without_secrets_cannot_get_a_new_one() -> None:
    with pytest.raises(RefusedClient, match="has no secret"):
        rotate_secret(register(**BY_KEY).client, entropy=ENTROPY)


def test_a_back_end_of_its_own_needs_no_redirect_uri() -> None:
    client = register(
        redirect_uris=(),
        grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}),
        scopes=("records:read",),
        resources=("https://records.example/",),
    ).client

    assert client.sector == ""
