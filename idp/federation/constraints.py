"""What a superior allows below itself: how deep, under which host names, which kinds of entity.

Every statement of a chain that carries `constraints` is asked by itself; none weakens another. A constraint that
cannot be understood allows nothing. Names of constraints we do not know are passed over, as the specification says.

Spec: OpenID Federation 1.0 §6.2; RFC 5280 §4.2.1.10 for the rules about hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FEDERATION_ENTITY = "federation_entity"
"""The kind that every entity of a federation is, so no constraint takes it away."""
MAX_ENTITY_ID_LENGTH = 2_048
MAX_HOST_LENGTH = 253

# One way to write an address, so that every reader sees the same host in it: no user name, no percent sign, no
# backslash, no query, no fragment, and a port of digits only.
_ENTITY_ID = re.compile(r"(https?)://([A-Za-z0-9.-]+)(?::[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# A last label that is a number makes an IPv4 address in some spelling: 10.0.0.1, 0x7f.1, 2130706433.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


class ConstraintError(Exception):
    """A constraint is broken, or cannot be understood; the chain does not hold."""


def require(
    constraints: Mapping[str, Any], *, intermediates_below: int, subjects_below: Sequence[str]
) -> None:
    """Check one statement's constraints against the part of the chain below its issuer.

    `intermediates_below` counts the intermediates between the statement's issuer and the chain's subject.
    `subjects_below` are the entity ids of all of them and of the subject: the statement's own `sub` is the first.

    Raises: ConstraintError. Spec: OpenID Federation 1.0 §6.2.1, §6.2.2.
    """
    _require_short_enough(constraints, intermediates_below)
    _require_allowed_names(constraints, subjects_below)


def allowed_types(constraints: Mapping[str, Any]) -> frozenset[str] | None:
    """The entity types that keep their metadata below this statement; None when it does not say.

    `federation_entity` is always among them, so an empty list leaves that one alone.

    Raises: ConstraintError — it is there and is no list of names. Spec: OpenID Federation 1.0 §6.2.3.
    """
    if "allowed_entity_types" not in constraints:
        return None
    return frozenset(_words(constraints, "allowed_entity_types")) | {FEDERATION_ENTITY}


def host_of(entity_id: str) -> str:
    """The host of an entity id in small letters.

    Refuses every spelling in which two readers might see two hosts, and hosts that are numbers: rules about names
    say nothing of addresses. Plain http is read on names under `localhost` alone.

    Raises: ConstraintError. Spec: OpenID Federation 1.0 §1.2; RFC 5280 §4.2.1.10.
    """
    match = _ENTITY_ID.fullmatch(entity_id) if len(entity_id) <= MAX_ENTITY_ID_LENGTH else None
    if match is None:
        raise ConstraintError("an entity id is a plain https address without user name, query or fragment")
    host = match[2].lower()
    if not _is_domain(host):
        raise ConstraintError("the host of an entity id is a domain name")
    if match[1] == "http" and not (host == "localhost" or host.endswith(".localhost")):
        raise ConstraintError("an entity id is an https address")
    return host


def _require_short_enough(constraints: Mapping[str, Any], intermediates_below: int) -> None:
    if "max_path_length" not in constraints:
        return
    limit = constraints["max_path_length"]
    # True is an int to Python, and no length to anybody.
    if type(limit) is not int or limit < 0:
        raise ConstraintError("max_path_length is a whole number, 0 or more")
    if intermediates_below > limit:
        raise ConstraintError(f"{intermediates_below} intermediates where {limit} are allowed")


def _require_allowed_names(constraints: Mapping[str, Any], subjects: Sequence[str]) -> None:
    if "naming_constraints" not in constraints:
        return
    rules = constraints["naming_constraints"]
    if not isinstance(rules, Mapping):
        raise ConstraintError("naming_constraints is an object")
    permitted = _names(rules, "permitted") if "permitted" in rules else None
    excluded = _names(rules, "excluded") if "excluded" in rules else ()
    for subject in subjects:
        host = host_of(subject)
        if any(_is_within(host, name) for name in excluded):
            raise ConstraintError(f"{host} is among the excluded names")
        if permitted is not None and not any(_is_within(host, name) for name in permitted):
            raise ConstraintError(f"{host} is not among the permitted names")


def _names(rules: Mapping[str, Any], member: str) -> tuple[str, ...]:
    """The hosts and domains of one list, checked: a rule nobody can match would pass for a rule that holds."""
    names = tuple(name.lower() for name in _words(rules, member))
    if not all(_is_domain(name.removeprefix(".")) for name in names):
        raise ConstraintError(f"{member} lists host names (a.example) and domains (.example)")
    return names


def _words(holder: Mapping[str, Any], member: str) -> Sequence[str]:
    words = holder[member]
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ConstraintError(f"{member} is a list of strings")
    return words


def _is_within(host: str, name: str) -> bool:
    """`.a.example` is every host below a.example and not that host itself; `a.example` is that host alone."""
    return host.endswith(name) if name.startswith(".") else host == name


def _is_domain(host: str) -> bool:
    labels = host.split(".")
    return (
        len(host) <= MAX_HOST_LENGTH
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMERIC.fullmatch(labels[-1])
    )
