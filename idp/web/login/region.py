"""Signing in with an account of another region: which one, and off to it.

Nobody is asked for a name or number here: only a region, and only one of the trust bundle, so that there is nothing to
find out about anybody, and nowhere to be sent but to a region. Spec: `docs/decisions/0038-choosing-a-region.md`.
"""

from __future__ import annotations

import flask

from idp.federation.home_region import HomeTrouble, HomeUnavailable
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.transaction import Transaction
from idp.trustlist.bundle import Region, RegionStatus
from idp.trustlist.search import LONGEST_WORDS, matching
from idp.web import flow, forms, homes, joining, presence, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import current_language
from idp.web.login import steps
from idp.web.login.region_problem import trouble
from idp.web.pages.regions import Elsewhere, HandoverPage, RegionPage
from idp.web.region_words import here_name, region_line, region_name
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_region", __name__)

MOST_SHOWN = 50
"""Regions on one page; more than that nobody looks through, and typing is quicker."""


@blueprint.get("/login/region")
@access(Policy.TRANSACTION)
def choose() -> flask.typing.ResponseReturnValue:
    """The list, narrowed by `q`; with `home` what became of that region, if it cannot be used."""
    transaction = transactions.current()
    home = homes.find(flask.request.args.get("home", ""))
    if home is not None and home.status is not RegionStatus.ACTIVE:
        return trouble(transaction, HomeTrouble(home.status.value), home)
    return page(_page(transaction, flask.request.args.get("q", "")[:LONGEST_WORDS]))


@blueprint.post("/login/region")
@access(Policy.TRANSACTION)
def go() -> flask.typing.ResponseReturnValue:
    """Ask the region to sign this person in, and send them there."""
    transaction = steps.open_for(forms.Step.REGION)
    home, now = homes.find(flask.request.form.get("home", "")), services().clock.now()
    broker = services().broker
    if home is None or broker is None:
        return trouble(transaction, HomeTrouble.UNKNOWN, None)
    examined = transactions.examined_request(transaction)
    try:
        tag, is_joining = current_language().tag, joining.is_wanted(transaction)
        address = broker.begin(transaction.id, home.op, tag, now=now, afresh=is_joining)
    except HomeUnavailable as error:
        return trouble(transaction, error.why, home)
    except RedirectError as error:
        if examined is None:
            raise
        # An answer like any other: the request is used up with it.
        return flow.refuse(transaction, examined, error.cause)
    return page(HandoverPage(app_card(examined), region_name(home), address))


def offered(transaction: Transaction) -> Elsewhere | None:
    """What the first page offers to people of other regions; None where there are none."""
    if not homes.is_joined():
        return None
    examined = transactions.examined_request(transaction)
    if examined is not None and examined.client.is_broker:
        # Who comes here from another region has chosen this one, and we vouch for our own people alone.
        return None
    others, first = homes.others(), _first(examined)
    if first is None and len(others) == 1:
        first = others[0]
    return Elsewhere(
        href=steps.address_of("/login/region", transaction),
        step_token=forms.step_token(transaction.id, forms.Step.REGION),
        first=region_line(first) if first else None,
        has_more=len(others) != 1 or first not in others,
        is_theirs=first is not None and first.op == _present(),
    )


def _present() -> str:
    """The region that the signed-in person came from; empty when nobody is here, or one of our own."""
    here = presence.current()
    return here.session.home_iss or "" if here else ""


def _first(examined: ExaminedRequest | None) -> Region | None:
    """The likeliest one: where they come from now, else named by the app (out of their own QR code or card), else
    used last in this browser."""
    named = examined.request.login_hint if examined else None
    likely = (homes.find(_present()), homes.find(named or ""), homes.last())
    return next((home for home in likely if home and home.status is RegionStatus.ACTIVE), None)


def _page(transaction: Transaction, query: str) -> RegionPage:
    examined = transactions.examined_request(transaction)
    first = None if query else _first(examined)
    found = [home for home in matching(homes.others(), query) if home is not first]
    return RegionPage(
        app=app_card(examined),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.REGION),
        here=here_name(),
        regions=tuple(region_line(home) for home in found[:MOST_SHOWN]),
        count=len(found),
        query=query,
        first=region_line(first) if first else None,
        is_joining=joining.is_wanted(transaction),
    )
