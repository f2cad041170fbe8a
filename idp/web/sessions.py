"""The session of this browser: opened, renewed when more was proved, and ended. The cookie is new each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import flask

from idp.authn.session import Presence, Session
from idp.federation.upstream_answer import HomeIdentity
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.proofs import Proof
from idp.oidc.vocabulary import AcrLevel
from idp.web import cookies, counting
from idp.web.presence import held
from idp.web.services import services

MAX_USER_AGENT = 256


def sign_in(account_id: str, proofs: tuple[Proof, ...]) -> Session:
    """Open a session after a full sign-in; the cookie is always new (session fixation).

    The same person's session in this browser is renewed, so that what they granted lives on; anybody else's ends.
    """
    now = services().clock.now()
    before = held()
    is_same = before is not None and before.session.account_id == account_id
    if before is not None and is_same and before.session.home_iss is None:
        return _renew(_with(replace(before.session, auth_time=now), proofs))
    if before is not None:
        services().stores.sessions.end(before.session.id, before.session.account_id, now=now)
    return _open(account_id, proofs)


def arrive(account_id: str, level: AcrLevel, identity: HomeIdentity) -> Session:
    """Open a session for somebody whose region vouched for them just now; the cookie is always new.

    Their session from the same region is renewed; any other in this browser ends, one of their own proofs too.
    """
    before = held()
    if before is None:
        return _open_from_home(account_id, level, identity)
    session = before.session
    if session.account_id == account_id and session.home_iss == identity.home_iss:
        return _renew(replace(session, auth_time=identity.auth_time, level=level, amr=identity.amr))
    services().stores.sessions.end(session.id, session.account_id, now=services().clock.now())
    return _open_from_home(account_id, level, identity)


def step_up(here: Presence, proofs: tuple[Proof, ...]) -> Session:
    """Raise a session after a further proof. `auth_time` stays: what came before was not proved again."""
    return _renew(_with(here.session, proofs))


def sign_out(here: Presence) -> None:
    """End the session of this browser and everything that hangs from it."""
    now = services().clock.now()
    services().stores.sessions.end(here.session.id, here.session.account_id, now=now)
    services().telling.hurry()
    cookies.replace_session(None)
    services().stores.events.record(
        Event(EventKind.SIGNED_OUT, now, account_id=here.session.account_id, subject=here.session.id)
    )


def _with(session: Session, proofs: tuple[Proof, ...]) -> Session:
    judged = services().assurance.judge(proofs, now=services().clock.now())
    return replace(session, level=judged.level, amr=judged.amr, proofs=proofs)


def _open(account_id: str, proofs: tuple[Proof, ...]) -> Session:
    now = services().clock.now()
    judged = services().assurance.judge(proofs, now=now)
    return _begin(_new(account_id, now, judged.level, judged.amr, proofs))


def _open_from_home(account_id: str, level: AcrLevel, identity: HomeIdentity) -> Session:
    session = _new(account_id, identity.auth_time, level, identity.amr, ())
    return _begin(replace(session, home_iss=identity.home_iss))


def _new(
    account_id: str, auth_time: datetime, level: AcrLevel, amr: tuple[str, ...], proofs: tuple[Proof, ...]
) -> Session:
    now, settings = services().clock.now(), services().settings
    return Session(
        id=services().entropy.token(16),
        account_id=account_id,
        auth_time=auth_time,
        level=level,
        amr=amr,
        proofs=proofs,
        created_at=now,
        last_seen_at=now,
        expires_at=now + settings.session_lifetime,
        user_agent=flask.request.headers.get("User-Agent", "")[:MAX_USER_AGENT],
        address=flask.request.remote_addr or "",
    )


def _begin(session: Session) -> Session:
    value = new_value(Kind.SESSION, services().entropy)
    services().stores.sessions.add(digest(value), session)
    cookies.replace_session(value)
    _record_sign_in(session)
    return session


def _renew(session: Session) -> Session:
    value = new_value(Kind.SESSION, services().entropy)
    if not services().stores.sessions.renew(session.id, digest(value), session):
        # Ended in another window while the person was proving themselves: that sign-out stands, so begin afresh.
        now = services().clock.now()
        return _begin(
            replace(
                session,
                id=services().entropy.token(16),
                created_at=now,
                last_seen_at=now,
                expires_at=now + services().settings.session_lifetime,
            )
        )
    cookies.replace_session(value)
    _record_sign_in(session)
    return session


def _record_sign_in(session: Session) -> None:
    now = services().clock.now()
    counting.signed_in(session)
    services().stores.events.record(
        Event(EventKind.SIGNED_IN, now, account_id=session.account_id, subject=session.id)
    )
