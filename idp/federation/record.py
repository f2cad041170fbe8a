"""What the transparency log of an anchor says of entities and marks: what was entered, and what was signed for it.

Format: `docs/reference/transparency-log.md`.
"""

from __future__ import annotations

import json
from typing import Any

from idp.federation.roll import Delegation, HeldMark, MarkType, Subordinate, SubordinateState
from idp.foundation.canonical_json import hash_of_text
from idp.foundation.clock import to_seconds

Members = dict[str, Any]


def enrolled(one: Subordinate) -> Members:
    """Somebody was enrolled, or on other terms."""
    terms = {
        "entity_types": one.entity_types,
        "is_intermediate": one.is_intermediate,
        "jwks": one.jwks,
        "metadata": one.metadata,
        "metadata_policy": one.metadata_policy,
        "constraints": one.constraints,
    }
    return {
        "action": "enrol",
        "subject": one.entity_id,
        "content_hash": _hash(terms),
        "effective_at": to_seconds(one.changed_at),
    }


def moved(entity_id: str, state: SubordinateState) -> Members:
    """Somebody was suspended, restored or removed."""
    return {"action": f"entity-{state}", "subject": entity_id}


def marked(mark: HeldMark) -> Members:
    """A mark was given, or taken over from who gave it."""
    return {
        "action": "mark",
        "subject": mark.subject,
        "mark_type": mark.mark_type,
        "issuer": mark.issuer,
        "statement_hashes": {"mark": hash_of_text(mark.token)},
        "effective_at": to_seconds(mark.issued_at),
    }


def unmarked(mark_type: str, subject: str, reason: str) -> Members:
    """A mark was taken back."""
    return {"action": "mark-revoke", "subject": subject, "mark_type": mark_type, "reason_code": reason}


def defined(kind: MarkType) -> Members:
    """The rules about a type of mark."""
    rules = {"issuers": kind.issuers, "owner": kind.owner, "owner_jwks": kind.owner_jwks}
    return {"action": "mark-type", "subject": kind.mark_type, "content_hash": _hash(rules)}


def delegated(delegation: Delegation) -> Members:
    """The owner of a type lets us give it."""
    return {
        "action": "mark-delegation",
        "subject": delegation.mark_type,
        "statement_hashes": {"delegation": hash_of_text(delegation.token)},
    }


def _hash(value: Any) -> str:
    """Of JSON with its members in order. Metadata is other people's, and may have numbers that are not whole."""
    return hash_of_text(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
