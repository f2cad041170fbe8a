"""What the entries of our logs say: canonical JSON, numbered, and nothing about a person that could not be published.

An entry of the audit log has the kind and the time of an event, and a salted hash of whom it concerns. Without the
salt nobody can try names against the hash, so a person is forgotten by forgetting the salt; the entry stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp.foundation.canonical_json import encode, encode_digest
from idp.transparency.tiles import MAX_ENTRY

VERSION = 1
SALT_LENGTH = 32

_DECODE = json.JSONDecoder().decode
"""Without guessing the encoding first, as `json.loads` does with bytes: entries are read by the million."""


class LogName(StrEnum):
    """A log of this installation. Its origin is the issuer's host and `/log/` and this."""

    TRUST = "trust"
    """Of the hub: every change of the list, every statement it signed, every content it published."""
    AUDIT = "audit"
    """Of a hub or a region: every line of the audit trail."""


class BadLeaf(ValueError):
    """Not an entry of one of our logs."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry to be: all of it but its number, which the log gives."""

    members: Mapping[str, Any]

    def numbered(self, log_seq: int) -> bytes:
        """The entry. Raises: BadLeaf — it is longer than an entry may be; NotCanonical."""
        entry = encode({**self.members, "v": VERSION, "log_seq": log_seq})
        if len(entry) > MAX_ENTRY:
            raise BadLeaf("an entry of a log is at most 65,535 bytes long")
        return entry


def read_leaf(entry: bytes) -> dict[str, Any]:
    """What an entry says. Raises: BadLeaf — no JSON object, of another version, or without its number."""
    try:
        members = _DECODE(entry.decode())
    except (ValueError, RecursionError) as error:
        raise BadLeaf("it is not JSON") from error
    if type(members) is not dict or members.get("v") != VERSION or type(members.get("log_seq")) is not int:
        raise BadLeaf(f"it is no entry of version {VERSION} with a number")
    return members


def audit_leaf(kind: str, at_milliseconds: int, commitment: str) -> Leaf:
    """One line of the audit trail, without whom it concerns."""
    return Leaf({"kind": kind, "at": at_milliseconds, "commitment": commitment})


def commitment(salt: bytes, account: str | None, client: str | None, subject: str | None) -> str:
    """What stands in an entry in the place of whom an event concerns."""
    concerned = encode({"account": account, "client": client, "subject": subject})
    return encode_digest(hashlib.sha256(salt + concerned).digest())
