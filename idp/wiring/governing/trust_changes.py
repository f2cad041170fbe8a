"""Changes of the list of regions, as requests: `trust.*`, at a hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from idp.federation.statement_claims import StatementError
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import (
    CannotApply,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    NotNow,
    Payload,
    Problem,
    Reach,
)
from idp.governance.roles import Action
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import (
    KEY_REASONS,
    MAX_WITNESSES,
    REASONS,
    Admit,
    Change,
    ChangeRefused,
    Remove,
    Restore,
    RevokeKey,
    SetCeiling,
    SetWitnesses,
    Suspend,
    changed,
)
from idp.trustlist.claims import BadBundle
from idp.trustlist.direction import loosens
from idp.trustlist.listing import FederationKey, ListedRegion, ListedWitness, TrustList, Vouched
from idp.wiring.governing.payloads import Reader, refused
from idp.wiring.hub.hub import Hub
from idp.wiring.hub.naming_witnesses import require_nameable
from idp.wiring.hub.region_visits import Introduction, VisitFailed

_LEVELS = (int(min(AcrLevel)), int(max(AcrLevel)))
_NOTHING_NEW = Problem("", "The list says that already: there is nothing to change.")
# The rules about who may come in look at names and keys alone.
_NOT_VISITED = Vouched("", "", {}, {}, "", datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


class _OfList(ChangeKind):
    """What changes of the list share."""

    action = Action.TRUST_PROPOSE

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def change(self, payload: Payload) -> Change:
        """The change of the list that this is."""
        raise NotImplementedError

    def subject(self, payload: Payload) -> str:
        return str(payload["issuer"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        listed = self._hub.listed()
        try:
            after = changed(listed, self.change(payload), now=now)
        except ChangeRefused as error:
            return (Problem("", str(error)),)
        return () if after != listed else (_NOTHING_NEW,)

    def direction(self, payload: Payload) -> Direction:
        widens = loosens(self._hub.listed(), self.change(payload))
        return Direction.LOOSENS if widens else Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """What was decided about the region. What it says of itself moves by its own word, and hinders nothing."""
        return digest_of(_decided(self._hub.listed(), self._line(payload)))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        line, told = self._line(payload), self._told(payload)
        if line is None or line.status is not RegionStatus.ACTIVE:
            return ()
        return (EffectLine(Reach.REGIONS_CUT_OFF), EffectLine(Reach.REGIONS_TOLD, told))

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            published = self._hub.change(self.change(payload), now=now, authority=authority, tells=False)
        return f"bundle {published.seq}"

    def afterwards(self, payload: Payload, *, now: datetime) -> None:
        self._hub.tell()

    def _line(self, payload: Payload) -> ListedRegion | None:
        return self._hub.region_of(self.subject(payload))

    def _told(self, payload: Payload) -> int:
        """Other regions in use: they believe it now, and will not any more."""
        line = self._line(payload)
        return len(self._hub.active() - ({line.op} if line else set()))

    def _status(self, payload: Payload) -> str:
        line = self._line(payload)
        return "" if line is None else str(line.status)


class TrustSuspend(_OfList):
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


class TrustRestore(_OfList):
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


class TrustRemove(_OfList):
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


class TrustCeiling(_OfList):
    """Say how strong a sign-in of a region is believed to be at most."""

    name = "trust.ceiling"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"issuer": reader.text("issuer"), "ceiling": reader.number("ceiling", *_LEVELS)}
        reader.done()
        return found

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        line = self._hub.listed().find(str(unread.get("issuer", "")))
        return unread if line is None else {"ceiling": int(line.ceiling), **unread}

    def change(self, payload: Payload) -> Change:
        return SetCeiling(payload["issuer"], AcrLevel(payload["ceiling"]))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.REGIONS_TOLD, self._told(payload)),)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        line = self._line(payload)
        return (DiffLine("ceiling", "" if line is None else str(int(line.ceiling)), str(payload["ceiling"])),)

    def inverse(self, payload: Payload) -> Inverse | None:
        line = self._line(payload)
        if line is None:
            return None
        return Inverse(self.name, {"issuer": payload["issuer"], "ceiling": int(line.ceiling)})


class TrustRevokeKey(_OfList):
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
        in_force = [] if line is None else [key.thumbprint for key in line.keys if not key.is_former]
        is_last = line is not None and payload["issuer"] == line.id and in_force == [payload["kid"]]
        return (EffectLine(Reach.REGIONS_CUT_OFF), *told) if is_last else told

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("key_of", payload["issuer"], payload["issuer"]),
            DiffLine("key", payload["kid"], ""),
            DiffLine("reason", "", payload["reason"]),
        )

    def inverse(self, payload: Payload) -> Inverse | None:
        """A key that may be in other hands never comes back."""
        return None


class TrustAdmit(_OfList):
    """Put a region on the list, with federation keys that were compared over another way."""

    name = "trust.admit"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "issuer": reader.text("issuer"),
            "name": reader.names("name"),
            "ceiling": reader.number("ceiling", *_LEVELS),
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
            met = self._hub.meet(str(unread["issuer"]), now=now)
        except VisitFailed as failure:
            raise NotNow(str(failure)) from failure
        keys = sorted(key.thumbprint for key in met.keys)
        return {"name": dict(met.name), "ceiling": _LEVELS[0], **unread, "thumbprints": keys}

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
            met = self._hub.meet(payload["issuer"], now=now)
            _require_compared(met, payload["thumbprints"])
            found = self._hub.look_at(
                _called(met, payload["name"]),
                ceiling=AcrLevel(payload["ceiling"]),
                domains=tuple(payload["domains"]),
                now=now,
            )
        except VisitFailed as failure:
            raise NotNow(str(failure)) from failure
        return {**payload, "met": _called(met, payload["name"]), "found": found}

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            published = self._hub.take_in(
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


class TrustWitnesses(_OfList):
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
        known = self._hub.listed().witnesses
        pairs = {one.key: one.address for one in known.witnesses}
        return {"quorum": known.quorum, "witnesses": pairs, **unread}

    def subject(self, payload: Payload) -> str:
        return "witnesses"

    def change(self, payload: Payload) -> SetWitnesses:
        witnesses = (ListedWitness(key, address) for key, address in payload["witnesses"].items())
        return SetWitnesses(payload["quorum"], tuple(witnesses))

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            require_nameable(self.change(payload))
        except ChangeRefused as refused:
            return (Problem("witnesses", str(refused)),)
        return super().check(payload, now=now)

    def base(self, payload: Payload) -> str:
        return digest_of(self.fill_in({}, now=_NOT_VISITED.renew_at))

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
        return Inverse(self.name, self.fill_in({}, now=_NOT_VISITED.renew_at))


def trust_kinds(hub: Hub) -> tuple[ChangeKind, ...]:
    """All of them."""
    return (
        TrustAdmit(hub),
        TrustSuspend(hub),
        TrustRestore(hub),
        TrustRemove(hub),
        TrustCeiling(hub),
        TrustRevokeKey(hub),
        TrustWitnesses(hub),
    )


def _with_reason(payload: Payload) -> dict[str, Any]:
    reader = Reader(payload)
    found = {"issuer": reader.text("issuer"), "reason": reader.choice("reason", REASONS)}
    reader.done()
    return found


def _witness(key: str, addresses: Mapping[str, str]) -> str:
    return f"{key}\n{addresses[key]}" if key in addresses else ""


def _decided(listed: TrustList, line: ListedRegion | None) -> list[Any]:
    if line is None:
        return []
    revoked = [[key.issuer, key.kid] for key in listed.revoked if key.issuer in line.entities]
    return [line.op, str(line.status), line.since.isoformat(), int(line.ceiling), list(line.domains), revoked]


def _called(met: Introduction, name: dict[str, str]) -> Introduction:
    return Introduction(met.op, name, met.keys)


def _require_compared(met: Introduction, thumbprints: list[str]) -> None:
    """Raises: CannotApply — the region shows other keys than those that were compared."""
    found = {key.thumbprint for key in met.keys}
    if found != set(thumbprints):
        sentence = f"{met.op} has other federation keys than were compared: {', '.join(sorted(found))}."
        raise CannotApply(Problem("thumbprints", sentence))


@contextmanager
def _explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what the list, or a bundle, did not allow."""
    try:
        yield
    except (ChangeRefused, VisitFailed, StatementError, BadBundle) as error:
        raise refused(error) from error
