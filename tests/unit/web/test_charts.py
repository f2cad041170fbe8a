"""Charts: lengths say what the numbers say, and nothing in them breaks out."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from idp.web.charts import Bar, Chart, columns, rows


def chart(*values: float, label: str = "a") -> Chart:
    return Chart("c", "A title", "A summary.", tuple(Bar(label, value, str(value)) for value in values))


@pytest.mark.parametrize("draw", [rows, columns])
@pytest.mark.parametrize("values", [(), (0,), (0, 0), (1,), (3, 0, 12.5)])
def test_every_chart_is_a_picture_with_a_title_and_a_summary(draw: object, values: tuple[float, ...]) -> None:
    svg = ElementTree.fromstring(str(draw(chart(*values))))  # type: ignore[operator]

    assert svg.get("role") == "img"
    named = [svg.find(f"*[@id='{name}']") for name in str(svg.get("aria-labelledby")).split()]
    assert [one.text for one in named if one is not None] == ["A title", "A summary."]
    assert len(svg.findall("rect")) == len(values)


def test_lengths_are_shares_of_the_longest() -> None:
    assert re.findall(r'height="([\d.]+)%">', columns(chart(1, 4, 2))) == ["25.0", "100.0", "50.0"]
    assert re.findall(r'width="([\d.]+)%" height="0.75em"', rows(chart(1, 4))) == ["25.0", "100.0"]


@pytest.mark.parametrize("draw", [rows, columns])
def test_a_name_is_text(draw: object) -> None:
    """Regions choose their names."""
    hostile = '"></text><script>alert(1)</script>'

    svg = ElementTree.fromstring(str(draw(chart(1, label=hostile))))  # type: ignore[operator]

    assert svg.find(".//script") is None


def test_what_a_telephone_has_no_room_for_is_cut() -> None:
    long = rows(chart(1, label="Tibetan and Qiang Autonomous Prefecture of the Upper Reaches"))
    wide = rows(chart(1, label="阿坝藏族羌族自治州人力资源和社会保障局"))

    assert "Tibetan and Qiang Autonomous P…" in long
    assert "阿坝藏族羌族自治州人力资源和社…" in wide


@pytest.mark.parametrize(("values", "most"), [((), None), ((0, 0), None), ((1, 3, 2), 3)])
def test_the_longest_is_named_where_there_is_one(values: tuple[float, ...], most: float | None) -> None:
    found = chart(*values).most

    assert (found.value if found else None) == most
