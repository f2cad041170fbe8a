"""Authorities and entities that try to get around what stands above them. OpenID Federation 1.0 §6."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from idp.federation import metadata_policy
from idp.federation.constraints import ConstraintError, allowed_types, require
from idp.federation.metadata_policy import PolicyError, PolicyErrorKind
from idp.federation.registration import Offer, RegistrationError, Standing, client_from

Json = dict[str, Any]


def _resolved(anchor: Json, region: Json, metadata: Json) -> Json:
    """One parameter's policies by two authorities, applied."""
    policies = [{"openid_relying_party": {name: rules}} for name, rules in [*anchor.items(), *region.items()]]
    return metadata_policy.resolve(policies, {"openid_relying_party": metadata})["openid_relying_party"]


@pytest.mark.parametrize(
    ("anchor", "region"),
    [
        ({"value": "pairwise"}, {"value": "public"}),
        ({"value": ["a"]}, {"add": ["b"]}),
        ({"default": "ES256"}, {"default": "RS256"}),
        ({"one_of": ["ES256"]}, {"one_of": ["RS256"]}),
        ({"subset_of": ["code"]}, {"superset_of": ["token"]}),
        ({"subset_of": ["code"]}, {"add": ["token"]}),
        ({"subset_of": ["code"]}, {"value": ["code", "token"]}),
        ({"superset_of": ["code"]}, {"value": []}),
        ({"essential": True}, {"value": None}),
    ],
)
def test_authorities_that_contradict_each_other_end_the_chain(anchor: Json, region: Json) -> None:
    """Whichever of the two were to win, the other's demand would be gone, and nobody would see it."""
    with pytest.raises(PolicyError) as refused:
        metadata_policy.merge_of_type({"p": anchor}, {"p": region})

    assert refused.value.kind is PolicyErrorKind.INVALID_POLICY


@pytest.mark.parametrize(
    ("anchor", "region", "wish", "left"),
    [
        ({"subset_of": ["code"]}, {"subset_of": ["code", "token"]}, ["code", "token"], ["code"]),
        ({"subset_of": ["code"]}, {"default": ["token"]}, None, []),
        ({"superset_of": ["S256"]}, {"superset_of": []}, ["S256"], ["S256"]),
        ({"add": ["help@hub.example"]}, {"add": []}, [], ["help@hub.example"]),
        ({"essential": True}, {"essential": False}, ["x"], ["x"]),
    ],
)
def test_an_intermediate_cannot_loosen_what_the_anchor_demands(
    anchor: Json, region: Json, wish: list[str] | None, left: list[str]
) -> None:
    metadata = {} if wish is None else {"p": wish}

    assert _resolved({"p": anchor}, {"p": region}, metadata) == {"p": left}


@pytest.mark.parametrize(
    ("anchor", "region", "wish"),
    [
        ({"one_of": ["ES256"]}, {"one_of": ["ES256", "RS256"]}, "RS256"),
        ({"one_of": ["ES256"]}, {"default": "none"}, None),
        ({"superset_of": ["S256"]}, {"superset_of": []}, ["plain"]),
        ({"essential": True}, {"essential": False}, None),
    ],
)
def test_what_the_anchor_refuses_stays_refused_below(anchor: Json, region: Json, wish: Any) -> None:
    with pytest.raises(PolicyError) as refused:
        _resolved({"p": anchor}, {"p": region}, {} if wish is None else {"p": wish})

    assert refused.value.kind is PolicyErrorKind.INVALID_METADATA


def test_an_operator_that_must_be_understood_is_not_passed_over() -> None:
    policy = {"openid_relying_party": {"redirect_uris": {"under_host": "west.example"}}}

    assert metadata_policy.resolve([policy], {}) == {}
    with pytest.raises(PolicyError):
        metadata_policy.resolve([policy], {}, critical=["under_host"])


def test_nothing_allowed_is_not_everything_allowed() -> None:
    """An empty intersection stays an empty array, and who may do nothing becomes no client."""
    metadata = {
        "redirect_uris": ["https://health.west.example/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [{"kty": "EC"}]},
        "scope": "openid profile",
        "grant_types": ["authorization_code"],
    }
    nothing = {"scope": {"subset_of": ["phone"]}, "grant_types": {"subset_of": ["urn:other"]}}

    resolved = metadata_policy.apply_of_type(nothing, metadata)

    assert (resolved["scope"], resolved["grant_types"]) == ("", [])
    for name in nothing:
        with pytest.raises(RegistrationError):
            client_from(
                "https://health.west.example",
                {**metadata, name: resolved[name]},
                Standing("https://west.example/fed"),
                Offer(("openid", "profile")),
            )


@pytest.mark.parametrize("wish", ["openidx", "xopenid", "OPENID", "open id", "openid,profile"])
def test_a_scope_is_compared_word_by_word(wish: str) -> None:
    assert _resolved({"scope": {"subset_of": ["openid"]}}, {}, {"scope": wish}) == {"scope": ""}


@pytest.mark.parametrize(
    "entity_id",
    [
        "https://evilwest.example",
        "https://west.example.evil.example",
        "https://a.west.example.",
        "https://a.west.example@evil.example",
        "https://evil.example/a.west.example",
        "https://evil.example\\.west.example",
        "https://evil.example%2f.west.example",
        "https://evil.example?.west.example",
        "https://xn--west-0ra.example",
        "https://wést.example",
        "https://10.0.0.1",
        "https://[::1]",
        "https://a.west.example:80:80",
    ],
)
def test_no_spelling_of_a_name_gets_under_the_names_of_a_region(entity_id: str) -> None:
    rules = {"naming_constraints": {"permitted": ["west.example", ".west.example"]}}

    with pytest.raises(ConstraintError):
        require(rules, intermediates_below=0, subjects_below=[entity_id])


def test_no_spelling_of_a_name_gets_past_an_exclusion() -> None:
    rules = {"naming_constraints": {"permitted": [".example"], "excluded": ["evil.example"]}}

    for entity_id in ("https://evil.example", "https://EVIL.example", "https://evil.example:444/x"):
        with pytest.raises(ConstraintError, match="excluded"):
            require(rules, intermediates_below=0, subjects_below=[entity_id])
    for entity_id in ("https://evil.example.", "https://ev%69l.example", "https://x@evil.example"):
        with pytest.raises(ConstraintError):
            require(rules, intermediates_below=0, subjects_below=[entity_id])


def test_a_chain_one_authority_longer_than_allowed_is_refused() -> None:
    require({"max_path_length": 1}, intermediates_below=1, subjects_below=[])

    with pytest.raises(ConstraintError):
        require({"max_path_length": 1}, intermediates_below=2, subjects_below=[])


def test_no_list_of_types_takes_away_or_brings_in_what_it_does_not_name() -> None:
    types = allowed_types({"allowed_entity_types": ["openid_relying_party"]})

    assert types == {"openid_relying_party", "federation_entity"}


def test_one_evaluation_leaves_nothing_behind_for_the_next() -> None:
    """Cached metadata changed by one chain's policy would carry it over into the chain of another anchor."""
    cached = {
        "openid_relying_party": {"scope": "openid", "contacts": ["a"], "jwks": {"keys": [{"kid": "1"}]}}
    }
    before = deepcopy(cached)
    policy = {"openid_relying_party": {"contacts": {"add": ["b"]}, "scope": {"add": ["profile"]}}}

    first = metadata_policy.resolve([policy], cached)
    first["openid_relying_party"]["jwks"]["keys"].clear()

    assert cached == before
    assert metadata_policy.resolve([{}], cached) == before
