"""Signing out: asked by a mini-app (RP-initiated logout) or by the person. Spec: RP-Initiated Logout 1.0 §2, §3."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import flask

from idp.authn.session import Presence
from idp.oidc.authorization.refusal import PageError
from idp.oidc.end_session import LogoutRequest, examine_logout
from idp.oidc.errors import ProtocolError
from idp.oidc.parameters import Parameters
from idp.web import forms, presence
from idp.web.access import Policy, access
from idp.web.cards import card_of
from idp.web.headers import allow_form_redirect
from idp.web.locale import prefer_locales
from idp.web.pages import LogoutPage, SignedOutPage
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
    here = presence.current(request.client) if request.client else presence.current()
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
    return _finish(_examine(parameters), presence.current())


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


def _finish(request: LogoutRequest, here: Presence | None) -> flask.typing.ResponseReturnValue:
    if here is not None:
        presence.sign_out(here)
    return flask.redirect(request.target.location if request.target else "/signed-out", 303)


def _ask(parameters: Parameters, request: LogoutRequest, here: Presence) -> flask.typing.ResponseReturnValue:
    if request.target:
        allow_form_redirect(request.target.uri)
    return page(
        LogoutPage(
            app=card_of(request.client) if request.client else None,
            csrf_token=forms.csrf_token(),
            person_name=here.owner.name,
            hidden=tuple(_carried(parameters)),
        )
    )


def _carried(parameters: Parameters) -> list[tuple[str, str]]:
    return [pair for pair in parameters.pairs() if pair[0] in _CARRIED]
