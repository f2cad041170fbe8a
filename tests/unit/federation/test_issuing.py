"""What we say as an entity is refused before it is signed when it could be misread. OpenID Federation §3, §6, §7."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.federation.issuing import configuration_claims, subordinate_claims
from idp.federation.statement_claims import StatementError
from tests.support.federation import NOW, jwks_of, new_key, public_jwk

HUB = "https://hub.example"
FED = "https://west.example/fed"
APP = "https://health.west.example"
KEY = new_key()
ANSWERS = {
    "federation_entity": {
        "federation_fetch_endpoint": f"{FED}/fetch",
        "federation_list_endpoint": f"{FED}/list",
    }
}


def configuration(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "entity": FED,
        "jwks": jwks_of(KEY),
        "now": NOW,
        "metadata": ANSWERS,
        "authority_hints": [HUB],
    }
    return configuration_claims(**given | changes)


def about(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"issuer": FED, "subject": APP, "jwks": jwks_of(KEY), "now": NOW}
    return subordinate_claims(**given | changes)


def test_what_is_empty_is_left_out() -> None:
    assert configuration().keys() == {"iss", "sub", "iat", "exp", "jwks", "metadata", "authority_hints"}
    assert about().keys() == {"iss", "sub", "iat", "exp", "jwks"}
    assert about(metadata={}, metadata_policy={}, constraints={}, source_endpoint=None) == about()


def test_times_are_whole_seconds() -> None:
    claims = configuration(now=NOW + timedelta(milliseconds=700), lifetime=timedelta(hours=1))

    assert claims["iat"] == int(NOW.timestamp())
    assert claims["exp"] - claims["iat"] == 3600


def test_what_goes_in_is_not_changed_and_not_shared() -> None:
    jwks, policy = jwks_of(KEY), {"openid_relying_party": {"scope": {"subset_of": ["openid"]}}}

    claims = about(jwks=jwks, metadata_policy=policy)
    claims["jwks"]["keys"][0]["kid"] = "changed"

    assert jwks == jwks_of(KEY)


RELYING_PARTY = {"openid_relying_party": {"redirect_uris": [f"{APP}/callback"]}}


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": {"keys": []}},
        {"jwks": {}},
        {"jwks": {"keys": [public_jwk(KEY), public_jwk(KEY)]}},
        {"jwks": {"keys": [{**KEY.as_dict(private=True), "kid": "1"}]}},
        {"jwks": {"keys": [KEY.as_dict(private=False)]}},
        {"entity": "https://west.example/fed?x"},
        {"entity": "http://west.example"},
        {"entity": ""},
        {"authority_hints": [FED]},
        {"authority_hints": ["not an entity"]},
        {"authority_hints": [f"https://{number}.example" for number in range(33)]},
        {"lifetime": timedelta(0)},
        {"lifetime": timedelta(days=31)},
        {"metadata": {"federation_entity": {"organization_name": None}}},
        {"metadata": {"federation_entity": {**ANSWERS["federation_entity"], "jwks": jwks_of(KEY)}}},
        {"metadata": {"federation_entity": {"federation_fetch_endpoint": f"{FED}/fetch"}}},
        {"metadata": {"federation_entity": {"federation_list_endpoint": f"{FED}/list"}}},
        {"metadata": {**ANSWERS, **RELYING_PARTY}},
        {"metadata": RELYING_PARTY, "authority_hints": []},
        {
            "metadata": {
                "federation_entity": {
                    **ANSWERS["federation_entity"],
                    "federation_resolve_endpoint": f"{FED}/r?x=1",
                }
            }
        },
        {
            "metadata": {
                "federation_entity": {
                    **ANSWERS["federation_entity"],
                    "federation_resolve_endpoint": f"{FED}/r#x",
                }
            }
        },
        {"trust_marks": [{"trust_mark_type": "x"}]},
        {"trust_mark_issuers": {"x": [HUB]}},
        {"trust_mark_issuers": {"x": []}, "authority_hints": []},
        {"trust_mark_issuers": {"x": ["nobody"]}, "authority_hints": []},
        {"trust_mark_owners": {"x": {"sub": HUB, "jwks": jwks_of(KEY)}}},
        {"trust_mark_owners": {"x": {"sub": HUB, "jwks": {"keys": []}}}, "authority_hints": []},
        {"trust_mark_owners": {"x": {"sub": "nobody", "jwks": jwks_of(KEY)}}, "authority_hints": []},
        {"metadata": {"federation_entity": {**ANSWERS["federation_entity"], "x": "x" * 200_000}}},
    ],
    ids=" ".join,
)
def test_a_configuration_that_nobody_should_sign_is_not_made(changes: dict[str, Any]) -> None:
    assert configuration()

    with pytest.raises(StatementError):
        configuration(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": FED},
        {"subject": "nobody"},
        {"issuer": "nobody"},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": "x"}},
        {"jwks": {"keys": [{**KEY.as_dict(private=True), "kid": "1"}]}},
        {"metadata": {"openid_relying_party": {"client_name": None}}},
        {"metadata": ANSWERS},
        {"metadata_policy": {"openid_relying_party": {"scope": {"one_of": ["a"], "subset_of": ["b"]}}}},
        {"metadata_policy": {"openid_relying_party": {"scope": {"subset_of": 7}}}},
        {"metadata_policy": {"openid_relying_party": 7}},
        {"constraints": {"max_path_length": -1}},
        {"constraints": {"max_path_length": True}},
        {"constraints": {"naming_constraints": {"permitted": [".east.example"]}}},
        {"constraints": {"naming_constraints": {"excluded": [".west.example"]}}},
        {"constraints": {"naming_constraints": {"permitted": ["*.west.example"]}}},
        {"constraints": {"allowed_entity_types": "openid_relying_party"}},
        {"source_endpoint": "not an address"},
        {"lifetime": timedelta(days=31)},
    ],
    ids=" ".join,
)
def test_a_word_about_a_subordinate_that_nobody_should_sign_is_not_made(changes: dict[str, Any]) -> None:
    assert about()

    with pytest.raises(StatementError):
        about(**changes)
