"""Metadata policy over policies and metadata of every shape. OpenID Federation 1.0 §6.1.1."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from idp.federation import metadata_policy
from idp.federation.metadata_policy import PolicyError
from idp.federation.policy_operators import key

Json = dict[str, Any]

WORDS = st.sampled_from(["a", "b", "c", "d"])
ARRAYS = st.lists(WORDS, max_size=4, unique=True)
OPERATORS = st.fixed_dictionaries(
    {},
    optional={
        "value": WORDS | ARRAYS | st.none(),
        "add": ARRAYS,
        "default": WORDS | ARRAYS,
        "one_of": st.lists(WORDS, min_size=1, unique=True),
        "subset_of": st.lists(WORDS, min_size=2, unique=True),
        "superset_of": st.lists(WORDS, max_size=1),
        "essential": st.booleans(),
    },
)
PARAMETERS = ["alg", "types", "scope"]
POLICIES = st.dictionaries(st.sampled_from(PARAMETERS), OPERATORS, max_size=3)
METADATA = st.fixed_dictionaries(
    {}, optional={"alg": WORDS, "types": ARRAYS, "scope": ARRAYS.map(" ".join), "other": WORDS}
)
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=3)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _outcome(work: Callable[[], Json]) -> object:
    """What came out, arrays as sets, or the kind of error. The order of a merge is nobody's promise."""
    try:
        return _unordered(work())
    except PolicyError as error:
        return error.kind


def _unordered(policy: Json) -> object:
    return {
        name: {
            operator: frozenset(map(key, value)) if isinstance(value, list) else key(value)
            for operator, value in operators.items()
        }
        for name, operators in policy.items()
    }


@given(POLICIES, POLICIES, POLICIES)
def test_it_does_not_matter_where_a_chain_of_policies_is_merged_first(
    one: Json, two: Json, three: Json
) -> None:
    """So a resolver that caches the upper part of a chain decides as one that reads it from the top."""
    merge = metadata_policy.merge_of_type

    from_the_top = _outcome(lambda: merge(merge(one, two), three))
    from_below = _outcome(lambda: merge(one, merge(two, three)))

    assert from_the_top == from_below == _outcome(lambda: metadata_policy.merged_of_type([one, two, three]))


@given(POLICIES, POLICIES, METADATA)
def test_no_intermediate_loosens_what_the_anchor_demands(anchor: Json, region: Json, metadata: Json) -> None:
    """What both leave satisfies the anchor as it stands: nothing of it is left for the anchor to change or refuse."""
    try:
        resolved = metadata_policy.resolve_of_type([anchor, region], metadata)
    except PolicyError:
        assume(False)

    assert metadata_policy.apply_of_type(anchor, resolved) == resolved


@given(POLICIES, METADATA)
def test_a_policy_said_twice_is_the_policy(policy: Json, metadata: Json) -> None:
    try:
        once = metadata_policy.resolve_of_type([policy], metadata)
    except PolicyError:
        assume(False)

    assert metadata_policy.resolve_of_type([policy, policy], metadata) == once
    assert metadata_policy.resolve_of_type([policy], once) == once


@given(POLICIES, POLICIES, METADATA)
def test_resolving_is_merging_and_then_applying(one: Json, two: Json, metadata: Json) -> None:
    try:
        resolved: object = metadata_policy.resolve_of_type([one, two], metadata)
    except PolicyError as error:
        resolved = error.kind
    try:
        merged = metadata_policy.merge_of_type(one, two)
        stepwise: object = metadata_policy.apply_of_type(merged, metadata)
    except PolicyError as error:
        stepwise = error.kind

    assert resolved == stepwise


@given(POLICIES, METADATA)
def test_a_parameter_without_a_policy_is_left_as_it_is(policy: Json, metadata: Json) -> None:
    try:
        resolved = metadata_policy.resolve_of_type([policy], metadata)
    except PolicyError:
        assume(False)

    assert {name: value for name, value in resolved.items() if name not in policy} == {
        name: value for name, value in metadata.items() if name not in policy
    }


@given(
    st.dictionaries(
        st.sampled_from(["t", "u"]),
        st.dictionaries(
            st.sampled_from(PARAMETERS),
            st.dictionaries(
                st.sampled_from(
                    ["value", "add", "default", "one_of", "subset_of", "superset_of", "essential", "x"]
                ),
                ANYTHING,
                max_size=3,
            ),
            max_size=2,
        ),
    ),
    st.dictionaries(st.sampled_from(["t", "u"]), st.dictionaries(st.sampled_from(PARAMETERS), ANYTHING)),
)
def test_whatever_comes_the_only_error_is_a_policy_error_and_nothing_is_changed(
    policy: Json, metadata: Json
) -> None:
    before = deepcopy((policy, metadata))

    try:
        resolved = metadata_policy.resolve([policy, policy], metadata)
    except PolicyError:
        resolved = {}

    assert (policy, metadata) == before
    assert all(value is not None for parameters in resolved.values() for value in parameters.values())
