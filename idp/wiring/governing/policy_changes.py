"""The assurance policy of a region, as requests: `policy.assurance`.

The policy in force is the newest that was applied; before the first one it is the one of the settings. Processes read
it when they start: what levels mean does not change under a sign-in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime

from idp.authn.assurance_policy import AssurancePolicy, BadPolicy
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import ChangeKind, Effect, EffectLine, Inverse, Payload, Reach, counted
from idp.governance.roles import Action
from idp.oidc.proofs import Property
from idp.storage.events import EventRepository
from idp.storage.reach import ReachRepository
from idp.wiring.assurance import POLICY_CHANGES
from idp.wiring.governing.payloads import Reader

LONGEST = 32_768


class PolicyAssurance(ChangeKind):
    """Say anew what the levels of the region take."""

    name = POLICY_CHANGES
    action = Action.POLICY_PROPOSE

    def __init__(
        self,
        present: Callable[[], str],
        unprovable: frozenset[Property],
        reach: ReachRepository,
        events: EventRepository,
    ) -> None:
        self._present, self._unprovable, self._reach, self._events = present, unprovable, reach, events

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"policy": reader.prose("policy", longest=LONGEST)}
        reader.done()
        return found

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        return {"policy": self._present(), **unread}

    def subject(self, payload: Payload) -> str:
        return "assurance"

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            AssurancePolicy.parse(tomllib.loads(payload["policy"])).without(self._unprovable)
        except (BadPolicy, ValueError, RecursionError) as error:
            return (
                problem(
                    "policy", "policy-unreadable", N_("This is no policy: %(detail)s"), detail=str(error)
                ),
            )
        if payload["policy"] == self._present():
            return (
                problem(
                    "policy", "policy-same", N_("This is the policy in force: there is nothing to change.")
                ),
            )
        return ()

    def direction(self, payload: Payload) -> Direction:
        """Whether a ladder is weaker than another is not for a machine to say: it waits."""
        return Direction.NEUTRAL

    def base(self, payload: Payload) -> str:
        return digest_of(self._present())

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("policy", self._present(), payload["policy"]),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (
            EffectLine(Reach.NEEDS_RESTART),
            counted(Reach.SESSIONS_OPEN, self._reach.sessions(now=now)),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        """The request itself is what is kept: the newest applied one is in force."""
        self._events.record(Event(EventKind.POLICY_CHANGED, now, subject=f"assurance by {authority.change}"))
        return "in force when the server processes start again"

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(self.name, {"policy": self._present()})
