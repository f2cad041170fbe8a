"""Mini-apps the person shares with; each agreement can be withdrawn."""

from __future__ import annotations

import flask

from idp.accounts.consent import Consent
from idp.foundation.events import Event, EventKind
from idp.oidc.claims import ALL_CLAIMS
from idp.oidc.scopes import IDENTITY_SCOPES
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.cards import card_of
from idp.web.claim_words import claim_label
from idp.web.locale import gettext as _
from idp.web.pages import AppLine, AppsPage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_apps", __name__)


@blueprint.get("/account/apps")
@access(Policy.SIGNED_IN)
def apps() -> flask.typing.ResponseReturnValue:
    """The list, latest first."""
    here = required()
    found = services().stores.consents.list_of(here.session.account_id)
    notice = _("This app can no longer see your data.") if "withdrawn" in flask.request.args else None
    return page(AppsPage(forms.csrf_token(), tuple(map(_line, found)), notice))


@blueprint.post("/account/apps/withdraw")
@access(Policy.SIGNED_IN)
def withdraw() -> flask.typing.ResponseReturnValue:
    """End the agreement, and every token made under it, at once."""
    here, now = required(), services().clock.now()
    account_id, client_id = here.session.account_id, flask.request.form.get("client_id", "")
    if services().stores.consents.withdraw(account_id, client_id, now=now):
        event = Event(EventKind.CONSENT_WITHDRAWN, now, account_id=account_id, client_id=client_id)
        services().stores.events.record(event)
    return flask.redirect("/account/apps?withdrawn", 303)


def _line(consent: Consent) -> AppLine:
    client = services().clients.find_by_id(consent.client_id)
    card = card_of(client) if client else None
    claims = tuple(claim_label(claim) for claim in ALL_CLAIMS if claim in consent.claims)
    permissions = tuple(sorted(consent.scopes - frozenset(IDENTITY_SCOPES)))
    return AppLine(
        client_id=consent.client_id,
        name=card.name if card else consent.client_id,
        organisation=card.organisation if card else "",
        claims=(*claims, *permissions),
        agreed_at=consent.agreed_at,
    )
