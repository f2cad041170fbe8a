"""Metadata policy: every operator, every pair, merging, applying. OpenID Federation 1.0 §6.1."""

from __future__ import annotations

from copy import deepcopy
from itertools import combinations
from typing import Any

import pytest

from idp.federation import metadata_policy
from idp.federation.metadata_policy import PolicyError, PolicyErrorKind
from idp.federation.policy_operators import COMBINATIONS, OPERATORS

Json = dict[str, Any]
POLICY = "invalid_policy"
METADATA = "invalid_metadata"
GONE = object()
"""The parameter is not there."""


def _of(parameter: str, value: object) -> Json:
    return {} if value is GONE else {parameter: value}


def _apply(operators: Json, value: object, parameter: str = "p") -> object:
    """What becomes of one parameter: its value, GONE, or the kind of error."""
    try:
        result = metadata_policy.apply_of_type({parameter: operators}, _of(parameter, value))
    except PolicyError as error:
        return error.kind
    return result.get(parameter, GONE)


def _merge(superior: Json, subordinate: Json, parameter: str = "p") -> object:
    try:
        merged = metadata_policy.merge_of_type({parameter: superior}, {parameter: subordinate})
    except PolicyError as error:
        return error.kind
    return merged[parameter]


@pytest.mark.parametrize(
    ("operators", "before", "after"),
    [
        # value: set, whatever was there; null takes it away
        ({"value": "a"}, GONE, "a"),
        ({"value": "a"}, "b", "a"),
        ({"value": False}, True, False),
        ({"value": 0}, 1, 0),
        ({"value": []}, ["a"], []),
        ({"value": {"keys": []}}, GONE, {"keys": []}),
        ({"value": None}, "b", GONE),
        ({"value": None}, GONE, GONE),
        # add: what is missing, behind what is there, once
        ({"add": ["b"]}, ["a"], ["a", "b"]),
        ({"add": ["a", "b"]}, ["b"], ["b", "a"]),
        ({"add": ["a"]}, GONE, ["a"]),
        ({"add": []}, GONE, []),
        ({"add": [{"x": 1}]}, [{"x": 1.0}], [{"x": 1.0}]),
        ({"add": ["a"]}, "a", METADATA),
        ({"add": ["a"]}, {"a": 1}, METADATA),
        # default: only where nothing is
        ({"default": "a"}, GONE, "a"),
        ({"default": "a"}, "b", "b"),
        ({"default": ["a"]}, [], []),
        ({"default": False}, GONE, False),
        # one_of: a check, and none where nothing is
        ({"one_of": ["a", "b"]}, "b", "b"),
        ({"one_of": ["a", "b"]}, GONE, GONE),
        ({"one_of": ["a", "b"]}, "c", METADATA),
        ({"one_of": ["a", "b"]}, "A", METADATA),
        ({"one_of": ["a", "b"]}, ["a"], METADATA),
        ({"one_of": [1]}, True, METADATA),
        ({"one_of": [1]}, 1.0, 1.0),
        ({"one_of": [{"x": [1]}]}, {"x": [1]}, {"x": [1]}),
        # subset_of: cuts down to what is allowed, even to nothing, which stays an empty array
        ({"subset_of": ["a", "b"]}, ["c", "b", "a"], ["b", "a"]),
        ({"subset_of": ["a", "b"]}, ["c"], []),
        ({"subset_of": []}, ["a"], []),
        ({"subset_of": ["a"]}, GONE, GONE),
        ({"subset_of": ["a"]}, "a", METADATA),
        ({"subset_of": [1]}, [True], []),
        # superset_of: a check
        ({"superset_of": ["a"]}, ["b", "a"], ["b", "a"]),
        ({"superset_of": ["a"]}, ["a"], ["a"]),
        ({"superset_of": ["a"]}, ["b"], METADATA),
        ({"superset_of": ["a"]}, GONE, GONE),
        ({"superset_of": ["a"]}, "a", METADATA),
        # essential
        ({"essential": True}, "a", "a"),
        ({"essential": True}, [], []),
        ({"essential": True}, False, False),
        ({"essential": True}, GONE, METADATA),
        ({"essential": False}, GONE, GONE),
        # the order: value, add, default, one_of, subset_of, superset_of, essential
        ({"default": ["a"], "add": ["b"]}, GONE, ["b"]),
        ({"default": "a", "one_of": ["b"]}, GONE, METADATA),
        ({"default": "a", "essential": True}, GONE, "a"),
        ({"default": ["a", "x"], "subset_of": ["a"]}, GONE, ["a"]),
        ({"add": ["a"], "superset_of": ["a", "b"]}, ["b"], ["b", "a"]),
        ({"subset_of": ["a", "b"], "superset_of": ["a"]}, ["a", "x"], ["a"]),
        ({"subset_of": ["a", "b"], "superset_of": ["a"]}, ["b", "x"], METADATA),
        ({"subset_of": ["a"], "essential": True}, ["x"], []),
        ({"subset_of": ["a"], "essential": True}, GONE, METADATA),
        ({"value": "a", "one_of": ["a"], "essential": True, "default": "z"}, "b", "a"),
        (
            {"value": ["a", "b"], "add": ["a"], "subset_of": ["a", "b", "c"], "superset_of": ["b"]},
            ["z"],
            ["a", "b"],
        ),
        ({}, "a", "a"),
        ({}, GONE, GONE),
    ],
)
def test_an_operator_makes_of_a_parameter_what_the_specification_says(
    operators: Json, before: object, after: object
) -> None:
    assert _apply(operators, before) == after


@pytest.mark.parametrize(
    ("operators", "before", "after"),
    [
        ({"subset_of": ["openid", "profile"]}, "openid email profile", "openid profile"),
        ({"subset_of": ["openid"]}, "email", ""),
        ({"subset_of": ["openid"]}, "", ""),
        ({"subset_of": ["openid"]}, "openid  openidx", "openid"),
        ({"superset_of": ["openid"]}, "profile openid", "profile openid"),
        ({"superset_of": ["open"]}, "openid", METADATA),
        ({"add": ["openid"]}, "profile", "profile openid"),
        ({"add": ["openid"]}, GONE, "openid"),
        ({"value": ["openid", "profile"]}, "email", "openid profile"),
        ({"value": "openid profile"}, "email", "openid profile"),
        ({"value": None}, "email", GONE),
        ({"default": ["openid"]}, GONE, "openid"),
        ({"default": "openid profile"}, GONE, "openid profile"),
        ({"default": "openid"}, "email", "email"),
        ({"one_of": ["openid", "openid profile"]}, "openid profile", "openid profile"),
        ({"one_of": ["openid", "profile"]}, "openid profile", METADATA),
        ({"essential": True}, GONE, METADATA),
        ({"essential": True}, "", ""),
        ({"value": "openid", "subset_of": ["openid"]}, GONE, "openid"),
        ({"value": "openid profile", "subset_of": ["openid"]}, GONE, POLICY),
        ({"subset_of": ["openid"]}, ["openid"], METADATA),
        ({"value": 7}, GONE, POLICY),
        ({"value": ["openid profile"]}, GONE, POLICY),
        ({"subset_of": ["openid profile"]}, "openid profile", POLICY),
        ({"subset_of": [1]}, "1", POLICY),
    ],
)
def test_scope_is_a_string_outside_and_an_array_of_words_inside(
    operators: Json, before: object, after: object
) -> None:
    """A scope compared as a string would let "openidx" through for "openid", or nothing through at all."""
    assert _apply(operators, before, "scope") == after


@pytest.mark.parametrize(
    "operators",
    [
        {"value": [None]},
        {"value": {"a": None}},
        {"default": None},
        {"default": ["a", None]},
        {"add": None},
        {"add": "a"},
        {"add": {"a": 1}},
        {"add": [None]},
        {"add": [True]},
        {"add": [["a"]]},
        {"add": [{"a": None}]},
        {"one_of": None},
        {"one_of": []},
        {"one_of": "a"},
        {"one_of": [True, False]},
        {"subset_of": None},
        {"subset_of": "a"},
        {"subset_of": [None]},
        {"superset_of": "a"},
        {"superset_of": 1},
        {"essential": None},
        {"essential": "true"},
        {"essential": 1},
    ],
)
def test_an_operator_with_a_value_it_cannot_have_is_an_error_before_any_merge(operators: Json) -> None:
    assert _apply(operators, GONE) == POLICY
    assert _merge(operators, {}) == POLICY
    assert _merge({}, operators) == POLICY


@pytest.mark.parametrize(
    "operators",
    [
        {"value": ["a"], "add": ["b"]},
        {"value": "a", "add": ["a"]},
        {"value": None, "add": ["a"]},
        {"value": None, "default": "a"},
        {"value": "a", "one_of": ["b"]},
        {"value": ["a"], "one_of": ["a"]},
        {"value": None, "one_of": ["a"]},
        {"value": ["a", "b"], "subset_of": ["a"]},
        {"value": "a", "subset_of": ["a"]},
        {"value": None, "subset_of": ["a"]},
        {"value": ["a"], "superset_of": ["a", "b"]},
        {"value": "a", "superset_of": ["a"]},
        {"value": None, "superset_of": []},
        {"value": None, "essential": True},
        {"add": ["a"], "one_of": ["a"]},
        {"add": ["a", "b"], "subset_of": ["a"]},
        {"one_of": ["a"], "subset_of": ["a"]},
        {"one_of": ["a"], "superset_of": ["a"]},
        {"subset_of": ["a"], "superset_of": ["a", "b"]},
        {"subset_of": [], "superset_of": ["a"]},
    ],
)
def test_operators_that_cannot_stand_together_are_an_error_in_one_statement_and_in_two(
    operators: Json,
) -> None:
    """The rules of combination hold for what one authority says and for what a chain of them says."""
    first, second = ({name: value} for name, value in operators.items())

    assert _apply(operators, GONE) == POLICY
    assert _merge(first, second) == POLICY
    assert _merge(second, first) == POLICY


@pytest.mark.parametrize(
    "operators",
    [
        {"value": ["a", "b"], "add": ["a"]},
        {"value": "a", "default": "b"},
        {"value": "a", "one_of": ["a", "b"]},
        {"value": 1, "one_of": [1.0]},
        {"value": ["a"], "subset_of": ["a", "b"]},
        {"value": [], "subset_of": ["a"]},
        {"value": ["a", "b"], "superset_of": ["a"]},
        {"value": "a", "essential": True},
        {"value": None, "essential": False},
        {"add": ["a"], "default": ["b"]},
        {"add": ["a"], "subset_of": ["a"]},
        {"add": ["a"], "superset_of": ["b"]},
        {"add": ["a"], "essential": True},
        {"default": "z", "one_of": ["a"]},
        {"default": ["z"], "subset_of": ["a"]},
        {"default": ["z"], "superset_of": ["a"]},
        {"default": "a", "essential": True},
        {"one_of": ["a"], "essential": True},
        {"subset_of": ["a", "b"], "superset_of": ["a"]},
        {"subset_of": ["a"], "superset_of": []},
        {"subset_of": ["a"], "essential": True},
        {"superset_of": ["a"], "essential": True},
    ],
)
def test_operators_that_agree_stand_together_whoever_says_them(operators: Json) -> None:
    first, second = ({name: value} for name, value in operators.items())

    assert _merge(operators, {}) == operators
    assert _merge(first, second) == operators
    assert _merge(second, first) == operators


def test_every_pair_of_operators_has_a_rule() -> None:
    assert set(COMBINATIONS) == set(combinations(OPERATORS, 2))


@pytest.mark.parametrize(
    ("superior", "subordinate", "merged"),
    [
        ({"value": "a"}, {"value": "a"}, {"value": "a"}),
        ({"value": "a"}, {"value": "b"}, POLICY),
        ({"value": 1}, {"value": True}, POLICY),
        ({"value": ["a", "b"]}, {"value": ["b", "a"]}, {"value": ["a", "b"]}),
        ({"value": ["a", "b"]}, {"value": ["a"]}, POLICY),
        ({"value": ["a"]}, {"value": "a"}, POLICY),
        ({"value": None}, {"value": None}, {"value": None}),
        ({"value": None}, {"value": "a"}, POLICY),
        ({"value": {"a": 1, "b": 2}}, {"value": {"b": 2, "a": 1}}, {"value": {"a": 1, "b": 2}}),
        ({"add": ["a", "b"]}, {"add": ["b", "c"]}, {"add": ["a", "b", "c"]}),
        ({"default": "a"}, {"default": "a"}, {"default": "a"}),
        ({"default": "a"}, {"default": "b"}, POLICY),
        ({"one_of": ["a", "b"]}, {"one_of": ["b", "c"]}, {"one_of": ["b"]}),
        ({"one_of": ["a"]}, {"one_of": ["b"]}, POLICY),
        ({"subset_of": ["a", "b"]}, {"subset_of": ["b", "c"]}, {"subset_of": ["b"]}),
        ({"subset_of": ["a"]}, {"subset_of": ["b"]}, {"subset_of": []}),
        ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
        ({"essential": True}, {"essential": False}, {"essential": True}),
        ({"essential": False}, {"essential": True}, {"essential": True}),
        ({"essential": False}, {"essential": False}, {"essential": False}),
        # merging makes a contradiction that neither had
        ({"subset_of": ["a", "b"], "superset_of": ["a"]}, {"subset_of": ["b"]}, POLICY),
        ({"subset_of": ["a"]}, {"add": ["b"]}, POLICY),
        ({"subset_of": ["a", "b"], "add": ["a"]}, {"subset_of": ["b"]}, POLICY),
        ({"superset_of": ["a"]}, {"superset_of": ["b"], "subset_of": ["a"]}, POLICY),
        # what only one of them says is kept
        ({"subset_of": ["a"]}, {"essential": True}, {"subset_of": ["a"], "essential": True}),
        ({"subset_of": ["a"]}, {}, {"subset_of": ["a"]}),
        ({}, {"subset_of": ["a"]}, {"subset_of": ["a"]}),
    ],
)
def test_two_policies_merge_into_one_that_obeys_both(
    superior: Json, subordinate: Json, merged: object
) -> None:
    assert _merge(superior, subordinate) == merged


def test_an_operator_nobody_knows_is_passed_over() -> None:
    operators = {"regexp": "^https:", "essential": False}

    assert _apply(operators, "a") == "a"
    assert _merge(operators, {"regexp": 7}) == {"essential": False}


def test_an_operator_nobody_knows_ends_the_chain_when_it_is_critical() -> None:
    """Also when no policy of the chain uses it: whoever listed it counts on our knowing it."""
    policy = {"openid_relying_party": {"p": {"regexp": "^https:"}}}

    for policies in ([policy], []):
        with pytest.raises(PolicyError, match="critical") as refused:
            metadata_policy.resolve(policies, {}, critical=["regexp"])
        assert refused.value.kind is PolicyErrorKind.INVALID_POLICY


def test_policies_of_a_chain_are_merged_from_the_top_and_then_applied() -> None:
    anchor = {
        "openid_relying_party": {
            "grant_types": {
                "default": ["authorization_code"],
                "subset_of": ["authorization_code", "refresh_token"],
            },
            "token_endpoint_auth_method": {
                "one_of": ["private_key_jwt", "tls_client_auth"],
                "essential": True,
            },
            "subject_type": {"value": "pairwise"},
            "contacts": {"add": ["help@hub.example"]},
        },
        "openid_provider": {"issuer": {"value": "https://never.example"}},
    }
    region = {
        "openid_relying_party": {
            "token_endpoint_auth_method": {"one_of": ["private_key_jwt"]},
            "contacts": {"add": ["help@east.example"]},
            "logo_uri": {"value": None},
        }
    }
    metadata = {
        "openid_relying_party": {
            "redirect_uris": ["https://tax.example/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "contacts": ["tax@east.example"],
            "logo_uri": "https://tax.example/logo.png",
            "client_name#zh-CN": "税务",
        },
        "federation_entity": {"organization_name": "Tax"},
    }

    assert metadata_policy.resolve([anchor, region], metadata) == {
        "openid_relying_party": {
            "redirect_uris": ["https://tax.example/callback"],
            "client_name#zh-CN": "税务",
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "subject_type": "pairwise",
            "contacts": ["tax@east.example", "help@hub.example", "help@east.example"],
        },
        "federation_entity": {"organization_name": "Tax"},
    }


def test_policy_of_a_name_in_one_language_leaves_the_others_alone() -> None:
    policy = {"client_name#zh-CN": {"value": "税务"}}

    assert metadata_policy.apply_of_type(policy, {"client_name": "Tax", "client_name#en": "Tax"}) == {
        "client_name": "Tax",
        "client_name#en": "Tax",
        "client_name#zh-CN": "税务",
    }


def test_a_policy_for_a_type_the_entity_is_not_of_does_not_make_it_one() -> None:
    policy = {"openid_provider": {"issuer": {"value": "https://evil.example"}}}

    assert metadata_policy.apply(policy, {"openid_relying_party": {}}) == {"openid_relying_party": {}}


@pytest.mark.parametrize("metadata", [{"p": None}, {"p": None, "q": 1}])
def test_null_is_no_metadata(metadata: Json) -> None:
    with pytest.raises(PolicyError) as refused:
        metadata_policy.apply({}, {"openid_relying_party": metadata})

    assert refused.value.kind is PolicyErrorKind.INVALID_METADATA


@pytest.mark.parametrize("policy", [[], "x", None, {"openid_relying_party": None}, {"t": {"p": ["value"]}}])
def test_a_policy_of_another_shape_is_an_error(policy: Any) -> None:
    for pair in ((policy, {}), ({}, policy)):
        with pytest.raises(PolicyError) as refused:
            metadata_policy.merge(*pair)
        assert refused.value.kind is PolicyErrorKind.INVALID_POLICY


@pytest.mark.parametrize("metadata", [{"openid_relying_party": None}, {"openid_relying_party": ["p"]}])
def test_metadata_of_another_shape_is_an_error(metadata: Any) -> None:
    with pytest.raises(PolicyError) as refused:
        metadata_policy.apply({}, metadata)

    assert refused.value.kind is PolicyErrorKind.INVALID_METADATA


def test_nothing_that_goes_in_is_changed_or_comes_out_again() -> None:
    """Metadata is cached: one evaluation that changed it would change what everybody after it sees."""
    policy = {
        "t": {"a": {"add": [{"x": 1}]}, "v": {"value": {"keys": [{"kid": "1"}]}}, "s": {"subset_of": ["y"]}}
    }
    metadata = {"t": {"a": ["y"], "s": ["y", "z"], "other": {"deep": ["z"]}}}
    before = deepcopy((policy, metadata))

    result = metadata_policy.resolve([policy, policy], metadata)
    result["t"]["v"]["keys"][0]["kid"] = "2"
    result["t"]["a"].append("z")
    result["t"]["other"]["deep"].clear()
    merged = metadata_policy.merged([policy, policy])
    merged["t"]["a"]["add"][0]["x"] = 2
    merged["t"]["a"]["add"].append("more")
    merged["t"]["v"]["value"]["keys"].clear()

    assert (policy, metadata) == before


def test_long_arrays_cost_no_more_than_their_length() -> None:
    """Each compared with each, these would be ten thousand million comparisons."""
    many = [f"https://app.example/{number}" for number in range(100_000)]

    assert _apply({"subset_of": many}, list(reversed(many))) == many[::-1]
    assert _merge({"add": many}, {"add": many}) == {"add": many}
