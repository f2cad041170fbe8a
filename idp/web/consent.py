"""Consent: what is asked for, what it would say, and why; yes or no.

What is shown is what is stored is what is released (the claims of the page come from the same decision that the
release comes from). Spec: OpenID Connect Core §3.1.2.4.
"""

from __future__ import annotations

import flask

from idp.authn.session import Presence
from idp.foundation.events import Event, EventKind
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.next_step import AskConsent, Progress, requested_claims
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.errors import AccessDenied
from idp.oidc.scopes import IDENTITY_SCOPES, OFFLINE_ACCESS
from idp.web import counting, deciding, flow, forms, presence, transactions, visiting
from idp.web.access import Policy, access
from idp.web.cards import card_for, in_language
from idp.web.claim_words import claim_label, claim_value, default_purpose
from idp.web.pages.consent import ClaimLine, ConsentPage
from idp.web.problems import PageExpired
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("consent", __name__)


@blueprint.get("/consent")
@access(Policy.TRANSACTION)
def ask() -> flask.typing.ResponseReturnValue:
    """Show what would be shared."""
    transaction = transactions.current()
    examined, here, step = _pending(transaction)
    if not isinstance(step, AskConsent):
        return flow.resume(transaction)
    counting.asked_to_share(examined.client.client_id, transaction)
    return page(_page(transaction, examined, here, step))


@blueprint.post("/consent")
@access(Policy.TRANSACTION)
def take() -> flask.typing.ResponseReturnValue:
    """Keep the decision and go on."""
    transaction = transactions.current()
    examined, here, step = _pending(transaction)
    forms.require_step_token(transaction.id, forms.Step.CONSENT, *_shown(examined, here))
    is_agreed = flask.request.form.get("decision") == "allow"
    counting.decided_to_share(examined.client.client_id, is_agreed=is_agreed)
    if not is_agreed:
        event = Event(EventKind.CONSENT_REFUSED, services().clock.now(), client_id=examined.client.client_id)
        services().stores.events.record(event)
        return flow.refuse(transaction, examined, AccessDenied("the person did not agree"))
    # The agreement, its audit line and the code that follows from it are one commit.
    with services().database.transaction():
        if isinstance(step, AskConsent):
            transaction = _agree(transaction, examined, here, step)
        return flow.resume(transaction)


def _pending(transaction: Transaction) -> tuple[ExaminedRequest, Presence, object]:
    """The request, the person and what is due. Raises: PageExpired — nobody is signed in any more."""
    examined = transactions.examined_request(transaction)
    here = presence.current(examined.client, examined.display) if examined else None
    if examined is None or here is None:
        raise PageExpired(transactions.begin_again(transaction))
    return (
        examined,
        here,
        deciding.decide(examined, here, Progress(transaction.session_id, transaction.consented)),
    )


def _shown(examined: ExaminedRequest, here: Presence) -> tuple[str, ...]:
    """Whose page it is and what it lists: nobody agrees in another's name, nor to what was added meanwhile."""
    return here.session.id, *requested_claims(examined.request, examined.client)


def _agree(
    transaction: Transaction, examined: ExaminedRequest, here: Presence, step: AskConsent
) -> Transaction:
    now, account_id = services().clock.now(), here.session.account_id
    client_id = examined.client.client_id
    scopes = frozenset(visiting.scope_for(examined.request.scope, here.session))
    claims, stores = frozenset(step.claims), services().stores
    if examined.display is None:
        stores.consents.agree(account_id, client_id, scopes, claims, now=now)
    else:
        stores.consents_on_behalf.agree(account_id, client_id, examined.display, scopes, claims, now=now)
    event = Event(EventKind.CONSENT_GIVEN, now, account_id=account_id, client_id=client_id)
    services().stores.events.record(event)
    return transactions.agreed(transaction)


def _page(
    transaction: Transaction, examined: ExaminedRequest, here: Presence, step: AskConsent
) -> ConsentPage:
    agreed = here.standing.agreed_scopes if here.standing else frozenset()
    return ConsentPage(
        app=card_for(examined),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.CONSENT, *_shown(examined, here)),
        person_name=visiting.shown_name(here),
        claims=(*_claim_lines(examined, here, step, agreed), *_permission_lines(examined, agreed)),
        shared_before=bool(agreed),
        stays_connected=OFFLINE_ACCESS in visiting.scope_for(examined.request.scope, here.session),
    )


def _claim_lines(
    examined: ExaminedRequest, here: Presence, step: AskConsent, agreed: frozenset[str]
) -> tuple[ClaimLine, ...]:
    """One line for each claim; one we hold no value for is named too, because it may get one later.

    Where nothing was agreed before, everything is new and nothing needs the mark.
    """
    purposes = examined.display.purposes if examined.display else examined.client.purposes
    return tuple(
        ClaimLine(
            name=claim,
            label=claim_label(claim),
            value=claim_value(claim, here.owner.person),
            purpose=in_language(purposes.get(claim, {})) or default_purpose(),
            is_new=bool(agreed) and claim in step.new,
        )
        for claim in step.claims
    )


def _permission_lines(examined: ExaminedRequest, agreed: frozenset[str]) -> tuple[ClaimLine, ...]:
    """Scopes that are not about claims: what the app may do elsewhere in the person's name."""
    scopes = (scope for scope in examined.request.scope if scope not in IDENTITY_SCOPES)
    return tuple(
        ClaimLine(
            name=scope,
            label=scope,
            value="",
            purpose=in_language(examined.client.purposes.get(scope, {})) or default_purpose(),
            is_new=bool(agreed) and scope not in agreed,
        )
        for scope in scopes
    )
