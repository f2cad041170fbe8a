"""The seven standard operators of metadata policy: what each may hold, how two of it merge, what it does.

The order of `OPERATORS` is the order of application. Nothing here changes its arguments; values that are handed on are
the caller's to copy. Arrays count as sets: their order means nothing, and is kept only so that results read well.

Spec: OpenID Federation 1.0 §6.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Check = Callable[[Any, Any], bool]


class PolicyErrorKind(StrEnum):
    """Where policy failed; the names are those of the error codes in §8.9."""

    INVALID_POLICY = "invalid_policy"
    """The policies contradict themselves or each other, whatever the metadata says."""
    INVALID_METADATA = "invalid_metadata"
    """The policy stands, and the metadata does not obey it."""


class PolicyError(Exception):
    """Policy cannot be merged or is not obeyed: the trust chain does not hold."""

    def __init__(self, kind: PolicyErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Absent:
    """The value of a metadata parameter that is not there; JSON's null is no parameter value at all."""


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `merge` and `apply` raise ValueError with the reason; the caller knows which parameter it was."""

    holds: Callable[[Any], bool]
    """Whether a value may configure it."""
    merge: Callable[[Any, Any], Any]
    """(the superior's value, the subordinate's) → one that is at least as strict as either."""
    apply: Callable[[Any, Any], Any]
    """(its value, the parameter's value or ABSENT) → the parameter's new value or ABSENT."""


def key(value: Any) -> Hashable:
    """What two JSON values have in common exactly when they are equal: 1 is 1.0 and is not true.

    Sets of keys keep policy on long arrays linear; comparing each with each would let a short statement cost minutes.
    """
    if isinstance(value, Mapping):
        return "object", frozenset((name, key(member)) for name, member in value.items())
    if isinstance(value, list):
        return "array", tuple(key(each) for each in value)
    return type(value) is bool, value


def keys(values: list[Any]) -> set[Hashable]:
    """The keys of an array's values."""
    return {key(each) for each in values}


def among(value: Any, values: Any) -> bool:
    """Whether `values` is an array that has `value` in it."""
    return isinstance(values, list) and key(value) in keys(values)


def within(values: Any, others: Any) -> bool:
    """Whether both are arrays and every value of the first is in the second."""
    return isinstance(values, list) and isinstance(others, list) and keys(values) <= keys(others)


def union(values: list[Any], others: list[Any]) -> list[Any]:
    """Every value of either, once."""
    return list({key(each): each for each in [*values, *others]}.values())


def intersection(values: list[Any], others: list[Any]) -> list[Any]:
    """Every value of the first that the second has as well."""
    allowed = keys(others)
    return [each for each in values if key(each) in allowed]


def has_null(value: Any) -> bool:
    """Whether a null is anywhere in a JSON value."""
    if isinstance(value, Mapping):
        return any(has_null(member) for member in value.values())
    if isinstance(value, list):
        return any(has_null(each) for each in value)
    return value is None


def _is_set(value: Any) -> bool:
    # Booleans and arrays inside are not among the types the specification lets an implementation support.
    return (
        isinstance(value, list)
        and all(type(each) is not bool and isinstance(each, str | int | float | Mapping) for each in value)
        and not has_null(value)
    )


def _keep_equal(superior: Any, subordinate: Any) -> Any:
    are_sets = isinstance(superior, list) and isinstance(subordinate, list)
    is_equal = keys(superior) == keys(subordinate) if are_sets else key(superior) == key(subordinate)
    if not is_equal:
        raise ValueError("two authorities set it to different values")
    return superior


def _merge_one_of(superior: list[Any], subordinate: list[Any]) -> list[Any]:
    both = intersection(superior, subordinate)
    if not both:
        raise ValueError("no value is allowed by both authorities")
    return both


def _require_array(current: Any) -> list[Any]:
    if not isinstance(current, list):
        raise ValueError("it is not an array")
    return current


def _apply_add(values: list[Any], current: Any) -> Any:
    return union([] if current is ABSENT else _require_array(current), values)


def _apply_one_of(values: list[Any], current: Any) -> Any:
    if current is not ABSENT and not among(current, values):
        raise ValueError("its value is not one of those allowed")
    return current


def _apply_subset_of(values: list[Any], current: Any) -> Any:
    # What is left may be the empty array. It means "none" and must never be read as "any", so it stays.
    return current if current is ABSENT else intersection(_require_array(current), values)


def _apply_superset_of(values: list[Any], current: Any) -> Any:
    if current is not ABSENT and not within(values, _require_array(current)):
        raise ValueError("it lacks a value that is demanded")
    return current


def _apply_essential(is_essential: bool, current: Any) -> Any:
    if is_essential and current is ABSENT:
        raise ValueError("it is missing and essential")
    return current


OPERATORS: Final[Mapping[str, Operator]] = {
    "value": Operator(
        holds=lambda value: value is None or not has_null(value),
        merge=_keep_equal,
        apply=lambda value, _: ABSENT if value is None else value,
    ),
    "add": Operator(holds=_is_set, merge=union, apply=_apply_add),
    "default": Operator(
        holds=lambda value: not has_null(value),
        merge=_keep_equal,
        apply=lambda value, current: value if current is ABSENT else current,
    ),
    "one_of": Operator(
        holds=lambda value: _is_set(value) and bool(value),
        merge=_merge_one_of,
        apply=_apply_one_of,
    ),
    "subset_of": Operator(holds=_is_set, merge=intersection, apply=_apply_subset_of),
    "superset_of": Operator(holds=_is_set, merge=union, apply=_apply_superset_of),
    "essential": Operator(
        holds=lambda value: isinstance(value, bool),
        merge=lambda superior, subordinate: superior or subordinate,
        apply=_apply_essential,
    ),
}
"""Name → operator, in the order of application."""


def _always(_: Any, __: Any) -> bool:
    return True


def _never(_: Any, __: Any) -> bool:
    return False


COMBINATIONS: Final[Mapping[tuple[str, str], Check]] = {
    ("value", "add"): lambda value, add: within(add, value),
    ("value", "default"): lambda value, _: value is not None,
    ("value", "one_of"): among,
    ("value", "subset_of"): within,
    ("value", "superset_of"): lambda value, superset: within(superset, value),
    ("value", "essential"): lambda value, is_essential: not (value is None and is_essential),
    ("add", "default"): _always,
    ("add", "one_of"): _never,
    ("add", "subset_of"): within,
    ("add", "superset_of"): _always,
    ("add", "essential"): _always,
    ("default", "one_of"): _always,
    ("default", "subset_of"): _always,
    ("default", "superset_of"): _always,
    ("default", "essential"): _always,
    ("one_of", "subset_of"): _never,
    ("one_of", "superset_of"): _never,
    ("one_of", "essential"): _always,
    ("subset_of", "superset_of"): lambda subset, superset: within(superset, subset),
    ("subset_of", "essential"): _always,
    ("superset_of", "essential"): _always,
}
"""(operator, later operator) → whether their two values may stand together. Every pair is here."""
