"""What we know about the person, and the way out."""

from __future__ import annotations

import flask

from idp.oidc.claims import ALL_CLAIMS, REAL_NAME_ASSURANCE
from idp.web import forms, presence
from idp.web.access import Policy, access
from idp.web.account.guard import guard_of
from idp.web.claim_words import assurance_words, claim_label, claim_value
from idp.web.pages import AccountPage
from idp.web.presence import required
from idp.web.recover.running import running_until
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account", __name__)

_TOLD_ELSEWHERE = (REAL_NAME_ASSURANCE, "updated_at")


@blueprint.get("/account")
@access(Policy.SIGNED_IN)
def overview() -> flask.typing.ResponseReturnValue:
    """Every claim we hold, in plain words."""
    here = required()
    person, account_id = here.owner.person, here.session.account_id
    return page(
        AccountPage(
            csrf_token=forms.csrf_token(),
            person_name=here.owner.name,
            facts=tuple(
                (claim_label(claim), claim_value(claim, person))
                for claim in ALL_CLAIMS
                if claim in person and claim not in _TOLD_ELSEWHERE
            ),
            assurance=assurance_words(person.get(REAL_NAME_ASSURANCE, 0)),
            guard=guard_of(
                services().stores.authenticators.of(account_id),
                services().stores.credentials.count_recovery_codes(account_id),
            ),
            recovery_until=running_until(account_id),
        )
    )


@blueprint.post("/account/sign-out")
@access(Policy.SIGNED_IN)
def sign_out() -> flask.typing.ResponseReturnValue:
    """Sign out of this browser, and with it of every app that was signed in from it."""
    presence.sign_out(required())
    return flask.redirect("/signed-out", 303)
