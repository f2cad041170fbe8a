"""Who signed: the port through which this package has signatures checked, and the choice of the key.

The key is the one with the `kid` of the header in the set that the caller trusts for this issuer, and no other: no key
is tried because it might fit, and none is remembered from elsewhere.
Spec: OpenID Federation 1.0 §3.1, §10.2; RFC 7515 §4.1.4; RFC 7517 §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from idp.federation import federation_jwt
from idp.federation.federation_jwt import MAX_BRACKETS, MAX_SIZE, FederationJwt, FederationJwtError

Jwk = Mapping[str, Any]
Jwks = Mapping[str, Any]
"""A JWK Set: `{"keys": [...]}`."""

# RFC 9864 gives the algorithm of RFC 8037 with this one curve a name of its own.
_OTHER_NAMES = {"Ed25519": "EdDSA", "EdDSA": "Ed25519"}


class NotSigned(FederationJwtError):
    """No key of the set made this signature."""


class Signatures(Protocol):
    """Checks signatures. `idp.adapters.statement_signatures` has one."""

    def is_signed(self, signing_input: bytes, signature: bytes, jwk: Jwk, algorithm: str) -> bool:
        """Whether the private half of `jwk` made `signature` over `signing_input` by `algorithm`.

        `algorithm` is one of `federation_jwt.ALGORITHMS`. A key that is broken, weak, private, symmetric or made for
        another algorithm has signed nothing; no key makes this raise.
        """
        ...


def verified(
    token: str,
    typ: str,
    jwks: Jwks,
    signatures: Signatures,
    *,
    max_size: int = MAX_SIZE,
    max_brackets: int = MAX_BRACKETS,
) -> FederationJwt:
    """A document of one type, signed by one of these keys.

    Raises: FederationJwtError — it is not of this type; NotSigned.
    """
    document = federation_jwt.read(token, typ, max_size=max_size, max_brackets=max_brackets)
    verify(document, jwks, signatures)
    return document


def verify(document: FederationJwt, jwks: Jwks, signatures: Signatures) -> None:
    """Require the signature of the key that the document names. Raises: NotSigned."""
    verify_with(document, find_key(document, jwks), signatures)


def verify_with(document: FederationJwt, jwk: Jwk, signatures: Signatures) -> None:
    """Require the signature of one key. Raises: NotSigned."""
    if not signatures.is_signed(document.signing_input, document.signature, jwk, document.algorithm):
        raise NotSigned("the signature is wrong")


def find_key(document: FederationJwt, jwks: Jwks) -> Jwk:
    """The key of the set that the document names, if it may sign such a thing. Raises: NotSigned."""
    keys = jwks.get("keys")
    if not isinstance(keys, list | tuple):
        raise NotSigned("there is no set of keys to look in")
    found = [key for key in keys if isinstance(key, Mapping) and key.get("kid") == document.kid]
    if len(found) != 1:
        raise NotSigned("the key is not in the set of the issuer, or more than one has its name")
    key = found[0]
    if key.get("use", "sig") != "sig":
        raise NotSigned("the key is not for signing")
    if key.get("alg", document.algorithm) not in (document.algorithm, _OTHER_NAMES.get(document.algorithm)):
        raise NotSigned("the key is for another algorithm")
    return key
