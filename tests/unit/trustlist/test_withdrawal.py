"""What a bundle takes away: said by the bundle as it is, and never by its age."""

from __future__ import annotations

from typing import Any

import pytest

from idp.foundation.clock import from_seconds
from idp.trustlist.bundle import Bundle
from idp.trustlist.reading import read_bundle
from idp.trustlist.withdrawal import LostHome, Theft, lost_homes, lost_regions, thefts
from tests.verifier.nation import ACR, EAST, HUB, NOW, WEST, Nation

LADDER = tuple(f"{ACR}{level}" for level in (1, 2, 3))
NATION = Nation()


def bundle(**of_west: Any) -> Bundle:
    return read_bundle(NATION.claims(regions=[NATION.region(EAST), NATION.region(WEST, **of_west)]))


def test_an_active_region_under_the_highest_ceiling_lost_nothing() -> None:
    assert lost_homes(bundle(), {EAST, WEST}, LADDER) == ()
    assert lost_regions(bundle(), {f"{WEST}/fed", HUB}) == ()


@pytest.mark.parametrize("status", ["suspended", "removed"])
def test_a_region_that_is_not_active_lost_everything(status: str) -> None:
    assert lost_homes(bundle(status=status), {EAST, WEST}, LADDER) == (LostHome(WEST, 0),)
    assert lost_regions(bundle(status=status), {f"{EAST}/fed", f"{WEST}/fed"}) == (f"{WEST}/fed",)


def test_a_region_that_the_list_does_not_know_lost_everything() -> None:
    stranger = "https://id.nowhere.example"

    assert lost_homes(bundle(), {stranger}, LADDER) == (LostHome(stranger, 0),)
    assert lost_regions(bundle(), {stranger}) == (stranger,)


@pytest.mark.parametrize(("ceiling", "kept"), [(LADDER[0], 1), (LADDER[1], 2), ("of another ladder", 0)])
def test_a_lower_ceiling_leaves_what_is_under_it(ceiling: str, kept: int) -> None:
    assert lost_homes(bundle(acr_ceiling=ceiling), {WEST}, LADDER) == (LostHome(WEST, kept),)


def test_an_old_bundle_takes_nothing_away_for_good() -> None:
    """It is asked for its age nowhere: what lapses comes back by itself."""
    ancient = read_bundle({**NATION.claims(), "iat": 1, "exp": 2})

    assert lost_homes(ancient, {EAST, WEST}, LADDER) == ()


def test_a_key_that_was_replaced_in_good_order_was_not_stolen() -> None:
    reasons = ("superseded", "compromised", "unspecified")
    revoked = [{"issuer": WEST, "kid": reason, "at": NOW, "reason": reason} for reason in reasons]

    found = thefts(read_bundle(NATION.claims(revoked=revoked)))

    assert found == tuple(Theft(WEST, reason, from_seconds(NOW)) for reason in reasons[1:])
