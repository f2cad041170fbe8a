"""What the header of a JWT written by a client may ask for, whatever the JWT is for. Spec: RFC 8725 §3.1."""

from __future__ import annotations

from idp.oidc.vocabulary import Algorithm

REFUSED_HEADERS = frozenset({"crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"})
"""A key of its own, or an extension of JWS: nothing that a client needs to say."""

_ALGORITHMS = frozenset(str(algorithm) for algorithm in Algorithm)


def known_algorithm(name: object) -> str | None:
    """An algorithm we accept, by our name for it; `Ed25519` is what RFC 9864 calls our `EdDSA`."""
    name = "EdDSA" if name == "Ed25519" else name
    return name if isinstance(name, str) and name in _ALGORITHMS else None
