"""The provider's metadata: only registered names, and nothing that is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.oidc.claims import ALL_CLAIMS
from idp.oidc.discovery import metadata
from tests.unit.oidc.given import ACR, ISSUER

REGISTERED = """
acr_values_supported authorization_endpoint authorization_response_iss_parameter_supported
backchannel_logout_session_supported backchannel_logout_supported claim_types_supported
claims_locales_supported claims_parameter_supported claims_supported code_challenge_methods_supported
display_values_supported dpop_signing_alg_values_supported end_session_endpoint grant_types_supported
id_token_signing_alg_values_supported introspection_endpoint introspection_endpoint_auth_methods_supported
introspection_endpoint_auth_signing_alg_values_supported issuer jwks_uri op_policy_uri op_tos_uri
prompt_values_supported pushed_authorization_request_endpoint request_object_encryption_alg_values_supported
request_object_encryption_enc_values_supported request_object_signing_alg_values_supported request_parameter_supported
request_uri_parameter_supported require_pushed_authorization_requests require_signed_request_object
require_request_uri_registration response_modes_supported response_types_supported revocation_endpoint
revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported scopes_supported
service_documentation subject_types_supported token_endpoint token_endpoint_auth_methods_supported
token_endpoint_auth_signing_alg_values_supported ui_locales_supported userinfo_endpoint
"""
"""Names of OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9101 §10.5, RFC 9126 §5, RFC 9207 §3, RFC 9449 §5.1,
RP-Initiated Logout 1.0 §2.1 and Back-Channel Logout 1.0 §2.1."""


@pytest.fixture
def document() -> dict[str, Any]:
    return metadata(ISSUER, ACR, ["zh-CN", "en"])


def test_every_name_is_registered(document: dict[str, Any]) -> None:
    assert set(document) <= set(REGISTERED.split())


def test_every_endpoint_is_under_the_issuer(document: dict[str, Any]) -> None:
    addresses = {name: value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))}

    assert document["issuer"] == ISSUER
    assert len(addresses) == 8
    assert all(address.startswith(f"{ISSUER}/") for address in addresses.values())


def test_what_is_required_is_there(document: dict[str, Any]) -> None:
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert set(document["subject_types_supported"]) == {"pairwise", "public"}
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "openid" in document["scopes_supported"]
    assert {"sub", "iss", *ALL_CLAIMS} <= set(document["claims_supported"])
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["claims_parameter_supported"] is True
    assert document["ui_locales_supported"] == ["zh-CN", "en"]


def test_what_we_do_not_do_is_not_promised(document: dict[str, Any]) -> None:
    # Absent would mean true (OpenID Connect Discovery 1.0 §3).
    assert document["request_uri_parameter_supported"] is False
    assert not {"none", "HS256"} & set(document["request_object_signing_alg_values_supported"])
    assert document["acr_values_supported"] == ["urn:tongxing:acr:1", "urn:tongxing:acr:2"]
    assert not {"none", "HS256"} & set(document["id_token_signing_alg_values_supported"])


def test_only_confidential_clients_introspect(document: dict[str, Any]) -> None:
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    assert "none" in document["token_endpoint_auth_methods_supported"]


def test_it_is_plain_json_without_null(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document)) == document
    assert None not in document.values()
