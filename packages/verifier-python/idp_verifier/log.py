"""What stands by a bundle beside the hub's signature: its place in the hub's log, and the witnesses of that log.

Spec: RFC 9162 §2.1.3.2; C2SP signed-note, tlog-checkpoint, tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import jws
from .errors import Refused

MAX_NOTE = 64 * 1024
MAX_LINES = 256
MAX_PROOF = 64
AHEAD = 60
"""Seconds that a witness's clock may be ahead of ours."""
OF_A_LOG, OF_A_WITNESS = 0x01, 0x04
"""Types of signatures: over the text, and over a time and the text."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """How many of whom have to stand by the next bundle."""

    quorum: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found under a bundle."""

    head: tuple[int, bytes] | None = None
    """Size and root of the log that was proven to have it."""
    witnessed_at: int | None = None
    """Since when enough witnesses stand by that head; None where none has to."""
    lack: str = ""
    """What is missing; empty when nothing is."""


def read_witnesses(document: Mapping[str, Any]) -> Witnesses | None:
    """The witnesses in a bundle, or in a file of keys; None where they are not named. Raises: ValueError."""
    if "witnesses" not in document:
        return None
    named = document["witnesses"]
    keys = tuple(map(str, named["keys"]))
    if type(named["quorum"]) is not int or not 0 <= named["quorum"] <= len(set(keys)) == len(keys):
        raise ValueError("a quorum larger than there are witnesses")
    return Witnesses(named["quorum"], keys)


def read_log_keys(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the log in a bundle, or in a file of keys."""
    return tuple(map(str, document.get("log_keys", ())))


def standing(
    claims: Mapping[str, Any],
    content_hash: str,
    witnesses: Witnesses,
    log_keys: Iterable[str],
    now: float,
    *,
    is_log_due: bool,
) -> Standing:
    """What stands by verified claims, for who believes these witnesses and these keys of the log.

    `is_log_due`: the hub is known to keep a log.
    """
    if "log" not in claims:
        return Standing(lack="no log has it" if witnesses.quorum or is_log_due else "")
    try:
        text, lines, head = _proven(claims, content_hash, log_keys)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, Refused, InvalidSignature) as error:
        return Standing(lack=f"its place in the log is not proven ({type(error).__name__})")
    if not witnesses.quorum:
        return Standing(head)
    times = sorted(_cosigned_at(text, lines, witnesses.keys, now), reverse=True)
    if len(times) < witnesses.quorum:
        return Standing(head, lack=f"{len(times)} of {witnesses.quorum} witnesses stand by it")
    return Standing(head, times[witnesses.quorum - 1])


def _proven(
    claims: Mapping[str, Any], content_hash: str, log_keys: Iterable[str]
) -> tuple[str, list[tuple[str, bytes]], tuple[int, bytes]]:
    """Text, signatures and head of a checkpoint whose log has the content. Raises: whatever is wrong."""
    place = claims["log"]
    text, lines = _note(place["checkpoint"])
    origin, size, root = text.split("\n")[:3]
    parts = urlsplit(claims["iss"])
    if origin != f"{parts.netloc}{parts.path}/log/trust":
        raise ValueError("another log")
    _require_signed(text, lines, origin, log_keys)
    entry = place["entry"].encode()
    said = jws.read_object(entry)
    about = (said.get("action"), said.get("log_seq"), said.get("seq"), said.get("after_hash"))
    if about != ("bundle", place["index"], claims["seq"], content_hash):
        raise ValueError("an entry about something else")
    head = int(size), _base64(root)
    if str(head[0]) != size:
        raise ValueError("not a size")
    _require_inclusion(entry, place["index"], place["proof"], head)
    return text, lines, head


def _note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A signed note: its text, and for each line who signs and what. Raises: ValueError."""
    if len(note) > MAX_NOTE or any(char < " " and char != "\n" for char in note):
        raise ValueError("not a note")
    text, separator, lines = note.rpartition("\n\n")
    found = lines.split("\n")
    if not separator or found.pop() != "" or not len(set(found)) == len(found) <= MAX_LINES:
        raise ValueError("not a note")
    signatures = []
    for line in found:
        dash, name, encoded = line.split(" ")
        if dash != "—":
            raise ValueError("not a signature")
        signatures.append((name, _base64(encoded)))
    return f"{text}\n", signatures


def _require_signed(text: str, lines: list[tuple[str, bytes]], origin: str, keys: Iterable[str]) -> None:
    """See that one of the log's keys signed the head. Raises: ValueError, InvalidSignature."""
    for name, key_id, public in _keys(keys, OF_A_LOG):
        for signer, signature in lines:
            if name == signer == origin and signature[:4] == key_id:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
                return
    raise ValueError("not signed by the log")


def _cosigned_at(text: str, lines: list[tuple[str, bytes]], keys: Iterable[str], now: float) -> Iterable[int]:
    """When each witness cosigned last; one by two names is one, and a wrong line counts for nothing."""
    latest: dict[bytes, int] = {}
    for name, key_id, public in _keys(keys, OF_A_WITNESS):
        for signer, signature in lines:
            at = int.from_bytes(signature[4:12])
            if name != signer or signature[:4] != key_id or len(signature) != 76 or at > now + AHEAD:
                continue
            try:
                message = f"cosignature/v1\ntime {at}\n{text}".encode()
                Ed25519PublicKey.from_public_bytes(public).verify(signature[12:], message)
            except InvalidSignature:
                continue
            latest[public] = max(at, latest.get(public, 0))
    return latest.values()


def _keys(texts: Iterable[str], kind: int) -> Iterable[tuple[str, bytes, bytes]]:
    """Name, id and public half of the keys of a type; others may be of a time to come."""
    for text in texts:
        name, _, rest = text.partition("+")
        key_id, _, material = rest.partition("+")
        try:
            raw = _base64(material)
        except ValueError:
            continue
        own_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] == bytes([kind]) and len(raw) == 33 and own_id.hex() == key_id:
            yield name, own_id, raw[1:]


def _require_inclusion(entry: bytes, index: Any, proof: Any, head: tuple[int, bytes]) -> None:
    """Raises: ValueError — the log of this head does not have the entry there."""
    size, root = head
    if type(index) is not int or not 0 <= index < size or len(proof) > MAX_PROOF:
        raise ValueError("no such entry")
    path, last, computed = index, size - 1, hashlib.sha256(b"\x00" + entry).digest()
    for sibling in map(_base64, proof):
        if last == 0 or len(sibling) != 32:
            raise ValueError("a wrong proof")
        if path & 1 or path == last:
            computed = hashlib.sha256(b"\x01" + sibling + computed).digest()
            while path and not path & 1:
                path, last = path >> 1, last >> 1
        else:
            computed = hashlib.sha256(b"\x01" + computed + sibling).digest()
        path, last = path >> 1, last >> 1
    if last or computed != root:
        raise ValueError("a wrong proof")


def _base64(text: str) -> bytes:
    """Raises: ValueError — not the one way to write these bytes."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not base64 as it is written")
    return raw
