"""Which changes of the list widen what is trusted: those wait, and the others do not."""

from __future__ import annotations

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import (
    Change,
    Remove,
    Restore,
    RevokeKey,
    SetCeiling,
    SetWitnesses,
    Suspend,
    Visited,
    changed,
)
from idp.trustlist.direction import loosens
from idp.trustlist.listing import ListedWitness, TrustList
from tests.unit.trustlist.test_changes import EAST, NOW, WEST, admit, after, keys, vouched

ONE, TWO = (ListedWitness(f"{name}+key", f"https://{name}") for name in ("one", "two"))
LISTED = changed(after(admit()), SetCeiling(EAST, AcrLevel(2)), now=NOW)
WITNESSED = changed(LISTED, SetWitnesses(1, (ONE, TWO)), now=NOW)


@pytest.mark.parametrize(
    ("listed", "change"),
    [
        (LISTED, admit(WEST, "second")),
        (LISTED, Restore(EAST)),
        (LISTED, SetCeiling(EAST, AcrLevel(3))),
        (LISTED, SetCeiling(WEST, AcrLevel(1))),
        (LISTED, SetWitnesses(1, (ONE,))),
        (WITNESSED, SetWitnesses(0, (ONE, TWO))),
    ],
)
def test_what_adds_trust_loosens(listed: TrustList, change: Change) -> None:
    assert loosens(listed, change)


@pytest.mark.parametrize(
    ("listed", "change"),
    [
        (LISTED, Suspend(EAST, "review")),
        (LISTED, Remove(EAST, "review")),
        (LISTED, RevokeKey(EAST, "token key", "compromised")),
        (LISTED, SetCeiling(EAST, AcrLevel(1))),
        (LISTED, Visited(EAST, keys("first", "next"), vouched())),
        (WITNESSED, SetWitnesses(2, (ONE, TWO))),
        (WITNESSED, SetWitnesses(1, (ONE,))),
    ],
)
def test_what_takes_trust_away_does_not(listed: TrustList, change: Change) -> None:
    assert not loosens(listed, change)
