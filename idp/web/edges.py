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
from idp.foundation.figures import REFUSAL
from idp.governance.staff import NotAllowed, NotStaff
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
    StreamExists,
    StreamHeld,
    UnknownTrustAnchor,
    UseDpopNonce,
)
from idp.oidc.scopes import TRANSMITTER_PATH
from idp.web import render
from idp.web.api.problems import problem
from idp.web.console.desk import API_PREFIX, CONSOLE
from idp.web.login import region_problem
from idp.web.pages.site import ErrorPage
from idp.web.problems import FlowProblem, NotYourRole, describe, describe_http, describe_unknown
from idp.web.request_ids import reference
from idp.web.services import services as services_here
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
    StreamExists: 409,
    StreamHeld: 403,
}
_OF_DPOP = (InvalidDpopProof, UseDpopNonce)
_OF_TOKENS = (InvalidToken, InsufficientScope, *_OF_DPOP)
_DPOP_ALGORITHMS = " ".join(ALGORITHMS)


def guarded(
    handler: Callable[[Services, WSGIEnvironment], WireResponse], services: Services, environ: WSGIEnvironment
) -> WireResponse:
    """Run a machine endpoint; whatever goes wrong becomes its error answer."""
    try:
        return handler(services, environ)
    except ProtocolError as error:
        services.board.count(REFUSAL, error.code)
        return machine_error(error, environ)
    except Exception as error:
        services.board.count(REFUSAL, "server_error")
        return _unexpected(error, environ)


def machine_error(error: ProtocolError, environ: WSGIEnvironment) -> WireResponse:
    """The answer of a machine endpoint that refused. Spec: RFC 6749 §5.2; RFC 6750 §3; RFC 9449 §5, §8."""
    log.info("refused", extra={"error": error.code, "detail": error.detail, "path": environ["PATH_INFO"]})
    status = _STATUS.get(type(error), 400)
    if isinstance(error, _OF_DPOP) and _takes_tokens(environ):
        status = 401
    members = {"error": error.code, "error_description": error.description}
    nonce = ((DPOP_NONCE, error.nonce),) if isinstance(error, UseDpopNonce) else ()
    return json_response(members, status, (*_challenge(error, environ), *nonce, *_patience(error)))


def _patience(error: ProtocolError) -> Headers:
    """Spec: RFC 9110 §10.2.3."""
    if not isinstance(error, SlowDown) or error.retry_after is None:
        return ()
    return (("Retry-After", str(int(error.retry_after.total_seconds()))),)


def _challenge(error: ProtocolError, environ: WSGIEnvironment) -> Headers:
    if environ["PATH_INFO"] == USERINFO_PATH or (isinstance(error, _OF_TOKENS) and _takes_tokens(environ)):
        return (("WWW-Authenticate", _challenge_for_token(error, environ)),)
    # §5.2: only a caller who used the header is told which scheme it takes; others read the JSON.
    if isinstance(error, InvalidClient) and "HTTP_AUTHORIZATION" in environ:
        return (("WWW-Authenticate", 'Basic realm="client authentication"'),)
    return ()


def _takes_tokens(environ: WSGIEnvironment) -> bool:
    """Whether the request came to a resource of ours, where one shows an access token."""
    path: str = environ["PATH_INFO"]
    return path == USERINFO_PATH or path.startswith(f"{TRANSMITTER_PATH}/")


def _challenge_for_token(error: ProtocolError, environ: WSGIEnvironment) -> str:
    """Spec: RFC 6750 §3; RFC 9449 §7.1, §7.2: both schemes are offered, and the one in use gets the reason."""
    why = f'error="{error.code}", error_description="{error.description}"'
    algorithms = f'algs="{_DPOP_ALGORITHMS}"'
    if isinstance(error, _OF_DPOP) or environ.get("HTTP_AUTHORIZATION", "").lower().startswith("dpop "):
        return f"DPoP {why}, {algorithms}"
    return f"Bearer {why}, DPoP {algorithms}"


def _unexpected(error: Exception, environ: WSGIEnvironment) -> WireResponse:
    log.error("unexpected error", exc_info=error, extra={"path": environ["PATH_INFO"]})
    return json_response({"error": "server_error", "error_description": f"reference {reference()}"}, 500)


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
    app.register_error_handler(NotStaff, _not_staff)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _surprise)


def _redirect(error: RedirectError) -> flask.typing.ResponseReturnValue:
    _refused(error.cause.code, error.cause.detail)
    issuer = flask.current_app.extensions["tongxing"].settings.issuer
    return flask.redirect(error_uri(error, issuer), 303)


def _page_error(error: PageError) -> flask.typing.ResponseReturnValue:
    return _show(describe(error.cause), error.cause.code, error.cause.detail)


def _flow_problem(error: FlowProblem) -> flask.typing.ResponseReturnValue:
    return _show(error.page(), error.kind, "")


def _home_unavailable(error: HomeUnavailable) -> flask.typing.ResponseReturnValue:
    _refused(f"home_{error.why}", error.detail)
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


def _not_staff(error: NotStaff) -> flask.typing.ResponseReturnValue:
    """Spec: RFC 6750 §3: what no token or a wrong one is told."""
    log.info("refused", extra={"error": "not_staff", "detail": str(error), "path": flask.request.path})
    answer = flask.jsonify(error="invalid_token", error_description="an API token of the staff is needed")
    return answer, 401, {"WWW-Authenticate": "Bearer"}


def _not_allowed(error: NotAllowed) -> flask.typing.ResponseReturnValue:
    log.info(
        "refused", extra={"error": "not_allowed", "detail": error.action.value, "path": flask.request.path}
    )
    if flask.request.path.startswith(API_PREFIX):
        words = f"neither your role nor this token reaches as far as {error.action.value}"
        return flask.jsonify(error="insufficient_scope", error_description=words), 403
    return _flow_problem(NotYourRole(retry_href=CONSOLE))


def _http(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error.get_response()
    if flask.request.path.startswith(API_PREFIX):
        return problem(error.code or 500)
    return _show(describe_http(error.code or 500), "http", "")


def _surprise(error: Exception) -> flask.typing.ResponseReturnValue:
    log.error("unexpected error", exc_info=error, extra={"path": flask.request.path})
    services_here().board.count(REFUSAL, "server_error")
    if flask.request.path.startswith(API_PREFIX):
        return problem(500)
    return render.page(describe_unknown())


def _show(page: ErrorPage, error: str, detail: str) -> flask.Response:
    _refused(error, detail)
    return render.page(page)


def _refused(error: str, detail: str) -> None:
    log.info("refused", extra={"error": error, "detail": detail})
    services_here().board.count(REFUSAL, error)
