"""How the staff come in by a browser: a session after a passkey. Programs come by a token (`staff_tokens`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.factors.passkey_values import Ceremony
from idp.authn.throttle import TooManyAttempts, network_of
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import Kind, digest, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret
from idp.governance.staff import SESSION_LIFETIME, Acting, FreshPasskey, NotStaff, Via, sign_out_context
from idp.governance.staff_sessions import Seat, StaffSession
from idp.storage.staff_stores import StaffStores
from idp.wiring.governing.staff_passkeys import StaffPasskeys, require_confirmed

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

    def end(
        self, acting: Acting, session_id: str, *, proof: FreshPasskey | None = None, now: datetime
    ) -> bool:
        """End one of one's own; True when this call did it.

        `proof` is for `sign_out_context`, and whoever sits at a page needs none. Raises: PasskeyRefused.
        """
        if acting.via is not Via.PAGE:
            require_confirmed(acting, proof, sign_out_context(session_id))
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
