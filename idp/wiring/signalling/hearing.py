"""The receiver of this region, joined."""

from __future__ import annotations

from idp.adapters.keyring import Keyring
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import addresses
from idp.federation.circuit import Circuits
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.oidc.acr import AcrNames
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.wiring.brokering.broker import Broker
from idp.wiring.brokering.home_calls import HomeCalls, Posts
from idp.wiring.following.trust import Trust
from idp.wiring.signalling.home_events import HomeEvents
from idp.wiring.signalling.home_streams import HomeStreams


def hearing_of(
    settings: Settings,
    database: Database,
    stores: Stores,
    broker: Broker,
    egress: Posts,
    broker_keys: Keyring,
    trust: Trust,
    acr: AcrNames,
    clock: Clock,
    entropy: Entropy,
) -> HomeStreams:
    """What hears the regions of our visitors. Its circuits are its own: a sign-in need not fear for a stream."""
    client_id = settings.issuer + addresses.BROKER
    calls = HomeCalls(client_id, egress, broker_keys, Circuits(clock.now), entropy, clock)
    events = HomeEvents(client_id, stores, database, broker.sign_outs, StatementSignatures(), acr)
    return HomeStreams(settings.issuer, stores, trust, calls, events, clock, settings.signal_poll)
