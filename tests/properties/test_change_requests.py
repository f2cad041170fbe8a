"""Whatever several people do in whatever order: nothing is applied without two of them, but an emergency suspension."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from idp.foundation.entropy import SystemEntropy
from idp.governance.change_request import DONE, ChangeRequest, Direction, IllegalMove, State, context_of
from idp.governance.kinds import CannotApply
from idp.governance.roles import StaffRole
from idp.governance.staff import Acting, FreshPasskey, NotAllowed, StaffMember, Via
from idp.settings import DatabaseSync
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.wiring.governing.change_desk import ChangeDesk
from tests.contract.region import NOW, contract_settings
from tests.support.lamp import Lamp

DELAY = timedelta(days=1)
REFUSALS = (IllegalMove, CannotApply, NotAllowed)
PEOPLE = {
    "ada": StaffRole.NATIONAL_OPERATOR,
    "ben": StaffRole.NATIONAL_OPERATOR,
    "cao": StaffRole.REVIEWER,
    "dou": StaffRole.AUDITOR,
}
people = st.sampled_from(sorted(PEOPLE))
brightness = st.integers(min_value=0, max_value=9)


class TwoPeople(RuleBasedStateMachine):
    """Three who may approve, two of whom may propose, and one who may only look."""

    template: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        url = f"sqlite:///{shutil.copy(self.template, self.folder / 'idp.db')}"
        self.database = Database(url, DatabaseSync.NORMAL)
        stores = Stores.on(self.database, contract_settings(url))
        self.lamp = Lamp(self.database)
        self.desk = ChangeDesk(
            self.database,
            stores.changes,
            stores.events,
            {self.lamp.name: self.lamp},
            SystemEntropy(),
            delay=DELAY,
        )
        self.now: datetime = NOW
        self.requests: list[str] = []
        self.acting: dict[str, Acting] = {}
        for name, role in PEOPLE.items():
            member = StaffMember(f"st_{name}", name, frozenset({role}), None, True, NOW)
            stores.staff.members.add(member, by="test", now=NOW)
            self.acting[name] = Acting(member, Via.PAGE, "session")

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            shutil.rmtree(self.folder)

    def some(self, number: int) -> ChangeRequest:
        return self.desk.find(self.requests[number % len(self.requests)])

    @rule(who=people, to=brightness)
    def propose(self, who: str, to: int) -> None:
        try:
            made = self.desk.propose(self.acting[who], self.lamp.name, {"to": to}, "why", now=self.now)
        except REFUSALS:
            return
        self.requests.append(made.id)

    @precondition(lambda self: self.requests)
    @rule(
        who=people,
        number=st.integers(0, 50),
        by=people,
        purpose=st.sampled_from(("approve", "approve", "approve", "review", "suspend")),
        age=st.sampled_from((0, 0, 0, 60, 121)),
        other=st.integers(0, 50),
        is_other=st.booleans(),
    )
    def approve(
        self, who: str, number: int, by: str, purpose: str, age: int, other: int, is_other: bool
    ) -> None:
        request = self.some(number)
        about = self.some(other) if is_other else request
        proof = FreshPasskey(
            self.acting[by].member.id, context_of(about, purpose), self.now - timedelta(seconds=age)
        )
        try:
            self.desk.approve(self.acting[who], request.id, about.content_hash, proof, now=self.now)
        except REFUSALS:
            return
        assert (by, purpose, about.id) == (who, "approve", request.id)
        assert age <= 120

    @precondition(lambda self: self.requests)
    @rule(who=people, number=st.integers(0, 50), refuses=st.booleans())
    def close(self, who: str, number: int, refuses: bool) -> None:
        step = self.desk.refuse if refuses else self.desk.cancel
        try:
            step(self.acting[who], self.some(number).id, "no", now=self.now)
        except REFUSALS:
            return

    @rule(who=people, to=brightness)
    def suspend_now(self, who: str, to: int) -> None:
        acting = self.acting[who]
        try:
            draft = self.desk.draft_alone(acting, self.lamp.name, {"to": to}, now=self.now)
            proof = FreshPasskey(acting.member.id, draft.alone_context, self.now)
            made = self.desk.suspend_now(acting, self.lamp.name, {"to": to}, "fire", proof, now=self.now)
        except REFUSALS:
            return
        self.requests.append(made.id)

    @precondition(lambda self: self.requests)
    @rule(who=people, number=st.integers(0, 50), is_right=st.booleans())
    def review(self, who: str, number: int, is_right: bool) -> None:
        request, acting = self.some(number), self.acting[who]
        proof = FreshPasskey(acting.member.id, context_of(request, "review"), self.now)
        try:
            self.desk.review(acting, request.id, proof, is_right=is_right, why="looked", now=self.now)
        except REFUSALS:
            return

    @precondition(lambda self: self.requests)
    @rule(who=people, number=st.integers(0, 50))
    def roll_back(self, who: str, number: int) -> None:
        try:
            made = self.desk.roll_back(self.acting[who], self.some(number).id, "no", now=self.now)
        except REFUSALS:
            return
        self.requests.append(made.id)

    @rule(hours=st.sampled_from((1, 12, 24, 24 * 14)))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.desk.apply_due(now=self.now)

    @rule(to=brightness)
    def somebody_turns_it(self, to: int) -> None:
        self.lamp.turn(to)
        # Whoever owns the machine can; no request was carried out for it.

    @invariant()
    def nothing_was_done_by_one_person(self) -> None:
        if not hasattr(self, "lamp"):
            return
        for _, authority, at in self.lamp.done:
            request = self.desk.find(authority.change)
            assert request.state in DONE
            if authority.approver is None:
                assert request.is_emergency
                assert request.content.direction is Direction.RESTRICTS
                continue
            assert authority.approver != authority.proposer
            assert authority.content_hash == request.content.hash
            assert authority.approved_at is not None
            if request.content.direction is not Direction.RESTRICTS and request.rolls_back is None:
                assert at >= authority.approved_at + DELAY

    @invariant()
    def each_was_done_once(self) -> None:
        if hasattr(self, "lamp"):
            done = [authority.change for _, authority, _ in self.lamp.done]
            assert len(done) == len(set(done))

    @invariant()
    def whoever_decided_was_somebody_else(self) -> None:
        for request_id in getattr(self, "requests", ()):
            request = self.desk.find(request_id)
            if request.state in (State.REFUSED, State.CONFIRMED, State.REVERTED):
                assert request.closed_by != request.proposer


@pytest.fixture(autouse=True)
def template(sqlite_template: Path) -> None:
    TwoPeople.template = sqlite_template


class TestTwoPeople(TwoPeople.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
