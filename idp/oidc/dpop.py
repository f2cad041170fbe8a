"""Proof of possession: whoever brings a token also signs each request with the key that the token is bound to.

Here is what a proof must say; its signature is checked by an adapter. Spec: RFC 9449 §4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.foundation.clock import from_seconds
from idp.oidc.dpop_nonces import DpopNonces
from idp.oidc.dpop_place import place_of
from idp.oidc.errors import InvalidDpopProof, UseDpopNonce
from idp.oidc.ports import AssertionLog
from idp.oidc.vocabulary import Algorithm

PROOF_TYPE = "dpop+jwt"
ALGORITHMS = (Algorithm.ES256, Algorithm.EDDSA, Algorithm.PS256)
"""RS256 is left out: every library that knows DPoP knows one of these (FAPI 2.0 Security Profile §5.4)."""
WINDOW = timedelta(seconds=60)
"""How far `iat` may be from our time, before or after."""
KEPT_LONGER = timedelta(seconds=30)
"""A `jti` is remembered for as long as `WINDOW` lets its proof live, and this for processes whose clocks differ."""
MAX_JTI_LENGTH = 256

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignedProof:
    """A proof signed with the key that stands in it. What it says has not been checked."""

    claims: Mapping[str, Any]
    jkt: str
    """The thumbprint of the key (RFC 7638)."""


class ProofReader(Protocol):
    """Takes proofs apart."""

    def read(self, proof: str) -> SignedProof:
        """A proof of the right type, with a public key in its header that made the signature.

        Raises: InvalidDpopProof.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProvedKey:
    """A key whose holder made this very request. It counts once it is used up."""

    jkt: str
    jti: str
    expires_at: datetime
    """When its proof is too old to be shown again."""


@dataclass(frozen=True, slots=True)
class DpopProofVerifier:
    """Verifies proofs, and uses them up."""

    issuer: str
    reader: ProofReader
    nonces: DpopNonces
    log: AssertionLog

    def verify(
        self, proof: str, method: str, path: str, access_token: str | None = None, *, now: datetime
    ) -> ProvedKey:
        """The key behind the proof of a request to `path` of ours. Asks no database.

        Raises: InvalidDpopProof. UseDpopNonce — all is well but its nonce, which is missing or old.
        """
        signed = self.reader.read(proof)
        claims = signed.claims
        require_request(claims, method, self.issuer + path)
        issued_at = require_time(claims, now)
        jti = _jti(claims)
        if access_token is not None:
            require_access_token(claims, access_token)
        self._require_nonce(claims, now)
        return ProvedKey(signed.jkt, jti, issued_at + WINDOW + KEPT_LONGER)

    def use_up(self, proved: ProvedKey, *, now: datetime) -> None:
        """Let a proof count. Raises: InvalidDpopProof — it was used before. Spec: §11.1."""
        # By its key, so that nobody uses up what somebody else will send. No client is called so.
        if not self.log.claim(f"DPoP proof {proved.jkt}", proved.jti, proved.expires_at, now=now):
            raise _refused("jti was used before")

    def _require_nonce(self, claims: Mapping[str, Any], now: datetime) -> None:
        """Spec: §8, §9: a proof made ahead, by somebody who had the key for a moment, is worth nothing later."""
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not self.nonces.is_in_force(nonce, now=now):
            raise UseDpopNonce(
                "the DPoP proof must contain the nonce of the DPoP-Nonce header",
                nonce=self.nonces.current(now=now),
            )


def require_request(claims: Mapping[str, Any], method: str, url: str) -> None:
    """Refuse a proof that was made for another request. Raises: InvalidDpopProof. Spec: §4.3 (8, 9)."""
    if claims.get("htm") != method:
        raise _refused("htm must be the method of the request")
    htu = claims.get("htu")
    place = place_of(htu) if isinstance(htu, str) else None
    if place is None or place != place_of(url):
        raise _refused("htu must be the address of the request")


def require_time(claims: Mapping[str, Any], now: datetime) -> datetime:
    """When the proof was made, which is just now. Raises: InvalidDpopProof. Spec: §4.3 (11)."""
    value = claims.get("iat")
    if not isinstance(value, (int, float)) or not 0 <= value < 2**33:
        raise _refused("iat is required")
    issued_at = from_seconds(int(value))
    if abs(now - issued_at) > WINDOW:
        raise _refused("iat is more than a minute away from our time")
    return issued_at


def require_access_token(claims: Mapping[str, Any], access_token: str) -> None:
    """Refuse a proof that was made for another token. Raises: InvalidDpopProof. Spec: §4.3 (12)."""
    ath = claims.get("ath")
    if not isinstance(ath, str) or not hmac.compare_digest(
        ath.encode(), access_token_hash(access_token).encode()
    ):
        raise _refused("ath must be the hash of the access token")


def access_token_hash(access_token: str) -> str:
    """What `ath` must be for this token. Spec: §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def is_thumbprint(text: str) -> bool:
    """Whether this could be the thumbprint of a key. Spec: §10."""
    return _THUMBPRINT.fullmatch(text) is not None


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_LENGTH or not jti.isprintable():
        raise _refused("jti must be a text of 1 to 256 characters")
    return jti


def _refused(why: str) -> InvalidDpopProof:
    return InvalidDpopProof(f"the DPoP proof is refused: {why}")
