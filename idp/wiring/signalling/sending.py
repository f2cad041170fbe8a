"""The transmitter of this region, joined."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.event_posts import EventPosts
from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.oidc.scopes import TRANSMITTER_PATH
from idp.oidc.signal_access import SignalAccess
from idp.settings import Mode
from idp.signals.event_signing import EventSigner
from idp.signals.pushing import Pushing
from idp.signals.transmitter import Transmitter
from idp.wiring.ground import Ground
from idp.wiring.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Sending:
    """What tells receivers."""

    access: SignalAccess
    transmitter: Transmitter
    pushing: Pushing
    posts: EventPosts

    @classmethod
    def of(
        cls,
        ground: Ground,
        protocol: Protocol,
        keyring: Keyring,
    ) -> Sending:
        """Join it. Nothing is asked or sent yet."""
        settings, stores = ground.settings, ground.stores
        issuer = settings.issuer
        tokens = EventSigner(issuer, JoseSigner(keyring))
        return cls(
            access=SignalAccess(issuer + TRANSMITTER_PATH, protocol.tokens, protocol.proofs),
            transmitter=Transmitter(
                issuer,
                stores.streams,
                tokens,
                ground.sealer,
                stores.events,
                ground.entropy,
                allow_http_localhost=settings.mode is not Mode.PRODUCTION,
            ),
            pushing=Pushing(
                stores.event_pushes,
                tokens,
                ground.sealer,
                protocol.tokens.clients,
                stores.events,
                ground.clock,
                ground.entropy,
            ),
            posts=EventPosts(ground.egress),
        )
