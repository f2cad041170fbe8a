"""What differs between two versions of a mini-app, and whether that takes two people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.registry.likeness import thumbprints
from idp.registry.submission import Submission
from idp.registry.submission_document import document_of

HARMLESS = frozenset({"description", "privacy_summary", "contact", "category"})
"""Members that say something to people and change nothing that they rely on: a reviewer alone may put them in force.

Not the name and the picture: by those people know whom they trust. Not a claim's purpose: people agreed to it.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One member that is not what it was; the texts are what people compare, not what machines read."""

    member: str
    before: str
    after: str


def differences(before: Submission | None, after: Submission) -> tuple[Difference, ...]:
    """Member by member; of a first version everything that is there."""
    old: Mapping[str, Any] = document_of(before) if before else {}
    new = document_of(after)
    return tuple(
        Difference(member, _readable(member, old.get(member)), _readable(member, new[member]))
        for member in sorted(new)
        if old.get(member) != new[member] and (before or new[member] not in (None, [], {}, "", False))
    )


def is_harmless(before: Submission | None, after: Submission) -> bool:
    """Whether no more than words that nobody relies on have changed; a first version never is."""
    return before is not None and all(each.member in HARMLESS for each in differences(before, after))


def digest_of(submission: Submission) -> str:
    """SHA-256 over every member, hex: what is approved is this version and no other."""
    said = json.dumps(document_of(submission), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _readable(member: str, value: Any) -> str:
    if value in (None, [], {}, "", False):
        return ""
    if member == "jwks":
        return ", ".join(thumbprints(value))
    if isinstance(value, Mapping):
        return "\n".join(_lines("", value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _lines(path: str, value: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for key, below in sorted(value.items()):
        if isinstance(below, Mapping):
            found += _lines(f"{path}{key}.", below)
        else:
            found.append(f"{path}{key}: {below}")
    return found
