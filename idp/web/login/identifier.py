"""Step one: who are you."""

from __future__ import annotations

import flask

from idp.accounts.names import is_forbidden
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.transaction import Transaction
from idp.web import forms, homes, presence, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card, login_hint
from idp.web.locale import gettext as _
from idp.web.login import region, steps, ways
from idp.web.pages.common import Problem
from idp.web.pages.regions import RegionNotice
from idp.web.pages.sign_in import LoginPage
from idp.web.region_words import ended_words
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_identifier", __name__)

MAX_USERNAME = 256
"""Characters; the longest e-mail address has 254."""


@blueprint.get("/login")
@access(Policy.TRANSACTION)
def ask_identifier() -> flask.typing.ResponseReturnValue:
    """Show the one field."""
    return page(_page(transactions.current()))


@blueprint.post("/login")
@access(Policy.TRANSACTION)
def take_identifier() -> flask.typing.ResponseReturnValue:
    """Remember who they say they are, and go on, whether we know them or not (no enumeration)."""
    transaction = steps.open_for(forms.Step.IDENTIFIER)
    username = flask.request.form.get("username", "").strip()
    if not 0 < len(username) <= MAX_USERNAME or any(map(is_forbidden, username)):
        problem = Problem(_("Enter your user name, e-mail address or telephone number."), "username")
        return page(_page(transaction, problem), 400)
    services().stores.transactions.set_username(transaction.id, username)
    return steps.to("/login/password", transaction)


def _page(transaction: Transaction, problem: Problem | None = None) -> LoginPage:
    examined = transactions.examined_request(transaction)
    return LoginPage(
        app=app_card(examined),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.IDENTIFIER),
        username=transaction.username or _hinted_name(examined),
        reauthenticating=presence.current() is not None,
        ways=ways.first(transaction),
        knows_way=ways.knows_way(),
        elsewhere=region.offered(transaction),
        notice=_notice(transaction),
        problem=problem,
    )


def _hinted_name(examined: ExaminedRequest | None) -> str:
    """The app may name the person, or only the region that they come from."""
    hint = login_hint(examined)
    return "" if homes.find(hint) else hint


def _notice(transaction: Transaction) -> RegionNotice | None:
    """What became of the region that was used last in this browser, if it cannot be used any more."""
    lost = homes.lost() if homes.is_joined() else None
    if lost is None:
        return None
    return RegionNotice(ended_words(lost), steps.address_of("/login/region", transaction, home=lost.op))
