"""Where errors become HTTP: the only file that knows their status, their JSON and their page.

Expected errors keep their registered code. Anything else is `server_error` with a reference number; what happened goes
to the log only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import flask
from werkzeug.exceptions import HTTPException

from idp.authn.factors.password import Busy
from idp.federation.home_region import HomeUnavailable
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.response import error_uri
from idp.oidc.discovery import USERINFO_PATH
from idp.oidc.dpop import ALGORITHMS
from idp.oidc.errors import (
    InsufficientScope,
    InvalidClient,
    InvalidDpopProof,
    InvalidSubject,
    InvalidToken,
    NotFound,
    ProtocolError,
    SlowDown,
    UnknownTrustAnchor,
    UseDpopNonce,
)
from idp.web import render
from idp.web.login import region_problem
from idp.web.pages import ErrorPage
from idp.web.problems import FlowProblem, describe, describe_http, describe_unknown, new_reference
from idp.web.wire import DPOP_NONCE, NO_STORE, Headers, WireResponse, json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

log = logging.getLogger("idp.web")

_STATUS = {
    InvalidClient: 401,
    InvalidToken: 401,
    InsufficientScope: 403,
    InvalidSubject: 404,
    NotFound: 404,
    UnknownTrustAnchor: 404,
    SlowDown: 429,
}
_OF_DPOP = (InvalidDpopProof, UseDpopNonce)
_DPOP_ALGORITHMS = " ".join(ALGORITHMS)


def guarded(
    handler: Callable[[Services, WSGIEnvironment], WireResponse], services: Services, environ: WSGIEnvironment
) -> WireResponse:
    """Run a machine endpoint; whatever goes wrong becomes its error answer."""
    try:
        return handler(services, environ)
    except Exception as error:
        return machine_error(error, environ)


def machine_error(error: Exception, environ: WSGIEnvironment) -> WireResponse:
    """The answer of a machine endpoint that failed. Spec: RFC 6749 §5.2; RFC 6750 §3; RFC 9449 §5, §8."""
    if not isinstance(error, ProtocolError):
        return _unexpected(error, environ)
    log.info("refused", extra={"error": error.code, "detail": error.detail, "path": environ["PATH_INFO"]})
    status = _STATUS.get(type(error), 400)
    if isinstance(error, _OF_DPOP) and environ["PATH_INFO"] == USERINFO_PATH:
        status = 401
    members = {"error": error.code, "error_description": error.description}
    nonce = ((DPOP_NONCE, error.nonce),) if isinstance(error, UseDpopNonce) else ()
    return json_response(members, status, (*_challenge(error, environ), *nonce))


def _challenge(error: ProtocolError, environ: WSGIEnvironment) -> Headers:
    if environ["PATH_INFO"] == USERINFO_PATH:
        return (("WWW-Authenticate", _challenge_for_token(error, environ)),)
    # §5.2: only a caller who used the header is told which scheme it takes; others read the JSON.
    if isinstance(error, InvalidClient) and "HTTP_AUTHORIZATION" in environ:
        return (("WWW-Authenticate", 'Basic realm="client authentication"'),)
    return ()


def _challenge_for_token(error: ProtocolError, environ: WSGIEnvironment) -> str:
    """Spec: RFC 6750 §3; RFC 9449 §7.1, §7.2: both schemes are offered, and the one in use gets the reason."""
    why = f'error="{error.code}", error_description="{error.description}"'
    algorithms = f'algs="{_DPOP_ALGORITHMS}"'
    if isinstance(error, _OF_DPOP) or environ.get("HTTP_AUTHORIZATION", "").lower().startswith("dpop "):
        return f"DPoP {why}, {algorithms}"
    return f"Bearer {why}, DPoP {algorithms}"


def _unexpected(error: Exception, environ: WSGIEnvironment) -> WireResponse:
    reference = new_reference()
    log.error(
        "unexpected error", exc_info=error, extra={"reference": reference, "path": environ["PATH_INFO"]}
    )
    return json_response({"error": "server_error", "error_description": f"reference {reference}"}, 500)


def misdirected() -> WireResponse:
    """The request names a host that is not ours. Spec: RFC 9110 §15.5.20."""
    return WireResponse(
        421, b"This address is not served here.\n", (("Content-Type", "text/plain"), *NO_STORE)
    )


def method_not_allowed(allowed: Iterable[str]) -> WireResponse:
    """Spec: RFC 9110 §15.5.6."""
    members = {"error": "invalid_request", "error_description": "this method is not allowed here"}
    return json_response(members, 405, (("Allow", ", ".join(sorted(allowed))),))


def init_edges(app: flask.Flask) -> None:
    """Register the handlers of the pages."""
    app.register_error_handler(RedirectError, _redirect)
    app.register_error_handler(PageError, _page_error)
    app.register_error_handler(FlowProblem, _flow_problem)
    app.register_error_handler(HomeUnavailable, _home_unavailable)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _surprise)


def _redirect(error: RedirectError) -> flask.typing.ResponseReturnValue:
    log.info("refused", extra={"error": error.cause.code, "detail": error.cause.detail})
    issuer = flask.current_app.extensions["tongxing"].settings.issuer
    return flask.redirect(error_uri(error, issuer), 303)


def _page_error(error: PageError) -> flask.typing.ResponseReturnValue:
    return _show(describe(error.cause), error.cause.code, error.cause.detail)


def _flow_problem(error: FlowProblem) -> flask.typing.ResponseReturnValue:
    return _show(error.page(), error.kind, "")


def _home_unavailable(error: HomeUnavailable) -> flask.typing.ResponseReturnValue:
    log.info("refused", extra={"error": f"home_{error.why}", "detail": error.detail})
    try:
        return region_problem.explain(error)
    except FlowProblem as over:
        return _flow_problem(over)
    except RedirectError as changed:
        return _redirect(changed)
    except PageError as changed:
        return _page_error(changed)


def _busy(error: Busy) -> flask.typing.ResponseReturnValue:
    response = flask.make_response(_show(describe_http(503), "busy", ""))
    response.headers["Retry-After"] = "5"
    return response


def _http(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error.get_response()
    return _show(describe_http(error.code or 500), "http", "")


def _surprise(error: Exception) -> flask.typing.ResponseReturnValue:
    reference = new_reference()
    log.error("unexpected error", exc_info=error, extra={"reference": reference, "path": flask.request.path})
    return render.page(describe_unknown(reference))


def _show(page: ErrorPage, error: str, detail: str) -> flask.Response:
    log.info("refused", extra={"error": error, "detail": detail, "reference": page.reference})
    return render.page(page)
