"""Parts of the country are away, come back, or change their keys, while people go on signing in."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel, Algorithm
from idp.trustlist.changes import SetCeiling
from tests.support.key_change import change_every_key, withdraw_key
from tests.support.leak_guard import LeakGuard
from tests.support.nation import Nation, frozen, heading, nation
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

MakeCitizen = Callable[[RunningProvider], str]
AT_ONCE = 3
AS_LONG_AS_A_KEY_SIGNS = timedelta(days=90)


def test_without_the_hub_everybody_signs_in_as_before(own_country: Nation, citizen: MakeCitizen) -> None:
    country = own_country
    traveller, resident = citizen(country.east), citizen(country.west)
    app = country.app("health", country.west)
    country.hub.kill()

    abroad, local = country.visit(app, country.east, traveller), country.visit(app, country.west, resident)
    country.west.kill()
    country.west.start_again()
    after_a_restart = country.visit(app, country.east, traveller)

    country.hub.start_again()

    assert all(visit.page.is_outside for visit in (abroad, local, after_a_restart))


def test_the_hub_comes_back_and_everybody_follows_it_again(own_country: Nation) -> None:
    country = own_country
    country.hub.kill()
    country.hub.start_again()

    country.change(SetCeiling(country.east.issuer, AcrLevel.TWO_FACTORS))
    country.wait_until_honoured()

    held = [
        region.services.trust().region(country.east.issuer, now=region.clock.now())
        for region in country.regions
    ]
    assert {region.acr_ceiling for region in held} == {"urn:tongxing:acr:2"}


def test_a_region_that_hangs_is_told_of_in_words_and_keeps_nobody_else_waiting(
    own_country: Nation, citizen: MakeCitizen
) -> None:
    country = own_country
    traveller, resident, southerner = (
        citizen(region) for region in (country.east, country.west, country.south)
    )
    app = country.app("health", country.west)

    with frozen(country.east):
        abroad = country.visit(app, country.east, traveller)
        others = [country.visit(app, country.west, resident), country.visit(app, country.south, southerner)]

    assert (abroad.page.is_outside, abroad.page.path) == (False, "/login/region")
    assert "East" in heading(abroad.page)
    assert all(visit.page.is_outside for visit in others)

    def signs_in() -> bool:
        return country.visit(app, country.east, traveller).page.is_outside

    wait_until(signs_in)


def test_no_sign_in_fails_while_all_keys_change(own_country: Nation, citizen: MakeCitizen) -> None:
    """Those of two regions' providers, brokers and intermediates, and both of the hub's: one after another."""
    walkers = [citizen(own_country.east) for _ in range(AT_ONCE)]

    failures = _failures_while(lambda: change_every_key(own_country, lambda *_: None), own_country, walkers)

    assert failures == []


def test_no_sign_in_fails_while_a_stolen_key_is_withdrawn(
    tmp_path: Path, leak_guard: LeakGuard, citizen: MakeCitizen
) -> None:
    """Where a successor is always published, everybody knows already what signs next."""
    with nation(tmp_path, leak_guard, key_publish_ahead=AS_LONG_AS_A_KEY_SIGNS) as country:
        walkers = [citizen(country.east) for _ in range(AT_ONCE)]
        stolen = country.east.services.keyrings[KeyPurpose.PROTOCOL].signing_key(Algorithm.ES256).kid

        def withdraw() -> None:
            assert withdraw_key(country, country.east, KeyPurpose.PROTOCOL) == stolen

        failures = _failures_while(withdraw, country, walkers)

        held = country.west.services.trust().provider(country.east.issuer, now=country.west.clock.now())

    assert failures == []
    assert stolen not in json.dumps(held)


def _failures_while(change: Callable[[], None], country: Nation, walkers: list[str]) -> list[str]:
    """What went wrong for people of East who signed in to an app of West again and again, meanwhile."""
    app, over = country.app("health", country.west), Event()
    with ThreadPoolExecutor(len(walkers)) as pool:
        walks = [pool.submit(_walk_until, over, country, app, username) for username in walkers]
        try:
            change()
        finally:
            over.set()
        return [failure for walk in walks for failure in walk.result()]


def _walk_until(over: Event, country: Nation, app: RelyingParty, username: str) -> list[str]:
    """Sign in again and again; what went wrong."""
    failures: list[str] = []
    while not over.is_set():
        visit = country.visit(app, country.east, username)
        if not visit.page.is_outside:
            failures.append(f"{visit.page.status} {visit.page.url}")
            continue
        answer = app.redeem(visit.answer["code"], visit.pending.verifier)
        if answer.status != 200:
            failures.append(f"{answer.status} {answer.members}")
    return failures
