"""Charts, drawn here as SVG: bars that say with their length what the table beside them says in numbers.

There is one colour, of the text or of the page's own; what a bar stands for is written at it, never told by colour.
Lengths are shares of the whole and everything else is in units of the text, so a chart grows with either. Spec: WCAG
2.2 §1.1.1, §1.4.1, §1.4.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup

LONGEST_LABEL = 30
"""Letters that a telephone has room for, where a Chinese character takes the room of two; the table has all of them."""
_GAP = 0.2
"""Of a column's room, what is left free beside it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart and of the table beside it. `number`: the value as the reader writes it."""

    label: str
    value: float
    number: str
    share: str = ""
    """Of all, as the reader writes it; empty where there is no whole."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and its words. `id` is unique on the page."""

    id: str
    title: str
    summary: str
    """What it shows, in a sentence, for whoever cannot see it."""
    bars: tuple[Bar, ...]

    @property
    def most(self) -> Bar | None:
        """The longest bar; None where all are empty."""
        longest = max(self.bars, key=lambda bar: bar.value, default=None)
        return longest if longest is not None and longest.value > 0 else None

    @property
    def drawn_as_rows(self) -> Markup:
        """See `rows`."""
        return rows(self)

    @property
    def drawn_as_columns(self) -> Markup:
        """See `columns`."""
        return columns(self)


def rows(chart: Chart) -> Markup:
    """Lying bars, one below the other, each under its label."""
    height = 2.75
    drawn = [
        Markup(
            '<text class="chart__label" x="0" y="{text}em">{label}: {number}</text>'
            '<rect class="chart__bar" x="0" y="{top}em" width="{length}%" height="0.75em" rx="2"></rect>'
        ).format(
            text=round(row * height + 1.1, 2),
            top=round(row * height + 1.5, 2),
            label=_cut(bar.label),
            number=bar.number,
            length=_percent(bar.value, _most(chart.bars)),
        )
        for row, bar in enumerate(chart.bars)
    ]
    return _svg(chart, "chart chart--rows", f"{round(len(chart.bars) * height, 2)}em", drawn)


def columns(chart: Chart) -> Markup:
    """Standing bars, side by side, as time goes."""
    count, most = max(len(chart.bars), 1), _most(chart.bars)
    width = 100 / count
    drawn = []
    for place, bar in enumerate(chart.bars):
        height = _percent(bar.value, most)
        drawn.append(
            Markup(
                '<rect class="chart__bar" x="{left}%" y="{top}%" width="{width}%" height="{height}%">'
                "<title>{label}: {number}</title></rect>"
            ).format(
                left=round(place * width + width * _GAP / 2, 3),
                top=round(100 - height, 2),
                width=round(width * (1 - _GAP), 3),
                height=height,
                label=bar.label,
                number=bar.number,
            )
        )
    return _svg(chart, "chart chart--columns", "10em", drawn)


def _svg(chart: Chart, kind: str, height: str, drawn: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="{kind}" role="img" aria-labelledby="{id}-title {id}-summary" width="100%" height="{height}">'
        '<title id="{id}-title">{title}</title><desc id="{id}-summary">{summary}</desc>{drawn}</svg>'
    ).format(
        kind=kind,
        id=chart.id,
        height=height,
        title=chart.title,
        summary=chart.summary,
        drawn=Markup("").join(drawn),
    )


def _cut(label: str) -> str:
    room = LONGEST_LABEL
    for place, character in enumerate(label):
        room -= 2 if east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{label[:place]}…"
    return label


def _most(bars: Iterable[Bar]) -> float:
    return max((bar.value for bar in bars), default=0.0)


def _percent(value: float, most: float) -> float:
    return round(value / most * 100, 2) if most > 0 else 0.0
