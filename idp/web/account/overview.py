"""What we know about the person, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import flask

from idp.authn.session import Presence
from idp.oidc.claims import ALL_CLAIMS, REAL_NAME_ASSURANCE
from idp.web import forms, sessions, visiting
from idp.web.access import Policy, access
from idp.web.account.guard import guard_of
from idp.web.claim_words import assurance_words, claim_label, claim_value
from idp.web.pages.account import AccountPage
from idp.web.pages.regions import VisitorPage
from idp.web.presence import required
from idp.web.recover.running import running_until
from idp.web.region_words import here_name
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account", __name__)

_TOLD_ELSEWHERE = (REAL_NAME_ASSURANCE, "updated_at")


@blueprint.get("/account")
@access(Policy.SIGNED_IN, visitors=True)
def overview() -> flask.typing.ResponseReturnValue:
    """Every claim we hold, in plain words."""
    here = required()
    if visiting.is_visitor(here):
        return _visitor(here)
    person, account_id = here.owner.person, here.session.account_id
    return page(
        AccountPage(
            csrf_token=forms.csrf_token(),
            person_name=here.owner.name,
            facts=_facts(person),
            assurance=assurance_words(person.get(REAL_NAME_ASSURANCE, 0)),
            guard=guard_of(
                services().stores.authenticators.of(account_id),
                services().stores.credentials.count_recovery_codes(account_id),
            ),
            recovery_until=running_until(account_id),
        )
    )


@blueprint.post("/account/sign-out")
@access(Policy.SIGNED_IN, visitors=True)
def sign_out() -> flask.typing.ResponseReturnValue:
    """Sign out of this browser, and with it of every app that was signed in from it."""
    here = required()
    if here.session.home_iss is not None:
        # There it is asked whether to sign out at home as well.
        return flask.redirect("/logout", 303)
    sessions.sign_out(here)
    return flask.redirect("/signed-out", 303)


def _visitor(here: Presence) -> flask.typing.ResponseReturnValue:
    home = here.session.home_iss or ""
    return page(
        VisitorPage(
            csrf_token=forms.csrf_token(),
            person_name=visiting.shown_name(here),
            home=visiting.home_name(here),
            home_address=f"{home}/account",
            home_host=urlsplit(home).netloc,
            here=here_name(),
            facts=_facts(here.owner.person),
            apps=len(services().stores.consents.list_of(here.session.account_id)),
            signed_in_at=here.session.auth_time,
            is_told_elsewhere="at-home" in flask.request.args,
        )
    )


def _facts(person: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (claim_label(claim), claim_value(claim, person))
        for claim in ALL_CLAIMS
        if claim in person and claim not in _TOLD_ELSEWHERE
    )
