"""What stands by a trust bundle: its place in the hub's log, proven, and the witnesses of that log, counted.

Here trust list and log meet. Nothing is refused: what is missing is said, and `idp.trustlist.belief` judges it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from idp.foundation.compact_jws import Malformed, parse_object
from idp.transparency.checkpoint import SignedCheckpoint, open_checkpoint
from idp.transparency.cosignature import Quorum, stood_by_at
from idp.transparency.leaves import LogName
from idp.transparency.merkle import leaf_hash
from idp.transparency.note import BadNote, NoteKey, NotSigned, Verify, decode_base64
from idp.transparency.proofs import BadProof, verify_inclusion
from idp.trustlist.belief import Evidence, LogHead
from idp.trustlist.bundle import Bundle, LogPlace, Witnesses
from idp.trustlist.claims import Claims
from idp.trustlist.reading import read_witnesses
from idp.wiring.witnessing.log import origin_of


class NotProven(Exception):
    """The log does not have the content, by what came with it."""


def evidence(
    bundle: Bundle,
    witnesses: Witnesses,
    log_keys: Iterable[str],
    verifier: Verify,
    *,
    is_log_due: bool,
    now: datetime,
) -> Evidence:
    """What stands by a bundle whose signature was verified.

    `witnesses`, `log_keys`: whom the reader believes, which need not be those of the bundle itself. `is_log_due`: the
    hub is known to keep a log.
    """
    if bundle.log is None:
        # From a hub of a release without a log; that is enough only where nobody knows better.
        return Evidence(lack="no log has it" if witnesses.quorum or is_log_due else "")
    try:
        signed = _proven(bundle, bundle.log, log_keys, verifier)
    except (BadNote, NotSigned, BadProof, NotProven) as error:
        return Evidence(lack=f"its place in the log is not proven: {error}")
    head = head_of(signed)
    try:
        at = stood_by_at(signed.note, quorum_of(witnesses), verifier, now=now)
    except NotSigned as error:
        return Evidence(head, lack=str(error))
    return Evidence(head, at)


def head_of(signed: SignedCheckpoint) -> LogHead:
    """The head of a log, as the trust list writes it."""
    return LogHead(signed.checkpoint.size, base64.b64encode(signed.checkpoint.root).decode("ascii"))


def quorum_of(witnesses: Witnesses) -> Quorum:
    """Those of the witnesses whose keys are of a kind that we know."""
    return Quorum(readable(witnesses.keys), witnesses.quorum)


def quorum_said(content: Mapping[str, Any]) -> Quorum:
    """The witnesses that a content of the bundle names; none in one of a release that knew none."""
    if "witnesses" not in content:
        return Quorum()
    return quorum_of(read_witnesses(Claims(content["witnesses"])))


def readable(keys: Iterable[str]) -> tuple[NoteKey, ...]:
    """The keys of a kind that we know; others may be of a release to come, and count for nothing here."""
    found = []
    for key in keys:
        try:
            found.append(NoteKey.parse(key))
        except BadNote:
            continue
    return tuple(found)


def _proven(bundle: Bundle, place: LogPlace, log_keys: Iterable[str], verifier: Verify) -> SignedCheckpoint:
    """The checkpoint of a log that has the content. Raises: BadNote, NotSigned, BadProof, NotProven."""
    origin = origin_of(bundle.issuer, LogName.TRUST)
    signed = open_checkpoint(place.checkpoint, origin, readable(log_keys), verifier)
    entry = place.entry.encode()
    _require_about(entry, bundle, place.index)
    proof = [decode_base64(one) for one in place.proof]
    verify_inclusion(leaf_hash(entry), place.index, signed.checkpoint.size, proof, signed.checkpoint.root)
    return signed


def _require_about(entry: bytes, bundle: Bundle, index: int) -> None:
    """The entry is the one about this content, and about no other. Raises: NotProven."""
    try:
        said = parse_object(entry)
    except Malformed as error:
        raise NotProven("the entry is not JSON") from error
    about = (said.get("action"), said.get("log_seq"), said.get("seq"), said.get("after_hash"))
    if about != ("bundle", index, bundle.seq, bundle.content_hash):
        raise NotProven("the entry is about something else")
