"""Telling the regions that there is something new. Only a hint: what it is they fetch and verify themselves."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable
from queue import Empty, SimpleQueue

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError

AT_ONCE = 8
SECONDS = 2.0
HINT_PATH = "/trust/hint"
# The answer says nothing; with a content type or without.
_TYPES = ("application/json", "text/plain", "")

_log = logging.getLogger("idp.hub")


class Hints:
    """Sends hints from a few threads; a region that does not answer holds up no other for long."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def push(self, regions: Iterable[str], seq: int) -> tuple[threading.Thread, ...]:
        """Tell these regions, by their issuers. Failures are logged: every region polls as well."""
        waiting: SimpleQueue[str] = SimpleQueue()
        for op in regions:
            waiting.put(op)
        threads = tuple(
            threading.Thread(target=self._run, args=(waiting, seq), name="hinting", daemon=True)
            for _ in range(min(AT_ONCE, waiting.qsize()))
        )
        for thread in threads:
            thread.start()
        return threads

    def _run(self, waiting: SimpleQueue[str], seq: int) -> None:
        while True:
            try:
                op = waiting.get_nowait()
            except Empty:
                return
            self._tell(op, seq)

    def _tell(self, op: str, seq: int) -> None:
        body = json.dumps({"seq": seq}).encode()
        try:
            self._egress.post(
                f"{op}{HINT_PATH}", body, "application/json", types=_TYPES, max_bytes=4_096, seconds=SECONDS
            )
        except EgressError as error:
            _log.info("a region was not told of a new bundle", extra={"region": op, "detail": str(error)})
