"""What was counted, as Prometheus reads it. Spec: Prometheus text exposition format 0.0.4.

Answered at the watching address alone (`idp.cli.watching`), never on the public host: how a service is doing is
nobody's business but its operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idp.foundation.board import Reading
from idp.foundation.figures import Family, Gauge

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHOW_ZEROS = 300
"""A family of at most so many combinations shows those too that never happened, so that a first time is seen as one."""


def exposition(readings: Iterable[Reading], gauges: Iterable[Gauge]) -> bytes:
    """Everything as text, one family after the other."""
    lines = [line for reading in readings for family in reading.families for line in _family(family, reading)]
    return "".join(f"{line}\n" for line in (*lines, *_gauges(gauges))).encode()


def _family(family: Family, reading: Reading) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {'histogram' if family.bounds else 'counter'}"
    combinations = tuple(family.combinations())
    shows_zeros = len(combinations) <= SHOW_ZEROS and not family.bounds
    for values in combinations:
        cells = reading.of(family, *values)
        if any(cells) or shows_zeros:
            labels = tuple(zip((label.name for label in family.labels), values, strict=True))
            yield from (
                _histogram(family, labels, cells)
                if family.bounds
                else (f"{family.name}{_labels(labels)} {cells[0]}",)
            )


def _histogram(family: Family, labels: tuple[tuple[str, str], ...], cells: Iterable[int]) -> Iterator[str]:
    *buckets, microseconds = cells
    count = 0
    for bound, in_bucket in zip((*map(str, family.bounds), "+Inf"), buckets, strict=True):
        count += in_bucket
        yield f"{family.name}_bucket{_labels((*labels, ('le', bound)))} {count}"
    yield f"{family.name}_sum{_labels(labels)} {microseconds / 1_000_000}"
    yield f"{family.name}_count{_labels(labels)} {count}"


def _gauges(gauges: Iterable[Gauge]) -> Iterator[str]:
    name = ""
    for gauge in gauges:
        if gauge.name != name:
            name = gauge.name
            yield f"# HELP {name} {gauge.help}"
            yield f"# TYPE {name} gauge"
        yield f"{name}{_labels(gauge.labels)} {gauge.value}"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
