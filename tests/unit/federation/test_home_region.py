"""What is read out of a home region's metadata before anybody is sent there."""

from __future__ import annotations

import pytest

from idp.federation.home_region import registers_automatically

WAYS = "client_registration_types_supported"


@pytest.mark.parametrize("ways", [["automatic"], ["explicit", "automatic"], ["unknown", "automatic"]])
def test_a_provider_that_says_so_takes_who_comes_by_a_chain(ways: list[str]) -> None:
    assert registers_automatically({WAYS: ways})


@pytest.mark.parametrize(
    "metadata",
    [{}, {WAYS: []}, {WAYS: ["explicit"]}, {WAYS: "automatic"}, {WAYS: None}, {WAYS: {"automatic": True}}],
    ids=str,
)
def test_another_one_does_not(metadata: dict[str, object]) -> None:
    assert not registers_automatically(metadata)
