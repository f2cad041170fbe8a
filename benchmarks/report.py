"""Turns figures into the table: medians, spread, ratios, and a word for each gate."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.rounds import Measured

# What the first stage reaches with every check on: × floor, × node. A gate fails beyond itself + 10 %.
GATES = {
    "discovery": (1.5, 1.0),
    "jwks": (1.5, 1.0),
    "client_credentials": (3.5, 1.2),
    "authorize": (2.2, 1.0),
    "code": (3.2, 1.0),
    "refresh": (3.2, 1.0),
    "userinfo": (2.2, 1.2),
    "introspection": (2.2, 1.2),
    "full_flow": (2.5, 0.85),
}
TITLES = {
    "client_credentials": "client_credentials, JWT",
    "client_credentials_rs256": "the same, RS256",
    "authorize": "authorize, signed in",
    "code": "code + PKCE, 3 tokens",
    "refresh": "refresh with rotation",
    "full_flow": "full flow without hash",
}
POSTGRES_GATE = 2.3
NON_HASH_GATE = 0.25
RS256_GATE = 230.0
COLD_START_GATE = 0.8
IMPORT_GATE = 350.0
IDLE_RSS_GATE = 75.0
TOLERANCE = 1.1


@dataclass(slots=True)
class Run:
    """Everything one run learned; `cold_start` in seconds, `import_cpu` in milliseconds, by label."""

    measured: Measured
    versions: dict[str, str]
    cold_start: dict[str, float] = field(default_factory=dict)
    import_cpu: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"gates": [asdict(gate) for gate in self.gates()]}

    def gates(self) -> list[Gate]:
        return [*protocol_gates(self), *machine_gates(self)]


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise: what is promised, compared with what, the figure reached and the figure allowed."""

    name: str
    against: str
    reached: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.reached <= self.allowed * TOLERANCE

    def __str__(self) -> str:
        if self.reached <= self.allowed:
            return f"{self.reached:.2f} ≤ {self.allowed:g}"
        return f"{self.reached:.2f} > {self.allowed:g} " + ("(in 10 %)" if self.holds else "MISS")


def ratio(run: Run, operation: str, ours: str, theirs: str) -> float | None:
    """The median of the rounds' own ratios: neighbours in time share the machine's mood."""
    cpu = run.measured.cpu
    above, below = cpu.get(ours, {}).get(operation), cpu.get(theirs, {}).get(operation)
    if not above or not below:
        return None
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def protocol_gates(run: Run) -> list[Gate]:
    """Each operation against the floor, against node, and on PostgreSQL against itself on SQLite."""
    gates = []
    for operation, (by_floor, by_node) in GATES.items():
        for against, ours, theirs, allowed in (
            ("floor", "provider SQLite", "floor SQLite", by_floor),
            ("node", "provider SQLite", "node SQLite", by_node),
            ("SQLite", "provider PostgreSQL", "provider SQLite", POSTGRES_GATE),
        ):
            reached = ratio(run, operation, ours, theirs)
            if reached is not None:
                gates.append(Gate(operation, against, reached, allowed))
    return gates


def machine_gates(run: Run) -> list[Gate]:
    """What is promised of the sign-in beside its hash, and of the process itself."""
    ours, gates = "provider SQLite", []
    cpu = run.measured.cpu.get(ours, {})
    flow = cpu.get("full_flow")
    if flow:
        pairs = zip(cpu["client_credentials_rs256"], cpu["client_credentials"], strict=True)
        more = statistics.median(rsa - elliptic for rsa, elliptic in pairs)
        gates.append(Gate("RS256 instead of ES256, each signature", "µs more", more, RS256_GATE))
        share = statistics.median(f / h for f, h in zip(flow, run.measured.argon2, strict=True))
        gates.append(Gate("password sign-in, all but the hash", "argon2 CPU", share, NON_HASH_GATE))
    if ours in run.cold_start:
        gates.append(Gate("cold start", "seconds", run.cold_start[ours], COLD_START_GATE))
    if "provider" in run.import_cpu:
        gates.append(Gate("CPU of importing", "ms", run.import_cpu["provider"], IMPORT_GATE))
    if ours in run.measured.memory_idle:
        rss = run.measured.memory_idle[ours].worker_rss
        gates.append(Gate("worker RSS idle", "MB", rss, IDLE_RSS_GATE))
    return gates


def render(run: Run) -> str:
    """The whole report as plain text."""
    parts = [conditions(run), figures_table(run), server_table(run), gate_table(run)]
    return "\n\n".join(part for part in parts if part)


def conditions(run: Run) -> str:
    measured = run.measured
    lines = [", ".join(f"{name} {version}" for name, version in run.versions.items())]
    lines.append(
        f"{len(measured.fsync)} rounds · fsync p50 {spread_of(measured.fsync)} µs · load "
        f"{min(measured.load):.1f} to {max(measured.load):.1f} · "
        f"argon2id 19 MiB t=2 p=1 {spread_of(measured.argon2)} µs CPU"
    )
    return "\n".join(lines + [f"left out: {reason}" for reason in run.left_out])


def figures_table(run: Run) -> str:
    cpu = run.measured.cpu
    rows = [["µs CPU per operation", *cpu]]
    for operation in {name: None for figures in cpu.values() for name in figures}:
        figures = [spread_of(cpu[label][operation]) if operation in cpu[label] else "–" for label in cpu]
        rows.append([TITLES.get(operation, operation), *figures])
    return aligned(rows)


def server_table(run: Run) -> str:
    rows = [
        ["server", "cold start s", "import CPU ms", "PSS MB all", "worker PSS", "worker RSS idle → loaded"]
    ]
    for label, loaded in run.measured.memory_loaded.items():
        start, imported = run.cold_start.get(label), run.import_cpu.get(label.split(" ", maxsplit=1)[0])
        rows.append([
            label, "" if start is None else f"{start:.2f}", "" if imported is None else f"{imported:.0f}",
            f"{loaded.tree_pss:.0f}", f"{loaded.worker_pss:.0f}",
            f"{run.measured.memory_idle[label].worker_rss:.0f} → {loaded.worker_rss:.0f}",
        ])  # fmt: skip
    return aligned(rows)


def gate_table(run: Run) -> str:
    gates = run.gates()
    if not gates:
        return ""
    reached = {(gate.name, gate.against): str(gate) for gate in gates}
    rows = [["gates of the provider", "× floor", "× node", "PostgreSQL × SQLite"]]
    for operation in GATES:
        cells = [reached.get((operation, against), "–") for against in ("floor", "node", "SQLite")]
        rows.append([TITLES.get(operation, operation), *cells])
    lines = [f"{gate.name}: {gate} {gate.against}" for gate in machine_gates(run)]
    missed = sum(not gate.holds for gate in gates)
    return "\n".join([aligned(rows), *lines, f"{len(gates) - missed} gates hold, {missed} missed"])


def spread_of(figures: list[float]) -> str:
    """`median ±half the range in percent`."""
    median = statistics.median(figures)
    return f"{median:.0f} ±{(max(figures) - min(figures)) / 2 / abs(median) * 100:.0f}%"


def aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
