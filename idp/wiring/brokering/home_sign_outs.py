"""Signing out across regions: on at home when somebody signs out here, and out here when they did at home.

Spec: OpenID Connect RP-Initiated Logout 1.0 §2; Back-Channel Logout 1.0 §2.5 to §2.7.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from idp.adapters.sealing import BrokenSeal, Sealer
from idp.authn.home_session import Derived
from idp.federation import addresses
from idp.federation.federation_jwt import FederationJwt, FederationJwtError, read
from idp.federation.home_region import endpoint_of
from idp.federation.signatures import Signatures, verify
from idp.federation.upstream_answer import HomeIdentity
from idp.federation.upstream_attempt import LIFETIME
from idp.foundation.clock import from_seconds, to_seconds
from idp.foundation.events import Event, EventKind
from idp.oidc.errors import InvalidRequest
from idp.signals.logout_token import TOKEN_TYPE, BadLogoutToken, LogoutNotice, read_logout_token
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.following.trust import Trust

log = logging.getLogger("idp.broker")

SEAL_ID_TOKEN = "home-id-token"
SEAL_TICKET = "sign-out-ticket"
SEAL_ONWARD = "signed-out-onward"
MAX_LOGOUT_TOKEN = 16_384
MAX_STATE = 8_192
TICKET_LIFETIME = timedelta(minutes=5)
"""The browser goes on at once; whoever sits at it tomorrow has no use for it."""


class HomeSignOuts:
    """Shared by every thread of a process. `is_down`: whether a region would not be asked now."""

    def __init__(
        self,
        issuer: str,
        stores: Stores,
        database: Database,
        sealer: Sealer,
        signatures: Signatures,
        trust: Trust,
        is_down: Callable[[str], bool],
    ) -> None:
        self._client_id = issuer + addresses.BROKER
        self._back = issuer + addresses.BROKER_SIGNED_OUT
        self._stores, self._database, self._sealer = stores, database, sealer
        self._signatures, self._trust, self._is_down = signatures, trust, is_down

    def seal_id_token(self, home: str, id_token: str) -> bytes:
        """Keep an ID token as the hint for a later sign-out."""
        return self._sealer.seal(SEAL_ID_TOKEN, home, id_token.encode())

    def ticket(self, session_id: str, onward: str, browser_digest: bytes, *, now: datetime) -> str | None:
        """By which this browser may go on to the person's own region to sign out there; None when it cannot.

        `onward`: where it ends, a verified address or one of ours. The ID token that is needed there stays here until
        the browser goes: no page ever shows one.
        """
        kept = self._stores.home_sessions.find(session_id)
        if kept is None or self._end_session_endpoint(kept.home_iss, now) is None:
            return None
        return self._sealed(SEAL_TICKET, json.dumps([session_id, onward, to_seconds(now)]), browser_digest)

    def address(self, ticket: str, browser_digest: bytes, *, now: datetime) -> str | None:
        """Where the browser with this ticket goes; None when it is another's, or the region is away by now."""
        opened = self._opened(SEAL_TICKET, ticket, browser_digest)
        session_id, onward, made_at = json.loads(opened) if opened else ("", "", 0)
        if now - from_seconds(made_at) > TICKET_LIFETIME:
            return None
        kept = self._stores.home_sessions.find(session_id)
        endpoint = None if kept is None else self._end_session_endpoint(kept.home_iss, now)
        if kept is None or endpoint is None:
            return None
        query = {
            "id_token_hint": self._sealer.open(SEAL_ID_TOKEN, kept.home_iss, kept.id_token_sealed).decode(),
            "post_logout_redirect_uri": self._back,
            "state": self._sealed(SEAL_ONWARD, onward, browser_digest),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def onward(self, state: str, browser_digest: bytes) -> str | None:
        """Where a sign-out ends that went on in another region; None when it did not begin in this browser."""
        return self._opened(SEAL_ONWARD, state, browser_digest)

    def _end_session_endpoint(self, home: str, now: datetime) -> str | None:
        """Where the region signs people out; None when it cannot be asked now."""
        try:
            endpoint = endpoint_of(self._trust().provider(home, now=now), "end_session_endpoint")
        except NotTrusted:
            return None
        return endpoint if endpoint and not self._is_down(home) else None

    def _sealed(self, purpose: str, text: str, browser_digest: bytes) -> str:
        sealed = self._sealer.seal(purpose, browser_digest.hex(), text.encode())
        return base64.urlsafe_b64encode(sealed).decode()

    def _opened(self, purpose: str, value: str, browser_digest: bytes) -> str | None:
        if len(value) > MAX_STATE or not value.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(value)
            return self._sealer.open(purpose, browser_digest.hex(), sealed).decode()
        except (binascii.Error, BrokenSeal):
            return None

    def hear(self, token: str, *, now: datetime) -> int:
        """Believe a region's logout token and end every session here that hangs from the one there; how many.

        One that comes twice ends nothing twice. Raises: InvalidRequest — not believed.
        """
        notice, issuer = self._notice(token, now)
        if notice.sid is not None:
            self.note_end(issuer, notice.sid, now=now)
        # Remembered and obeyed in one commit: a token that was lost half-way counts when it comes again.
        with self._database.transaction():
            owner = f"logout token {issuer}"
            if not self._stores.assertions.claim(owner, notice.jti, notice.remember_until, now=now):
                return 0
            derived = self._stores.home_sessions.derived(issuer, sid=notice.sid, sub=notice.subject)
            return self.end(derived, now=now)

    def note_end(self, home: str, sid: str, *, now: datetime) -> None:
        """Remember that a session there is over: what arrives of it is over too.

        First, and in a commit of its own: a sign-in that is finished at this moment sees it, or is seen when what
        hangs from it is looked for.
        """
        self._stores.assertions.claim(_ended(home), sid, now + LIFETIME, now=now)

    def end(self, derived: Iterable[Derived], *, now: datetime) -> int:
        """End these sessions; how many were still open."""
        return sum([self._end(one.session_id, one.account_id, now) for one in derived])

    def catch_up(self, identity: HomeIdentity, *, now: datetime) -> bool:
        """End what was made a moment ago of what has ended there meanwhile; whether it had.

        It was told before there was anything here to end. Called when the new session is committed.
        """
        home, sid = identity.home_iss, identity.sid
        if sid is not None and self._stores.assertions.was_claimed(_ended(home), sid, now=now):
            self.end(self._stores.home_sessions.derived(home, sid=sid, sub=None), now=now)
            return True
        until = self._stores.signal_sources.ended_before(home, identity.sub)
        if until is None or identity.issued_at is None or identity.issued_at > until:
            return False
        self.end(self._stores.home_sessions.doubted(home, identity.sub, until, above=0), now=now)
        return True

    def _end(self, session_id: str, account_id: str, now: datetime) -> bool:
        if not self._stores.sessions.end(session_id, account_id, now=now):
            return False
        event = Event(EventKind.SESSION_ENDED, now, account_id=account_id, subject=session_id)
        self._stores.events.record(event)
        return True

    def _notice(self, token: str, now: datetime) -> tuple[LogoutNotice, str]:
        try:
            document = read(token, TOKEN_TYPE, max_size=MAX_LOGOUT_TOKEN)
            issuer = self._verified_issuer(document, now)
            notice = read_logout_token(
                document.header.get("typ"),
                document.claims,
                issuer=issuer,
                audience=self._client_id,
                now=now,
            )
        except (FederationJwtError, BadLogoutToken, NotTrusted) as error:
            log.info("a logout token is refused: %s", type(error).__name__)
            raise InvalidRequest("the logout token is not believed", detail=type(error).__name__) from error
        return notice, issuer

    def _verified_issuer(self, document: FederationJwt, now: datetime) -> str:
        """Raises: NotTrusted, FederationJwtError."""
        issuer = document.claims.get("iss")
        provider = self._trust().provider(issuer if isinstance(issuer, str) else "", now=now)
        verify(document, provider["jwks"], self._signatures)
        return str(issuer)


def _ended(issuer: str) -> str:
    """In whose name the sessions of a region are remembered that have ended there."""
    return f"ended at {issuer}"
