"""Clients' registered public keys, made ready to verify their assertions.

What may be registered is decided in `idp.registry.jwks`. Nothing here leans on that: a key that is not public, not
strong or not a key at all verifies nothing. Spec: RFC 7517 §4, §5; RFC 7518 §6; RFC 8725 §3.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joserfc.errors import JoseError

from idp.adapters.jose_keys import CURVES, KEY_TYPES, AsymmetricKey, VerifyingKey, import_public
from idp.adapters.lru import LruCache
from idp.foundation.compact_jws import decode_segment
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm

MAX_KEYS = 10
CACHED_CLIENTS = 1_024
MAX_MEMBER_LENGTH = 2_048
MIN_RSA_BITS = 2_048
MAX_RSA_BITS = 8_192
MIN_RSA_EXPONENT = 65_537
MAX_RSA_EXPONENT = 2**32
"""A larger exponent only makes every verification slow."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_STRINGS = frozenset({"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"})


class ClientKeys:
    """Reads each client's keys once, for as long as they stay the same."""

    def __init__(self, capacity: int = CACHED_CLIENTS) -> None:
        self._cache: LruCache[str, tuple[object, tuple[VerifyingKey, ...]]] = LruCache(capacity)

    def candidates(self, client: Client, kid: str | None, algorithm: Algorithm) -> list[VerifyingKey]:
        """The registered keys that an assertion with this header may be signed with; at most `MAX_KEYS`."""
        return [
            key
            for key in self._of(client)
            # A key registered without a kid answers to any name; the signature decides.
            if key.algorithm is algorithm and (kid is None or key.kid is None or key.kid == kid)
        ]

    def _of(self, client: Client) -> tuple[VerifyingKey, ...]:
        cached = self._cache.find(client.client_id)
        if cached is not None and cached[0] == client.jwks:
            return cached[1]
        keys = tuple(_verifying_keys(client.jwks))
        self._cache.keep(client.client_id, (client.jwks, keys))
        return keys


def unusable_keys(jwks: object) -> tuple[int, ...]:
    """Which keys of a set verify nothing, counted from 1: one may look right and be none, as a point off its curve.

    Of a set that may be registered, so of its first keys alone.
    """
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    shown = keys[:MAX_KEYS] if isinstance(keys, list) else []
    return tuple(number for number, key in enumerate(shown, 1) if not list(_verifying_keys({"keys": [key]})))


def _verifying_keys(document: object) -> Iterator[VerifyingKey]:
    """Every usable key of the document, once for each algorithm that it fits."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    for jwk in keys[:MAX_KEYS] if isinstance(keys, list) else ():
        if not isinstance(jwk, Mapping) or not may_verify(jwk):
            continue
        key = imported(jwk)
        if key is not None:
            yield from (
                VerifyingKey(jwk.get("kid"), algorithm, key)
                for algorithm in Algorithm
                if _fits(jwk, algorithm)
            )


def may_verify(jwk: Mapping[str, Any]) -> bool:
    """Whether a JWK is public, is for signatures, and has members that are worth reading."""
    if not _PRIVATE_MEMBERS.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        return False
    return all(_is_short_string(jwk[name]) for name in _STRINGS & jwk.keys())


def _is_short_string(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_MEMBER_LENGTH


def _fits(jwk: Mapping[str, Any], algorithm: Algorithm) -> bool:
    names = (algorithm, "Ed25519") if algorithm is Algorithm.EDDSA else (algorithm,)
    if jwk.get("alg", algorithm) not in names or jwk["kty"] != KEY_TYPES[algorithm]:
        return False
    return jwk.get("crv") == CURVES.get(algorithm)


def imported(jwk: Mapping[str, Any]) -> AsymmetricKey | None:
    """The key in a JWK that `may_verify`; None when it is weak or no key."""
    try:
        return import_public(jwk) if jwk["kty"] != "RSA" or _is_strong_rsa(jwk) else None
    except (JoseError, KeyError, ValueError):
        return None


def _is_strong_rsa(jwk: Mapping[str, Any]) -> bool:
    """Raises: KeyError, Malformed — a member is missing or not base64url."""
    modulus, exponent = (int.from_bytes(decode_segment(jwk[name].encode())) for name in ("n", "e"))
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        return False
    return MIN_RSA_EXPONENT <= exponent <= MAX_RSA_EXPONENT
