"""Signing out: asked by a mini-app (RP-initiated logout) or by the person. Spec: RP-Initiated Logout 1.0 §2, §3."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import flask

from idp.authn.session import Presence
from idp.foundation.identifiers import digest
from idp.oidc.authorization.refusal import PageError
from idp.oidc.end_session import LogoutRequest, examine_logout
from idp.oidc.errors import ProtocolError
from idp.oidc.parameters import Parameters
from idp.web import cookies, forms, presence, sessions, visiting
from idp.web.access import Policy, access
from idp.web.cards import card_of
from idp.web.headers import allow_form_redirect
from idp.web.locale import prefer_locales
from idp.web.pages.regions import HandoverPage
from idp.web.pages.sign_out import LogoutPage, SignedOutPage
from idp.web.render import page
from idp.web.services import services
from idp.web.wire import read_form

blueprint = flask.Blueprint("logout", __name__)

_CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@blueprint.get("/logout")
@access(Policy.PROTOCOL)
def logout() -> flask.typing.ResponseReturnValue:
    """Sign out at once when a hint names the very person who is signed in; ask otherwise."""
    parameters = _parse(lambda: Parameters.from_urlencoded(flask.request.query_string))
    request = _examine(parameters)
    # What is worth nothing just now may be worth something again tomorrow, so that it is signed out as well.
    here = presence.held(request.client)
    if here is None or _names_this_person(request, here):
        return _finish(request, here)
    return _ask(parameters, request, here)


@blueprint.post("/logout")
@access(Policy.PROTOCOL)
def logout_by_form() -> flask.typing.ResponseReturnValue:
    """Our own confirmation, or a mini-app's request by POST (which is asked like a GET)."""
    parameters = _parse(lambda: read_form(flask.request.environ))
    if "csrf_token" not in parameters.values:
        # Sent on as a GET, because browsers withhold our cookies from another site's POST.
        return flask.redirect(f"/logout?{urlencode(_carried(parameters))}", 303)
    forms.require_same_origin()
    forms.require_csrf_token(parameters.many("csrf_token")[0])
    wishes = "home" in parameters.values
    return _finish(_examine(parameters), presence.held(), also_at_home=wishes)


@blueprint.get("/signed-out")
@access(Policy.PUBLIC)
def signed_out() -> flask.typing.ResponseReturnValue:
    """Where a sign-out ends that leads nowhere else."""
    return page(SignedOutPage())


def _parse(read: Callable[[], Parameters]) -> Parameters:
    try:
        return read()
    except ProtocolError as error:
        raise PageError(error) from error


def _examine(parameters: Parameters) -> LogoutRequest:
    try:
        request = examine_logout(
            parameters, services().clients, services().verifier, services().settings.issuer
        )
    except ProtocolError as error:
        raise PageError(error) from error
    prefer_locales(request.ui_locales)
    return request


def _names_this_person(request: LogoutRequest, here: Presence) -> bool:
    return (
        request.subject is not None and here.standing is not None and here.standing.subject == request.subject
    )


def _finish(
    request: LogoutRequest, here: Presence | None, *, also_at_home: bool = True
) -> flask.typing.ResponseReturnValue:
    """Sign out here, and go on to where it ends: by way of the person's own region, if they come from another."""
    onward = request.target.location if request.target else "/signed-out"
    if here is None:
        return flask.redirect(onward, 303)
    away = _address_at_home(here, onward) if also_at_home else None
    home = visiting.home_name(here)
    sessions.sign_out(here)
    if away is None:
        return flask.redirect(onward, 303)
    return page(
        HandoverPage(card_of(request.client) if request.client else None, home, away, is_sign_out=True)
    )


def _address_at_home(here: Presence, onward: str) -> str | None:
    """The local address from which the browser goes on; it has nothing in it that anybody may not see."""
    broker = services().broker
    if broker is None or here.session.home_iss is None:
        return None
    browser = digest(cookies.ensure_browser_value())
    ticket = broker.sign_outs.ticket(here.session.id, onward, browser, now=services().clock.now())
    return None if ticket is None else f"/rp/leave?{urlencode({'ticket': ticket})}"


def _ask(parameters: Parameters, request: LogoutRequest, here: Presence) -> flask.typing.ResponseReturnValue:
    if request.target:
        allow_form_redirect(request.target.uri)
    return page(
        LogoutPage(
            app=card_of(request.client) if request.client else None,
            csrf_token=forms.csrf_token(),
            person_name=visiting.shown_name(here),
            hidden=tuple(_carried(parameters)),
            home=visiting.home_name(here),
        )
    )


def _carried(parameters: Parameters) -> list[tuple[str, str]]:
    return [pair for pair in parameters.pairs() if pair[0] in _CARRIED]
