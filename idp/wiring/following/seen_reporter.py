"""Tells the hub which trust bundle this region honours: how the hub knows that a removal has arrived everywhere.

Now and then it tells too how many people of the other regions are here, so that the hub can say whom a removal reaches.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.adapters.egress import Egress
from idp.adapters.jose import JoseSigner
from idp.foundation.clock import to_seconds
from idp.foundation.entropy import Entropy
from idp.oidc.vocabulary import Algorithm
from idp.storage.visitor_counts import VisitorCounts
from idp.trustlist.seen import SEEN_TYPE
from idp.trustlist.visitors import COUNTED_EVERY, claim_of

SEEN_MEDIA_TYPE = f"application/{SEEN_TYPE}"
REFUSED = 300


class NotHeard(Exception):
    """The hub answered, and not that it has understood."""


class SeenReporter:
    """Makes a report, signs it with the federation key, and sends it."""

    def __init__(
        self,
        region: str,
        hub: str,
        address: str,
        signer: JoseSigner,
        egress: Egress,
        counts: VisitorCounts,
        entropy: Entropy,
    ) -> None:
        self._region, self._hub, self._address = region, hub, address
        self._counts = counts
        self._signer, self._egress, self._entropy = signer, egress, entropy

    def report(self, seq: int, checkpoint: str, *, now: datetime) -> None:
        """Say that everything up to `seq` has its consequences here, and what head of the hub's log we were shown.

        Raises: EgressError, NotHeard, ServerError; StorageError.
        """
        claims: dict[str, Any] = {
            "iss": self._region,
            "aud": self._hub,
            "seq": seq,
            "iat": to_seconds(now),
            "jti": self._entropy.token(16),
        }
        if checkpoint:
            claims["checkpoint"] = checkpoint
        if self._counts.claim(self._hub, COUNTED_EVERY, now=now):
            claims["visitors"] = claim_of(self._counts.visitors(now=now))
        report = self._signer.sign(Algorithm.ES256, SEEN_TYPE, claims)
        answer = self._egress.post(
            self._address, report.encode(), SEEN_MEDIA_TYPE, types=("", "application/json")
        )
        if answer.status >= REFUSED:
            raise NotHeard(f"the report was answered with status {answer.status}")
