"""Who is in front of this browser, and what they may do here now: reads the session cookie."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import flask

from idp.authn.assurance import NothingProved, NotStrongEnough
from idp.authn.permit import Permit
from idp.authn.session import Presence
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.oidc.proofs import Proof
from idp.oidc.rp_display import RpDisplay
from idp.oidc.subject import sector_for
from idp.web import cookies
from idp.web.problems import PageExpired
from idp.web.services import services

TOUCH_EVERY = timedelta(minutes=1)


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


def required() -> Presence:
    """The signed-in person of a view whose policy let nobody else in."""
    here = current()
    if here is None:
        # Ended between the guard and here; the guard will ask to sign in at the next request.
        raise PageExpired("/account")
    return here
