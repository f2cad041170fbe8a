"""What the hub publishes is what every reader of ours reads: regions, and the verifiers of mini-apps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from idp_verifier import Refused, Verifier, bundle
from joserfc.jwk import ECKey

from idp.adapters.statement_signatures import StatementSignatures
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.admission import Pinned, admit, signers
from idp.trustlist.changes import Restore, RevokeKey, SetCeiling, Suspend
from idp.trustlist.reading import MAX_BUNDLE
from idp.wiring.following.bundle_reading import BundleReader
from tests.support.clock import FakeClock
from tests.support.federation import compact, new_key, seconds
from tests.support.hub import ACR, HUB, Nation, SimulatedRegion, build_nation, hub_settings

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
AUDIENCE = "https://api.health.example"
EAST = "http://east.id.localhost:8001"


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    yield built
    built.services.close()


@pytest.fixture
def verifier(nation: Nation) -> Verifier:
    nation.hub.publish(now=nation.clock.now())
    keys = nation.get("/trust/keys.json").json
    assert keys is not None
    return Verifier(HUB, keys, AUDIENCE, clock=lambda: nation.clock.now().timestamp())


def token(nation: Nation, east: SimulatedRegion, acr: str = f"{ACR}2") -> str:
    key, now = east.provider_keys[0], nation.clock.now()
    assert isinstance(key, ECKey)
    claims = {
        "iss": east.op,
        "sub": "somebody",
        "aud": AUDIENCE,
        "client_id": "health",
        "scope": "openid",
        "jti": "one",
        "iat": seconds(now),
        "exp": seconds(now) + 300,
        "acr": acr,
    }
    return compact({"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}, claims, key, "ES256")


def served(nation: Nation) -> str:
    nation.clock.advance(seconds=1)
    return nation.get("/trust/bundle").text


def test_a_verifier_believes_the_tokens_of_a_region_for_as_long_as_the_hub_does(
    nation: Nation, verifier: Verifier
) -> None:
    east = nation.listed()
    verifier.load(served(nation))
    assert verifier.verify(token(nation, east)).subject == "somebody"

    nation.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    verifier.load(served(nation))
    with pytest.raises(Refused):
        verifier.verify(token(nation, east))

    nation.hub.change(Restore(EAST), now=nation.clock.now())
    verifier.load(served(nation))
    assert verifier.verify(token(nation, east)).issuer == EAST


def test_a_verifier_learns_of_ceilings_and_of_revoked_keys(nation: Nation, verifier: Verifier) -> None:
    east = nation.listed()
    nation.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    verifier.load(served(nation))
    with pytest.raises(Refused):
        verifier.verify(token(nation, east))
    assert verifier.verify(token(nation, east, f"{ACR}1"))

    kid = east.provider_keys[0].thumbprint()
    nation.hub.change(RevokeKey(EAST, kid, "compromised"), now=nation.clock.now())
    verifier.load(served(nation))
    with pytest.raises(Refused):
        verifier.verify(token(nation, east, f"{ACR}1"))


def test_a_region_admits_every_bundle_that_the_hub_serves(nation: Nation) -> None:
    """And a thief of the hub's address without its keys serves none."""
    nation.hub.publish(now=nation.clock.now())
    keys = nation.get("/trust/keys.json").json
    assert keys is not None
    pinned, reader = Pinned(HUB, keys), BundleReader(StatementSignatures())
    first = reader.bundle(served(nation), signers(pinned, None))
    assert admit(first, None, HUB, now=nation.clock.now())
    nation.listed()

    second = reader.bundle(served(nation), signers(pinned, first))

    assert admit(second, first, HUB, now=nation.clock.now())
    assert [region.op for region in second.regions] == [EAST]
    forged = compact({"alg": "ES256", "typ": "trust-bundle+jwt", "kid": "x"}, {}, new_key(), "ES256")
    with pytest.raises(Refused):
        Verifier(HUB, keys, AUDIENCE).load(forged)


def test_no_bundle_that_the_hub_may_serve_is_too_large_for_a_verifier() -> None:
    """One that only the regions could still read would leave every back end without news, all on one day."""
    javascript = PACKAGES / "verifier-js/src/bundle.js"
    limit = re.search(r"export const MAX_SIZE = (\d+) \* 2 \*\* (\d+);", javascript.read_text())

    assert limit is not None
    assert int(limit[1]) * 2 ** int(limit[2]) == bundle.MAX_SIZE == MAX_BUNDLE
