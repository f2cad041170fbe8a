"""The transmitter of this region, joined."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.egress import Egress
from idp.adapters.event_posts import EventPosts
from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.adapters.sealing import Sealer
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.oidc.scopes import TRANSMITTER_PATH
from idp.oidc.signal_access import SignalAccess
from idp.settings import Mode, Settings
from idp.signals.pushing import Pushing
from idp.signals.transmitter import EventSigner, Transmitter
from idp.storage.stores import Stores
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
        settings: Settings,
        stores: Stores,
        protocol: Protocol,
        keyring: Keyring,
        sealer: Sealer,
        egress: Egress,
        clock: Clock,
        entropy: Entropy,
    ) -> Sending:
        """Join it. Nothing is asked or sent yet."""
        issuer, streams = settings.issuer, stores.streams
        tokens = EventSigner(issuer, JoseSigner(keyring))
        return cls(
            access=SignalAccess(issuer + TRANSMITTER_PATH, protocol.tokens, protocol.proofs),
            transmitter=Transmitter(
                issuer,
                streams,
                tokens,
                sealer,
                stores.events,
                entropy,
                allow_http_localhost=settings.mode is not Mode.PRODUCTION,
            ),
            pushing=Pushing(streams, tokens, sealer, protocol.tokens.clients, stores.events, clock, entropy),
            posts=EventPosts(egress),
        )
