"""Lines of the audit trail taken away with their proofs: one JSON object a line, the signed checkpoint first.

Whoever has the key of the log verifies each line by itself: the entry is in the log, and what the line says of people
is what the entry was made from. Of somebody who was forgotten only the entry is left, and proved.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from idp.foundation.event_search import KeptEvent
from idp.transparency.checkpoint import Checkpoint
from idp.transparency.leaves import SALT_LENGTH, BadLeaf, commitment, read_leaf
from idp.transparency.merkle import leaf_hash
from idp.transparency.proofs import BadProof, Proof, verify_inclusion

VERSION = 1


class BadLine(ValueError):
    """A line that proves nothing, or something else than it says."""


def head_line(signed: str) -> dict[str, Any]:
    """The first line."""
    return {"v": VERSION, "checkpoint": signed}


def event_line(kept: KeptEvent, entry: bytes, proof: Proof) -> dict[str, Any]:
    """The line of an event that has its entry."""
    event, salt = kept.event, kept.salt
    concerns = None
    if salt is not None:
        concerns = {
            "account": event.account_id,
            "client": event.client_id,
            "subject": event.subject,
            "salt": _encoded(salt),
        }
    return {"entry": entry.decode(), "proof": list(map(_encoded, proof)), "concerns": concerns}


def verify_line(line: Mapping[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
    """What a line says, when it is proved by a checkpoint that was verified: entry, and whom it concerns.

    Raises: BadLine.
    """
    try:
        entry, concerns = line["entry"].encode(), line["concerns"]
        proof = tuple(map(_decoded, line["proof"]))
        said = read_leaf(entry)
        verify_inclusion(leaf_hash(entry), said["log_seq"], checkpoint.size, proof, checkpoint.root)
        if concerns is not None:
            _require_made_from(said, concerns)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, BadLine):
            raise
        what = f": {error}" if isinstance(error, BadLeaf) else ""
        raise BadLine(f"the line cannot be read{what}") from error
    except BadProof as error:
        raise BadLine(f"its entry is not in the log: {error}") from error
    return {**said, "concerns": concerns}


def read_line(text: str) -> dict[str, Any]:
    """The object on a line. Raises: BadLine."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadLine("the line is not JSON") from error
    if type(members) is not dict:
        raise BadLine("the line is no JSON object")
    return members


def _require_made_from(said: Mapping[str, Any], concerns: Mapping[str, Any]) -> None:
    salt = _decoded(concerns["salt"])
    named = (concerns["account"], concerns["client"], concerns["subject"])
    if len(salt) != SALT_LENGTH or commitment(salt, *named) != said.get("commitment"):
        raise BadLine("it names somebody else than the entry was made from")


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
