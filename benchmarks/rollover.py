"""Sign-ins across regions while all keys change, again and again: those of two regions and of the hub.

Everybody runs as processes. `AT_ONCE` browsers sign in in East to a mini-app of West, each time as a new browser, and
the mini-app redeems the code. Meanwhile the keys are changed as operators change them, one after another all the time:
as planned, or withdrawn as stolen where a successor is always published. Each is changed `ROUNDS` times at most:
replaced keys stay published for days, and a set has an end. Prints what failed.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from itertools import count
from pathlib import Path
from threading import Event, Lock

from idp.oidc.keys import KeyPurpose
from tests.support.key_change import (
    BEHIND_SECONDS,
    OF_A_REGION,
    OF_THE_HUB,
    Changed,
    change_every_key,
    withdraw_every_key,
)
from tests.support.leak_guard import LeakGuard
from tests.support.nation import Nation, nation
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider

AT_ONCE = 3
ROUNDS = 8
CHANGES = ROUNDS * (2 * len(OF_A_REGION) + len(OF_THE_HUB))
SIGN_INS, MINUTES = 1_000, 15.0
FAILURES_SHOWN = 10
ChangeKeys = Callable[[Nation, Changed], None]
A_DAY, AS_LONG_AS_A_KEY_SIGNS = timedelta(days=1), timedelta(days=90)


class Unheard(LeakGuard):
    """Keeps nothing: thousands of pages would fill the memory. What leaks is for the tests."""

    def page(self, path: str, body: str) -> None:
        """Forget it."""


class _Enough(Exception):
    """The sign-ins that were wanted are over, so no more keys need to change."""


@dataclass
class Tally:
    """What happened, counted by several threads. `wanted` sign-ins, or as many as fit before `deadline`."""

    wanted: int
    deadline: float
    pause: float
    """Seconds from one change of keys to the next, so that they last for the whole time."""
    signed_in: int = 0
    failures: list[str] = field(default_factory=list)
    newest: str = "no change"
    """The last key that has changed; the one after it may be changing."""
    changes: Counter[str] = field(default_factory=Counter)
    over: Event = field(default_factory=Event)
    _began: float = field(default_factory=time.monotonic)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def begins(self) -> bool:
        """Whether one more is to be tried."""
        return not self.over.is_set() and next(self._numbers) <= self.wanted and not self._is_late

    def ended(self, failure: str | None) -> None:
        """One more is over."""
        with self._lock:
            if failure is None:
                self.signed_in += 1
            else:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {failure} after {self.newest}")

    def changed(self, who: RunningProvider, purpose: KeyPurpose) -> None:
        """One key has changed; wait for the next one's time. Raises: _Enough."""
        self.newest = f"{who.settings.region}: {purpose}"
        self.changes[self.newest] += 1
        next_at = self._began + self.pause * self.changes.total()
        if self.over.wait(max(0.0, next_at - time.monotonic())):
            raise _Enough

    @property
    def _is_late(self) -> bool:
        return time.monotonic() > self.deadline


def main(sign_ins: int, minutes: float, *, compromise: bool = False) -> bool:
    """Sign in so often, for so long at most; print what came of it. True when nothing failed."""
    ahead = AS_LONG_AS_A_KEY_SIGNS if compromise else A_DAY
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        nation(Path(folder), Unheard(), workers=2, key_publish_ahead=ahead) as country,
    ):
        began = time.monotonic()
        tally = Tally(sign_ins, began + minutes * 60, minutes * 60 / CHANGES)
        try:
            _sign_in_while_keys_change(country, tally, withdraw_every_key if compromise else change_every_key)
        finally:
            _show(tally, time.monotonic() - began)
            _show_refusals(country)
    return not tally.failures


def _sign_in_while_keys_change(country: Nation, tally: Tally, change_keys: ChangeKeys) -> None:
    app = country.app("health", country.west)
    people = [country.east.person(f"citizen{number}").username for number in range(AT_ONCE)]
    time.sleep(BEHIND_SECONDS)  # Of each region one worker has reported that it knows the others.
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        walks = [pool.submit(_walk, country, app, username, tally) for username in people]
        changing = pool.submit(_change, country, tally, change_keys)
        try:
            _results(walks)
        finally:
            tally.over.set()
        _results([changing])


def _results(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()


def _walk(country: Nation, app: RelyingParty, username: str, tally: Tally) -> None:
    while tally.begins():
        tally.ended(_failure(country, app, username))


def _failure(country: Nation, app: RelyingParty, username: str) -> str | None:
    """One sign-in in a new browser, and the mini-app's part of it; what went wrong, if anything did."""
    try:
        visit = country.visit(app, country.east, username)
        if not visit.page.is_outside or "code" not in visit.answer:
            return f"{visit.page.status} {visit.page.url.partition('?')[0]}"
        answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    except (OSError, HTTPException, AssertionError) as error:
        # No answer in half a minute, a connection that broke, or a walk in circles: a person would call it a failure.
        return f"{type(error).__name__} {error}"
    return None if answer.status == 200 else f"{answer.status} /token {answer.error}"


def _change(country: Nation, tally: Tally, change_keys: ChangeKeys) -> None:
    try:
        for _ in range(ROUNDS):
            change_keys(country, tally.changed)
    except _Enough:
        return
    finally:
        # Whatever ended it: sign-ins without changes are not what is counted.
        tally.over.set()


def _show(tally: Tally, seconds: float) -> None:
    per_key = ", ".join(f"{name} {times}" for name, times in sorted(tally.changes.items()))
    print(f"sign-ins across regions   {tally.signed_in:,}")
    print(f"failures                  {len(tally.failures):,}")
    print(f"key changes meanwhile     {tally.changes.total():,} ({per_key})")
    print(f"minutes                   {seconds / 60:.1f}")
    for failure in tally.failures[:FAILURES_SHOWN]:
        print(f"  {failure}")


def _show_refusals(country: Nation) -> None:
    """Why regions refused, as their own logs say; that a nonce was asked for is no refusal."""
    for region in country.regions:
        said = region.output.read_text(encoding="utf-8", errors="replace").splitlines()
        refusals = [line for line in said if '"refused"' in line and "use_dpop_nonce" not in line]
        for line in refusals[-FAILURES_SHOWN:]:
            print(f"  {region.settings.region} {line}")
