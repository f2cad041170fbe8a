"""Documents that we sign rarely and send often: made anew when what they say changed or half of their life is over."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.adapters.lru import LruCache

CAPACITY = 4_096
MAX_AGE = timedelta(minutes=5)
"""For how long others may keep a copy without asking: a removed entity and a new key are known after it."""


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A compact JWS, ready to be sent."""

    body: bytes
    etag: str
    """With its quotes, as the header wants it."""
    max_age: timedelta

    @classmethod
    def of(cls, token: str, max_age: timedelta = MAX_AGE) -> SignedDocument:
        """A token that somebody signed already."""
        body = token.encode("ascii")
        return cls(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', max_age)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: Hashable
    signed_at: datetime
    document: SignedDocument


class SignedDocuments:
    """Keeps documents by name. One signature for each version and half-life, however many ask at once."""

    def __init__(self, lifetime: timedelta, capacity: int = CAPACITY) -> None:
        self._renew_after = lifetime / 2
        self._max_age = min(MAX_AGE, lifetime / 4)
        self._kept: LruCache[Hashable, _Kept] = LruCache(capacity)
        self._signing = threading.Lock()

    def get(
        self, name: Hashable, version: Hashable, sign: Callable[[], str], *, now: datetime
    ) -> SignedDocument:
        """The document of that name. `version` is all that it depends on, but the time; `sign` makes it."""
        document = self._find(name, version, now)
        if document is not None:
            return document
        with self._signing:
            document = self._find(name, version, now)
            if document is None:
                document = SignedDocument.of(sign(), self._max_age)
                self._kept.keep(name, _Kept(version, now, document))
        return document

    def _find(self, name: Hashable, version: Hashable, now: datetime) -> SignedDocument | None:
        kept = self._kept.find(name)
        # A clock set back must not keep a document that would be signed in the future.
        is_current = (
            kept is not None
            and kept.version == version
            and kept.signed_at <= now < kept.signed_at + self._renew_after
        )
        return kept.document if kept is not None and is_current else None
