"""The signed documents of a federation, taken apart: statements, trust marks, delegations, lists of keys.

Whatever they are, they name their type and their key in the header, and the key is looked for in a set that the reader
already trusts. A key or an address of one inside the document is never used.
Spec: OpenID Federation 1.0 §3, §7, §16; RFC 8725 §3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idp.foundation import compact_jws
from idp.foundation.compact_jws import Malformed, UnverifiedJws

ALGORITHMS = frozenset({"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519", "RS256"})
"""What may sign. All of them are asymmetric: with a shared secret whoever can verify can sign."""
MAX_SIZE = 262_144
"""In characters. Statements carry keys, metadata and trust marks."""
MAX_BRACKETS = 8_192
MAX_KID_LENGTH = 512
MAX_TIMESTAMP = 253_402_300_799
"""The last second of the year 9999, in seconds since 1970: no clock goes further."""


class FederationJwtError(Exception):
    """It is not the document that it should be. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class FederationJwt:
    """A document taken apart. `claims` are what it says, to be read and never changed."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    kid: str
    algorithm: str
    signing_input: bytes
    signature: bytes


def read(
    token: str,
    typ: str | Collection[object],
    *,
    max_size: int = MAX_SIZE,
    max_brackets: int = MAX_BRACKETS,
) -> FederationJwt:
    """Take a document of one type, or of one of several, apart. Nothing in it is true until its signature is checked.

    Raises: FederationJwtError — malformed, of another type, or with a header that is not accepted.
    """
    jws = _parsed(token, max_size, max_brackets)
    header = jws.header
    # To the letter: the type is what keeps a document made for one use from being used as another (RFC 8725 §3.11).
    if header.get("typ") not in ((typ,) if isinstance(typ, str) else typ):
        raise FederationJwtError(f"typ is not {typ}")
    if "crit" in header:
        raise FederationJwtError("the header has an extension that is not understood here")
    return FederationJwt(
        token=token,
        header=header,
        claims=jws.payload,
        kid=_kid(header),
        algorithm=_algorithm(header),
        signing_input=jws.signing_input,
        signature=jws.signature,
    )


def text(claims: Mapping[str, Any], name: str) -> str:
    """A claim that must be a string with something in it. Raises: FederationJwtError."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise FederationJwtError(f"{name} is missing or no string")
    return value


def moment(claims: Mapping[str, Any], name: str) -> datetime:
    """A claim that must be a time, as aware UTC. Raises: FederationJwtError. Spec: RFC 7519 §2, NumericDate."""
    value = claims.get(name)
    # True is a number to Python.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIMESTAMP:
        raise FederationJwtError(f"{name} is missing or no time")
    return datetime.fromtimestamp(value, UTC)


def _parsed(token: str, max_size: int, max_brackets: int) -> UnverifiedJws:
    try:
        return compact_jws.parse(token, max_size, max_brackets)
    except Malformed as error:
        raise FederationJwtError(str(error)) from error


def _kid(header: Mapping[str, Any]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID_LENGTH:
        raise FederationJwtError("kid is missing, empty or too long")
    return kid


def _algorithm(header: Mapping[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise FederationJwtError("alg is not accepted")
    return algorithm
