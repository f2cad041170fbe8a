"""Metadata policy: what the authorities above an entity make of the metadata it publishes about itself.

A policy is entity type → parameter → operator → value, as the `metadata_policy` claim carries it. The functions named
`…_of_type` work one level lower, on the policy and metadata of one entity type. All of them return new values: what
goes in is never changed, so the same policy and metadata may be shared by every thread and cached for good.

    resolve([anchor_policy, region_policy], metadata) -> metadata

Spec: OpenID Federation 1.0 §6.1. The order around it — the superior's own `metadata`, then `allowed_entity_types`, then
policy — is `trust_chain`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from itertools import combinations
from typing import Any

from idp.federation.policy_operators import (
    ABSENT,
    COMBINATIONS,
    OPERATORS,
    PolicyError,
    PolicyErrorKind,
)

__all__ = [
    "PolicyError",
    "PolicyErrorKind",
    "apply",
    "apply_of_type",
    "merge",
    "merge_of_type",
    "merged",
    "merged_of_type",
    "resolve",
    "resolve_of_type",
]

Json = dict[str, Any]

_SCOPE = "scope"


def resolve(
    policies_top_down: Sequence[Mapping[str, Any]],
    metadata: Mapping[str, Any],
    *,
    critical: Collection[str] = (),
) -> Json:
    """The metadata that the authorities leave an entity, by entity type.

    `policies_top_down` begins with the trust anchor's. `critical` are the names in every `metadata_policy_crit` of
    the chain.

    Raises: PolicyError. Spec: OpenID Federation 1.0 §6.1.4.
    """
    return _apply(merged(policies_top_down, critical=critical), metadata)


def merged(policies_top_down: Sequence[Mapping[str, Any]], *, critical: Collection[str] = ()) -> Json:
    """One policy out of those of a whole chain, the trust anchor's first.

    Raises: PolicyError — `invalid_policy`. Spec: OpenID Federation 1.0 §6.1.4.1.
    """
    _require_understood(critical)
    result: Json = {}
    for policy in policies_top_down:
        result = merge(result, policy)
    return result


def merge(superior: Mapping[str, Any], subordinate: Mapping[str, Any]) -> Json:
    """The policy that obeys both: never less strict than the superior's.

    Operators we do not know are left out.

    Raises: PolicyError — `invalid_policy`: one of them is malformed or they contradict each other.
    """
    _require_objects(superior, "metadata_policy")
    _require_objects(subordinate, "metadata_policy")
    return {
        entity_type: merge_of_type(superior.get(entity_type, {}), subordinate.get(entity_type, {}))
        for entity_type in {**superior, **subordinate}
    }


def apply(policy: Mapping[str, Any], metadata: Mapping[str, Any]) -> Json:
    """The metadata after one policy, by entity type. A policy for a type the entity is not of does nothing.

    Raises: PolicyError — `invalid_policy`: the policy is malformed; `invalid_metadata`: it is not obeyed.
    Spec: OpenID Federation 1.0 §6.1.4.2.
    """
    return _apply(merge({}, policy), metadata)


def resolve_of_type(
    policies_top_down: Sequence[Mapping[str, Any]],
    metadata: Mapping[str, Any],
    *,
    critical: Collection[str] = (),
) -> Json:
    """`resolve` for the policies and metadata of one entity type. Raises: PolicyError."""
    return _apply_of_type(merged_of_type(policies_top_down, critical=critical), metadata)


def merged_of_type(policies_top_down: Sequence[Mapping[str, Any]], *, critical: Collection[str] = ()) -> Json:
    """`merged` for the policies of one entity type. Raises: PolicyError — `invalid_policy`."""
    _require_understood(critical)
    result: Json = {}
    for policy in policies_top_down:
        result = merge_of_type(result, policy)
    return result


def merge_of_type(superior: Mapping[str, Any], subordinate: Mapping[str, Any]) -> Json:
    """`merge` for the policies of one entity type. Raises: PolicyError — `invalid_policy`."""
    _require_objects(superior, "the policy of an entity type")
    _require_objects(subordinate, "the policy of an entity type")
    return {
        name: _merge_parameter(name, superior.get(name, {}), subordinate.get(name, {}))
        for name in {**superior, **subordinate}
    }


def apply_of_type(policy: Mapping[str, Any], metadata: Mapping[str, Any]) -> Json:
    """`apply` for the policy and metadata of one entity type. Raises: PolicyError."""
    return _apply_of_type(merge_of_type({}, policy), metadata)


def _apply(policy: Mapping[str, Any], metadata: Mapping[str, Any]) -> Json:
    for entity_type, parameters in metadata.items():
        if not isinstance(parameters, Mapping):
            raise PolicyError(
                PolicyErrorKind.INVALID_METADATA, f"the metadata of {entity_type} is not an object"
            )
    return {
        entity_type: _apply_of_type(policy.get(entity_type, {}), parameters)
        for entity_type, parameters in metadata.items()
    }


def _apply_of_type(policy: Mapping[str, Any], metadata: Mapping[str, Any]) -> Json:
    """Apply a policy that is already known to be valid."""
    result = dict(metadata)
    for name, operators in policy.items():
        value = _apply_parameter(name, operators, result.pop(name, ABSENT))
        if value is not ABSENT:
            result[name] = value
    for name, value in result.items():
        if value is None:
            raise PolicyError(PolicyErrorKind.INVALID_METADATA, f"{name} is null")
    return deepcopy(result)


def _apply_parameter(name: str, operators: Mapping[str, Any], current: Any) -> Any:
    value = _words(name, current) if name == _SCOPE else current
    for operator, definition in OPERATORS.items():
        if operator not in operators:
            continue
        setting = _setting(name, operator, operators)
        try:
            value = definition.apply(setting, value)
        except ValueError as error:
            raise PolicyError(
                PolicyErrorKind.INVALID_METADATA, f"{name} does not obey {operator}: {error}"
            ) from error
    return " ".join(value) if name == _SCOPE and value is not ABSENT else value


def _merge_parameter(name: str, superior: Mapping[str, Any], subordinate: Mapping[str, Any]) -> Json:
    above, below = _understood(name, superior), _understood(name, subordinate)
    result = deepcopy(above | below)
    for operator in above.keys() & below.keys():
        try:
            both = OPERATORS[operator].merge(above[operator], below[operator])
        except ValueError as error:
            raise PolicyError(
                PolicyErrorKind.INVALID_POLICY, f"{name}: {operator} cannot be merged: {error}"
            ) from error
        result[operator] = deepcopy(both)
    # Of each policy before the merge too: what cannot stand together in one of them cannot after it, because merging
    # only ever makes sets of allowed values smaller and sets of demanded ones larger.
    _require_combinable(name, result)
    return result


def _understood(name: str, operators: Mapping[str, Any]) -> Json:
    """The operators of one parameter that we know, each well configured."""
    known = {operator: value for operator, value in operators.items() if operator in OPERATORS}
    for operator, value in known.items():
        if not OPERATORS[operator].holds(value) or (name == _SCOPE and not _is_of_words(operator, value)):
            raise PolicyError(
                PolicyErrorKind.INVALID_POLICY, f"{name}: {operator} has a value it cannot have"
            )
    return known


def _require_combinable(name: str, operators: Mapping[str, Any]) -> None:
    present = [operator for operator in OPERATORS if operator in operators]
    for first, second in combinations(present, 2):
        if not COMBINATIONS[first, second](
            _setting(name, first, operators), _setting(name, second, operators)
        ):
            raise PolicyError(
                PolicyErrorKind.INVALID_POLICY, f"{name}: {first} and {second} cannot stand together"
            )


def _setting(name: str, operator: str, operators: Mapping[str, Any]) -> Any:
    """An operator's value; for `scope`, with every string of words in it as the array it is regarded as."""
    value = operators[operator]
    if name != _SCOPE or not isinstance(value, str | list):
        return value
    if operator == "one_of":
        return [each.split() for each in value]
    return value.split() if isinstance(value, str) else value


def _words(name: str, current: Any) -> Any:
    """`scope` as the array of words that policy regards it as (§6.1.3.1.8)."""
    if current is ABSENT:
        return current
    if not isinstance(current, str):
        raise PolicyError(PolicyErrorKind.INVALID_METADATA, f"{name} is a string of words")
    return current.split()


def _is_of_words(operator: str, value: Any) -> bool:
    """Whether an operator of `scope` holds words: an array of them, or for a whole value of it a string."""
    if isinstance(value, list):
        # A space inside a word would make two of it on the way out, the second never looked at.
        return all(
            isinstance(each, str) and (operator == "one_of" or each.split() == [each]) for each in value
        )
    is_one_value = isinstance(value, str) and operator in ("value", "default")
    return is_one_value or operator == "essential" or value is None


def _require_objects(policy: Any, what: str) -> None:
    if not isinstance(policy, Mapping) or not all(isinstance(each, Mapping) for each in policy.values()):
        raise PolicyError(PolicyErrorKind.INVALID_POLICY, f"{what} is an object of objects")


def _require_understood(critical: Collection[str]) -> None:
    unknown = sorted(set(critical) - OPERATORS.keys())
    if unknown:
        raise PolicyError(
            PolicyErrorKind.INVALID_POLICY, "an operator that is critical is not understood here"
        )
