"""Mini-apps the person shares with; each agreement can be withdrawn."""

from __future__ import annotations

import flask

from idp.accounts.consent import Consent, ConsentOnBehalf
from idp.foundation.events import Event, EventKind
from idp.oidc.claims import ALL_CLAIMS
from idp.oidc.scopes import IDENTITY_SCOPES
from idp.web import forms, visiting
from idp.web.access import Policy, access
from idp.web.cards import card_of, relayed_card
from idp.web.claim_words import claim_label
from idp.web.locale import gettext as _
from idp.web.pages.account import AppLine, AppsPage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_apps", __name__)


@blueprint.get("/account/apps")
@access(Policy.SIGNED_IN, visitors=True)
def apps() -> flask.typing.ResponseReturnValue:
    """The list, latest first."""
    here = required()
    account_id, stores = here.session.account_id, services().stores
    lines = (
        *map(_line, stores.consents.list_of(account_id)),
        *map(_line_elsewhere, stores.consents_on_behalf.list_of(account_id)),
    )
    latest_first = sorted(lines, key=lambda line: line.agreed_at, reverse=True)
    notice = _("This app can no longer see your data.") if "withdrawn" in flask.request.args else None
    return page(AppsPage(forms.csrf_token(), tuple(latest_first), notice, visiting.is_visitor(here)))


@blueprint.post("/account/apps/withdraw")
@access(Policy.SIGNED_IN, visitors=True)
def withdraw() -> flask.typing.ResponseReturnValue:
    """End the agreement, and every token made under it, at once."""
    here, now = required(), services().clock.now()
    account_id, stores = here.session.account_id, services().stores
    # A broker comes with the mini-app that it asked for; neither has a space in its name.
    client_id, _space, sector = flask.request.form.get("client_id", "").partition(" ")
    if (
        stores.consents_on_behalf.withdraw(account_id, client_id, sector, now=now)
        if sector
        else stores.consents.withdraw(account_id, client_id, now=now)
    ):
        event = Event(EventKind.CONSENT_WITHDRAWN, now, account_id=account_id, client_id=client_id)
        services().stores.events.record(event)
        services().telling.hurry()
    return flask.redirect("/account/apps?withdrawn", 303)


def _line(consent: Consent) -> AppLine:
    client = services().clients.find_by_id(consent.client_id)
    card = card_of(client) if client else None
    return AppLine(
        client_id=consent.client_id,
        name=card.name if card else consent.client_id,
        organisation=card.organisation if card else "",
        claims=_words_of(consent),
        agreed_at=consent.agreed_at,
    )


def _line_elsewhere(consent: ConsentOnBehalf) -> AppLine:
    """A mini-app of another region, that its broker asked for."""
    card = relayed_card(consent.client_id, consent.display)
    return AppLine(
        client_id=f"{consent.client_id} {consent.display.sector}",
        name=card.name,
        organisation=card.organisation,
        claims=_words_of(consent),
        agreed_at=consent.agreed_at,
        via=card.via,
    )


def _words_of(consent: Consent | ConsentOnBehalf) -> tuple[str, ...]:
    claims = tuple(claim_label(claim) for claim in ALL_CLAIMS if claim in consent.claims)
    return (*claims, *sorted(consent.scopes - frozenset(IDENTITY_SCOPES)))
