"""How well somebody proved who they are: from the methods that succeeded to a level and the `amr` claim.

The level follows from the *kinds* of proof, never from a method's name: a second method of the same kind adds
nothing. Spec: RFC 8176 §2 (amr values); NIST SP 800-63B-4 §2 (authentication assurance levels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from idp.oidc.vocabulary import AcrLevel

PASSWORD = "pwd"
OTP = "otp"
RECOVERY_CODE = "rc"
"""Private value: RFC 8176 has none for codes handed out in advance; its `otp` means RFC 4226 and RFC 6238."""
MULTIPLE_FACTORS = "mfa"
"""Not a method but a conclusion: two kinds of factor were proved."""


class _Kind(Enum):
    KNOWLEDGE = "something the person knows"
    POSSESSION = "something the person has"


_KINDS: Mapping[str, _Kind] = {
    PASSWORD: _Kind.KNOWLEDGE,
    OTP: _Kind.POSSESSION,
    # A list of codes handed out in advance is a look-up secret: something one has (NIST SP 800-63B-4 §3.1.2).
    RECOVERY_CODE: _Kind.POSSESSION,
}
"""The kind of each method, in the order in which `amr` lists them."""


class NothingProved(ValueError):
    """These methods open no session: none at all, an unknown one, or a recovery code alone."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a session says of its sign-in."""

    level: AcrLevel
    amr: tuple[str, ...]
    """Spec: OpenID Connect Core §2; RFC 8176."""

    @classmethod
    def of(cls, methods: frozenset[str]) -> Proof:
        """Judge the `methods` proved in one session; `mfa` among them is left out and concluded anew.

        Raises: NothingProved.
        """
        proved = methods - {MULTIPLE_FACTORS}
        if not proved or not proved <= _KINDS.keys():
            raise NothingProved("no method, or an unknown one")
        if proved == {RECOVERY_CODE}:
            # One recovery code alone must never open a session (NIST SP 800-63B-4 §4.2.2).
            raise NothingProved("a recovery code stands in for a second factor, not for the first")
        amr = tuple(method for method in _KINDS if method in proved)
        if len({_KINDS[method] for method in proved}) < 2:
            return cls(AcrLevel.ONE_FACTOR, amr)
        return cls(AcrLevel.TWO_FACTORS, (*amr, MULTIPLE_FACTORS))
