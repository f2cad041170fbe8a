"""Tells the hub which trust bundle this region honours: how the hub knows that a removal has arrived everywhere."""

from __future__ import annotations

from datetime import datetime

from idp.adapters.egress import Egress
from idp.adapters.jose import JoseSigner
from idp.foundation.clock import to_seconds
from idp.foundation.entropy import Entropy
from idp.oidc.vocabulary import Algorithm
from idp.trustlist.seen import SEEN_TYPE

SEEN_MEDIA_TYPE = f"application/{SEEN_TYPE}"
REFUSED = 300


class NotHeard(Exception):
    """The hub answered, and not that it has understood."""


class SeenReporter:
    """Makes a report, signs it with the federation key, and sends it."""

    def __init__(
        self, region: str, hub: str, address: str, signer: JoseSigner, egress: Egress, entropy: Entropy
    ) -> None:
        self._region, self._hub, self._address = region, hub, address
        self._signer, self._egress, self._entropy = signer, egress, entropy

    def report(self, seq: int, checkpoint: str, *, now: datetime) -> None:
        """Say that everything up to `seq` has its consequences here, and what head of the hub's log we were shown.

        Raises: EgressError, NotHeard, ServerError.
        """
        claims = {
            "iss": self._region,
            "aud": self._hub,
            "seq": seq,
            "iat": to_seconds(now),
            "jti": self._entropy.token(16),
        }
        if checkpoint:
            claims["checkpoint"] = checkpoint
        report = self._signer.sign(Algorithm.ES256, SEEN_TYPE, claims)
        answer = self._egress.post(
            self._address, report.encode(), SEEN_MEDIA_TYPE, types=("", "application/json")
        )
        if answer.status >= REFUSED:
            raise NotHeard(f"the report was answered with status {answer.status}")
