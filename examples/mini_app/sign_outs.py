"""Sign-outs that the region tells us of: which logout tokens are believed, and how often one counts.

Spec: OpenID Connect Back-Channel Logout 1.0 §2.6.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from .config import Config
from .region import Region

TOKEN_TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["ES256"]
"""What the region signs our tokens with; never what a token says by itself."""
MAX_TOKEN = 4_096
LEEWAY_SECONDS = 60
LONGEST_LIFE_SECONDS = 600
FETCH_AGAIN_SECONDS = 10
"""Between two looks for new keys: whoever sends us unknown key ids must not make us ask without end."""


class NotBelieved(Exception):
    """Not a logout token of our region for us. The text says why, for a developer."""


@dataclass(frozen=True, slots=True)
class SignOut:
    """Whose session has ended: this one (`sid`), or all of a person's (`sub` alone)."""

    sub: str | None
    sid: str | None

    def ends(self, proof: Mapping[str, Any]) -> bool:
        """Whether a visit with this ID token is over."""
        if self.sub is not None and proof.get("sub") != self.sub:
            return False
        return self.sid is None or proof.get("sid") == self.sid


class SignOuts:
    """Reads logout tokens. One for the whole app: it remembers which it has seen."""

    def __init__(self, config: Config, region: Region) -> None:
        self._config = config
        self._region = region
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        self._fetched_at = float("-inf")

    def read(self, token: str) -> SignOut | None:
        """Who signed out; None when this very token was read before, and nothing is left to do.

        Raises: NotBelieved; RequestException — the region's keys cannot be fetched.
        """
        claims = self._verified(token)
        sub, sid, jti = (claims.get(name) for name in ("sub", "sid", "jti"))
        if not isinstance(jti, str) or not jti:
            raise NotBelieved("jti is missing")
        if sub is None and sid is None:
            raise NotBelieved("neither sub nor sid")
        if not all(value is None or (isinstance(value, str) and value) for value in (sub, sid)):
            raise NotBelieved("sub or sid is no text")
        return SignOut(sub, sid) if self._is_first(jti, claims["exp"]) else None

    def _verified(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise NotBelieved("too large")
        try:
            decoded = self._decoded(token)
        except (JoseError, ValueError) as error:
            raise NotBelieved("not signed by the region") from error
        # With the type nothing else that the region signs, such as an ID token, passes for a sign-out.
        if decoded.header.get("typ") != TOKEN_TYPE:
            raise NotBelieved("typ is not logout+jwt")
        claims = decoded.claims
        if claims.get("iss") != self._config.issuer or claims.get("aud") != self._config.client_id:
            raise NotBelieved("iss or aud")
        if "nonce" in claims:
            raise NotBelieved("a logout token has no nonce")
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise NotBelieved("events")
        _require_time(claims)
        return claims

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, KeySet.import_key_set(self._region.keys()), ALGORITHMS)
        except InvalidKeyIdError:
            # The region may have begun to sign with a new key.
            with self._lock:
                if time.monotonic() - self._fetched_at < FETCH_AGAIN_SECONDS:
                    raise
                self._fetched_at = time.monotonic()
            return jwt.decode(token, KeySet.import_key_set(self._region.keys(anew=True)), ALGORITHMS)

    def _is_first(self, jti: str, expires_at: int) -> bool:
        now = time.time()
        with self._lock:
            self._seen = {known: until for known, until in self._seen.items() if until > now}
            is_first = jti not in self._seen
            self._seen[jti] = expires_at + LEEWAY_SECONDS
        return is_first


def _require_time(claims: Mapping[str, Any]) -> None:
    issued_at, expires_at, now = claims.get("iat"), claims.get("exp"), time.time()
    if type(issued_at) is not int or type(expires_at) is not int:
        raise NotBelieved("iat or exp is missing")
    if issued_at > now + LEEWAY_SECONDS or expires_at <= now - LEEWAY_SECONDS:
        raise NotBelieved("not yet, or not any more")
    if not 0 < expires_at - issued_at <= LONGEST_LIFE_SECONDS:
        raise NotBelieved("exp is too far from iat")
