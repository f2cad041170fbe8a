"""Who stands by the hub's log, as a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.foundation.sentence import Problem
from idp.governance.change_request import DiffLine, digest_of
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.trustlist.changes import MAX_WITNESSES, ChangeRefused, SetWitnesses
from idp.trustlist.listing import ListedWitness
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.trust_changes import OfList
from idp.wiring.hub.naming_witnesses import require_nameable


class TrustWitnesses(OfList):
    """Say who cosigns the hub's log, and how many must stand by what gives trust."""

    name = "trust.witnesses"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "quorum": reader.number("quorum", 0, MAX_WITNESSES),
            "witnesses": reader.pairs("witnesses", most=MAX_WITNESSES),
        }
        reader.done()
        return found

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        return {**self._known(), **unread}

    def subject(self, payload: Payload) -> str:
        return "witnesses"

    def change(self, payload: Payload) -> SetWitnesses:
        witnesses = (ListedWitness(key, address) for key, address in payload["witnesses"].items())
        return SetWitnesses(payload["quorum"], tuple(witnesses))

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            require_nameable(self.change(payload))
        except ChangeRefused as refused:
            return (Problem("witnesses", refused.sentence),)
        return super().check(payload, now=now)

    def base(self, payload: Payload) -> str:
        return digest_of(self._known())

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.REGIONS_TOLD, self._told(payload)),)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        known = self._hub.listed().witnesses
        before = {one.key: one.address for one in known.witnesses}
        after = payload["witnesses"]
        return (
            *(
                (DiffLine("quorum", str(known.quorum), str(payload["quorum"])),)
                if known.quorum != payload["quorum"]
                else ()
            ),
            *(
                DiffLine("witness", _witness(key, before), _witness(key, after))
                for key in sorted({*before, *after})
                if before.get(key) != after.get(key)
            ),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(self.name, self._known())

    def _known(self) -> dict[str, Any]:
        """What the list says now."""
        known = self._hub.listed().witnesses
        pairs = {one.key: one.address for one in known.witnesses}
        return {"quorum": known.quorum, "witnesses": pairs}


def _witness(key: str, addresses: Mapping[str, str]) -> str:
    return f"{key}\n{addresses[key]}" if key in addresses else ""
