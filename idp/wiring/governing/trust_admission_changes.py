"""Putting a region on the list, as a request: its federation keys are compared by people before, and fetched again."""

from __future__ import annotations

from datetime import UTC, datetime

from idp.foundation.sentence import N_, problem
from idp.governance.change_request import Authority, DiffLine
from idp.governance.kinds import CannotApply, Effect, EffectLine, Inverse, NotNow, Payload, Reach
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Admit, Change
from idp.trustlist.listing import FederationKey, Vouched
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.trust_changes import LEVELS, OfList, explained
from idp.wiring.governing.trust_standing_changes import TrustRemove
from idp.wiring.hub.region_visits import Introduction, VisitFailed

_NEVER = datetime.min.replace(tzinfo=UTC)
# The rules about who may come in look at names and keys alone.
_NOT_VISITED = Vouched("", "", {}, {}, "", _NEVER, _NEVER)


class TrustAdmit(OfList):
    """Put a region on the list, with federation keys that were compared over another way."""

    name = "trust.admit"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "issuer": reader.text("issuer"),
            "name": reader.names("name"),
            "ceiling": reader.number("ceiling", *LEVELS),
            "domains": reader.texts("domains"),
            "thumbprints": reader.texts("thumbprints", least=1),
        }
        reader.done()
        return found

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        """What the region says of itself: its name, and the keys that are to be compared."""
        if not unread.get("issuer"):
            return unread
        try:
            met = self._hub.regions.meet(str(unread["issuer"]), now=now)
        except VisitFailed as failure:
            raise NotNow.because(failure) from failure
        keys = sorted(key.thumbprint for key in met.keys)
        return {"name": dict(met.name), "ceiling": LEVELS[0], **unread, "thumbprints": keys}

    def change(self, payload: Payload) -> Change:
        keys = tuple(FederationKey(thumbprint, {}) for thumbprint in payload["thumbprints"])
        return Admit(
            payload["issuer"],
            payload["name"],
            AcrLevel(payload["ceiling"]),
            tuple(payload["domains"]),
            keys,
            _NOT_VISITED,
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.REGIONS_ADDED), EffectLine(Reach.REGIONS_TOLD, self._told(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("status", self._status(payload), str(RegionStatus.ACTIVE)),
            *(DiffLine("name", "", f"{text} ({tag})") for tag, text in payload["name"].items()),
            DiffLine("ceiling", "", str(payload["ceiling"])),
            *(DiffLine("domain", "", domain) for domain in payload["domains"]),
            *(DiffLine("federation_key", "", key) for key in payload["thumbprints"]),
        )

    def gather(self, payload: Payload, *, now: datetime) -> Payload:
        """What the region says now, with the very keys that were compared."""
        try:
            met = self._hub.regions.meet(payload["issuer"], now=now)
            _require_compared(met, payload["thumbprints"])
            found = self._hub.regions.look_at(
                _called(met, payload["name"]),
                ceiling=AcrLevel(payload["ceiling"]),
                domains=tuple(payload["domains"]),
                now=now,
            )
        except VisitFailed as failure:
            raise NotNow.because(failure) from failure
        return {**payload, "met": _called(met, payload["name"]), "found": found}

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            published = self._hub.regions.take_in(
                payload["met"],
                payload["found"],
                ceiling=AcrLevel(payload["ceiling"]),
                domains=tuple(payload["domains"]),
                now=now,
                authority=authority,
                tells=False,
            )
        return f"bundle {published.seq}"

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(TrustRemove.name, {"issuer": payload["issuer"], "reason": "operator_request"})


def _called(met: Introduction, name: dict[str, str]) -> Introduction:
    return Introduction(met.op, name, met.keys)


def _require_compared(met: Introduction, thumbprints: list[str]) -> None:
    """Raises: CannotApply — the region shows other keys than those that were compared."""
    found = {key.thumbprint for key in met.keys}
    if found != set(thumbprints):
        raise CannotApply(
            problem(
                "thumbprints",
                "region-other-keys",
                N_("%(region)s has other federation keys than were compared: %(found)s."),
                region=met.op,
                found=", ".join(sorted(found)),
            )
        )
