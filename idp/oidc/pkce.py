"""Proof Key for Code Exchange, S256 only. Spec: RFC 7636; RFC 9700 §2.1.1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from idp.oidc.errors import InvalidGrant, InvalidRequest

# §4.1: 43 to 128 unreserved characters.
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
# §4.2: base64url of a SHA-256 digest is always 43 characters.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

METHOD = "S256"


def require_s256_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge of a request that is protected as it must be.

    Raises: InvalidRequest — challenge missing or malformed, or a method other than S256. Spec: RFC 7636 §4.3.
    """
    if challenge is None:
        raise InvalidRequest("code_challenge is required")
    if method != METHOD:
        # "plain" protects nothing once the request is seen; an absent method means plain (§4.3).
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge must be 43 base64url characters")
    return challenge


def verify(verifier: str | None, challenge: str | None) -> None:
    """Check that the caller holds what the challenge was made from; None: the request came without one.

    Raises: InvalidGrant — verifier missing, malformed, another one, or one that nobody asked for.
    Spec: RFC 7636 §4.6; RFC 9700 §2.1.1, §4.8.2.
    """
    if challenge is None:
        if verifier is not None:
            # Its client sent a challenge, so this code comes of another request, with the challenge taken out.
            raise InvalidGrant("code_verifier was sent, but the request had no code_challenge")
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("code_verifier is missing or malformed")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise InvalidGrant("code_verifier does not match")


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier. Spec: RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
