"""Compact JWS, read strictly and verified with a known key. Spec: RFC 7515; RFC 8725 §3."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from .errors import Refused

ES256_SIZE = 64
RSA_BITS = range(2048, 8193)

Check = Callable[[bytes, bytes], None]
"""Takes signature and signing input. Raises: InvalidSignature."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS taken apart. Nothing in it is true before `Key.verify`."""

    header: Mapping[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A public key for one algorithm, ready to verify."""

    algorithm: str
    check: Check

    def verify(self, jws: Jws) -> None:
        """Raises: Refused — another algorithm, or not this key's signature."""
        if jws.header.get("alg") != self.algorithm:
            raise Refused("the header names another algorithm than the key's")
        try:
            self.check(jws.signature, jws.signing_input)
        except InvalidSignature as error:
            raise Refused("wrong signature") from error


def parse(token: str, max_size: int) -> Jws:
    """Take a compact JWS apart. Raises: Refused."""
    if len(token) > max_size or not token.isascii():
        raise Refused("too large, or not ASCII")
    segments = token.encode("ascii").split(b".")
    if len(segments) != 3:
        raise Refused("not three segments")
    header, payload, signature = segments
    return Jws(
        read_object(decode(header)),
        read_object(decode(payload)),
        header + b"." + payload,
        decode(signature),
    )


def decode(segment: bytes) -> bytes:
    """Base64url without padding, in its one canonical spelling. Raises: Refused."""
    try:
        raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise Refused("not base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment:
        raise Refused("not canonical base64url")
    return raw


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object in which no member comes twice. Raises: Refused."""
    try:
        found = json.loads(raw, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("not JSON") from error
    if not isinstance(found, dict):
        raise Refused("not a JSON object")
    return found


def import_key(jwk: Mapping[str, Any]) -> Key | None:
    """The key of a JWK; None for a kind that this package does not use. Raises: Refused — it is malformed."""
    try:
        make = _KINDS.get((jwk.get("kty"), jwk.get("crv")))
        return None if make is None or jwk.get("use", "sig") != "sig" else make(jwk)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("a malformed key") from error


def import_keys(jwks: Mapping[str, Any]) -> dict[str, Key]:
    """kid → key, of every usable key of a JWK Set. Raises: Refused."""
    keys = jwks.get("keys")
    if not isinstance(keys, list):
        raise Refused("not a JWK Set")
    found: dict[str, Key] = {}
    for jwk in keys:
        if not isinstance(jwk, Mapping):
            raise Refused("not a JWK Set")
        kid, key = jwk.get("kid"), import_key(jwk)
        if isinstance(kid, str) and key is not None:
            if kid in found:
                raise Refused("two keys with one kid")
            found[kid] = key
    return found


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(decode(jwk[name].encode("ascii")))


def _ec(jwk: Mapping[str, Any]) -> Key:
    key = EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), SECP256R1()).public_key()
    rule = ECDSA(SHA256())

    def check(signature: bytes, signing_input: bytes) -> None:
        if len(signature) != ES256_SIZE:
            raise InvalidSignature
        halves = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        key.verify(encode_dss_signature(*halves), signing_input, rule)

    return Key("ES256", check)


def _ed25519(jwk: Mapping[str, Any]) -> Key:
    key = Ed25519PublicKey.from_public_bytes(decode(jwk["x"].encode("ascii")))
    return Key("Ed25519" if jwk.get("alg") == "Ed25519" else "EdDSA", key.verify)


def _rsa(jwk: Mapping[str, Any]) -> Key:
    modulus = _number(jwk, "n")
    if modulus.bit_length() not in RSA_BITS:
        raise ValueError("too short or too long")
    key = RSAPublicNumbers(_number(jwk, "e"), modulus).public_key()
    if jwk.get("alg", "PS256") == "PS256":
        padding = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
        return Key("PS256", lambda signature, given: key.verify(signature, given, padding, SHA256()))
    return Key("RS256", lambda signature, given: key.verify(signature, given, PKCS1v15(), SHA256()))


_KINDS: Mapping[tuple[Any, Any], Callable[[Mapping[str, Any]], Key]] = {
    ("EC", "P-256"): _ec,
    ("OKP", "Ed25519"): _ed25519,
    ("RSA", None): _rsa,
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
