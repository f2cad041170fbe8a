"""Helping citizens: a look at an account that is masked, has a reason, and is told to its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts.masking import masked
from idp.accounts.names import normalise_identifier
from idp.authn.authenticators import Authenticator
from idp.authn.credentials import Schedule
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import Event, EventKind
from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.storage.stores import Stores

MAX_REASON = 200
LOOKS = Schedule(
    free=30, first_delay=timedelta(seconds=30), longest_delay=timedelta(minutes=10), window=timedelta(hours=1)
)
"""Looks of one member, found or not: nobody walks through the citizens of a region."""
LATEST_EVENTS = 20


class NoReason(ValueError):
    """A look without a reason, or with too long a one."""


class NobodyThere(LookupError):
    """Nobody signs in with this."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What whoever helps may see."""

    name: str
    username: str
    """Masked, as the name is."""
    is_active: bool
    created_at: datetime
    authenticators: tuple[Authenticator, ...]
    events: tuple[Event, ...]
    """The latest, without whom and what they concern."""


class SupportDesk:
    """One for a process, in regions."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def look(self, acting: Acting, identifier: str, reason: str, *, now: datetime) -> Looked:
        """See how an account stands. The look is in its history, for its owner too, before anything is shown.

        Raises: NotAllowed; TooManyAttempts; NoReason; NobodyThere.
        """
        acting.require(Action.ACCOUNT_SUPPORT)
        charge = self._stores.throttles.charge(f"support:{acting.member.id}", LOOKS, now=now)
        if not charge.allowed:
            raise TooManyAttempts(charge.retry_at, disabled=False)
        reason = " ".join(reason.split())
        if not reason or len(reason) > MAX_REASON or not reason.isprintable():
            raise NoReason(f"say why, in 1 to {MAX_REASON} characters")
        account = self._stores.accounts.find_by_identifier(normalise_identifier(identifier))
        if account is None:
            raise NobodyThere(identifier)
        told = self._stores.history.of(account.id, before=None, limit=LATEST_EVENTS)
        self._stores.events.record(
            Event(
                EventKind.ACCOUNT_LOOKED_AT,
                now,
                account_id=account.id,
                subject=f"{acting.member.id} {reason}",
            )
        )
        return Looked(
            name=masked(account.name),
            username=masked(account.username),
            is_active=account.is_active,
            created_at=account.created_at,
            authenticators=self._stores.authenticators.of(account.id),
            events=tuple(Event(one.event.kind, one.event.at) for one in told),
        )
