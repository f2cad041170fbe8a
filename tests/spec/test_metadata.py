"""Discovery and keys: OpenID Connect Discovery 1.0, RFC 8414, RFC 9101 §10.5, RFC 9126 §5, RFC 9207 §3, RFC 7517."""

from __future__ import annotations

import re
from typing import Any

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc.jwk import KeySet

from idp.oidc.vocabulary import Algorithm
from tests.support.provider import Provider
from tests.support.relying_party import claims_of

PLACES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")

REGISTERED = """
acr_values_supported authorization_endpoint authorization_response_iss_parameter_supported
backchannel_logout_session_supported backchannel_logout_supported check_session_iframe
claim_types_supported claims_locales_supported claims_parameter_supported claims_supported
code_challenge_methods_supported display_values_supported dpop_signing_alg_values_supported end_session_endpoint
grant_types_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
id_token_signing_alg_values_supported introspection_endpoint introspection_endpoint_auth_methods_supported
introspection_endpoint_auth_signing_alg_values_supported issuer jwks_uri op_policy_uri op_tos_uri
prompt_values_supported pushed_authorization_request_endpoint registration_endpoint
request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported
request_object_signing_alg_values_supported request_parameter_supported request_uri_parameter_supported
require_pushed_authorization_requests require_request_uri_registration require_signed_request_object
response_modes_supported response_types_supported revocation_endpoint revocation_endpoint_auth_methods_supported
revocation_endpoint_auth_signing_alg_values_supported scopes_supported service_documentation
subject_types_supported token_endpoint token_endpoint_auth_methods_supported
token_endpoint_auth_signing_alg_values_supported ui_locales_supported userinfo_endpoint
userinfo_signing_alg_values_supported
"""
"""Those of the registered names (IANA OAuth Authorization Server Metadata) that a provider like this one may use."""

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}


@pytest.fixture
def metadata(provider: Provider) -> dict[str, Any]:
    found = provider.send("GET", PLACES[0]).json
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_the_document_is_where_its_issuer_says(provider: Provider, place: str) -> None:
    """Discovery §4.2, §4.3; RFC 8414 §3.2, §3.3: JSON, and `issuer` is the address it was asked at."""
    answer = provider.send("GET", place)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json is not None
    assert answer.json["issuer"] + place == f"{provider.issuer}{place}"


def test_both_places_say_the_same(provider: Provider) -> None:
    assert provider.send("GET", PLACES[0]).json == provider.send("GET", PLACES[1]).json


def test_what_is_required_is_there(metadata: dict[str, Any]) -> None:
    """Discovery §3 (REQUIRED and RECOMMENDED members)."""
    recommended = {"userinfo_endpoint", "scopes_supported", "claims_supported"}

    assert metadata.keys() >= REQUIRED | recommended


def test_only_registered_names_are_published(metadata: dict[str, Any]) -> None:
    assert metadata.keys() <= set(REGISTERED.split())


def test_another_library_finds_it_valid(metadata: dict[str, Any]) -> None:
    """Authlib checks it member by member. It wants https, which a test on this machine has not."""
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in metadata.items()
    }

    OpenIDProviderMetadata(secure).validate()


@pytest.mark.parametrize(
    "member", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"]
)
def test_an_endpoint_lies_at_the_issuer(metadata: dict[str, Any], member: str) -> None:
    assert metadata[member].startswith(metadata["issuer"] + "/")
    assert "?" not in metadata[member]
    assert "#" not in metadata[member]


def test_what_is_promised_is_what_there_is(metadata: dict[str, Any]) -> None:
    """No member promises more, or less, than the tests in this folder show."""
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query"]
    assert set(metadata["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
    }
    assert set(metadata["subject_types_supported"]) == {"pairwise", "public"}
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["claims_parameter_supported"] is True
    assert metadata["request_parameter_supported"] is True
    assert metadata["require_signed_request_object"] is False
    assert metadata["require_pushed_authorization_requests"] is False
    assert set(metadata["request_object_encryption_enc_values_supported"]) == {"A128GCM", "A256GCM"}
    assert set(metadata["request_object_encryption_alg_values_supported"]) == {
        "RSA-OAEP-256",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A256KW",
    }
    assert metadata["request_uri_parameter_supported"] is False  # absent would mean true (§3)
    assert metadata["acr_values_supported"] == ["urn:tongxing:acr:1", "urn:tongxing:acr:2"]
    assert set(metadata["prompt_values_supported"]) == {"none", "login", "consent", "select_account"}


def test_algorithms_are_asymmetric_and_rs256_is_among_them(metadata: dict[str, Any]) -> None:
    """Discovery §3: RS256 MUST be included. `none` and shared secrets are not offered anywhere."""
    ours = {"RS256", "PS256", "ES256", "EdDSA"}
    assert set(metadata["id_token_signing_alg_values_supported"]) == ours
    for member, value in metadata.items():
        if member.endswith("signing_alg_values_supported"):
            # Proofs of possession are new enough to do without RS256 (RFC 9449 §5.1 names none).
            least = ours - {"RS256"} if member.startswith("dpop") else ours
            # Two names of one algorithm (RFC 9864 §2.2).
            assert least <= set(value) <= least | {"Ed25519"}, member
    assert set(metadata["token_endpoint_auth_methods_supported"]) == {
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    }
    assert "none" not in metadata["introspection_endpoint_auth_methods_supported"]


def test_locales_are_language_tags_in_their_usual_case(metadata: dict[str, Any]) -> None:
    """Discovery §3; RFC 5646 §2.1.1."""
    for tag in metadata["ui_locales_supported"]:
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", tag)


def keys_of(provider: Provider) -> list[dict[str, Any]]:
    answer = provider.send("GET", "/jwks.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json is not None
    keys: list[dict[str, Any]] = answer.json["keys"]
    return keys


def test_every_key_has_a_name_of_its_own_and_no_private_half(provider: Provider) -> None:
    """RFC 7517 §4.5, §9.2; RFC 7518 §6.2.2, §6.3.2."""
    keys = keys_of(provider)

    assert len({key["kid"] for key in keys}) == len(keys) >= 4
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & key.keys()
        if key["use"] == "sig":
            assert key["alg"] in set(Algorithm)
        else:
            # An EC key names no algorithm: it is good for every ECDH-ES (RFC 7517 §4.4).
            assert (key["use"], key.get("alg", "ECDH-ES")) in (("enc", "ECDH-ES"), ("enc", "RSA-OAEP-256"))


def test_keys_are_of_known_kinds_and_strong(provider: Provider) -> None:
    kinds = {(key["kty"], key.get("crv"), key.get("alg", key["use"])) for key in keys_of(provider)}
    moduli = [len(key["n"]) * 6 for key in keys_of(provider) if key["kty"] == "RSA"]

    assert kinds == {
        ("RSA", None, "RS256"),
        ("RSA", None, "PS256"),
        ("EC", "P-256", "ES256"),
        ("OKP", "Ed25519", "EdDSA"),
        ("RSA", None, "RSA-OAEP-256"),
        ("EC", "P-256", "enc"),
    }
    assert min(moduli) >= 2048


def test_another_library_reads_the_keys(provider: Provider) -> None:
    found = KeySet.import_key_set({"keys": keys_of(provider)})  # type: ignore[typeddict-item]

    assert len(found.keys) == len(keys_of(provider))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_token_is_signed_with_a_published_key_of_its_algorithm(
    provider: Provider, algorithm: Algorithm
) -> None:
    """OpenID Connect Core §10.1; verified by joserfc with nothing but the published keys."""
    provider.person()
    app = provider.client(signing_alg=algorithm)
    tokens = provider.tokens(provider.browser(), app)

    for token, typ in ((tokens.id_token, "JWT"), (tokens.access_token, "at+jwt")):
        header, claims = app.verified(token, algorithm)
        assert (header["alg"], header["typ"]) == (algorithm, typ)
        assert claims == claims_of(token)
    assert app.userinfo(tokens.access_token).status == 200


@pytest.mark.parametrize("algorithm", Algorithm)
def test_keys_rotate_without_anybody_noticing(provider: Provider, algorithm: Algorithm) -> None:
    """Core §10.1.1: the successor is published before it signs, the old one while its tokens live."""
    provider.person()
    app, browser = provider.client(signing_alg=algorithm), provider.browser()
    before = provider.tokens(browser, app)
    old_kid = app.verified(before.id_token, algorithm)[0]["kid"]

    provider.services.keyring.rotate((algorithm,))
    announced = {key["kid"] for key in keys_of(provider)}
    during = provider.tokens(browser, app)
    provider.clock.advance(days=1, seconds=2)
    after = provider.tokens(browser, app, prompt="login")

    assert app.verified(during.id_token, algorithm)[0]["kid"] == old_kid
    new_kid = app.verified(after.id_token, algorithm)[0]["kid"]
    assert new_kid != old_kid
    assert {old_kid, new_kid} <= announced
    assert app.verified(before.id_token, algorithm)[1]["sub"] == claims_of(after.id_token)["sub"]
    provider.clock.advance(days=1, seconds=2)
    assert old_kid not in {key["kid"] for key in keys_of(provider)}


def test_a_key_change_at_once_reaches_every_process(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    with provider.twin() as other:
        provider.services.keyring.rotate(immediately=True)
        provider.clock.advance(seconds=2)
        tokens = provider.tokens(browser, app)
        here, there = (place.send("GET", "/jwks.json").json for place in (provider, other))

    assert here == there
    assert app.verified(tokens.id_token)[0]["kid"] in {key["kid"] for key in keys_of(provider)}
