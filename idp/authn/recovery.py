"""Getting back into an account: which step may follow which. Pure: no store, no clock, no page.

By anchors: begun → one proved → two proved → waiting → ready → finished.
At a counter: requested by one officer → approved by another → ready → finished.
From every open state: cancelled, or expired. Whatever is not drawn here raises `IllegalMove`, and a permit to set a
credential comes out of a finished recovery and nowhere else (CVE-2026-18963 is the class of fault this ends).
Spec: NIST SP 800-63B-4 §4.2; OWASP ASVS 5.0 6.4.3, 6.4.4.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idp.authn.permit import Ground, Permit
from idp.foundation.entropy import Entropy


class Anchor(StrEnum):
    """What shows, beside the lost password or key, that the account is one's own."""

    EMAIL = "email"
    """A code sent to the verified e-mail address came back."""
    TEXT_MESSAGE = "text_message"
    """A code sent to the verified telephone number came back."""
    RECOVERY_CODE = "recovery_code"
    """One of the codes written down in advance."""
    TOTP = "totp"
    """The authenticator app, which was not lost."""


FIRST_ANCHORS = (Anchor.EMAIL, Anchor.TEXT_MESSAGE, Anchor.RECOVERY_CODE)
"""Six digits of an app are checked only behind another anchor: guessing at them would shut a stranger's app."""
SECOND_FACTORS = frozenset({Anchor.RECOVERY_CODE, Anchor.TOTP})
"""Anchors that are a second factor or stand in for one."""
ID_BYTES = 6


class IllegalMove(Exception):
    """This step does not follow from the state the recovery is in."""


class SameOfficer(Exception):
    """The officer who asked cannot be the one who approves."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody typed an identifier. Nothing is proved; perhaps nobody has that identifier."""


@dataclass(frozen=True, slots=True)
class OneProved:
    """One anchor: worth nothing by itself."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class TwoProved:
    """Two anchors of different kinds. Never stored: the waiting begins in the same moment."""

    anchors: frozenset[Anchor]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The owner has been told on every channel and has until then to stop it."""

    anchors: frozenset[Anchor]
    until: datetime


@dataclass(frozen=True, slots=True)
class Requested:
    """An officer saw the person at a counter."""

    officer: str


@dataclass(frozen=True, slots=True)
class Approved:
    """A second officer agreed; the person was handed a one-time code."""

    officer: str
    approver: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A credential may be set, once, in the browser that holds this recovery."""

    grounds: Waiting | Approved


@dataclass(frozen=True, slots=True)
class Finished:
    """It was."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Its owner, an officer or too many wrong answers stopped it."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody went on in time."""


State = (
    Begun | OneProved | TwoProved | Waiting | Requested | Approved | Ready | Finished | Cancelled | Expired
)
CLOSED = (Finished, Cancelled, Expired)


@dataclass(frozen=True, slots=True)
class Recovery:
    """One attempt to get back into one account."""

    id: str
    """The public handle: for officers and for the audit trail. It opens nothing."""
    account_id: str | None
    """None when nobody active has the identifier: such a recovery looks the same and leads nowhere."""
    state: State
    created_at: datetime
    expires_at: datetime
    """When the present state lapses."""
    lost: tuple[str, ...] = ()
    """Authenticators that go when it is finished. Only a counter visit can name any."""
    name_hash: bytes = b""
    """Keyed digest of the identifier as typed, under which messages and guesses are counted."""

    @property
    def is_open(self) -> bool:
        return not isinstance(self.state, CLOSED)

    @property
    def anchors(self) -> frozenset[Anchor]:
        """What was proved so far."""
        match self.state:
            case OneProved(anchor):
                return frozenset({anchor})
            case TwoProved(anchors) | Waiting(anchors) | Ready(Waiting(anchors)):
                return anchors
            case _:
                return frozenset()

    @property
    def officers(self) -> tuple[str, ...]:
        """Who agreed at a counter."""
        match self.state:
            case Requested(officer):
                return (officer,)
            case Approved(officer, approver) | Ready(Approved(officer, approver)):
                return (officer, approver)
            case _:
                return ()

    @property
    def is_from_counter(self) -> bool:
        return bool(self.officers)

    @property
    def shows_second_factor(self) -> bool:
        """Whether it proved as much as a second factor does.

        Then a passkey, which opens the account by itself, may be its outcome: nothing is skipped by it.
        """
        return self.is_from_counter or bool(self.anchors & SECOND_FACTORS)


def new_recovery_id(entropy: Entropy) -> str:
    """Written as hexadecimal digits: an officer reads it out and types it."""
    return entropy.bytes(ID_BYTES).hex()


def at(recovery: Recovery, now: datetime) -> Recovery:
    """The same recovery as it is now: time makes a waiting one ready, and any open one expire."""
    if recovery.is_open and recovery.expires_at <= now:
        return replace(recovery, state=Expired())
    if isinstance(recovery.state, Waiting) and recovery.state.until <= now:
        return replace(recovery, state=Ready(recovery.state))
    return recovery


def prove(recovery: Recovery, anchor: Anchor) -> Recovery:
    """One anchor more. Raises: IllegalMove — the same kind again, or an anchor that must not be the first."""
    if recovery.account_id is None:
        raise IllegalMove("nobody can prove anything here")
    match recovery.state:
        case Begun() if anchor in FIRST_ANCHORS:
            return replace(recovery, state=OneProved(anchor))
        case OneProved(first) if anchor is not first:
            return replace(recovery, state=TwoProved(frozenset({first, anchor})))
    raise IllegalMove(f"{anchor} does not follow")


def wait(recovery: Recovery, *, until: datetime, expires_at: datetime) -> Recovery:
    """Begin the waiting. Raises: IllegalMove — fewer than two anchors."""
    if not isinstance(recovery.state, TwoProved):
        raise IllegalMove("waiting takes two anchors")
    return replace(recovery, state=Waiting(recovery.state.anchors, until), expires_at=expires_at)


def approve(recovery: Recovery, officer: str, *, expires_at: datetime) -> Recovery:
    """A second officer agrees. Raises: IllegalMove; SameOfficer."""
    if not isinstance(recovery.state, Requested):
        raise IllegalMove("nobody asked for this at a counter")
    if folded(recovery.state.officer) == folded(officer):
        raise SameOfficer
    return replace(recovery, state=Approved(recovery.state.officer, officer), expires_at=expires_at)


def take_over(recovery: Recovery, *, expires_at: datetime) -> Recovery:
    """The person's browser shows the counter's code. Raises: IllegalMove — two officers have not agreed."""
    if not isinstance(recovery.state, Approved):
        raise IllegalMove("this was not approved at a counter")
    return replace(recovery, state=Ready(recovery.state), expires_at=expires_at)


def finish(recovery: Recovery) -> Recovery:
    """Raises: IllegalMove — not ready."""
    if recovery.account_id is None or not isinstance(recovery.state, Ready):
        raise IllegalMove("not ready")
    return replace(recovery, state=Finished())


def cancel(recovery: Recovery) -> Recovery:
    """Raises: IllegalMove — it is over already."""
    if not recovery.is_open:
        raise IllegalMove("it is over")
    return replace(recovery, state=Cancelled())


def permit_of(recovery: Recovery) -> Permit:
    """What a finished recovery permits. Raises: IllegalMove — it is not finished."""
    if recovery.account_id is None or not isinstance(recovery.state, Finished):
        raise IllegalMove("only a finished recovery permits anything")
    return Permit(recovery.account_id, Ground.RECOVERY)


def folded(officer: str) -> str:
    """An officer's name for comparison: capitals, spaces and wide letters do not make another person."""
    return " ".join(unicodedata.normalize("NFKC", officer).split()).casefold()
