"""The OpenID Foundation's test programme for OpenID Federation 1.0, replayed: deployed entities.

Each test makes the requests of one module and holds the answers against what the module asks. The docstring names the
module. The requests and conditions were read in the programme's public source and are written here in our own way.
`test_federation_programme_provider.py` has the modules about providers, `…_party.py` those about relying parties.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import signatures
from tests.support.clock import FakeClock
from tests.support.federation import seconds
from tests.support.federation_conditions import (
    require_address,
    require_configuration,
    require_keys,
    require_languages,
    require_statement,
)
from tests.support.federation_joined import Joined, join
from tests.support.federation_programme import EAST, FED, HUB, PROGRAMME, RP, WELL_KNOWN
from tests.support.leak_guard import LeakGuard
from tests.support.published import claims_of

ENTITIES = (HUB, FED, EAST, RP)
SUPERIORS = (HUB, FED)
NOT_COMPARED = ("iat", "exp", "trust_marks")
RESOLVED = "resolve-response+jwt"

ADDRESSES = frozenset(
    {
        "issuer",
        "authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
        "federation_registration_endpoint",
        "jwks_uri",
        "signed_jwks_uri",
        "service_documentation",
    }
)
"""Of a provider's registered members those that are addresses and that ours has."""
FLAGS = frozenset(
    {
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_signed_request_object",
        "require_pushed_authorization_requests",
        "authorization_response_iss_parameter_supported",
    }
)
LISTS = frozenset(
    {
        "acr_values_supported",
        "claim_types_supported",
        "claims_supported",
        "client_registration_types_supported",
        "code_challenge_methods_supported",
        "display_values_supported",
        "dpop_signing_alg_values_supported",
        "grant_types_supported",
        "id_token_signing_alg_values_supported",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "prompt_values_supported",
        "request_object_encryption_alg_values_supported",
        "request_object_encryption_enc_values_supported",
        "request_object_signing_alg_values_supported",
        "response_modes_supported",
        "response_types_supported",
        "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "scopes_supported",
        "subject_types_supported",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "ui_locales_supported",
    }
)


@pytest.fixture
def joined(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Joined]:
    built = join(tmp_path, sqlite_template, clock, leak_guard)
    yield built
    built.close()


def path_of(joined: Joined, entity: str) -> list[str]:
    """Entity ids from an entity to the anchor, by what each says of those above it."""
    path = [entity]
    while path[-1] != HUB:
        (above,) = joined.configuration(path[-1])["authority_hints"]
        path.append(above)
    return path


def chain_of(joined: Joined, entity: str) -> list[str]:
    """The trust chain put together by hand."""
    path = path_of(joined, entity)
    if len(path) == 1:
        return [joined.get(HUB + WELL_KNOWN).text]
    statements = [
        joined.get(joined.endpoint(above, "federation_fetch_endpoint"), sub=below).text
        for below, above in pairwise(path)
    ]
    return [joined.get(entity + WELL_KNOWN).text, *statements, joined.get(HUB + WELL_KNOWN).text]


def compared(token: str) -> dict[str, Any]:
    return {name: value for name, value in claims_of(token).items() if name not in NOT_COMPARED}


class TestEntityConfiguration:
    """openid-federation-entity-configuration"""

    @pytest.mark.parametrize("entity", ENTITIES)
    def test_a_configuration_says_who_it_is_until_when_and_by_which_key(
        self, joined: Joined, entity: str
    ) -> None:
        claims = require_configuration(joined, entity)

        assert ("authority_hints" in claims) == (entity != HUB)

    @pytest.mark.parametrize("entity", [FED, EAST, RP])
    def test_its_superior_lists_it_and_says_the_same_of_it(self, joined: Joined, entity: str) -> None:
        (superior,) = joined.configuration(entity)["authority_hints"]
        keys = require_configuration(joined, superior)["jwks"]
        listing = joined.get(joined.endpoint(superior, "federation_list_endpoint"))
        fetched = joined.get(joined.endpoint(superior, "federation_fetch_endpoint"), sub=entity)

        assert (listing.status_code, listing.content_type) == (200, "application/json")
        assert entity in (listing.json or [])
        claims = require_statement(joined, fetched, superior, entity, keys)
        assert "authority_hints" not in claims
        assert not any("endpoint" in name for name in claims.get("metadata", {}).get("federation_entity", {}))
        for operators in (
            parameter for kind in claims.get("metadata_policy", {}).values() for parameter in kind.values()
        ):
            assert operators.keys() <= {
                "value",
                "add",
                "default",
                "one_of",
                "subset_of",
                "superset_of",
                "essential",
            }

    def test_a_provider_has_registered_members_alone_each_of_its_kind(self, joined: Joined) -> None:
        metadata = joined.configuration(EAST)["metadata"]["openid_provider"]

        assert metadata.keys() == ADDRESSES | FLAGS | LISTS | {"jwks"}
        for name in ADDRESSES:
            require_address(metadata[name])
        assert {type(metadata[name]) for name in FLAGS} == {bool}
        for name in LISTS:
            assert metadata[name]
            assert all(isinstance(each, str) for each in metadata[name])

    def test_a_provider_offers_what_everybody_can_count_on(self, joined: Joined) -> None:
        metadata = joined.configuration(EAST)["metadata"]["openid_provider"]

        assert metadata["issuer"] == EAST
        assert "code" in metadata["response_types_supported"]
        assert set(metadata["subject_types_supported"]) <= {"pairwise", "public"}
        assert "RS256" in metadata["id_token_signing_alg_values_supported"]
        assert "RS256" in metadata["request_object_signing_alg_values_supported"]
        assert "openid" in metadata["scopes_supported"]
        assert set(metadata["client_registration_types_supported"]) == {"automatic", "explicit"}
        require_languages(metadata["ui_locales_supported"])

    def test_a_providers_keys_can_be_read_at_their_address(self, joined: Joined) -> None:
        metadata = joined.configuration(EAST)["metadata"]["openid_provider"]
        answer = joined.get(metadata["jwks_uri"])

        assert (answer.status_code, answer.json) == (200, metadata["jwks"])
        require_keys(metadata["jwks"])

    def test_a_relying_party_says_how_it_registers_and_where_it_is_answered(self, joined: Joined) -> None:
        metadata = joined.configuration(RP)["metadata"]["openid_relying_party"]

        assert metadata["client_registration_types"] == ["automatic"]
        assert metadata["response_types"] == ["code"]
        assert metadata["grant_types"] == ["authorization_code"]
        assert metadata["subject_type"] in ("pairwise", "public")
        for address in (*metadata["redirect_uris"], metadata["backchannel_logout_uri"]):
            require_address(address)
        assert not any(
            name.endswith(("_encrypted_response_alg", "_encrypted_response_enc")) for name in metadata
        )
        require_keys(metadata["jwks"])


@pytest.mark.parametrize("superior", SUPERIORS)
def test_whoever_is_listed_has_a_configuration_and_a_statement(joined: Joined, superior: str) -> None:
    """openid-federation-list-and-fetch"""
    keys = joined.configuration(superior)["jwks"]
    listed = joined.get(joined.endpoint(superior, "federation_list_endpoint")).json or []

    assert set(listed) == ({FED, PROGRAMME} if superior == HUB else {EAST, RP})
    for entity in listed:
        answer = joined.get(joined.endpoint(superior, "federation_fetch_endpoint"), sub=entity)
        require_statement(joined, answer, superior, entity, keys)
        if entity != PROGRAMME:
            require_configuration(joined, entity)


@pytest.mark.parametrize("superior", SUPERIORS)
def test_nobody_answers_for_somebody_unknown(joined: Joined, superior: str) -> None:
    """openid-federation-ensure-fetch-with-invalid-sub-fails"""
    fetch = joined.endpoint(superior, "federation_fetch_endpoint")

    answer = joined.get(fetch, sub="https://2f7c3c0e-5a53-4a40-9f64-5a1f0a8c6f0d")

    assert (answer.status_code, answer.content_type) == (404, "application/json")
    assert (answer.json or {})["error"] == "not_found"
    assert (answer.json or {})["error_description"]


@pytest.mark.parametrize("superior", SUPERIORS)
def test_nobody_answers_for_itself(joined: Joined, superior: str) -> None:
    """openid-federation-ensure-fetch-with-iss-as-sub-fails"""
    answer = joined.get(joined.endpoint(superior, "federation_fetch_endpoint"), sub=superior)

    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert (answer.json or {})["error"] == "invalid_request"
    assert (answer.json or {})["error_description"]


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_way_up_ends_in_the_keys_that_were_handed_over_before(joined: Joined, entity: str) -> None:
    """openid-federation-preconfigured-keys-match-trust-anchors-keys"""
    handed_over = joined.hub.services.statements.jwks

    *_, anchor = path_of(joined, entity)

    assert joined.configuration(anchor)["jwks"] == handed_over


@pytest.mark.parametrize("entity", [*ENTITIES, PROGRAMME])
def test_the_anchor_resolves_the_chain_that_anybody_would_put_together(joined: Joined, entity: str) -> None:
    """openid-federation-compare-trust-chain-to-resolve"""
    endpoint = joined.endpoint(HUB, "federation_resolve_endpoint")
    by_hand = joined.programme.chain() if entity == PROGRAMME else chain_of(joined, entity)

    answer = joined.get(endpoint, sub=entity, trust_anchor=HUB)

    assert (answer.status_code, answer.content_type) == (200, f"application/{RESOLVED}"), answer.text
    keys = joined.configuration(HUB)["jwks"]
    claims = signatures.verified(answer.text, RESOLVED, keys, StatementSignatures()).claims
    assert (claims["iss"], claims["sub"]) == (HUB, entity)
    assert claims["iat"] <= seconds(joined.clock.now()) < claims["exp"]
    assert list(map(compared, claims["trust_chain"])) == list(map(compared, by_hand))
