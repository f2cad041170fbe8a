"""How long a region that is taken off the list is still honoured: from the operator's command to the first refusal.

A hub and regions run as processes of two workers each. In each round a citizen of East signs in to an app of West; the
hub's operator suspends East; the app asks userinfo until West refuses the token. Time on the wall, not CPU.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.report import aligned
from idp.trustlist.changes import Restore, Suspend
from tests.support.nation import Nation, nation
from tests.support.relying_party import RelyingParty

ROUNDS = 30
POLL = timedelta(seconds=10)
ASK_EVERY_SECONDS = 0.02
LIMIT_SECONDS = 120


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory(prefix="tongxing-removal-") as folder,
        nation(Path(folder), workers=2, poll=POLL) as country,
    ):
        app = country.app("health", country.west)
        taken = sorted(_one(country, app, number) for number in range(5 if quick else ROUNDS))
    print("\nA removal, from the hub's command to the other region's first refusal\n")
    rows = [["rounds", "p50", "p90", "longest"]]
    figures = (statistics.median(taken), taken[int(len(taken) * 0.9)], taken[-1])
    print(aligned([*rows, [str(len(taken)), *(f"{seconds:.2f} s" for seconds in figures)]]))


def _one(country: Nation, app: RelyingParty, number: int) -> float:
    username = f"removed{number}"
    country.east.person(username)
    visit = country.visit(app, country.east, username)
    token = app.redeem(visit.answer["code"], visit.pending.verifier).access_token
    began = time.monotonic()
    country.registry.change(Suspend(country.east.issuer, "review"), now=country.hub.clock.now())
    while app.userinfo(token).status == 200:
        if time.monotonic() - began > LIMIT_SECONDS:
            raise RuntimeError("the token is honoured as if nothing had happened")
        time.sleep(ASK_EVERY_SECONDS)
    taken = time.monotonic() - began
    country.change(Restore(country.east.issuer))
    country.wait_until_honoured()
    return taken
