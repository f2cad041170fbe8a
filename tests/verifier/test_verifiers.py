"""The verifier packages, in Python and in JavaScript: one table of cases, and both must agree with it."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

import pytest
from idp_verifier import Refused, Remembered, Verifier

from tests.support.node import find_node
from tests.verifier.cases import Case, every
from tests.verifier.nation import AUDIENCE, HUB, NOW, Nation

CASES = every()
RUNNER = Path(__file__).with_name("run_cases.mjs")
PATIENCE_SECONDS = 120


def outcome_in_python(case: Case) -> str:
    told = case.as_json()
    clock = [0.0]
    verifier = Verifier(told["hub"], told["pinned"], told["audience"], clock=lambda: clock[0])
    outcome = "ok"
    for step in told["steps"]:
        clock[0] = step["at"]
        try:
            match step["do"]:
                case "load":
                    verifier.load(step["compact"], step["lineage"])
                case "verify":
                    verifier.verify(step["token"], **step["options"])
                case _:
                    verifier.verify_request(**step["options"])
            outcome = "ok"
        except Refused as refused:
            outcome = refused.error
    return outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_python_verifier_agrees(case: Case) -> None:
    assert outcome_in_python(case) in case.expected.split("|")


@pytest.mark.node
def test_the_javascript_verifier_agrees() -> None:
    cases = json.dumps([case.as_json() for case in CASES])

    done = subprocess.run(
        [str(find_node()), str(RUNNER)],
        input=cases,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    outcomes = json.loads(done.stdout)

    assert len(outcomes) == len(CASES)
    differing = {
        case.name: (outcome, case.expected)
        for case, outcome in zip(CASES, outcomes, strict=True)
        if outcome not in case.expected.split("|")
    }
    assert differing == {}


def test_proofs_are_forgotten_once_they_would_be_refused_anyway() -> None:
    remembered = Remembered(capacity=2)

    answers = [remembered("a", 120, now=0), remembered("b", 130, now=10), remembered("c", 131, now=11)]
    later = [remembered("d", 300, now=125), remembered("b", 300, now=126), remembered("a", 300, now=131)]

    # Full, it refuses: what cannot be remembered could be used twice.
    assert answers == [True, True, False]
    assert later == [True, False, True]


def test_of_two_loads_at_once_the_slower_puts_nothing_older_back() -> None:
    nation = Nation()
    first = nation.claims()
    second = nation.successor(first)
    third = nation.successor(second)
    has_begun, may_go_on = threading.Event(), threading.Event()

    def clock() -> float:
        if threading.current_thread().name == "slow":
            has_begun.set()
            may_go_on.wait(PATIENCE_SECONDS)
        return NOW

    verifier = Verifier(HUB, nation.pinned, AUDIENCE, clock=clock)
    verifier.load(nation.bundle(first))
    slow, quick = (
        threading.Thread(target=verifier.load, args=(nation.bundle(claims),), name=name)
        for name, claims in (("slow", second), ("quick", third))
    )
    slow.start()
    assert has_begun.wait(PATIENCE_SECONDS)
    quick.start()
    quick.join(timeout=0.3)
    may_go_on.set()
    slow.join()
    quick.join()

    assert verifier.bundle.seq == 3
