"""Who is in front of this browser: reads the session cookie, makes and replaces sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import flask

from idp.authn.assurance import NothingProved, NotStrongEnough
from idp.authn.permit import Permit
from idp.authn.session import Presence, Session
from idp.federation.upstream_answer import HomeIdentity
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.client import Client
from idp.oidc.proofs import Proof
from idp.oidc.rp_display import RpDisplay
from idp.oidc.subject import sector_for
from idp.oidc.vocabulary import AcrLevel
from idp.web import cookies, counting
from idp.web.problems import PageExpired
from idp.web.services import services

TOUCH_EVERY = timedelta(minutes=1)
MAX_USER_AGENT = 256


def current(client: Client | None = None, display: RpDisplay | None = None) -> Presence | None:
    """The signed-in person, with what stands between them and `client` when one is named. One read.

    `display`: the mini-app for which `client` asks, when that is a broker.
    """
    found, now = held(client, display), services().clock.now()
    if found is not None and client is not None and client.is_broker and found.session.home_iss is not None:
        # To another region we vouch for our own people alone, and never pass a third region's word on as ours.
        return None
    if found is not None and now - found.session.last_seen_at > TOUCH_EVERY:
        services().stores.sessions.touch(found.session.id, now=now)
    return found if found is None else _as_strong_as_now(found)


def held(client: Client | None = None, display: RpDisplay | None = None) -> Presence | None:
    """The session that this browser holds, whatever it is worth now: to be ended or renewed, never to be believed.

    One from another region may be worth nothing while the trust list is old, and everything again with the next.
    """
    value = cookies.session_value()
    if value is None:
        return None
    now, sessions = services().clock.now(), services().stores.sessions
    if client is None:
        return sessions.find(digest(value), now=now)
    return sessions.find(
        digest(value),
        now=now,
        client_id=client.client_id,
        sector=sector_for(client),
        on_behalf=display.sector if display else None,
    )


def _as_strong_as_now(here: Presence) -> Presence | None:
    """Proofs age: what the session is worth is judged at each look, not kept from when it was opened."""
    if here.session.home_iss is not None:
        return _as_believed_now(here, here.session.home_iss)
    try:
        judged = services().assurance.judge(here.session.proofs, now=services().clock.now())
    except NothingProved:
        return None
    return replace(here, session=replace(here.session, level=judged.level, amr=judged.amr))


def _as_believed_now(here: Presence, home_iss: str) -> Presence | None:
    """What another region said ages like our own proofs, and is worth nothing once the region is not trusted."""
    session, now, broker = here.session, services().clock.now(), services().broker
    believed = broker.trust.level_now(home_iss, session.level, now) if broker else None
    aged = services().assurance.aged(session.level, session.auth_time, now=now)
    if believed is None or aged is None:
        return None
    return replace(here, session=replace(session, level=min(believed, aged)))


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


def required() -> Presence:
    """The signed-in person of a view whose policy let nobody else in."""
    here = current()
    if here is None:
        # Ended between the guard and here; the guard will ask to sign in at the next request.
        raise PageExpired("/account")
    return here
