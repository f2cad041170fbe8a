"""What a receiver says when it fetches events, read strictly. Spec: RFC 8936 §2.2, §2.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.signals.refusals import BadStreamRequest

MAX_ACKNOWLEDGED = 1_000
MAX_BRACKETS = 4 * MAX_ACKNOWLEDGED
"""In the largest body that is read at all."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A look for events, and what was taken of the last ones."""

    most: int | None
    """At most so many; None: as many as we like to give."""
    acknowledged: frozenset[str]
    refused: Mapping[str, str]
    """`jti` → code of the error. The descriptions are not kept: they may be about a person."""


def poll(members: Mapping[str, Any]) -> Poll:
    """Raises: BadStreamRequest. Spec: RFC 8936 §2.2, §2.4."""
    most = members.get("maxEvents")
    if most is not None and (type(most) is not int or not 0 <= most < 2**31):
        raise BadStreamRequest("maxEvents must be a number")
    if not isinstance(members.get("returnImmediately", False), bool):
        raise BadStreamRequest("returnImmediately must be true or false")
    acknowledged = members.get("ack", [])
    if not isinstance(acknowledged, list) or len(acknowledged) > MAX_ACKNOWLEDGED:
        raise BadStreamRequest("ack must be a list, and not a long one")
    if not all(isinstance(one, str) for one in acknowledged):
        raise BadStreamRequest("ack must be a list of jti")
    return Poll(most, frozenset(acknowledged), _refused(members))


def _refused(members: Mapping[str, Any]) -> Mapping[str, str]:
    errors = members.get("setErrs", {})
    if not isinstance(errors, Mapping) or len(errors) > MAX_ACKNOWLEDGED:
        raise BadStreamRequest("setErrs must be an object, and not a large one")
    codes = {}
    for jti, error in errors.items():
        code = error.get("err") if isinstance(error, Mapping) else None
        if not isinstance(code, str):
            raise BadStreamRequest("every member of setErrs needs err")
        codes[jti] = code
    return codes
