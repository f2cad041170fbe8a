"""A request object before anybody verified it: what it says, to learn whose keys must have signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc.errors import InvalidRequestObject

CHAIN, PEER_CHAIN = "trust_chain", "peer_trust_chain"


@dataclass(frozen=True, slots=True)
class UnverifiedRequestObject:
    """A request object taken apart, and decrypted where it was encrypted. Nothing in it is true yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    jws: str
    """The compact JWS, to verify."""

    @property
    def chain(self) -> tuple[str, ...]:
        """The sender's trust chain: the header's, else the claim's of older drafts. For whoever validates it.

        Raises: InvalidRequestObject — not a list of texts. Spec: OpenID Federation 1.0 §4.3.
        """
        return _statements(self.header.get(CHAIN, self.claims.get(CHAIN, [])))

    @property
    def peer_chain(self) -> tuple[str, ...] | None:
        """By which way the sender came to trust us, should it say. Raises: InvalidRequestObject. Spec: §4.4."""
        return _statements(self.header[PEER_CHAIN]) if PEER_CHAIN in self.header else None


def _statements(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InvalidRequestObject("trust_chain and peer_trust_chain are arrays of strings")
    return tuple(found)
