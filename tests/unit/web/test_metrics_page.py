"""The reference page names every figure that there is, with its labels, and none that there is not."""

from __future__ import annotations

import re

from idp.foundation.figures import FAMILIES, Way, families_of_requests
from idp.wiring import gauges
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`idp_[^|]+)\|([^|]*)\|", PAGE, re.MULTILINE)
GUIDE = (ROOT / "docs" / "how-to" / "watch-a-region.md").read_text(encoding="utf-8")


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_figure_that_is_counted_is_there_with_its_labels() -> None:
    told = {name: quoted(labels) for names, labels in ROWS for name in quoted(names)}

    for family in (*FAMILIES, *families_of_requests(())):
        assert told.pop(family.name) == [label.name for label in family.labels]
    assert set(told) == set(re.findall(r'"(idp_[a-z_]+)"', gauges_source()))


def test_every_way_of_signing_in_is_named() -> None:
    assert {*Way} <= set(quoted(PAGE))


def test_the_guide_alerts_on_figures_that_exist() -> None:
    known = {name for names, _ in ROWS for name in quoted(names)}

    named = {re.sub("_bucket$", "", name) for name in re.findall(r"\bidp_[a-z_]+\b", GUIDE)}

    assert named <= known
    alerts = re.findall(r"alert: (\w+)", GUIDE)
    assert alerts == re.findall(r"^\| `([A-Z][a-z]\w+)` \|", GUIDE, re.MULTILINE)


def gauges_source() -> str:
    with open(gauges.__file__, encoding="utf-8") as source:
        return source.read()
