"""Keys as joserfc knows them: made, loaded once, and used to sign and to verify.

Signing goes through joserfc's algorithm objects and not through its `serialize_compact`, which builds, checks
and encodes a header for every token: a quarter of the cost on top (ES256: 34 µs instead of 27).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.foundation.compact_jws import encode_segment
from idp.oidc.vocabulary import Algorithm

AsymmetricKey = ECKey | OKPKey | RSAKey

RSA_BITS = 2048
CURVES = {Algorithm.ES256: "P-256", Algorithm.EDDSA: "Ed25519"}
KEY_TYPES = {Algorithm.ES256: "EC", Algorithm.EDDSA: "OKP", Algorithm.PS256: "RSA", Algorithm.RS256: "RSA"}

# Only these four: whatever else joserfc knows (HS256, none …) cannot be reached from here.
_MODELS: Mapping[Algorithm, JWSAlgModel] = {
    algorithm: JWSRegistry.algorithms[algorithm] for algorithm in Algorithm
}
_GENERATORS: Mapping[Algorithm, Callable[[], AsymmetricKey]] = {
    Algorithm.ES256: lambda: ECKey.generate_key("P-256"),
    Algorithm.EDDSA: lambda: OKPKey.generate_key("Ed25519"),
    Algorithm.PS256: lambda: RSAKey.generate_key(RSA_BITS),
    Algorithm.RS256: lambda: RSAKey.generate_key(RSA_BITS),
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair just made."""

    kid: str
    """Its RFC 7638 thumbprint: the same key can never have two names, nor two keys one."""
    public_jwk: Mapping[str, Any]
    private_der: bytes

    def __repr__(self) -> str:
        return f"KeyPair({self.kid})"


def generate(algorithm: Algorithm) -> KeyPair:
    """A fresh key pair for one algorithm. RSA takes a fifth of a second."""
    key = _GENERATORS[algorithm]()
    kid = key.thumbprint()
    public_jwk = key.as_dict(private=False, kid=kid, alg=str(algorithm), use="sig")
    return KeyPair(kid, public_jwk, key.as_der(private=True))


class VerifyingKey:
    """The public half of a key, for one algorithm."""

    __slots__ = ("_key", "_model", "algorithm", "kid")

    def __init__(self, kid: str | None, algorithm: Algorithm, key: AsymmetricKey) -> None:
        self.kid = kid
        self.algorithm = algorithm
        self._key = key
        self._model = _MODELS[algorithm]

    def is_signed(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `signing_input`."""
        return self._model.verify(signing_input, signature, self._key)


class SigningKey:
    """The private half of a key, loaded once and held."""

    __slots__ = ("_headers", "_key", "_model", "algorithm", "kid")

    def __init__(self, kid: str, algorithm: Algorithm, private_der: bytes) -> None:
        self.kid = kid
        self.algorithm = algorithm
        self._key = _load(private_der)
        self._model = _MODELS[algorithm]
        self._headers: dict[str, bytes] = {}

    @property
    def key(self) -> AsymmetricKey:
        """The key itself, for keys that are made to decrypt with and not to sign."""
        return self._key

    def signature(self, signing_input: bytes) -> bytes:
        """The signature over a header and a payload that somebody else put together."""
        return self._model.sign(signing_input, self._key)

    def sign(self, token_type: str, payload: bytes) -> str:
        """A compact JWS. Spec: RFC 7515 §7.1."""
        header = self._headers.get(token_type)
        if header is None:
            header = self._headers[token_type] = encoded_header(self.kid, self.algorithm, token_type)
        signing_input = header + b"." + encode_segment(payload)
        return (signing_input + b"." + encode_segment(self.signature(signing_input))).decode("ascii")


def verifying_key(public_jwk: Mapping[str, Any]) -> VerifyingKey:
    """The verifying half of one of our own records."""
    key = import_public(public_jwk)
    return VerifyingKey(public_jwk["kid"], Algorithm(public_jwk["alg"]), key)


def import_public(jwk: Mapping[str, Any]) -> AsymmetricKey:
    """The key in a JWK: reads the members that make it and nothing else.

    Raises: KeyError, ValueError, JoseError — not a key.
    """
    match jwk["kty"]:
        case "EC":
            return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        case "OKP":
            return OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")})
        case "RSA":
            return RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
    raise ValueError("unknown key type")


def encoded_header(kid: str, algorithm: Algorithm, token_type: str) -> bytes:
    """The header segment of whatever we sign with this key: always the same bytes, by which we know it again.

    Changing them makes every ID token issued before useless as a hint.
    """
    return encode_segment(orjson.dumps({"alg": algorithm, "typ": token_type, "kid": kid}))


def _load(private_der: bytes) -> AsymmetricKey:
    # We sealed these bytes ourselves, so testing the primes again would only cost 30 ms a key at start.
    native = load_der_private_key(private_der, None, unsafe_skip_rsa_key_validation=True)
    match native:
        case EllipticCurvePrivateKey():
            return ECKey.import_key(native)
        case Ed25519PrivateKey():
            return OKPKey.import_key(native)
        case RSAPrivateKey():
            return RSAKey.import_key(native)
    raise ValueError("not a key of a kind that we make")
