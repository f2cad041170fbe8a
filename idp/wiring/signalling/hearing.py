"""The receiver of this region, joined."""

from __future__ import annotations

from idp.adapters.keyring import Keyring
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import addresses
from idp.federation.circuit import Circuits
from idp.wiring.brokering.broker import Broker
from idp.wiring.brokering.home_calls import HomeCalls
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground
from idp.wiring.signalling.home_events import HomeEvents
from idp.wiring.signalling.home_streams import HomeStreams


def hearing_of(ground: Ground, broker: Broker, broker_keys: Keyring, trust: Trust) -> HomeStreams:
    """What hears the regions of our visitors. Its circuits are its own: a sign-in need not fear for a stream."""
    settings, stores, clock = ground.settings, ground.stores, ground.clock
    client_id = settings.issuer + addresses.BROKER
    calls = HomeCalls(client_id, ground.egress, broker_keys, Circuits(clock.now), ground.entropy, clock)
    events = HomeEvents(
        client_id, stores, ground.database, broker.sign_outs, StatementSignatures(), ground.acr
    )
    return HomeStreams(settings.issuer, stores, trust, calls, events, clock, settings.signal_poll)
