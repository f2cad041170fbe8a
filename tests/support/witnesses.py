"""Keys that sign notes, and logs of a few entries: what witnesses see, without anything of ours that keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.transparency import checkpoint as checkpoints
from idp.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idp.transparency.cosignature import cosign
from idp.transparency.merkle import leaf_hash, node_hash
from idp.transparency.note import NoteKey, NoteSignature, SignatureType
from idp.transparency.proofs import Proof, consistency_proof, inclusion_proof

ORIGIN = "hub.example/log/trust"


class Signer:
    """Implements `idp.transparency.note.NoteSigner`."""

    def __init__(self, name: str, kind: SignatureType = SignatureType.ED25519) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.key = NoteKey(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def witness(name: str = "east.example/witness") -> Signer:
    return Signer(name, SignatureType.COSIGNATURE)


@dataclass
class SmallLog:
    """A log in memory."""

    signer: Signer = field(default_factory=lambda: Signer(ORIGIN))
    entries: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, *entries: bytes) -> SmallLog:
        return cls(entries=list(entries))

    @property
    def logs(self) -> dict[str, tuple[NoteKey, ...]]:
        return {self.signer.key.name: (self.signer.key,)}

    def root(self, size: int) -> bytes:
        return _root(self.entries[:size])

    def checkpoint(self, size: int | None = None) -> SignedCheckpoint:
        size = len(self.entries) if size is None else size
        return checkpoints.sign(Checkpoint(self.signer.key.name, size, self.root(size)), self.signer)

    def cosigned(self, *witnesses: Signer, now: datetime, size: int | None = None) -> SignedCheckpoint:
        signed = self.checkpoint(size)
        lines = [cosign(signed.note.text, one, now=now) for one in witnesses]
        return SignedCheckpoint(signed.checkpoint, signed.note.with_signatures(lines))

    def consistency(self, old: int, new: int | None = None) -> Proof:
        return consistency_proof(old, len(self.entries) if new is None else new, self._node)

    def inclusion(self, index: int, size: int | None = None) -> Proof:
        return inclusion_proof(index, len(self.entries) if size is None else size, self._node)

    def _node(self, level: int, index: int) -> bytes:
        width = 1 << level
        return _root(self.entries[index * width : (index + 1) * width])


def _root(entries: list[bytes]) -> bytes:
    if not entries:
        from idp.transparency.merkle import EMPTY_ROOT

        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(entries[0])
    middle = 1 << ((len(entries) - 1).bit_length() - 1)
    return node_hash(_root(entries[:middle]), _root(entries[middle:]))


def line_of(text: str, signer: Signer, *, now: datetime) -> NoteSignature:
    """A cosignature, whether or not anybody should make it."""
    return cosign(text, signer, now=now)
