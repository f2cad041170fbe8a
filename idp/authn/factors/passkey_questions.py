"""The questions that a passkey answers: asked once, of one browser, answered on a page of our own within minutes."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.passkey_values import ChallengeOver, PasskeyRefused
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value


class Questions:
    """`bound_to` is a digest of what ties a question to one browser; the same must come back."""

    def __init__(self, store: ChallengeStore, entropy: Entropy, lifetime: timedelta) -> None:
        self._store, self._entropy, self._lifetime = store, entropy, lifetime

    def keep(
        self,
        purpose: ChallengePurpose,
        bound_to: bytes,
        account_id: str | None,
        kept: Mapping[str, Any],
        now: datetime,
    ) -> str:
        """Keep a new question; returns its id. `kept` has what was sent to the browser as `challenge`."""
        challenge_id = new_value(Kind.CHALLENGE, self._entropy)
        self._store.add(
            Challenge(challenge_id, purpose, account_id, bound_to, kept, now, now + self._lifetime)
        )
        return challenge_id

    def open(self, challenge_id: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime) -> Challenge:
        """The question, if it is still open and was asked here. Raises: ChallengeOver."""
        challenge = self._store.find(challenge_id, purpose, now=now)
        if challenge is None:
            raise ChallengeOver("no such open question")
        if not hmac.compare_digest(challenge.bound_to, bound_to):
            raise ChallengeOver("asked of another browser")
        return challenge

    def use_up(self, challenge: Challenge, now: datetime) -> None:
        """Atomic: of two answers at once one wins. Raises: ChallengeOver."""
        if not self._store.consume(challenge.id, challenge.purpose, now=now):
            raise ChallengeOver("answered already")


def challenge_bytes(challenge: Challenge) -> bytes:
    """What the authenticator signs of a question."""
    return urlsafe_b64decode(challenge.data["challenge"] + "==")


def require_same_page(client_data: bytes) -> None:
    """Refuse what was made inside somebody else's page.

    Raises: PasskeyRefused. Spec: WebAuthn Level 3 §7.1 steps 10–11, §7.2 steps 13–14 (crossOrigin, topOrigin).
    """
    try:
        said = json.loads(client_data)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused("the client data is not JSON") from error
    if not isinstance(said, dict) or said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise PasskeyRefused("made in a frame of another page")
