"""Show my code: a person at a counter shows what they choose to, and sees at once which office got it."""

from __future__ import annotations

import flask

from idp.authn.session import Presence
from idp.oidc.shown_code import DETAILS, EVERY, Redemption, Showing, ShownCode
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.cards import card_of
from idp.web.claim_words import claim_label, claim_value
from idp.web.locale import gettext as _
from idp.web.pages.common import AppCard, Problem
from idp.web.pages.counter import CodeDetail, CounterUse, ShowCodePage, ShownCodePage, UsedCodePage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_code", __name__)

USES_LISTED = 10
FIRST_TICKED = ("name",)


@blueprint.get("/account/code")
@access(Policy.RECENTLY_SIGNED_IN)
def choose_details() -> flask.typing.ResponseReturnValue:
    """What to show. A recent, strong sign-in: nobody proves to be the owner of a telephone found unlocked."""
    return page(_choice(required()))


@blueprint.post("/account/code")
@access(Policy.RECENTLY_SIGNED_IN)
def show_code() -> flask.typing.ResponseReturnValue:
    """Draw the first code of a showing."""
    here = required()
    details = tuple(detail for detail in DETAILS if detail in flask.request.form.getlist("details"))
    if not details:
        return page(_choice(here, Problem(_("Tick at least one thing to show."), "details")), 400)
    services().stores.shown_codes.end(here.session.account_id)
    drawn = services().code_display.draw(_new_showing(here, details), now=services().clock.now())
    return page(_shown(drawn)) if drawn else flask.redirect("/account/code", 303)


@blueprint.post("/account/code/next")
@access(Policy.SIGNED_IN)
def draw_next() -> flask.typing.ResponseReturnValue:
    """The next code of a showing, for the page's script; or where to go when the showing is over."""
    showing = _showing_asked_for(required())
    drawn = services().code_display.draw(showing, now=services().clock.now()) if showing else None
    if drawn is None:
        return flask.jsonify(next=_address_of_end(flask.request.form.get("showing", "")))
    return flask.jsonify(qr=_qr(drawn), digits=drawn.digits, seconds=int(EVERY.total_seconds()))


@blueprint.get("/account/code/state")
@access(Policy.SIGNED_IN)
def tell_state() -> flask.typing.ResponseReturnValue:
    """Whether an office has redeemed it, for the page's script."""
    showing = flask.request.args.get("showing", "")
    used = services().stores.shown_codes.redemption(showing, required().session.account_id)
    return flask.jsonify(next=_address_of_end(showing)) if used else flask.jsonify(next=None)


@blueprint.get("/account/code/used")
@access(Policy.SIGNED_IN)
def tell_use() -> flask.typing.ResponseReturnValue:
    """Which office it was, and what it got."""
    here = required()
    used = services().stores.shown_codes.redemption(
        flask.request.args.get("showing", ""), here.session.account_id
    )
    return page(UsedCodePage(forms.csrf_token(), _use(used) if used else None))


@blueprint.post("/account/code/end")
@access(Policy.SIGNED_IN)
def stop_showing() -> flask.typing.ResponseReturnValue:
    """Nothing that was on the screen works any more."""
    here = required()
    services().stores.shown_codes.end(here.session.account_id)
    return flask.redirect(_address_of_end(flask.request.form.get("showing", "")), 303)


def _new_showing(here: Presence, details: tuple[str, ...]) -> Showing:
    return Showing(
        id=services().code_display.new_showing_id(),
        account_id=here.session.account_id,
        session_id=here.session.id,
        details=details,
        level=here.session.level,
        auth_time=here.session.auth_time,
        began_at=services().clock.now(),
    )


def _showing_asked_for(here: Presence) -> Showing | None:
    """The showing that the form names, when it is of this very session."""
    found = services().stores.shown_codes.showing(
        flask.request.form.get("showing", ""), here.session.account_id
    )
    return found if found is not None and found.session_id == here.session.id else None


def _address_of_end(showing_id: str) -> str:
    # Only the letters a showing's id is made of: the value goes into an address.
    known = "".join(mark for mark in showing_id[:64] if mark.isascii() and (mark.isalnum() or mark in "-_"))
    return f"/account/code/used?showing={known}"


def _shown(code: ShownCode) -> ShownCodePage:
    return ShownCodePage(
        csrf_token=forms.csrf_token(),
        showing=code.showing.id,
        qr_svg=_qr(code),
        digits=code.digits,
        seconds=int(EVERY.total_seconds()),
        details=tuple(claim_label(detail) for detail in code.showing.details),
    )


def _qr(code: ShownCode) -> str:
    return services().draw_qr(services().code_display.address(code))


def _choice(here: Presence, problem: Problem | None = None) -> ShowCodePage:
    person = here.owner.person
    return ShowCodePage(
        csrf_token=forms.csrf_token(),
        details=tuple(
            CodeDetail(
                name=detail,
                label=claim_label(detail),
                value=claim_value(detail, person),
                is_ticked=problem is None and detail in FIRST_TICKED,
            )
            for detail in DETAILS
            if detail in person
        ),
        uses=tuple(
            map(_use, services().stores.shown_codes.redemptions_of(here.session.account_id, USES_LISTED))
        ),
        problem=problem,
    )


def _use(redemption: Redemption) -> CounterUse:
    client = services().clients.find_by_id(redemption.client_id)
    card = card_of(client) if client else AppCard(redemption.client_id, "")
    return CounterUse(
        app=card,
        details=tuple(claim_label(detail) for detail in DETAILS if detail in redemption.released),
        at=redemption.at,
    )
