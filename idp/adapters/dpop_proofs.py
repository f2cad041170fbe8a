"""Proofs of possession that we make, where a broker of ours calls another region. Spec: RFC 9449 §4.2.

The key is the broker's own, so its thumbprint is the name the keyring has for it. A proof is made anew for every
request, a repeated one too. When the keyring changes its key, tokens that were just bound to the one before are still
used with that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import orjson

from idp.adapters.jose_keys import SigningKey
from idp.adapters.keyring import Keyring
from idp.foundation.clock import Clock, to_seconds
from idp.foundation.compact_jws import Malformed, encode_segment, parse
from idp.foundation.entropy import Entropy
from idp.oidc.dpop import PROOF_TYPE, access_token_hash
from idp.oidc.vocabulary import Algorithm

JTI_BYTES = 16
MAX_ACCESS_TOKEN = 16_384
_PUBLIC = ("kty", "crv", "x", "y")


class DpopProofs:
    """Makes proofs with the key that the keyring signs with now. Shared by the threads of a process."""

    def __init__(self, keyring: Keyring, entropy: Entropy, clock: Clock) -> None:
        self._keyring, self._entropy, self._clock = keyring, entropy, clock
        # Replaced as a whole, so that no thread sees half a change. The newest first.
        self._held: tuple[SigningKey, ...] = ()

    def proof(
        self, method: str, url: str, *, nonce: str | None = None, access_token: str | None = None
    ) -> str:
        """The value of the `DPoP` header of one request.

        `nonce`: the newest that the server gave us. `access_token`: the one that goes with the request.
        Raises: ServerError — no key is inside its window.
        """
        claims = {
            "jti": self._entropy.token(JTI_BYTES),
            "htm": method,
            "htu": _without_query(url),
            "iat": to_seconds(self._clock.now()),
            **({} if nonce is None else {"nonce": nonce}),
            **({} if access_token is None else {"ath": access_token_hash(access_token)}),
        }
        key = self._key(None if access_token is None else _bound_to(access_token))
        signing_input = _header(key) + b"." + encode_segment(orjson.dumps(claims))
        return (signing_input + b"." + encode_segment(key.signature(signing_input))).decode("ascii")

    def thumbprint(self) -> str:
        """The thumbprint of the key (RFC 7638), as tokens bound to it will say in `cnf`."""
        return self._key().kid

    def _key(self, jkt: str | None = None) -> SigningKey:
        newest, held = self._keyring.signing_key(Algorithm.ES256), self._held
        if not held or held[0].kid != newest.kid:
            held = self._held = (newest, *held[:1])
        return next((key for key in held if key.kid == jkt), newest)


def _bound_to(access_token: str) -> str | None:
    """The key that a token of another region says it is bound to; None when we cannot read it, which is its right."""
    try:
        confirmation = parse(access_token, MAX_ACCESS_TOKEN).payload.get("cnf")
    except Malformed:
        return None
    jkt = confirmation.get("jkt") if isinstance(confirmation, Mapping) else None
    return jkt if isinstance(jkt, str) else None


def _header(key: SigningKey) -> bytes:
    public = key.key.as_dict(private=False)
    jwk = {name: public[name] for name in _PUBLIC}
    return encode_segment(orjson.dumps({"typ": PROOF_TYPE, "alg": key.algorithm, "jwk": jwk}))


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
