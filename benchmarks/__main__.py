"""`python -m benchmarks`: the comparison.

`servers`, `storage`, `authlib`, `factors`, `trust`, `removal`, `lists`, `log` run the smaller measurements; `rollover`
signs in across regions while all keys change, and says how often that failed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import authlib_framing, factors, lists, log, removal, rollover, servers, storage, trust
from benchmarks.contestants import Contestant, ServerFailed, floor, node_peer, provider
from benchmarks.load import Unexpected
from benchmarks.measure import import_cpu
from benchmarks.node import PEER, NoNode, ready_node
from benchmarks.postgres import Cluster, NoPostgres, running_cluster
from benchmarks.provision import NotProvisioned
from benchmarks.report import Run, render
from benchmarks.rounds import run_rounds

PORT = 18110
COLD_STARTS = 3
PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "servers": lambda _: servers.main(),
    "storage": lambda _: storage.main(),
    "authlib": lambda _: authlib_framing.main(),
    "factors": lambda _: factors.main(),
    "trust": lambda arguments: trust.main(quick=arguments.quick),
    "removal": lambda arguments: removal.main(quick=arguments.quick),
    "lists": lambda arguments: lists.main(quick=arguments.quick),
    "log": lambda arguments: log.main(quick=arguments.quick),
}
IMPORTED = {"provider": "idp.app, idp.wiring", "floor": "benchmarks.floor"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="protocol", choices=("protocol", "rollover", *PARTS))
    parser.add_argument(
        "--rounds", type=int, default=6, help="measured rounds; one more is dropped (default 6)"
    )
    parser.add_argument("--ops", type=int, default=250, help="operations of a kind in a round (default 250)")
    parser.add_argument(
        "--quick", action="store_true", help="2 rounds of 60 operations: does it run, not how fast"
    )
    parser.add_argument(
        "--sign-ins", type=int, default=rollover.SIGN_INS, help="`rollover`: so many (default 1000)"
    )
    parser.add_argument(
        "--minutes", type=float, default=rollover.MINUTES, help="`rollover`: so long at most (default 15)"
    )
    parser.add_argument("--compromise", action="store_true", help="`rollover`: withdraw keys as stolen")
    parser.add_argument("--no-node", action="store_true")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--only", choices=("provider", "floor", "node"))
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a gate is missed")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.ops = 2, 60
    return arguments


def choose_contestants(
    arguments: argparse.Namespace,
    folder: Path,
    cluster: Cluster | None,
    synchronous: str,
    left_out: list[str],
) -> list[Contestant]:
    """Set up what the options ask for, on one port each; what cannot run here is named in `left_out`."""
    wanted = {arguments.only} if arguments.only else {"provider", "floor", "node"}
    chosen = []
    if "provider" in wanted:
        path = f"sqlite:///{folder / 'provider.db'}"
        chosen.append(provider("SQLite", path, PORT, folder, synchronous))
    if "floor" in wanted:
        chosen.append(floor("SQLite", str(folder / "floor.db"), PORT + 1, folder, synchronous))
    if "node" in wanted and not arguments.no_node:
        try:
            chosen.append(node_peer(ready_node(), str(folder / "node.db"), PORT + 2, folder, synchronous))
        except NoNode as missing:
            left_out.append(f"node: {missing}")
    if cluster is not None and "provider" in wanted:
        url = cluster.create("provider").replace("postgresql://", "postgresql+psycopg://")
        chosen.append(provider("PostgreSQL", url, PORT + 3, folder, synchronous))
    if cluster is not None and "floor" in wanted:
        chosen.append(floor("PostgreSQL", cluster.create("floor"), PORT + 4, folder, synchronous))
    return chosen


def cold_start(contestant: Contestant) -> float:
    """The median seconds from exec to the first 200, files warm."""
    times = []
    for _ in range(COLD_STARTS + 1):
        times.append(contestant.start())
        contestant.stop()
    return statistics.median(times[1:])


def versions(chosen: list[Contestant]) -> dict[str, str]:
    found = {"Python": platform.python_version()}
    found |= {name: importlib.metadata.version(name) for name in ("flask", "granian", "joserfc", "psycopg")}
    for contestant in chosen:
        if contestant.name == "node":
            node = subprocess.run(
                [contestant.command[0], "--version"], check=True, capture_output=True, text=True
            )
            package = json.loads((PEER / "node_modules" / "oidc-provider" / "package.json").read_text())
            found |= {"node": node.stdout.strip(), "oidc-provider": package["version"]}
    return found


def compare(arguments: argparse.Namespace) -> Run:
    """Start everything, measure it interleaved, and stop it again whatever happens."""
    synchronous = os.environ.get("BENCH_SYNC", "full")
    left_out: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        # One core for servers, databases and load: no idle wake-ups and no cache moves in the figures.
        everywhere = os.sched_getaffinity(0)
        one_core = {max(everywhere)}
        cluster = None
        if not arguments.no_postgres and arguments.only != "node":
            try:
                os.sched_setaffinity(0, one_core)
                cluster = stack.enter_context(running_cluster(folder, PORT + 40, synchronous))
            except NoPostgres as missing:
                left_out.append(f"PostgreSQL: {missing}")
            finally:
                os.sched_setaffinity(0, everywhere)
        chosen = choose_contestants(arguments, folder, cluster, synchronous, left_out)
        starts, imports = {}, {}
        for contestant in chosen:
            starts[contestant.label] = cold_start(contestant)
            if contestant.name in IMPORTED and contestant.name not in imports:
                imports[contestant.name] = import_cpu(IMPORTED[contestant.name], contestant.environment)
        os.sched_setaffinity(0, one_core)
        for contestant in chosen:
            stack.callback(contestant.stop)
            contestant.start()
        measured = run_rounds(
            chosen, cluster.postmaster if cluster else None, arguments.rounds, arguments.ops, folder
        )
        return Run(measured, versions(chosen) | {"sync": synchronous}, starts, imports, left_out)


def main() -> int:
    arguments = parse_arguments()
    if arguments.what == "rollover":
        return int(not rollover.main(arguments.sign_ins, arguments.minutes, compromise=arguments.compromise))
    if arguments.what != "protocol":
        PARTS[arguments.what](arguments)
        return 0
    run = compare(arguments)
    print(render(run))
    if arguments.json:
        arguments.json.write_text(json.dumps(run.as_json(), indent=1))
    return int(arguments.strict and not all(gate.holds for gate in run.gates()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ServerFailed, NotProvisioned, Unexpected) as error:
        sys.exit(f"Failed: {error}")
