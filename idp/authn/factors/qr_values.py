"""Signing in by scanning: its states as types, what can be in the way, and what the store promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.foundation.identifiers import digest
from idp.oidc.proofs import Proof


class NotApprovable(Exception):
    """This phone cannot claim or approve this sign-in; the kinds say why."""


class AlreadyTaken(NotApprovable):
    """Another phone scanned it first, or it is over."""


class SameBrowser(NotApprovable):
    """Scanned by the browser that shows it: nothing needs to cross between devices."""


class ChainedSession(NotApprovable):
    """This phone was itself signed in by scanning. Approvals do not make approvals."""


class NoPasskey(NotApprovable):
    """The person has no passkey to approve with."""


class Cooling(NotApprovable):
    """The person said No a moment ago."""

    def __init__(self, until: datetime) -> None:
        super().__init__("cooling down")
        self.until = until


class WrongNumber(NotApprovable):
    """Not the number on the screen. The sign-in is stopped."""


class NotVerified(NotApprovable):
    """What was shown on the phone is no passkey that checked its user."""


class Over(NotApprovable):
    """No such sign-in, not this device's, or no longer at this step."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The browser that wants to be signed in, within one transaction."""

    transaction_digest: bytes
    browser_digest: bytes


@dataclass(frozen=True, slots=True)
class Phone:
    """The session that scanned."""

    account_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Its code can be scanned."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One phone scanned it; the screen shows a number."""

    phone: Phone


@dataclass(frozen=True, slots=True)
class Matched:
    """The number was typed on the phone; the passkey is still owed."""

    phone: Phone


@dataclass(frozen=True, slots=True)
class Approved:
    """The screen may sign in, once."""

    phone: Phone
    proof: Proof
    authenticator_id: str


@dataclass(frozen=True, slots=True)
class Used:
    """The screen did."""

    phone: Phone


@dataclass(frozen=True, slots=True)
class Denied:
    """The phone's owner said No, or typed a wrong number."""

    phone: Phone


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The screen gave up."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody finished it in time."""


State = Waiting | Claimed | Matched | Approved | Used | Denied | Cancelled | Expired
OPEN = (Waiting, Claimed, Matched, Approved)


@dataclass(frozen=True, slots=True)
class QrSignIn:
    """One sign-in by scanning."""

    id: str
    """In the code (`Kind.QR_SIGN_IN`); opens nothing by itself. Stored as a digest."""
    screen: Screen
    client_id: str | None
    """The mini-app it is for; None for the person's own account pages."""
    address: str
    user_agent: str
    created_at: datetime
    expires_at: datetime
    state: State = Waiting()

    def state_at(self, now: datetime) -> State:
        """Where it stands; what was left open too long has expired."""
        return Expired() if isinstance(self.state, OPEN) and self.expires_at <= now else self.state


class QrSignInStore(Protocol):
    """Sign-ins by scanning. Every move is one statement that still demands the state before and the time left."""

    def add(self, sign_in: QrSignIn) -> None:
        """Keep a new one, and cancel what was open for the same transaction."""
        ...

    def find(self, sign_in_id: str) -> QrSignIn | None:
        """It, whatever its state."""
        ...

    def claim(self, sign_in_id: str, phone: Phone, *, expires_at: datetime, now: datetime) -> bool:
        """From waiting to claimed. Atomic: of concurrent calls one returns True."""
        ...

    def match(self, sign_in_id: str, phone: Phone, *, now: datetime) -> bool:
        """From claimed by this phone to matched. Atomic."""
        ...

    def approve(
        self, sign_in_id: str, phone: Phone, proof: Proof, authenticator_id: str, *, now: datetime
    ) -> bool:
        """From matched by this phone to approved. Atomic."""
        ...

    def use(self, sign_in_id: str, screen: Screen, *, now: datetime) -> bool:
        """From approved to used, by this screen, while the phone is still signed in. Atomic, True once."""
        ...

    def deny(self, sign_in_id: str, phone: Phone, *, now: datetime) -> bool:
        """End it from this phone, wherever it stands. True when this call did it."""
        ...

    def cancel(self, sign_in_id: str, screen: Screen, *, now: datetime) -> bool:
        """End it from this screen, wherever it stands. True when this call did it."""
        ...

    def denials(self, account_id: str, *, since: datetime) -> tuple[datetime, ...]:
        """When this person stopped one, the latest last."""
        ...


@dataclass(frozen=True, slots=True)
class Scanner:
    """Who holds the phone, as far as a claim must know them."""

    phone: Phone
    browser_digest: bytes
    proofs: tuple[Proof, ...]
    """Of the phone's own session."""


def screen_of(transaction_id: str, browser_value: str) -> Screen:
    """The screen as its requests name it."""
    return Screen(digest(transaction_id), digest(browser_value))
