"""The held trust bundle as bytes to pass on: a region is a mirror of its hub, and needs no belief for that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from idp.storage.trust_bundles import TrustBundles
from idp.wiring.following.trust import HeldTrust


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What is sent to whoever asks."""

    body: bytes
    etag: str
    """With its quotes."""
    lineage: bytes | None
    """What the hub said of the contents before this one; None: it was not asked, or did not answer."""


class HeldDocument:
    """One for each process; reads the document once for each time that it changed."""

    def __init__(self, trust: HeldTrust, bundles: TrustBundles) -> None:
        self._trust, self._bundles = trust, bundles
        # Replaced as a whole, so that a thread never sees the bytes of one with the mark of another.
        self._kept: tuple[tuple[str, datetime], PassedOn] | None = None

    def __call__(self) -> PassedOn | None:
        """None as long as nothing is held. Raises: StorageError — changed, and it cannot be read."""
        if self._trust().bundle is None:
            return None
        held, kept = self._trust.held, self._kept
        if held is None:
            return None
        mark = (held.content_hash, held.issued_at)
        if kept is None or kept[0] != mark:
            found = self._bundles.read(held.issuer)
            if found is None:
                return None
            kept = self._kept = (mark, _passed_on(found[1], self._bundles.find_lineage(held.issuer)))
        return kept[1]


def _passed_on(document: str, lineage: str | None) -> PassedOn:
    body = document.encode("ascii")
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return PassedOn(body, etag, None if lineage is None else lineage.encode("ascii"))
