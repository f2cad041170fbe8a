"""Signatures under the statements of a federation, checked by joserfc's algorithms.

Implements `idp.federation.signatures.Signatures`. Keys are remembered by what they are and not by whose they are, so
that reading one costs nothing the second time; whom a key belongs to is asked anew for every statement.
Spec: RFC 7515 §5.2; RFC 7518 §3; RFC 8037 §3.1; RFC 8725 §3.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry

from idp.adapters.jose_client_keys import imported, may_verify
from idp.adapters.jose_keys import AsymmetricKey
from idp.adapters.lru import LruCache
from idp.federation.federation_jwt import ALGORITHMS

CACHED_KEYS = 4_096
"""Some hundred entities with a few keys each."""

_CURVES = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
# joserfc knows the one curve by the older name.
_MODELS: Mapping[str, JWSAlgModel] = {
    algorithm: JWSRegistry.algorithms["EdDSA" if algorithm == "Ed25519" else algorithm]
    for algorithm in ALGORITHMS
}
_MATERIAL = ("kty", "crv", "x", "y", "n", "e")


class StatementSignatures:
    """Checks signatures of others. One for the whole process."""

    def __init__(self, capacity: int = CACHED_KEYS) -> None:
        self._keys: LruCache[tuple[object, ...], AsymmetricKey] = LruCache(capacity)

    def is_signed(
        self, signing_input: bytes, signature: bytes, jwk: Mapping[str, Any], algorithm: str
    ) -> bool:
        """Whether `jwk` made `signature` over `signing_input`, and may."""
        if not may_verify(jwk) or (jwk.get("kty"), jwk.get("crv")) != _CURVES.get(algorithm, ("RSA", None)):
            return False
        key = self._imported(jwk)
        return key is not None and _MODELS[algorithm].verify(signing_input, signature, key)

    def _imported(self, jwk: Mapping[str, Any]) -> AsymmetricKey | None:
        material = tuple(jwk.get(name) for name in _MATERIAL)
        known = self._keys.find(material)
        if known is not None:
            return known
        key = imported(jwk)
        if key is not None:
            self._keys.keep(material, key)
        return key
