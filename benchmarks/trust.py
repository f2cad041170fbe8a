"""What trust across regions costs: verifying a token, the bundle, the decision from memory, and a whole sign-in.

Tokens in this process and in Node, on one core, without a cache of results: every token is another one. CPU time
alone. The decision is measured in `trust_decision`, the sign-in in `across_regions`.
"""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import across_regions, trust_decision
from benchmarks.report import aligned
from tests.support.node import find_node
from tests.verifier.nation import AUDIENCE, HUB, NOW, Nation, ec_key, public

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "packages" / "verifier-python"))

from idp_verifier import Verifier

ROUNDS, TOKENS = 5, 1_000
SIZES = (3, 34, 400, 3_000)
URL = f"{AUDIENCE}/records"
SCRIPT = Path(__file__).with_name("verify_tokens.mjs")


def main(*, quick: bool = False) -> None:
    """Measure and print all tables."""
    logging.disable(logging.INFO)  # A nonce that is asked for is no news.
    _print_tokens_and_bundle()
    print("\nThe decision\n")
    print(aligned(trust_decision.rows(2 if quick else trust_decision.ROUNDS)))
    print("\nA sign-in\n")
    print(aligned(across_regions.rows(2, 5) if quick else across_regions.rows()))
    print(across_regions.calls_row())


def _print_tokens_and_bundle() -> None:
    nation = Nation()
    key = ec_key()
    bound = nation.token(cnf={"jkt": key.thumbprint()})
    work = {
        "hub": HUB,
        "pinned": nation.pinned,
        "audience": AUDIENCE,
        "now": NOW,
        "url": URL,
        "bundle": nation.bundle(nation.claims()),
        "tokens": [nation.token(jti=str(number)) for number in range(TOKENS)],
        "bound": bound,
        "proofs": [nation.proof(key, bound, jti=str(number)) for number in range(TOKENS)],
        "rounds": ROUNDS,
    }
    print("\nTokens verified for each second of CPU on one core (median of rounds)\n")
    rows = [
        ["", "plain", "with DPoP"],
        ["Python", *_words(_in_python(work))],
        ["Node", *_words(_in_node(work))],
    ]
    print(aligned(rows))
    print("\nThe trust bundle\n")
    print(aligned([["regions", "size", "gzip", "verify and read"], *(_bundle_of(size) for size in SIZES)]))


def _in_python(work: dict[str, Any]) -> tuple[float, float]:
    verifier = _verifier(work)
    plain = _each_second(lambda: [verifier.verify(token) for token in work["tokens"]])

    def with_proofs() -> None:
        fresh = _verifier(work)
        for proof in work["proofs"]:
            fresh.verify_request("GET", URL, f"DPoP {work['bound']}", proof)

    return plain, _each_second(with_proofs)


def _verifier(work: dict[str, Any]) -> Verifier:
    verifier = Verifier(work["hub"], work["pinned"], work["audience"], clock=lambda: work["now"])
    verifier.load(work["bundle"])
    return verifier


def _in_node(work: dict[str, Any]) -> tuple[float, float]:
    done = subprocess.run(
        [str(find_node()), str(SCRIPT)], input=json.dumps(work), capture_output=True, text=True, check=True
    )
    plain, with_proofs = json.loads(done.stdout)
    return plain, with_proofs


def _each_second(run: Callable[[], object]) -> float:
    return TOKENS / median(_cpu_seconds(run) for _ in range(ROUNDS))


def _cpu_seconds(run: Callable[[], object]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def _words(rates: tuple[float, float]) -> list[str]:
    return [f"{rate:,.0f}" for rate in rates]


def _bundle_of(size: int) -> list[str]:
    nation = Nation()
    statement = nation.token() * 3
    """About as long as a statement with policy and keys is."""
    regions = []
    for number in range(size):
        issuer = f"https://id.r{number}.example"
        keys = {"keys": [public(ec_key()), public(ec_key())]}
        nation.keys[issuer] = nation.hub_key
        regions.append(
            nation.region(
                issuer,
                statement=statement,
                op_statement=statement,
                rp_statement=statement,
                op_metadata={"issuer": issuer, "jwks": keys},
                rp_metadata={"jwks": keys},
            )
        )
    compact = nation.bundle(nation.claims(regions=regions))
    verifier = Verifier(HUB, nation.pinned, AUDIENCE, clock=lambda: NOW)
    seconds = _cpu_seconds(lambda: verifier.load(compact))
    sizes = (len(compact), len(gzip.compress(compact.encode())))
    return [f"{size:,}", *(f"{one / 1_000:,.0f} kB" for one in sizes), f"{seconds * 1_000:,.1f} ms"]
