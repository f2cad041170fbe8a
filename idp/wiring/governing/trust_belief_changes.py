"""How far a listed region is believed, as requests: its ceiling, and its keys."""

from __future__ import annotations

from datetime import datetime

from idp.governance.change_request import DiffLine
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import KEY_REASONS, Change, RevokeKey, SetCeiling
from idp.wiring.governing.effects_abroad import cut_off_abroad, ended_abroad, going_on_abroad
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.trust_changes import LEVELS, OfList


class TrustCeiling(OfList):
    """Say how strong a sign-in of a region is believed to be at most."""

    name = "trust.ceiling"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"issuer": reader.text("issuer"), "ceiling": reader.number("ceiling", *LEVELS)}
        reader.done()
        return found

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        line = self._hub.listed().find(str(unread.get("issuer", "")))
        return unread if line is None else {"ceiling": int(line.ceiling), **unread}

    def change(self, payload: Payload) -> Change:
        return SetCeiling(payload["issuer"], AcrLevel(payload["ceiling"]))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        line, told = self._line(payload), EffectLine(Reach.REGIONS_TOLD, self._told(payload))
        if line is None or payload["ceiling"] >= int(line.ceiling):
            return (told,)
        return (told, *ended_abroad(self._hub.abroad(line.op, now=now), payload["ceiling"]))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        line = self._line(payload)
        return (DiffLine("ceiling", "" if line is None else str(int(line.ceiling)), str(payload["ceiling"])),)

    def inverse(self, payload: Payload) -> Inverse | None:
        line = self._line(payload)
        if line is None:
            return None
        return Inverse(self.name, {"issuer": payload["issuer"], "ceiling": int(line.ceiling)})


class TrustRevokeKey(OfList):
    """Make a key of a region sign nothing any more."""

    name = "trust.revoke_key"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "issuer": reader.text("issuer"),
            "kid": reader.text("kid", longest=200),
            "reason": reader.choice("reason", KEY_REASONS),
        }
        reader.done()
        return found

    def change(self, payload: Payload) -> Change:
        return RevokeKey(payload["issuer"], payload["kid"], payload["reason"])

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        line = self._line(payload)
        told = (EffectLine(Reach.REGIONS_TOLD, self._told(payload)), EffectLine(Reach.TOKENS_REFUSED))
        if line is None:
            return told
        abroad, in_force = self._hub.abroad(line.op, now=now), line.key_names(line.id)
        if payload["issuer"] == line.id and in_force == {payload["kid"]}:
            # It is suspended with its last key.
            return (EffectLine(Reach.REGIONS_CUT_OFF), *told, *cut_off_abroad(abroad))
        return (*told, *going_on_abroad(abroad))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("key_of", payload["issuer"], payload["issuer"]),
            DiffLine("key", payload["kid"], ""),
            DiffLine("reason", "", payload["reason"]),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        """A key that may be in other hands never comes back."""
        return None
