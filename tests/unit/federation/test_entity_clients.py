"""Entities as clients by the rules of this provider: what the registry would refuse, trust does not bring in."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.federation.registration import RegistrationError, RegistrationType, Standing
from idp.foundation.secret import Secret
from idp.oidc.client import Client
from idp.oidc.vocabulary import Profile
from idp.settings import Mode, Settings
from idp.wiring.registering.entity_clients import EntityClients

APP = "https://health.west.example"
ISSUER = "https://id.east.example"
STANDING = Standing("https://west.example/fed", "West")
SIGNS: Any = ECKey.generate_key("P-256", {"kid": "signs", "use": "sig"}).as_dict(private=False)
OTHER: Any = ECKey.generate_key("P-384", {"kid": "p-384"}).as_dict(private=False)
WEAK: Any = {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "0" * 170}
PRIVATE: Any = ECKey.generate_key("P-256", {"kid": "private"}).as_dict(private=True)


def _read(
    mode: Mode = Mode.PRODUCTION,
    *,
    compat: bool = False,
    way: RegistrationType | None = RegistrationType.AUTOMATIC,
    **changes: Any,
) -> Client:
    settings = Settings(issuer=ISSUER, secret_key=Secret("x" * 40), mode=mode, compat=compat)
    metadata = {
        "client_name": "Health",
        "redirect_uris": [f"{APP}/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [SIGNS]},
        "scope": "openid profile email show_code offline_access tax.write",
        **changes,
    }
    present = {name: value for name, value in metadata.items() if value is not None}
    return EntityClients(settings).read(APP, present, STANDING, way)


@pytest.mark.parametrize("way", RegistrationType)
def test_who_registers_gets_the_profile_that_the_region_allows(way: RegistrationType) -> None:
    assert _read(way=way).profile is Profile.STANDARD
    assert _read(way=way, compat=True).profile is Profile.COMPAT
    assert _read(way=way, compat=True, token_endpoint_auth_method=None).auth_method == "private_key_jwt"


def test_brokers_of_regions_are_held_to_everything() -> None:
    assert _read(way=None, compat=True).profile is Profile.STANDARD
    with pytest.raises(RegistrationError):
        _read(way=None, compat=True, token_endpoint_auth_method=None)


@pytest.mark.parametrize("method", [None, "client_secret_basic"])
def test_an_entity_proves_itself_by_its_key_and_says_so(method: str | None) -> None:
    for compat in {False, method is not None}:
        with pytest.raises(RegistrationError):
            _read(compat=compat, token_endpoint_auth_method=method)


def test_keys_by_address_are_not_read_here() -> None:
    with pytest.raises(RegistrationError):
        _read(compat=True, jwks=None, jwks_uri=f"{APP}/jwks")


def test_an_entity_gets_the_scopes_about_people_and_no_others() -> None:
    client = _read()

    assert client.scopes == ("openid", "profile", "email")
    assert client.resources == client.audiences == ()


def test_keys_that_we_do_not_use_are_left_out_and_the_others_serve() -> None:
    client = _read(jwks={"keys": [OTHER, WEAK, PRIVATE, SIGNS]})

    assert client.jwks == {"keys": [SIGNS]}


@pytest.mark.parametrize("keys", [[], [OTHER], [PRIVATE], [WEAK], [SIGNS, SIGNS]])
def test_without_a_key_of_its_own_an_entity_proves_nothing(keys: list[Any]) -> None:
    with pytest.raises(RegistrationError) as refused:
        _read(jwks={"keys": keys})

    assert refused.value.code == "invalid_client_metadata"


@pytest.mark.parametrize(
    "uri",
    [
        "http://health.west.example/callback",
        "javascript:alert(1)",
        "https://health.west.example/callback#x",
        "https://user@health.west.example/callback",
        f"{ISSUER}/consent",
        f"{APP}/callback?code=mine",
        "http://health.localhost/callback",
    ],
)
def test_an_address_the_registry_would_refuse_is_refused(uri: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        _read(redirect_uris=[uri])

    assert refused.value.code == "invalid_redirect_uri"
    assert uri not in str(refused.value)
    assert uri in refused.value.detail


def test_http_on_this_machine_is_for_development_alone() -> None:
    uri = "http://health.localhost/callback"

    assert _read(Mode.DEVELOPMENT, redirect_uris=[uri]).redirect_uris == (uri,)


@pytest.mark.parametrize(
    "changes",
    [
        {"logo_uri": "javascript:alert(1)"},
        {"policy_uri": "http://health.west.example/policy"},
        {"client_name": "Health\u202e"},
        {"client_name#<script>": "Health"},
        {"client_name": "x" * 101},
        {"organization_name": "West\nHealth"},
        {"application_type": "native"},
    ],
)
def test_what_people_would_be_shown_is_looked_at(changes: dict[str, Any]) -> None:
    with pytest.raises(RegistrationError):
        _read(**changes)
