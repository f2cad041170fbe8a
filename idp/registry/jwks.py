"""Which public keys a mini-app may sign its assertions with. Spec: RFC 7517; RFC 7518 §6; RFC 8037 §2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from idp.oidc.vocabulary import Algorithm

MAX_KEYS = 10
MIN_RSA_BITS = 2_048
MAX_RSA_BITS = 8_192
"""Larger keys make each check expensive for us, not the forgery for others."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_SIZES = {("EC", "P-256"): (32, ("x", "y")), ("OKP", "Ed25519"): (32, ("x",))}
_ALGORITHMS = {
    "EC": (Algorithm.ES256,),
    "OKP": (Algorithm.EDDSA, "Ed25519"),
    "RSA": (Algorithm.RS256, Algorithm.PS256),
}


def problems_of_jwks(jwks: Any) -> Iterator[str]:
    """Everything wrong with a key set, a sentence each."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not keys:
        yield 'the key set has no keys: it looks like {"keys": [{"kty": "EC", …}]}'
        return
    if len(keys) > MAX_KEYS:
        yield f"the key set has more than {MAX_KEYS} keys"
        return
    for number, key in enumerate(keys, 1):
        fault = _fault_of(key) if isinstance(key, Mapping) else "is not a JSON object"
        if fault:
            yield f"key {number} of the key set {fault}"
    names = [key.get("kid") for key in keys if isinstance(key, Mapping)]
    if len(keys) > 1 and (None in names or len({str(name) for name in names}) < len(names)):
        yield "with several keys, each needs a kid of its own"


def usable_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The key set without the keys that we would refuse: of somebody who also serves others, with other keys."""
    keys = [key for key in jwks["keys"] if _fault_of(key) is None]
    return {"keys": keys[:MAX_KEYS]}


def _fault_of(key: Mapping[str, Any]) -> str | None:
    kind = key.get("kty")
    if kind == "oct":
        return "is a shared secret: register public keys"
    if _PRIVATE_MEMBERS & key.keys():
        return "contains its private half: take it out of use, make a new key and send only the public half"
    if not isinstance(kind, str) or kind not in _ALGORITHMS:
        return "is of no kind that we know: use EC P-256, OKP Ed25519 or RSA"
    if key.get("use", "sig") != "sig":
        return 'is not for signatures ("use" is not "sig")'
    if "alg" in key and key["alg"] not in _ALGORITHMS[kind]:
        return f"names an algorithm that its kind cannot do here: {' or '.join(_ALGORITHMS[kind])}"
    if not isinstance(key.get("kid", ""), str):
        return "has a kid that is not a string"
    return _fault_of_rsa(key) if kind == "RSA" else _fault_of_curve(key, kind)


def _fault_of_rsa(key: Mapping[str, Any]) -> str | None:
    modulus, exponent = _number(key.get("n")), _number(key.get("e"))
    if modulus is None or exponent is None:
        return "lacks n or e in base64url"
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        return f"has {modulus.bit_length()} bits: RSA keys have {MIN_RSA_BITS} to {MAX_RSA_BITS}"
    # An exponent of 1 makes every message its own signature.
    if exponent < 65_537 or exponent % 2 == 0 or exponent.bit_length() > 64:
        return "has an unsafe public exponent: 65537 is usual"
    return None


def _fault_of_curve(key: Mapping[str, Any], kind: str) -> str | None:
    curve = key.get("crv")
    if not isinstance(curve, str) or (kind, curve) not in _SIZES:
        return "is on a curve that we do not know: use EC P-256 or OKP Ed25519"
    size, members = _SIZES[kind, curve]
    for member in members:
        raw = _bytes(key.get(member))
        if raw is None or len(raw) != size:
            return f"lacks {member} of {size} bytes in base64url"
    return None


def _number(value: Any) -> int | None:
    raw = _bytes(value)
    return None if raw is None else int.from_bytes(raw, "big")


def _bytes(value: Any) -> bytes | None:
    if not isinstance(value, str) or not value or len(value) > 2_048:
        return None
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
