"""Changes of the list of regions, as requests: what all of `trust.*` share, at a hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from idp.federation.statement_claims import StatementError
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, Direction, digest_of
from idp.governance.kinds import ChangeKind, Effect, EffectLine, Payload, Reach
from idp.governance.roles import Action
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Change, ChangeRefused, changed
from idp.trustlist.claims import BadBundle
from idp.trustlist.direction import loosens
from idp.trustlist.listing import ListedRegion, TrustList
from idp.wiring.governing.effects_abroad import cut_off_abroad
from idp.wiring.governing.payloads import refused
from idp.wiring.hub.hub import Hub
from idp.wiring.hub.region_visits import VisitFailed

LEVELS = (int(min(AcrLevel)), int(max(AcrLevel)))
_NOTHING_NEW = problem("", "list-same", N_("The list says that already: there is nothing to change."))


class OfList(ChangeKind):
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
            return (Problem("", error.sentence),)
        return () if after != listed else (_NOTHING_NEW,)

    def direction(self, payload: Payload) -> Direction:
        widens = loosens(self._hub.listed(), self.change(payload))
        return Direction.LOOSENS if widens else Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """What was decided about the region. What it says of itself moves by its own word, and hinders nothing."""
        return digest_of(_decided(self._hub.listed(), self._line(payload)))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        line = self._line(payload)
        if line is None or line.status is not RegionStatus.ACTIVE:
            return ()
        return (
            EffectLine(Reach.REGIONS_CUT_OFF),
            EffectLine(Reach.REGIONS_TOLD, self._told(payload)),
            *cut_off_abroad(self._hub.abroad(line.op, now=now)),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            published = self._hub.change(self.change(payload), now=now, authority=authority, tells=False)
        return f"bundle {published.seq}"

    def afterwards(self, payload: Payload, *, now: datetime) -> None:
        self._hub.tell()

    def is_held_up(self, payload: Payload) -> bool:
        """It waits for witnesses."""
        return self._hub.standing.is_held_up(self.change(payload))

    def _line(self, payload: Payload) -> ListedRegion | None:
        return self._hub.region_of(self.subject(payload))

    def _told(self, payload: Payload) -> int:
        """Other regions in use: they believe it now, and will not any more."""
        line = self._line(payload)
        return len(self._hub.active() - ({line.op} if line else set()))

    def _status(self, payload: Payload) -> str:
        line = self._line(payload)
        return "" if line is None else str(line.status)


def _decided(listed: TrustList, line: ListedRegion | None) -> list[Any]:
    if line is None:
        return []
    revoked = [[key.issuer, key.kid] for key in listed.revoked if key.issuer in line.entities]
    return [line.op, str(line.status), line.since.isoformat(), int(line.ceiling), list(line.domains), revoked]


@contextmanager
def explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what the list, or a bundle, did not allow."""
    try:
        yield
    except (ChangeRefused, VisitFailed, StatementError, BadBundle) as error:
        raise refused(error) from error
