"""Names of authentication strength."""

from __future__ import annotations

import pytest

from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from tests.unit.oidc.given import ACR


@pytest.mark.parametrize("level", list(AcrLevel))
def test_a_name_and_its_level_belong_together(level: AcrLevel) -> None:
    assert ACR.level(ACR.name(level)) is level


def test_the_names_are_public_and_stay() -> None:
    assert [ACR.name(level) for level in AcrLevel] == [f"urn:tongxing:acr:{number}" for number in (1, 2, 3)]


def test_a_region_may_choose_its_own_prefix() -> None:
    names = AcrNames("https://example.org/acr/")

    assert names.name(AcrLevel.TWO_FACTORS) == "https://example.org/acr/2"
    assert names.level("urn:tongxing:acr:2") is None


@pytest.mark.parametrize(
    "name", ["", "2", "urn:tongxing:acr:", "urn:tongxing:acr:0", "urn:tongxing:acr:02", "phr"]
)
def test_a_name_that_is_not_ours_has_no_level(name: str) -> None:
    assert ACR.level(name) is None


def test_the_highest_and_the_lowest_of_those_we_know() -> None:
    names = ("phr", "urn:tongxing:acr:2", "urn:tongxing:acr:1")

    assert ACR.highest(names) is AcrLevel.TWO_FACTORS
    assert ACR.lowest(names) is AcrLevel.ONE_FACTOR
    assert ACR.highest(("phr",)) is ACR.lowest(()) is None
