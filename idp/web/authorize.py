"""The authorization endpoint. Spec: OpenID Connect Core §3.1.2.1 (GET and POST)."""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.oidc.authorization.examine import examine
from idp.oidc.authorization.refusal import PageError
from idp.oidc.errors import InvalidRequest, ProtocolError
from idp.oidc.parameters import MAX_SIGNED_SIZE_BYTES, MAX_SIZE_BYTES, Parameters
from idp.web import flow
from idp.web.access import Policy, access
from idp.web.services import services
from idp.web.wire import read_form

blueprint = flask.Blueprint("authorize", __name__)


@blueprint.get("/authorize")
@access(Policy.PROTOCOL)
def authorize() -> flask.typing.ResponseReturnValue:
    """Begin a sign-in."""
    return flow.begin(_parameters_in_address())


@blueprint.post("/authorize")
@access(Policy.PROTOCOL)
def authorize_by_form() -> flask.typing.ResponseReturnValue:
    """The same by POST. Sent on as a GET, because browsers withhold our cookies from another site's POST."""
    try:
        parameters = read_form(flask.request.environ, MAX_SIGNED_SIZE_BYTES)
        if not parameters.many("request") and (flask.request.content_length or 0) > MAX_SIZE_BYTES:
            raise InvalidRequest("the request is too large")
    except ProtocolError as error:
        raise PageError(error) from error
    return flask.redirect(f"/authorize?{urlencode(_for_address(parameters))}", 303)


def _for_address(parameters: Parameters) -> list[tuple[str, str]]:
    if parameters.many("request_uri"):
        return parameters.pairs()
    if parameters.many("request"):
        request_uri = services().arrivals.keep(parameters, now=services().clock.now())
        return [("client_id", parameters.required("client_id")), ("request_uri", request_uri)]
    examine(parameters, services().clients)
    return parameters.pairs()


def _parameters_in_address() -> Parameters:
    try:
        return Parameters.from_urlencoded(flask.request.query_string)
    except ProtocolError as error:
        raise PageError(error) from error
