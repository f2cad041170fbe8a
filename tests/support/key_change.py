"""Changes of keys in a running nation, as operators make them.

change_every_key(country, changed)      # as planned: a successor first, which everybody learns of
withdraw_every_key(country, changed)    # as stolen: of no use at once; its successor has been published all along

Both: two regions' three kinds, and the hub's two, one after another.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from idp.federation.federation_jwt import MAX_BRACKETS, MAX_SIZE
from idp.foundation.compact_jws import parse
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm
from idp.wiring.hub.region_visits import VisitFailed
from tests.support.nation import Nation
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

OF_A_REGION = (KeyPurpose.PROTOCOL, KeyPurpose.BROKER, KeyPurpose.FEDERATION)
OF_THE_HUB = (KeyPurpose.FEDERATION, KeyPurpose.BUNDLE)
ANSWERS_FOR_EACH_WORKER = 8
"""So many are asked for that hardly a worker is left out."""
BEHIND_SECONDS = 2.0


Changed = Callable[[RunningProvider, KeyPurpose], None]
"""Hears of each change."""


def change_every_key(country: Nation, changed: Changed) -> None:
    """Those of two regions' providers, brokers and intermediates, and both of the hub's."""
    for who, purpose in _every_key(country):
        change_key(country, who, purpose)
        changed(who, purpose)


def withdraw_every_key(country: Nation, changed: Changed) -> None:
    """The same keys, each as if it had been stolen. Successors must have been published before."""
    for who, purpose in _every_key(country):
        withdraw_key(country, who, purpose)
        changed(who, purpose)


def _every_key(country: Nation) -> Iterator[tuple[RunningProvider, KeyPurpose]]:
    for region in (country.east, country.west):
        for purpose in OF_A_REGION:
            yield region, purpose
    for purpose in OF_THE_HUB:
        yield country.hub, purpose


def change_key(country: Nation, who: RunningProvider, purpose: KeyPurpose) -> None:
    """Publish a successor, let everybody learn of it, and let it take over."""
    keyring = who.services.keyrings[purpose]
    keyring.rotate()
    wait_until(lambda: _every_worker_shows(who, purpose))
    let_it_be_known(country, who)
    keyring.rotate(immediately=True)
    let_it_be_known(country, who)


def withdraw_key(country: Nation, who: RunningProvider, purpose: KeyPurpose) -> str:
    """Withdraw the key that signs now, and let everybody learn of it; its kid."""
    keyring = who.services.keyrings[purpose]
    stolen = keyring.signing_key(Algorithm.ES256).kid
    keyring.withdraw(stolen)
    wait_until(lambda: _no_worker_shows(who, purpose, stolen))
    let_it_be_known(country, who)
    return stolen


def _no_worker_shows(who: RunningProvider, purpose: KeyPurpose, kid: str) -> bool:
    return all(kid not in answer for answer in _answers(who, purpose))


def _every_worker_shows(who: RunningProvider, purpose: KeyPurpose) -> bool:
    """Each answer may come from another worker, and one of them may still be a second behind."""
    kids = [key.kid for key in who.services.keyrings[purpose].view().records]
    return all(kid in answer for answer in _answers(who, purpose) for kid in kids)


def _answers(who: RunningProvider, purpose: KeyPurpose) -> Iterator[str]:
    return (published(who, purpose) for _ in range(ANSWERS_FOR_EACH_WORKER * who.settings.workers))


def published(who: RunningProvider, purpose: KeyPurpose) -> str:
    """The document in which a key of this purpose is to be found, as the server shows it now."""
    if purpose is KeyPurpose.BUNDLE:
        return who.send("GET", "/trust/keys.json").text
    entity = {KeyPurpose.BROKER: "/rp", KeyPurpose.FEDERATION: "/fed"}.get(purpose, "")
    where = "" if who.services.hub else entity
    document = who.send("GET", f"{where}/.well-known/openid-federation").text
    return json.dumps(parse(document, MAX_SIZE, MAX_BRACKETS).payload)


def let_it_be_known(country: Nation, who: RunningProvider) -> None:
    if who is country.hub:
        country.registry.publish(now=country.hub.clock.now())
    else:
        wait_until(lambda: _visits(country, who))
    country.wait_until_honoured()
    if who.settings.workers > 1:
        # One worker has reported for all; the others learn of it within a second.
        time.sleep(BEHIND_SECONDS)


def _visits(country: Nation, who: RunningProvider) -> bool:
    """Whether the hub can; not when a worker answers that is a second behind the one before."""
    try:
        country.registry.regions.visit(who.issuer, now=country.hub.clock.now())
    except VisitFailed:
        return False
    return True
