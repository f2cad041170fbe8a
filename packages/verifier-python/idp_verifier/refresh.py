"""Keeps a verifier's bundle fresh: a quiet thread that asks the hub, and any mirror when the hub does not answer."""

from __future__ import annotations

import http.client
import logging
import os
import random
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from .bundle import MAX_SIZE
from .errors import Gap, Refused
from .verifier import Verifier

log = logging.getLogger("idp_verifier")

EVERY_SECONDS = 30.0
TIMEOUT_SECONDS = 5.0
OVERDUE_SECONDS = 120
"""Older than this there must be a newer bundle: who says that there is none is out of date, or keeps it from us."""


class _NoRedirect(HTTPRedirectHandler):
    """A bundle is where it is said to be, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        return None


class Refresher:
    """Asks for the bundle every half minute, a fifth more or less, so that not all verifiers ask at once.

    `store` is a file in which the newest bundle survives a restart. `mirrors` are further addresses of the same
    document: it proves itself, so any will do.
    """

    def __init__(
        self,
        verifier: Verifier,
        *,
        mirrors: Sequence[str] = (),
        store: Path | None = None,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._verifier = verifier
        self._sources = (f"{verifier.hub}/trust/bundle", *mirrors)
        self._store = store
        self._every = every_seconds
        self._stopped = threading.Event()
        self._tags: dict[str, str] = {}
        self._opener = build_opener(ProxyHandler({}), _NoRedirect)

    def start(self) -> None:
        """Load what is stored, ask once, and go on in the background.

        Raises: Refused — the stored bundle is not the hub's.
        """
        if self._store is not None and self._store.exists():
            self._load_stored(self._store)
        self.refresh()
        threading.Thread(target=self._run, name="trust bundle", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def refresh(self) -> bool:
        """Ask the hub, then each mirror, until one has something good to say. True when a newer bundle came."""
        for source in self._sources:
            try:
                compact = self._fetch(source)
                is_newer = compact is not None and self._load(compact)
            except (OSError, URLError, http.client.HTTPException, Refused) as error:
                # What came is not here: it must be sent again, and not called unchanged.
                self._tags.pop(source, None)
                log.warning("no bundle from %s: %s", source, error)
                continue
            if is_newer and compact is not None:
                self._keep(compact)
                return True
            if not self._verifier.is_overdue(OVERDUE_SECONDS):
                return False
        return False

    def _run(self) -> None:
        while not self._stopped.wait(self._every * random.uniform(0.8, 1.2)):
            self.refresh()

    def _load(self, compact: str) -> bool:
        try:
            return self._verifier.load(compact)
        except Gap as gap:
            # We were away for long: the hub can tell what came between.
            lineage = self._fetch(f"{self._verifier.hub}/trust/lineage?from={gap.held_seq}")
            return self._verifier.load(compact, lineage)

    def _fetch(self, source: str) -> str | None:
        """The document; None when it has not changed. Raises: OSError, Refused."""
        request = Request(source, headers={"User-Agent": "idp-verifier"})
        if source in self._tags:
            request.add_header("If-None-Match", self._tags[source])
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                raw = answer.read(MAX_SIZE + 1)
                tag = answer.headers.get("ETag")
        except HTTPError as error:
            if error.code == 304:
                return None
            raise
        if len(raw) > MAX_SIZE:
            raise Refused("the bundle is too large")
        if tag is not None:
            self._tags[source] = tag
        text: str = raw.decode("ascii", errors="replace")
        return text

    def _load_stored(self, path: Path) -> None:
        try:
            self._verifier.load(path.read_text(encoding="ascii"))
        except (OSError, UnicodeError) as error:
            log.warning("the stored bundle cannot be read: %s", error)
        except Refused as error:
            log.warning("the stored bundle is not used: %s", error)

    def _keep(self, compact: str) -> None:
        if self._store is None:
            return
        part = self._store.with_name(self._store.name + ".part")
        try:
            part.write_text(compact, encoding="ascii")
            os.replace(part, self._store)
        except OSError as error:
            log.warning("the bundle cannot be stored: %s", error)
