"""Which trust chains count here at this moment.

A chain has to hold by itself (`idp.federation.trust_chain`), to end in the hub of the trust bundle by the keys that the
bundle has for it, and to lead through a region that the bundle trusts now; no key in it may have been revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from idp.federation.signatures import Jwks, Signatures
from idp.federation.trust_chain import ChainError, ChainFault, TrustChain, validate
from idp.trustlist.bundle import VALID_FOR, Bundle
from idp.trustlist.snapshot import Distrust, NotTrusted, TrustSnapshot


class ChainTrust:
    """Judges chains by the present trust bundle."""

    def __init__(self, trust: Callable[[], TrustSnapshot], signatures: Signatures) -> None:
        self._trust, self.signatures = trust, signatures

    @property
    def snapshot(self) -> TrustSnapshot:
        """Whom to trust now."""
        return self._trust()

    def anchors(self) -> Mapping[str, Jwks]:
        """In whom a chain may end: the hub; nobody before the first bundle came."""
        bundle = self._trust().bundle
        return {} if bundle is None else {bundle.issuer: bundle.anchor_jwks}

    def validate(self, chain: Sequence[str], *, now: datetime, audience: str | None = None) -> TrustChain:
        """The trust that a chain proves now. `audience`: see `trust_chain.validate`.

        Raises: ChainError; NotTrusted — the chain holds, and the list says otherwise.
        """
        held = validate(chain, self.anchors(), self.signatures, now=now, audience=audience)
        require_listed(held, self._trust(), now=now)
        return held


def require_listed(chain: TrustChain, snapshot: TrustSnapshot, *, now: datetime) -> None:
    """See that the list still stands behind a chain. Raises: ChainError; NotTrusted."""
    bundle = snapshot.bundle
    if bundle is None or chain.anchor != bundle.issuer:
        raise ChainError(ChainFault.TRUST_ANCHOR, "the chain ends in no anchor that is trusted here")
    _require_unrevoked(chain, bundle)
    region = region_of(chain)
    if region == bundle.issuer:
        require_fresh(snapshot, chain.subject, now=now)
    elif snapshot.region(region, now=now).id != region:
        raise NotTrusted(Distrust.UNKNOWN, region)


def region_of(chain: TrustChain) -> str:
    """Who answers for the subject before the anchor: the authority right below it, or the anchor itself."""
    passed = [statement.subject for statement in chain.statements if not statement.is_configuration]
    return passed[-1] if len(passed) > 1 else chain.anchor


def signers_of(chain: TrustChain) -> tuple[tuple[str, str], ...]:
    """Who signed a chain, and the `kid` of the key each did it with."""
    return tuple((statement.issuer, statement.jwt.kid) for statement in chain.statements)


def _require_unrevoked(chain: TrustChain, bundle: Bundle) -> None:
    revoked = {(key.issuer, key.kid) for key in bundle.revoked}
    # A statement and its key are older than the bundle that takes the key back, whatever they say of their time.
    if not revoked.isdisjoint(signers_of(chain)):
        raise ChainError(ChainFault.TRUST_CHAIN, "a key that signed the chain was revoked")


def require_fresh(snapshot: TrustSnapshot, entity: str, *, now: datetime) -> None:
    """See that the bundle may still be believed. Raises: NotTrusted.

    Below a region `TrustSnapshot.region` asks this; right below the hub nobody else does.
    """
    bundle = snapshot.bundle
    if bundle is None or snapshot.age(now=now) > VALID_FOR or now >= bundle.expires_at:
        raise NotTrusted(Distrust.STALE, entity)
