"""Signs what the hub says: a content with its times, and with its place in the log and who stands by that."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.adapters.jose import JoseSigner
from idp.foundation.clock import from_seconds, to_seconds
from idp.oidc.vocabulary import Algorithm
from idp.storage.trust_contents import Published
from idp.trustlist.bundle import BUNDLE_TYPE
from idp.trustlist.publishing import timed
from idp.trustlist.reading import read_bundle
from idp.wiring.hub.asking_witnesses import AskingWitnesses
from idp.wiring.witnessing.log import Log


class BundleSigning:
    """One for each process. What it signs is stored in the log already, and never signed before that."""

    def __init__(self, signer: JoseSigner, hub_log: Log, witnesses: AskingWitnesses) -> None:
        self._signer, self._log, self._witnesses = signer, hub_log, witnesses

    def sign(self, content: Published, *, now: datetime) -> tuple[str, datetime]:
        """The bundle that says it, and when it says it was signed. Raises: BadBundle — no region could read it."""
        claims = timed(content.content, now=now, log=self._place(content))
        # What no region could read must never go out: they would all go on with the one before it, and for how long?
        read_bundle(claims)
        signed_at = from_seconds(to_seconds(now))
        return self._signer.sign(Algorithm.ES256, BUNDLE_TYPE, claims), signed_at

    def _place(self, content: Published) -> Mapping[str, Any] | None:
        index = content.log_index
        if index is None:
            return None
        note, size = self._head(index)
        (entry,) = self._log.entries(index, index + 1)
        return {
            "checkpoint": note,
            "index": index,
            "entry": entry.decode("utf-8"),
            "proof": [base64.b64encode(one).decode("ascii") for one in self._log.inclusion(index, size)],
        }

    def _head(self, index: int) -> tuple[str, int]:
        """The newest head that witnesses stand by, if it has the entry; else the newest one, by our own word."""
        cosigned = self._witnesses.cosigned()
        if cosigned is not None and cosigned.size > index:
            return cosigned.note, cosigned.size
        head = self._log.signed_head()
        return str(head), head.checkpoint.size
