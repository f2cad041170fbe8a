"""Which public keys a mini-app may sign its assertions with. Spec: RFC 7517; RFC 7518 §6; RFC 8037 §2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from idp.foundation.sentence import N_, Sentence, Value
from idp.oidc.vocabulary import Algorithm

MAX_KEYS = 10
MIN_RSA_BITS = 2_048
MAX_RSA_BITS = 8_192
"""Larger keys make each check expensive for us, not the forgery for others."""

_LOOKS_LIKE = '{"keys": [{"kty": "EC", …}]}'
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_SIZES = {("EC", "P-256"): (32, ("x", "y")), ("OKP", "Ed25519"): (32, ("x",))}
_ALGORITHMS = {
    "EC": (Algorithm.ES256,),
    "OKP": (Algorithm.EDDSA, "Ed25519"),
    "RSA": (Algorithm.RS256, Algorithm.PS256),
}


def faults_of_jwks(jwks: Any) -> Iterator[Sentence]:
    """Everything wrong with a key set."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not keys:
        yield Sentence(
            "jwks-empty", N_("The key set has no keys: it looks like %(like)s."), {"like": _LOOKS_LIKE}
        )
        return
    if len(keys) > MAX_KEYS:
        yield Sentence("jwks-too-many", N_("The key set has more than %(most)s keys."), {"most": MAX_KEYS})
        return
    for number, key in enumerate(keys, 1):
        if fault := _fault_of(number, key):
            yield fault
    names = [key.get("kid") for key in keys if isinstance(key, Mapping)]
    if len(keys) > 1 and (None in names or len({str(name) for name in names}) < len(names)):
        yield Sentence("jwks-kids", N_("With several keys, each needs a kid of its own."))


def no_key(number: int) -> Sentence:
    """What is said of a key that looks right and is none; to find that out takes more than its shape."""
    return Sentence(
        "key-no-key",
        N_("Key %(number)s cannot verify anything: its numbers make no key."),
        {"number": number},
    )


def usable_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The key set without the keys that we would refuse: of somebody who also serves others, with other keys."""
    keys = [key for key in jwks["keys"] if _fault_of(1, key) is None]
    return {"keys": keys[:MAX_KEYS]}


def _fault_of(number: int, key: Any) -> Sentence | None:
    """What is wrong with the key at this place of its set, counted from 1."""
    at = {"number": number}
    if not isinstance(key, Mapping):
        return Sentence("key-no-object", N_("Key %(number)s is not a JSON object."), at)
    kind = key.get("kty")
    if kind == "oct":
        return Sentence("key-secret", N_("Key %(number)s is a shared secret: register public keys."), at)
    if _PRIVATE_MEMBERS & key.keys():
        return Sentence(
            "key-private",
            N_(
                "Key %(number)s contains its private half: take it out of use, make a new key and send only the"
                " public half."
            ),
            at,
        )
    if not isinstance(kind, str) or kind not in _ALGORITHMS:
        return Sentence(
            "key-kind",
            N_("Key %(number)s is of no kind that we know: use EC P-256, OKP Ed25519 or RSA."),
            at,
        )
    if key.get("use", "sig") != "sig":
        return Sentence("key-use", N_("Key %(number)s is not for signatures (“use” is not “sig”)."), at)
    if "alg" in key and key["alg"] not in _ALGORITHMS[kind]:
        return Sentence(
            "key-algorithm",
            N_("Key %(number)s names an algorithm that its kind cannot do here. It can: %(known)s."),
            {**at, "known": ", ".join(_ALGORITHMS[kind])},
        )
    if not isinstance(key.get("kid", ""), str):
        return Sentence("key-kid", N_("Key %(number)s has a kid that is not a string."), at)
    return _fault_of_rsa(at, key) if kind == "RSA" else _fault_of_curve(at, key, kind)


def _fault_of_rsa(at: Mapping[str, Value], key: Mapping[str, Any]) -> Sentence | None:
    modulus, exponent = _number(key.get("n")), _number(key.get("e"))
    if modulus is None or exponent is None:
        return Sentence("key-rsa-members", N_("Key %(number)s lacks n or e in base64url."), at)
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        return Sentence(
            "key-rsa-bits",
            N_("Key %(number)s has %(bits)s bits: RSA keys have %(least)s to %(most)s."),
            {**at, "bits": modulus.bit_length(), "least": MIN_RSA_BITS, "most": MAX_RSA_BITS},
        )
    # An exponent of 1 makes every message its own signature.
    if exponent < 65_537 or exponent % 2 == 0 or exponent.bit_length() > 64:
        return Sentence(
            "key-rsa-exponent", N_("Key %(number)s has an unsafe public exponent: 65537 is usual."), at
        )
    return None


def _fault_of_curve(at: Mapping[str, Value], key: Mapping[str, Any], kind: str) -> Sentence | None:
    curve = key.get("crv")
    if not isinstance(curve, str) or (kind, curve) not in _SIZES:
        return Sentence(
            "key-curve",
            N_("Key %(number)s is on a curve that we do not know: use EC P-256 or OKP Ed25519."),
            at,
        )
    size, members = _SIZES[kind, curve]
    for member in members:
        raw = _bytes(key.get(member))
        if raw is None or len(raw) != size:
            return Sentence(
                "key-coordinate",
                N_("Key %(number)s lacks %(member)s of %(size)s bytes in base64url."),
                {**at, "member": member, "size": size},
            )
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
