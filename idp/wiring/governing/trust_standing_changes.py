"""Whether a region is trusted, as requests: suspending it, trusting it again, taking it off the list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.governance.change_request import DiffLine
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.governance.roles import Action
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import REASONS, Change, Remove, Restore, Suspend
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.trust_changes import OfList


class TrustSuspend(OfList):
    """Trust a region no more, for now."""

    name = "trust.suspend"
    alone = Action.TRUST_SUSPEND

    def read(self, payload: Payload) -> Payload:
        return _with_reason(payload)

    def change(self, payload: Payload) -> Change:
        return Suspend(payload["issuer"], payload["reason"])

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("status", self._status(payload), str(RegionStatus.SUSPENDED)),
            DiffLine("reason", "", payload["reason"]),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(TrustRestore.name, {"issuer": payload["issuer"]})


class TrustRestore(OfList):
    """Trust a suspended region again."""

    name = "trust.restore"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"issuer": reader.text("issuer")}
        reader.done()
        return found

    def change(self, payload: Payload) -> Change:
        return Restore(payload["issuer"])

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.REGIONS_ADDED), EffectLine(Reach.REGIONS_TOLD, self._told(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        line = self._line(payload)
        return (
            DiffLine("status", self._status(payload), str(RegionStatus.ACTIVE)),
            DiffLine("reason", "" if line is None else line.reason, ""),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        line = self._line(payload)
        reason = line.reason if line is not None and line.reason else "review"
        return Inverse(TrustSuspend.name, {"issuer": payload["issuer"], "reason": reason})


class TrustRemove(OfList):
    """Take a region off the list."""

    name = "trust.remove"

    def read(self, payload: Payload) -> Payload:
        return _with_reason(payload)

    def change(self, payload: Payload) -> Change:
        return Remove(payload["issuer"], payload["reason"])

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        line = self._line(payload)
        keys = [] if line is None else [key.thumbprint for key in line.keys if not key.is_former]
        return (
            DiffLine("status", self._status(payload), str(RegionStatus.REMOVED)),
            DiffLine("reason", "", payload["reason"]),
            *(DiffLine("federation_key", key, "") for key in keys),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        """It comes back only with other keys, and those nobody knows here."""
        return None


def _with_reason(payload: Payload) -> dict[str, Any]:
    reader = Reader(payload)
    found = {"issuer": reader.text("issuer"), "reason": reader.choice("reason", REASONS)}
    reader.done()
    return found
