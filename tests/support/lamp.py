"""A kind of change for tests of change requests alone: a lamp whose brightness is a row of the database.

Brighter loosens, darker restricts, and switching it off is what one person may do in an emergency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import (
    BadPayload,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Reach,
)
from idp.governance.roles import Action
from idp.storage.db import Database
from idp.storage.statement import Statement

MAKE = Statement(text("CREATE TABLE IF NOT EXISTS lamps (brightness INTEGER NOT NULL)"))
LIGHT = Statement(text("INSERT INTO lamps VALUES (5)"))
CLEAR = Statement(text("DELETE FROM lamps"))
NO_BRIGHTNESS = problem(
    "to", "payload-number", N_("It is a whole number from %(low)s to %(high)s."), low=0, high=9
)
AS_BRIGHT = problem("", "list-same", N_("The list says that already: there is nothing to change."))
READ = Statement(text("SELECT brightness FROM lamps"), is_repeatable=True)


class Crash(Exception):
    """The process dies here."""


@dataclass
class Lamp(ChangeKind):
    """Set the brightness, from 0 to 9."""

    database: Database
    crashes: bool = False
    """In the middle of the next application."""
    done: list[tuple[Payload, Authority, datetime]] = field(default_factory=list)
    """What was carried out, by whose word and when; also what was undone afterwards."""
    undoings: int = 0

    name = "lamp.set"
    action = Action.TRUST_PROPOSE
    alone = Action.TRUST_SUSPEND

    def __post_init__(self) -> None:
        self.database.run(MAKE)
        self.database.run(CLEAR)
        self.database.run(LIGHT)

    @property
    def brightness(self) -> int:
        row = self.database.one(READ)
        assert row is not None
        return int(row.brightness)

    def turn(self, brightness: int) -> None:
        """Somebody else turns it."""
        self.database.run(Statement(text(f"UPDATE lamps SET brightness = {int(brightness)}")))

    def read(self, payload: Payload) -> Payload:
        if payload.keys() != {"to"} or payload["to"] not in range(10):
            raise BadPayload(NO_BRIGHTNESS)
        return dict(payload)

    def subject(self, payload: Payload) -> str:
        return "lamp"

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        return (AS_BRIGHT,) if payload["to"] == self.brightness else ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS if payload["to"] > self.brightness else Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        return digest_of(self.brightness)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("brightness", str(self.brightness), str(payload["to"])),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.PEOPLE_REACHED, 7),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        self.turn(payload["to"])
        self.done.append((payload, authority, now))
        if self.crashes:
            raise Crash
        return "turned"

    def undone(self) -> None:
        self.undoings += 1

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(self.name, {"to": self.brightness})
