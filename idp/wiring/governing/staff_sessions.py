"""How the staff come in: a session after a passkey, an API token made in such a session."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.factors.passkey_values import Ceremony, PasskeyRefused
from idp.authn.throttle import TooManyAttempts, network_of
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import Kind, digest, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret
from idp.foundation.sentence import N_
from idp.governance.roles import Action
from idp.governance.staff import (
    LONGEST_NAME,
    LONGEST_TOKEN_LIFETIME,
    SESSION_LIFETIME,
    Acting,
    BadMember,
    FreshPasskey,
    NotStaff,
    Via,
    token_context,
)
from idp.governance.staff_sessions import ApiToken, Seat, StaffSession
from idp.storage.staff_stores import StaffStores
from idp.wiring.governing.staff_passkeys import StaffPasskeys

SIGN_INS = Schedule(
    free=20, first_delay=timedelta(seconds=2), longest_delay=timedelta(minutes=1), window=timedelta(hours=1)
)
"""Questions asked from one network without a right answer. A passkey cannot be guessed: this saves us the work."""
TOUCH_EVERY = timedelta(minutes=1)


class StaffSessions:
    """Sessions of the staff, by the value in the cookie."""

    def __init__(
        self,
        stores: StaffStores,
        passkeys: StaffPasskeys,
        throttles: ThrottleStore,
        events: EventLog,
        secret: Secret,
        entropy: Entropy,
    ) -> None:
        self._stores, self._passkeys, self._throttles = stores, passkeys, throttles
        self._events, self._entropy = events, entropy
        self._key = keyed_digest(secret.reveal(), "throttle keys of staff")

    def begin_sign_in(self, browser: str, address: str, *, now: datetime) -> Ceremony:
        """The question for a passkey, the same for everybody. Raises: TooManyAttempts."""
        charge = self._throttles.charge(self._network(address), SIGN_INS, now=now)
        if not charge.allowed:
            raise TooManyAttempts(charge.retry_at, disabled=False)
        return self._passkeys.begin_sign_in(browser, now=now)

    def sign_in(
        self, browser: str, challenge_id: str, answer: str, seat: Seat, *, before: str | None, now: datetime
    ) -> str:
        """Open a session; the value for its cookie. It is always new, and the one `before` in this browser ends.

        Raises: PasskeyRefused and its kinds.
        """
        shown = self._passkeys.complete_sign_in(browser, challenge_id, answer, now=now)
        self._throttles.refund(self._network(seat.address))
        self.sign_out(before, now=now)
        value = new_value(Kind.STAFF_SESSION, self._entropy)
        session = StaffSession(
            id=self._entropy.token(16),
            staff_id=shown.account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIFETIME,
            user_agent=seat.user_agent,
            address=seat.address,
        )
        self._stores.sessions.add(digest(value), session)
        self._events.record(Event(EventKind.STAFF_SIGNED_IN, now, subject=session.staff_id))
        return value

    def acting(self, value: str | None, *, now: datetime) -> Acting:
        """Who sits behind a cookie. Raises: NotStaff."""
        session = self._find(value, now)
        member = self._stores.members.find(session.staff_id, now=now) if session else None
        if session is None or member is None or not member.is_active:
            raise NotStaff("no session")
        if now - session.last_seen_at > TOUCH_EVERY:
            self._stores.sessions.touch(session.id, now=now)
        return Acting(member, Via.PAGE, session.id)

    def sign_out(self, value: str | None, *, now: datetime) -> None:
        """End the session behind a cookie, if there is one."""
        session = self._find(value, now)
        if session is not None and self._stores.sessions.end(session.id, session.staff_id, now=now):
            self._events.record(Event(EventKind.STAFF_SIGNED_OUT, now, subject=session.staff_id))

    def of(self, acting: Acting, *, now: datetime) -> tuple[StaffSession, ...]:
        """One's own sessions, the latest first."""
        return self._stores.sessions.of(acting.member.id, now=now)

    def end(self, acting: Acting, session_id: str, *, now: datetime) -> bool:
        """End one of one's own; True when this call did it."""
        is_ended = self._stores.sessions.end(session_id, acting.member.id, now=now)
        if is_ended:
            self._events.record(Event(EventKind.STAFF_SIGNED_OUT, now, subject=acting.member.id))
        return is_ended

    def end_others(self, acting: Acting, *, now: datetime) -> None:
        """End all of one's own but the one at hand: after something that guards them has changed."""
        self._stores.sessions.end_others(acting.member.id, acting.session, now=now)

    def _find(self, value: str | None, now: datetime) -> StaffSession | None:
        if value is None or not is_kind(Kind.STAFF_SESSION, value):
            return None
        return self._stores.sessions.find(digest(value), now=now)

    def _network(self, address: str) -> str:
        return f"staff:{keyed_digest(self._key, network_of(address))}"


class StaffTokens:
    """API tokens of the staff, for programs and for the commands.

    A token is made with a passkey in hand, also when another token asks for it: a stolen one makes no other.
    """

    def __init__(self, stores: StaffStores, events: EventLog, entropy: Entropy) -> None:
        self._stores, self._events, self._entropy = stores, events, entropy

    def acting(self, token: str, via: Via, *, now: datetime) -> Acting:
        """Who acts by a token, and how far it reaches. Raises: NotStaff."""
        found = self._stores.tokens.find(digest(token), now=now) if is_kind(Kind.STAFF_TOKEN, token) else None
        member = self._stores.members.find(found.staff_id, now=now) if found else None
        if found is None or member is None or not member.is_active:
            raise NotStaff("no such token in force")
        if found.last_used_at is None or now - found.last_used_at > TOUCH_EVERY:
            self._stores.tokens.used(found.id, now=now)
        return Acting(member, via, found.id, found.actions)

    def offered(self, acting: Acting) -> tuple[Action, ...]:
        """What a token of this member could be made for."""
        return tuple(action for action in Action if acting.can(action))

    def make(
        self,
        acting: Acting,
        label: str,
        actions: Iterable[Action],
        lifetime: timedelta,
        proof: FreshPasskey,
        *,
        now: datetime,
    ) -> str:
        """A new token, which nobody can read again. `proof` is for `token_context` of just this wish.

        A token makes none that reaches further than itself. Raises: BadMember — the words say what is wrong with the
        wish; PasskeyRefused — of somebody else, or for something else.
        """
        wanted = frozenset(actions)
        if not label or len(label) > LONGEST_NAME or not label.isprintable():
            raise BadMember(
                "token-name", N_("A token has a name of 1 to %(most)s characters."), most=LONGEST_NAME
            )
        if not wanted or not wanted <= set(self.offered(acting)):
            raise BadMember(
                "token-actions", N_("A token is for some of the actions that its owner may take.")
            )
        if not timedelta(0) < lifetime <= LONGEST_TOKEN_LIFETIME:
            raise BadMember(
                "token-lifetime",
                N_("A token lives for %(most)s days at most."),
                most=LONGEST_TOKEN_LIFETIME.days,
            )
        wish = token_context(label, wanted, lifetime.days)
        if (proof.staff_id, proof.context) != (acting.member.id, wish):
            raise PasskeyRefused("another person's passkey, or for another token")
        value = new_value(Kind.STAFF_TOKEN, self._entropy)
        token = ApiToken(self._entropy.token(12), acting.member.id, label, wanted, now, now + lifetime)
        self._stores.tokens.add(digest(value), token)
        self._events.record(Event(EventKind.STAFF_TOKEN_MADE, now, subject=acting.member.id))
        return value

    def of(self, acting: Acting, *, now: datetime) -> tuple[ApiToken, ...]:
        """One's own in force, the latest first."""
        return self._stores.tokens.of(acting.member.id, now=now)

    def revoke(self, acting: Acting, token_id: str, *, now: datetime) -> bool:
        """Revoke one of one's own; True when this call did it."""
        is_revoked = self._stores.tokens.revoke(token_id, acting.member.id, now=now)
        if is_revoked:
            self._events.record(Event(EventKind.STAFF_TOKEN_REVOKED, now, subject=acting.member.id))
        return is_revoked
