"""What a sign-in across regions costs each region, beside one at home, in the same interleaved rounds.

A hub and three regions run as processes. A citizen of West and one of East sign in to the same mini-app of West, by
turns, each time in a new browser: pages, password, consent kept from the first time, code, tokens, userinfo. Passwords
get the smallest hash, so the rest is seen. CPU is what the kernel counted for each region's processes.

The hub stands still (SIGSTOP) while that is measured: it cannot answer, and nobody notices. How many requests go
between the regions is counted in this process, on two regions joined by a network that writes every call down.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from benchmarks.load import Unexpected
from benchmarks.measure import cpu_between, cpu_by_thread
from benchmarks.report import spread_of
from benchmarks.rollover import Unheard
from idp.storage import management
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.nation import Nation, frozen, nation
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider
from tests.support.two_regions import EAST, HUB, WEST, TrustList, Visit, federation, region_settings

ROUNDS, SIGN_INS = 5, 30
POLL = timedelta(seconds=10)
"""Rarer than in the tests, so that sign-ins are measured and not polls."""
AT_HOME, ACROSS = "at home", "across regions"


@dataclass(frozen=True)
class Calls:
    """Requests of one sign-in from region to region, by what they were for, and those to the hub."""

    between: Counter[str] = field(default_factory=Counter)
    to_hub: int = 0


Figures = dict[str, dict[str, list[float]]]
"""Kind of sign-in → whose CPU → µs for one sign-in, a figure for each round."""


def rows(rounds: int = ROUNDS, sign_ins: int = SIGN_INS) -> list[list[str]]:
    """A table: whose CPU, at home, across regions, and the ratio of the two."""
    figures = _measured(rounds, sign_ins)
    here, there = figures[AT_HOME], figures[ACROSS]
    table = [["µs CPU per sign-in", AT_HOME, ACROSS, "ratio"]]
    for whose in here:
        ratio = _ratio(there[whose], here[whose]) if whose in ("West: the app's region", "all") else "–"
        table.append([whose, _words(here[whose]), _words(there[whose]), ratio])
    return table


def calls_row() -> str:
    """How many requests a sign-in made between regions and to the hub: the first one, and one afterwards."""
    first, second = counted_calls()
    most = max(first.between.total(), second.between.total())
    paths = ", ".join(f"{path} {number}" for path, number in first.between.items())
    return (
        f"requests between regions for one sign-in: {most} at most ({paths} the first time, "
        f"{second.between.total()} the second); to the hub: {first.to_hub + second.to_hub}"
    )


def counted_calls() -> tuple[Calls, Calls]:
    """A person's first sign-in across regions, and the second in a new browser."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, clock = Path(name), FakeClock()
        templates = {issuer: _migrated(folder, issuer) for issuer in (EAST, WEST)}
        (folder / "run").mkdir()
        with federation(folder / "run", templates, clock, Unheard()) as regions:
            regions.east.person("gulbahar")
            app = regions.health()

            def sign_in() -> Calls:
                regions.network.calls.clear()
                _finish(app, regions.visit(app, regions.east))
                calls = regions.network.calls
                between = Counter(f"{call.method} {call.path}" for call in calls if call.origin != HUB)
                return Calls(between, sum(call.origin == HUB for call in calls))

            return sign_in(), sign_in()


def _migrated(folder: Path, issuer: str) -> Path:
    path = folder / f"{issuer.partition('//')[2].partition('.')[0]}-template.db"
    settings = region_settings(issuer, f"sqlite:///{path}")
    management.upgrade(settings.database_url)
    clock = FakeClock()
    services = build_services(settings, clock=clock, trust=TrustList(clock))
    services.open_keys()
    services.close()
    return path


def _measured(rounds: int, sign_ins: int) -> Figures:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        nation(Path(folder), Unheard(), poll=POLL) as country,
    ):
        country.west.person("resident")
        country.east.person("traveller")
        app = country.app("health", country.west)
        work = {
            AT_HOME: lambda: _finish(app, country.visit(app, country.west, "resident")),
            ACROSS: lambda: _finish(app, country.visit(app, country.east, "traveller")),
        }
        with frozen(country.hub):
            return _rounds(country, work, rounds, sign_ins)


def _rounds(country: Nation, work: dict[str, Callable[[], None]], rounds: int, sign_ins: int) -> Figures:
    """By turns; round 0 is dropped."""
    whose = {
        "West: the app's region": country.west,
        "East: the traveller's region": country.east,
        "South: not concerned": country.south,
        "the hub, standing still": country.hub,
    }
    figures: Figures = {kind: {name: [] for name in (*whose, "all")} for kind in work}
    for number in range(rounds + 1):
        for kind, sign_in in work.items():
            spent = _spent(whose, sign_in, sign_ins)
            if number:
                for name, figure in spent.items():
                    figures[kind][name].append(figure)
    return figures


def _spent(whose: dict[str, RunningProvider], sign_in: Callable[[], None], sign_ins: int) -> dict[str, float]:
    before = {name: cpu_by_thread([server.process.pid]) for name, server in whose.items()}
    for _ in range(sign_ins):
        sign_in()
    spent = {
        name: cpu_between(before[name], cpu_by_thread([server.process.pid])) / 1e3 / sign_ins
        for name, server in whose.items()
    }
    return spent | {"all": sum(spent.values())}


def _finish(app: RelyingParty, visit: Visit) -> None:
    """The mini-app's part: tokens, and who it is. Raises: Unexpected."""
    if not visit.page.is_outside or "code" not in visit.answer:
        raise Unexpected(f"a sign-in ended at {visit.page.url.partition('?')[0]}")
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    if answer.status != 200 or app.userinfo(answer.access_token).status != 200:
        raise Unexpected(f"the app got no tokens: {answer.status} {answer.error}")


def _words(figures: list[float]) -> str:
    return spread_of(figures) if any(figures) else "0"


def _ratio(above: list[float], below: list[float]) -> str:
    """The median of the rounds' own ratios."""
    return f"{statistics.median(one / other for one, other in zip(above, below, strict=True)):.2f}"
