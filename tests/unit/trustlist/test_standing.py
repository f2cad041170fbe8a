"""Whether a content says what a change asked for: how it is known that a request waits for witnesses."""

from __future__ import annotations

from typing import Any

import pytest

from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import Admit, Change, Remove, Restore, SetCeiling, SetWitnesses, Suspend
from idp.trustlist.listing import ListedWitness, Vouched
from idp.trustlist.standing import Said, WitnessLine
from tests.support.clock import START

EAST, WEST = "https://id.east.example", "https://id.west.example"
ACR = AcrNames("urn:tongxing:acr:")
ONE, OTHER = (ListedWitness(f"{name}.example/witness+00000000+AQ", "https://x/witness") for name in "ab")


def content(**changes: Any) -> dict[str, Any]:
    east = {"op": EAST, "status": "active", "acr_ceiling": "urn:tongxing:acr:2"}
    return {"regions": [{**east, **changes}], "witnesses": {"quorum": 1, "keys": [ONE.key]}}


def admit(op: str) -> Admit:
    return Admit(op, {}, AcrLevel.STRONGEST, (), (), Vouched("", "", {}, {}, "", START, START))


@pytest.mark.parametrize(
    ("change", "is_said"),
    [
        (admit(EAST), True),
        (admit(WEST), False),
        (Restore(EAST), True),
        (Restore(WEST), False),
        (SetCeiling(EAST, AcrLevel.TWO_FACTORS), True),
        (SetCeiling(EAST, AcrLevel.STRONGEST), False),
        (SetWitnesses(1, (ONE,)), True),
        (SetWitnesses(0, (ONE,)), False),
        (SetWitnesses(1, (ONE, OTHER)), False),
        (Suspend(EAST, "review"), True),
        (Remove(WEST, "review"), True),
    ],
)
def test_a_content_says_what_a_change_asked_for(change: Change, is_said: bool) -> None:
    assert Said.of(content()).has(change, ACR.name) is is_said


def test_a_region_that_is_out_is_on_the_list_and_not_restored() -> None:
    suspended, removed = Said.of(content(status="suspended")), Said.of(content(status="removed"))

    assert suspended.has(admit(EAST), ACR.name)
    assert not suspended.has(Restore(EAST), ACR.name)
    assert not removed.has(admit(EAST), ACR.name)


def test_a_content_of_a_release_that_knew_no_witnesses_names_none() -> None:
    old = {"regions": []}

    assert Said.of(old).has(SetWitnesses(0, ()), ACR.name)
    assert not Said.of(old).has(SetWitnesses(1, (ONE,)), ACR.name)


def test_a_witness_is_called_by_the_name_in_its_key() -> None:
    assert WitnessLine(ONE.key, ONE.address, 0, None, None).name == "a.example/witness"
