"""The chain by which a relying party came to trust us, checked: it and we must believe in the same anchor.

Else somebody who belongs to two federations could be shown our metadata as another one would have it.
Spec: OpenID Federation 1.0 §4.4.
"""

from __future__ import annotations

from datetime import datetime

from idp.federation import entity_statement
from idp.federation.entity_statement import StatementError
from idp.federation.trust_chain import ChainError
from idp.oidc.errors import InvalidTrustAnchor, InvalidTrustChain
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.registering.chain_trust import ChainTrust
from idp.wiring.registering.trust_errors import refusal


class PeerChains:
    """Implements `idp.oidc.ports.PeerChains`."""

    def __init__(self, issuer: str, chains: ChainTrust) -> None:
        self._issuer, self._chains = issuer, chains

    def require(self, chain: tuple[str, ...], peer_chain: tuple[str, ...], *, now: datetime) -> None:
        if not chain:
            raise InvalidTrustChain("peer_trust_chain is sent together with trust_chain")
        try:
            ours = self._chains.validate(peer_chain, now=now)
            anchor = entity_statement.parse(chain[-1]).issuer
        except (ChainError, NotTrusted) as error:
            raise refusal(error) from error
        except StatementError as error:
            raise InvalidTrustChain("the trust chain does not end in an entity statement") from error
        if ours.subject != self._issuer:
            raise InvalidTrustChain("the peer trust chain is about another provider")
        if ours.anchor != anchor:
            raise InvalidTrustAnchor("both trust chains must end in the same trust anchor")
