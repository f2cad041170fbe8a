"""Who is in front of this browser: reads the session cookie, makes and replaces sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import flask

from idp.authn.assurance import NothingProved, NotStrongEnough
from idp.authn.permit import Permit
from idp.authn.session import Presence, Session
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.client import Client
from idp.oidc.proofs import Proof
from idp.oidc.subject import sector_for
from idp.web import cookies
from idp.web.problems import PageExpired
from idp.web.services import services

TOUCH_EVERY = timedelta(minutes=1)
MAX_USER_AGENT = 256


def current(client: Client | None = None) -> Presence | None:
    """The signed-in person, with what stands between them and `client` when one is named. One read."""
    value = cookies.session_value()
    if value is None:
        return None
    now = services().clock.now()
    sessions = services().stores.sessions
    if client is None:
        found = sessions.find(digest(value), now=now)
    else:
        found = sessions.find(digest(value), now=now, client_id=client.client_id, sector=sector_for(client))
    if found is not None and now - found.session.last_seen_at > TOUCH_EVERY:
        sessions.touch(found.session.id, now=now)
    return found if found is None else _as_strong_as_now(found)


def _as_strong_as_now(here: Presence) -> Presence | None:
    """Proofs age: what the session is worth is judged at each look, not kept from when it was opened."""
    try:
        judged = services().assurance.judge(here.session.proofs, now=services().clock.now())
    except NothingProved:
        return None
    return replace(here, session=replace(here.session, level=judged.level, amr=judged.amr))


def is_fresh(proof: Proof) -> bool:
    """Whether a proof is recent enough to change what guards the account."""
    return services().clock.now() - proof.at <= services().settings.recent_sign_in


def is_recent(here: Presence) -> bool:
    """Whether the person proved themselves recently enough, and well enough, to change what guards their account."""
    account_id = here.session.account_id
    enrolled = services().stores.authenticators.of(account_id)
    within, now = services().settings.recent_sign_in, services().clock.now()
    try:
        flask.g.permit = services().assurance.permit(
            account_id, here.session.proofs, enrolled, within=within, now=now
        )
    except NotStrongEnough:
        return False
    return True


def permit() -> Permit:
    """Permission to change what guards the account of whoever is here; for views that only the recent may open."""
    given: Permit | None = flask.g.get("permit")
    if given is None:
        raise PageExpired("/account/security")
    return given


def sign_in(account_id: str, proofs: tuple[Proof, ...]) -> Session:
    """Open a session after a full sign-in; the cookie is always new (session fixation).

    The same person's session in this browser is renewed, so that what they granted lives on; anybody else's ends.
    """
    now = services().clock.now()
    before = current()
    if before is not None and before.session.account_id == account_id:
        return _renew(_with(replace(before.session, auth_time=now), proofs))
    if before is not None:
        services().stores.sessions.end(before.session.id, before.session.account_id, now=now)
    return _open(account_id, proofs)


def step_up(here: Presence, proofs: tuple[Proof, ...]) -> Session:
    """Raise a session after a further proof. `auth_time` stays: what came before was not proved again."""
    return _renew(_with(here.session, proofs))


def sign_out(here: Presence) -> None:
    """End the session of this browser and everything that hangs from it."""
    now = services().clock.now()
    services().stores.sessions.end(here.session.id, here.session.account_id, now=now)
    cookies.replace_session(None)
    services().stores.events.record(
        Event(EventKind.SIGNED_OUT, now, account_id=here.session.account_id, subject=here.session.id)
    )


def _with(session: Session, proofs: tuple[Proof, ...]) -> Session:
    judged = services().assurance.judge(proofs, now=services().clock.now())
    return replace(session, level=judged.level, amr=judged.amr, proofs=proofs)


def _open(account_id: str, proofs: tuple[Proof, ...]) -> Session:
    now, settings = services().clock.now(), services().settings
    judged = services().assurance.judge(proofs, now=now)
    value = new_value(Kind.SESSION, services().entropy)
    session = Session(
        id=services().entropy.token(16),
        account_id=account_id,
        auth_time=now,
        level=judged.level,
        amr=judged.amr,
        proofs=proofs,
        created_at=now,
        last_seen_at=now,
        expires_at=now + settings.session_lifetime,
        user_agent=flask.request.headers.get("User-Agent", "")[:MAX_USER_AGENT],
        address=flask.request.remote_addr or "",
    )
    services().stores.sessions.add(digest(value), session)
    cookies.replace_session(value)
    _record_sign_in(session)
    return session


def _renew(session: Session) -> Session:
    value = new_value(Kind.SESSION, services().entropy)
    if not services().stores.sessions.renew(session.id, digest(value), session):
        # Ended in another window while the person was proving themselves: that sign-out stands, so begin afresh.
        return _open(session.account_id, session.proofs)
    cookies.replace_session(value)
    _record_sign_in(session)
    return session


def _record_sign_in(session: Session) -> None:
    now = services().clock.now()
    services().stores.events.record(
        Event(EventKind.SIGNED_IN, now, account_id=session.account_id, subject=session.id)
    )


def required() -> Presence:
    """The signed-in person of a view whose policy let nobody else in."""
    here = current()
    if here is None:
        # Ended between the guard and here; the guard will ask to sign in at the next request.
        raise PageExpired("/account")
    return here
