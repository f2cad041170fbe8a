"""Proof of possession: the caller shows that it holds the key to which the token is bound. Spec: RFC 9449 §4.3, §7."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import jws
from .errors import Refused

TYPE = "dpop+jwt"
MAX_SIZE = 8_192
ALGORITHMS = ("ES256", "EdDSA", "Ed25519", "PS256")
"""Those that the provider takes as well. RS256 is left out."""
WINDOW = 60
"""Seconds that a proof may be old, or ahead of our clock."""
REMEMBERED = 100_000
_THUMBPRINT = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}

FirstTime = Callable[[str, float], bool]
"""Takes the name of a proof and until when it must be remembered; True once. Several processes share one."""


class Remembered:
    """Proofs seen by this process. When more come than are remembered, the oldest window is full: refuse."""

    def __init__(self, capacity: int = REMEMBERED) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __call__(self, name: str, until: float, *, now: float | None = None) -> bool:
        moment = until - 2 * WINDOW if now is None else now
        with self._lock:
            while self._seen and next(iter(self._seen.values())) < moment:
                self._seen.popitem(last=False)
            if name in self._seen or len(self._seen) >= self._capacity:
                return False
            self._seen[name] = until
            return True


def require(
    proof: str, *, token: str, thumbprint: str, method: str, url: str, now: float, first_time: FirstTime
) -> None:
    """See that `proof` was made for this request by the holder of the key. Raises: Refused."""
    parsed = jws.parse(proof, MAX_SIZE)
    jwk = parsed.header.get("jwk")
    if parsed.header.get("typ") != TYPE or "crit" in parsed.header or not isinstance(jwk, Mapping):
        raise _bad("not a DPoP proof")
    if parsed.header.get("alg") not in ALGORITHMS:
        raise _bad("an algorithm that is not accepted")
    if not {"d", "p", "q", "k", "priv"}.isdisjoint(jwk) or thumbprint_of(jwk) != thumbprint:
        raise _bad("the proof is made with another key than the token is bound to")
    # The header says which of the two RSA algorithms, the key need not.
    key = jws.import_key({**jwk, "alg": parsed.header.get("alg")})
    if key is None:
        raise _bad("a key of a kind that is not accepted")
    key.verify(parsed)
    _require_claims(parsed.payload, token, method, url, now)
    name = f"{thumbprint}.{parsed.payload['jti']}"
    if not first_time(name, now + 2 * WINDOW):
        raise _bad("the proof was used before")


def thumbprint_of(jwk: Mapping[str, Any]) -> str:
    """Spec: RFC 7638. Raises: Refused."""
    names = _THUMBPRINT.get(str(jwk.get("kty")), ())
    if not names or not all(isinstance(jwk.get(name), str) for name in names):
        raise _bad("a malformed key")
    raw = json.dumps({name: jwk[name] for name in names}, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


def _require_claims(claims: Mapping[str, Any], token: str, method: str, url: str, now: float) -> None:
    jti, made_at = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256:
        raise _bad("jti is required")
    # Between two numbers, not their distance: a whole number of hundreds of digits has none to a float.
    if isinstance(made_at, bool) or not isinstance(made_at, (int, float)):
        raise _bad("iat is missing")
    if not now - WINDOW <= made_at <= now + WINDOW:
        raise _bad("iat is too old, or in the future")
    if claims.get("htm") != method or not _is_same_place(claims.get("htu"), url):
        raise _bad("the proof was made for another request")
    digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    if claims.get("ath") != digest:
        raise _bad("the proof was made for another token")


def _is_same_place(claimed: object, url: str) -> bool:
    """Spec: RFC 9449 §4.3 point 9: query and fragment do not count; RFC 3986 §6.2: case of scheme and host neither."""
    place = _place(claimed) if isinstance(claimed, str) else None
    return place is not None and place == _place(url)


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port, parts.path or "/"


def _bad(why: str) -> Refused:
    return Refused(why, "invalid_dpop_proof")
