"""`idp figures` says what the dashboards show."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.foundation.events import Event, EventKind
from tests.flows.cli_region import CliRegion
from tests.flows.test_cli import services_of


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


@pytest.mark.parametrize("period", [(), ("--month",)])
def test_what_nobody_counted_yet_is_counted_first(region: CliRegion, period: tuple[str, ...]) -> None:
    services = services_of(region)
    for _ in range(3):
        services.stores.events.record(Event(EventKind.SIGNED_IN, services.clock.now()))
    services.close()

    said = region.done("figures", *period)
    document = region.json("figures", *period, "--json")

    assert "3" in said.splitlines()[0]
    assert document["sign_ins"] == document["homes"][""] == 3
    assert document["ways"] == {"other": 3}
    assert sum(one["sign_ins"] for one in document["stretches"]) == 3
    assert len(document["stretches"]) == (30 if period else 24)


def test_an_empty_region_has_figures_too(region: CliRegion) -> None:
    assert "sign-ins" in region.done("figures")
    assert region.json("figures", "--json")["median_seconds"] is None
