"""Proofs of possession as clients send them: parsed strictly, verified with the key they bring along.

Implements `idp.oidc.dpop.ProofReader`. A key is remembered by what it is, so that reading it costs nothing the second
time. Spec: RFC 9449 §4.2, §4.3; RFC 7638; RFC 8725 §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.adapters.jose_client_keys import imported, may_verify
from idp.adapters.jose_header import REFUSED_HEADERS, known_algorithm
from idp.adapters.jose_keys import CURVES, KEY_TYPES, AsymmetricKey, VerifyingKey
from idp.adapters.lru import LruCache
from idp.foundation.compact_jws import Malformed, parse
from idp.oidc.dpop import ALGORITHMS, PROOF_TYPE, SignedProof
from idp.oidc.errors import InvalidDpopProof
from idp.oidc.vocabulary import Algorithm

MAX_PROOF = 4_096
"""Enough for an RSA key of 4096 bits, its signature and a long address."""
CACHED_KEYS = 4_096

_REFUSED_HEADERS = REFUSED_HEADERS - {"jwk"}
_MATERIAL = ("kty", "crv", "x", "y", "n", "e")

Material = tuple[object, ...]


class DpopProofReader:
    """Reads proofs. One for the whole process."""

    def __init__(self, capacity: int = CACHED_KEYS) -> None:
        self._keys: LruCache[Material, tuple[AsymmetricKey, str]] = LruCache(capacity)

    def read(self, proof: str) -> SignedProof:
        """A proof signed with the key in it. Raises: InvalidDpopProof."""
        try:
            jws = parse(proof, MAX_PROOF)
        except Malformed as error:
            raise InvalidDpopProof("the DPoP proof is malformed", detail=str(error)) from error
        algorithm, jwk = _wish(jws.header)
        key, jkt = self._key(algorithm, jwk)
        if not VerifyingKey(None, algorithm, key).is_signed(jws.signing_input, jws.signature):
            raise _refused("the key in it did not make its signature")
        return SignedProof(jws.payload, jkt)

    def _key(self, algorithm: Algorithm, jwk: Mapping[str, Any]) -> tuple[AsymmetricKey, str]:
        """The key and its thumbprint. Raises: InvalidDpopProof."""
        if (jwk.get("kty"), jwk.get("crv")) != (KEY_TYPES[algorithm], CURVES.get(algorithm)):
            raise _refused("jwk is no key for its alg")
        material = tuple(jwk.get(name) for name in _MATERIAL)
        known = self._keys.find(material)
        if known is not None:
            return known
        key = imported(jwk)
        if key is None:
            raise _refused("jwk is no key, or a weak one")
        found = key, key.thumbprint()
        self._keys.keep(material, found)
        return found


def _wish(header: Mapping[str, Any]) -> tuple[Algorithm, Mapping[str, Any]]:
    """Algorithm and key, if we accept such a header. Raises: InvalidDpopProof."""
    if header.get("typ") != PROOF_TYPE:
        raise _refused("typ must be dpop+jwt")
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise _refused("its header has an extension")
    algorithm, jwk = known_algorithm(header.get("alg")), header.get("jwk")
    if algorithm is None or algorithm not in ALGORITHMS:
        raise _refused("alg is not allowed")
    if not isinstance(jwk, Mapping) or not may_verify(jwk):
        raise _refused("jwk must be a public key")
    return Algorithm(algorithm), jwk


def _refused(why: str) -> InvalidDpopProof:
    return InvalidDpopProof(f"the DPoP proof is refused: {why}")
