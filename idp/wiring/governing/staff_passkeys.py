"""Passkeys of the staff: the rules of `idp.authn.factors.passkey` over tables of their own.

Joining, and adding a further one, are the two ways a passkey gets in: with a one-time link, or with another passkey of
the same member unlocked just now. Both are checked before a permit is made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from idp.adapters.py_webauthn import PyWebauthn
from idp.authn.authenticators import LABEL_LENGTH, Authenticator
from idp.authn.factors.passkey import Passkeys
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_values import (
    Ceremony,
    Passkey,
    PasskeyCloned,
    PasskeyKind,
    PasskeyRefused,
    PasskeyStore,
    Shown,
)
from idp.authn.permit import Ground, Permit
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.governance.staff import (
    CONFIRMATION_LIFETIME,
    Acting,
    FreshPasskey,
    LinkOver,
    NotStaff,
    StaffMember,
    Via,
)
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.staff_stores import StaffStores

LONGEST_CONTEXT = 512
"""Characters of what a passkey is asked to confirm."""


class StaffPasskeys:
    """The ceremonies of the staff. Whoever is refused is told nothing about anybody."""

    def __init__(
        self, settings: Settings, database: Database, stores: StaffStores, events: EventLog, entropy: Entropy
    ) -> None:
        place = urlsplit(settings.issuer)
        rp_id = settings.rp_id or place.hostname or ""
        name = next(iter(settings.region_name.values()), rp_id)
        # Another maker than of citizens' passkeys, or one side would have the other's forgotten as unknown.
        self.rp = RpIdentity(rp_id, name, f"{settings.issuer}/console")
        self._library = PyWebauthn(rp_id, f"{place.scheme}://{place.netloc.lower()}")
        self._db, self._stores, self._events, self._entropy = database, stores, events, entropy
        self._passkeys = self._over(stores.passkeys)
        self._label = f"{name} – {place.netloc}"

    # Joining

    def invited_by(self, link: str, *, now: datetime) -> StaffMember:
        """Whom a one-time link invites. Raises: LinkOver."""
        found = (
            self._stores.links.invited_by(digest(link), now=now) if is_kind(Kind.STAFF_LINK, link) else None
        )
        if found is None:
            raise LinkOver
        return found

    def begin_joining(self, link: str, browser: str, *, now: datetime) -> Ceremony:
        """Ask the browser of somebody invited for their first passkey. Raises: LinkOver."""
        member = self.invited_by(link, now=now)
        return self._begin_enrolment(self._passkeys, member, _joining(link, browser), now)

    def join(self, link: str, browser: str, challenge_id: str, answer: str, *, now: datetime) -> StaffMember:
        """Keep the first passkey, use the link up and make its member active: all of it or nothing.

        Raises: LinkOver; PasskeyRefused — then the link is as good as before.
        """
        member = self.invited_by(link, now=now)
        keeping = Joining(self._db, self._stores, self._events, digest(link), now)
        self._over(keeping).complete_enrolment(
            Permit(member.id, Ground.STAFF), challenge_id, _joining(link, browser), answer, "", now=now
        )
        return member

    # Signing in and confirming

    def begin_sign_in(self, browser: str, *, now: datetime) -> Ceremony:
        """Ask for a passkey of anybody of the staff: the same question for everybody."""
        return self._passkeys.begin_sign_in(_signing_in(browser), now=now)

    def complete_sign_in(self, browser: str, challenge_id: str, answer: str, *, now: datetime) -> Shown:
        """Whose passkey it was. Raises: PasskeyRefused and its kinds."""
        with self._alarmed(now):
            return self._passkeys.complete_sign_in(challenge_id, _signing_in(browser), answer, now=now)

    def begin_confirmation(self, acting: Acting, context: str, *, now: datetime) -> Ceremony:
        """Ask whoever sits at a page, or has a program of theirs ask, for a passkey, for `context` and nothing else.

        Raises: NotStaff — a command: it shows nobody a question.
        """
        if acting.via is Via.COMMAND:
            raise NotStaff("a command shows nobody a question for a passkey")
        return self._passkeys.begin_approval(acting.member.id, _confirming(acting, context), now=now)

    def complete_confirmation(
        self, acting: Acting, challenge_id: str, answer: str, context: str, *, now: datetime
    ) -> FreshPasskey:
        """That this member unlocked a passkey just now, for `context`, in the session or by the token that asked.

        Raises: PasskeyRefused.
        """
        with self._alarmed(now):
            self._passkeys.complete_approval(
                acting.member.id, _confirming(acting, context), challenge_id, answer, now=now
            )
        return FreshPasskey(acting.member.id, context, now)

    # One's own

    def of(self, staff_id: str) -> tuple[Authenticator, ...]:
        """Every passkey of a member, the oldest first, suspended ones too."""
        return self._stores.passkey_lines.of(staff_id)

    def begin_adding(self, acting: Acting, *, now: datetime) -> Ceremony:
        """Ask for a further passkey; the caller has seen another one just now.

        Raises: TooManyPasskeys; NotAllowed — a token that does not reach as far as its owner.
        """
        acting.require_whole_reach()
        return self._begin_enrolment(self._passkeys, acting.member, _adding(acting), now)

    def add(
        self, acting: Acting, challenge_id: str, answer: str, label: str, *, now: datetime
    ) -> Authenticator:
        """Keep it. Raises: PasskeyRefused and its kinds; NotAllowed, as `begin_adding`."""
        acting.require_whole_reach()
        made = self._passkeys.complete_enrolment(
            Permit(acting.member.id, Ground.STAFF), challenge_id, _adding(acting), answer, label, now=now
        )
        self._events.record(Event(EventKind.STAFF_PASSKEY_ADDED, now, subject=acting.member.id))
        return made

    def rename(self, acting: Acting, passkey_id: str, label: str) -> bool:
        """Give one of one's own another name; False when there is none such, or no such name."""
        if not 0 < len(label) <= LABEL_LENGTH or not label.isprintable():
            return False
        return self._stores.passkey_lines.rename(acting.member.id, passkey_id, label)

    def remove(self, acting: Acting, passkey_id: str, *, now: datetime) -> bool:
        """Remove one of one's own for good; False for the last one in use, and when there is none such.

        Raises: NotAllowed, as `begin_adding`.
        """
        acting.require_whole_reach()
        with self._db.transaction():
            is_removed = self._stores.passkey_lines.remove(acting.member.id, passkey_id)
            if is_removed:
                self._events.record(Event(EventKind.STAFF_PASSKEY_REMOVED, now, subject=acting.member.id))
        return is_removed

    def _over(self, store: PasskeyStore) -> Passkeys:
        return Passkeys(
            self.rp,
            store,
            self._stores.passkey_lines,
            self._stores.challenges,
            self._stores.passkeys,
            self._library,
            None,
            self._entropy,
            lifetime=CONFIRMATION_LIFETIME,
        )

    def _begin_enrolment(
        self, passkeys: Passkeys, member: StaffMember, bound_to: bytes, now: datetime
    ) -> Ceremony:
        return passkeys.begin_enrolment(
            Permit(member.id, Ground.STAFF),
            bound_to,
            PasskeyKind.PASSKEY,
            username=member.name,
            display_name=f"{member.name} ({self._label})",
            now=now,
        )

    @contextmanager
    def _alarmed(self, now: datetime) -> Iterator[None]:
        """Note when a passkey may have been copied."""
        try:
            yield
        except PasskeyCloned as cloned:
            self._events.record(Event(EventKind.STAFF_PASSKEY_CLONED, now, subject=cloned.account_id))
            raise


class Joining:
    """Keeps the first passkey of a member together with what it takes: the link used up, the member active."""

    def __init__(
        self, database: Database, stores: StaffStores, events: EventLog, link: bytes, now: datetime
    ) -> None:
        self._db, self._stores, self._events = database, stores, events
        self._link, self._now = link, now

    def add(self, passkey: Passkey, authenticator: Authenticator) -> None:
        """Implements `PasskeyStore`. Raises: LinkOver; PasskeyTaken — and nothing was changed."""
        staff_id = passkey.account_id
        with self._db.transaction():
            is_governed_now = self._stores.links.join(staff_id, self._link, now=self._now)
            self._stores.passkeys.add(passkey, authenticator)
            self._events.record(Event(EventKind.STAFF_JOINED, self._now, subject=staff_id))
            if is_governed_now:
                self._events.record(Event(EventKind.GOVERNED, self._now, subject=staff_id))

    def find(self, credential_id: bytes) -> Passkey | None:
        return self._stores.passkeys.find(credential_id)

    def of(self, account_id: str) -> tuple[Passkey, ...]:
        return self._stores.passkeys.of(account_id)

    def use(self, passkey: Passkey, *, sign_count: int, is_backed_up: bool, now: datetime) -> bool:
        return self._stores.passkeys.use(passkey, sign_count=sign_count, is_backed_up=is_backed_up, now=now)


def require_confirmed(acting: Acting, proof: FreshPasskey | None, context: str) -> None:
    """See that whoever acts unlocked a passkey of theirs for just this. Raises: PasskeyRefused."""
    if proof is None or (proof.staff_id, proof.context) != (acting.member.id, context):
        raise PasskeyRefused("no passkey, another person's, or for something else")


def _joining(link: str, browser: str) -> bytes:
    return digest(f"console join {browser} {link}")


def _signing_in(browser: str) -> bytes:
    return digest(f"console sign-in {browser}")


def _adding(acting: Acting) -> bytes:
    return digest(f"console passkey {acting.via} {acting.session}")


def _confirming(acting: Acting, context: str) -> str:
    """What a question is bound to: who asked which way, for what. Raises: PasskeyRefused — no context is that long."""
    if len(context) > LONGEST_CONTEXT:
        raise PasskeyRefused("an oversized context")
    return f"console {acting.via} {acting.session} {context}"
