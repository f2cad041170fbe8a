"""Where errors of the API become problem details. Spec: RFC 9457; RFC 6750 §3 for what a wrong token is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from idp.authn.authenticators import LastWayIn
from idp.authn.factors.passkey_values import PasskeyRefused, PasskeyTaken, TooManyPasskeys
from idp.authn.throttle import TooManyAttempts
from idp.foundation.sentence import Problem, Refusal
from idp.governance.change_request import IllegalMove
from idp.governance.kinds import BadPayload, CannotApply, NotNow, Problems, UnknownKind
from idp.governance.staff import BadMember, BeingSetUp, NotAllowed, NotStaff
from idp.registry.app_store import NeedsTwoPeople, OvertakenMove, OwnersOnly, SamePerson
from idp.registry.finding import BadSubmission
from idp.registry.life_cycle import WrongMove
from idp.registry.logo import BadLogo
from idp.registry.reasons import BadReason
from idp.web.problems import CrossSiteForm
from idp.web.request_ids import reference
from idp.web.services import services

log = logging.getLogger("idp.web.api")

PROBLEM_JSON = "application/problem+json"
Answer = flask.typing.ResponseReturnValue


class BadRequestBody(Exception):
    """The request does not have its shape: (where, sentence) pairs that quote nothing of it."""

    def __init__(self, *problems: tuple[str, str], status: int = 422) -> None:
        super().__init__("; ".join(sentence for _, sentence in problems))
        self.problems = problems
        self.status = status


def problem(
    status: int,
    detail: str = "",
    problems: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    code: str = "",
) -> Answer:
    """An answer that says what is wrong, and under which id the log knows more."""
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "request_id": reference(),
    }
    if code:
        members["code"] = code
    if detail:
        members["detail"] = detail
    if found := list(problems):
        members["problems"] = found
    response = flask.jsonify(members)
    response.status_code = status
    response.mimetype = PROBLEM_JSON
    response.headers.update(headers or {})
    log.info("refused", extra={"error": f"api_{status}", "detail": detail, "path": flask.request.path})
    return response


def problem_members(one: Problem) -> dict[str, str]:
    """What speaks against something, as an answer says it: in English, and as a code that never changes."""
    return {"field": one.field, "code": one.sentence.code, "sentence": str(one.sentence)}


def handle_on(blueprint: flask.Blueprint) -> None:
    """Register what becomes of the errors of its views."""
    for error, handler in _HANDLERS.items():
        blueprint.register_error_handler(error, handler)


def _saying(status: int, words: str) -> Callable[[Exception], Answer]:
    return lambda _error: problem(status, words)


def _quoting(status: int) -> Callable[[Exception], Answer]:
    return lambda error: problem(status, str(error), code=_code_of(error))


def _code_of(error: Exception) -> str:
    return error.sentence.code if isinstance(error, Refusal) else ""


def _bad_request(error: BadRequestBody) -> Answer:
    found = [{"field": field, "sentence": sentence} for field, sentence in error.problems]
    return problem(error.status, problems=found)


def _not_staff(error: NotStaff) -> Answer:
    log.info("refused", extra={"error": "not_staff", "detail": str(error)})
    return problem(401, "an API token of the staff is needed", headers={"WWW-Authenticate": "Bearer"})


def _not_allowed(error: NotAllowed) -> Answer:
    words = f"neither your role nor this token reaches as far as {error.action.value}"
    return problem(403, words, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})


def _surprise(error: Exception) -> Answer:
    """A fault of ours is no "not found", though it is a LookupError too."""
    log.error("unexpected error", exc_info=error, extra={"path": flask.request.path})
    return problem(500)


def _illegal(error: IllegalMove) -> Answer:
    return problem(409, error.obstacle.value, code=error.obstacle.name.lower().replace("_", "-"))


def _problems(error: Problems) -> Answer:
    status = 409 if isinstance(error, CannotApply) else 422
    return problem(status, problems=map(problem_members, error.problems))


def _not_now(error: NotNow) -> Answer:
    return problem(503, str(error), headers={"Retry-After": "30"}, code=_code_of(error))


def _passkey(error: PasskeyRefused) -> Answer:
    log.info("refused", extra={"error": "staff_passkey", "detail": str(error)[:200]})
    return problem(403, "this passkey was not used just now for exactly this", code="no-passkey")


def _too_often(error: TooManyAttempts) -> Answer:
    wait = timedelta(seconds=30) if error.retry_at is None else error.retry_at - services().clock.now()
    seconds = max(1, ceil(wait.total_seconds()))
    return problem(429, "too often: wait a while", headers={"Retry-After": str(seconds)})


def _bad_submission(error: BadSubmission) -> Answer:
    found = [
        {"field": one.field, "code": one.rule.value, "sentence": str(one.detail or one.rule.value)}
        for one in error.findings
    ]
    return problem(422, problems=found)


def _http(error: HTTPException) -> Answer:
    return problem(error.code or 500)


_SAID: Mapping[type[Exception], tuple[int, str]] = {
    LookupError: (404, "there is nothing by this name here"),
    UnknownKind: (404, "there is no such kind of change here"),
    CrossSiteForm: (403, "this came from a page of another site"),
    PasskeyTaken: (409, "this passkey is in use already"),
    TooManyPasskeys: (409, "you have as many passkeys as one can have: remove one first"),
    LastWayIn: (409, "this is your last passkey: add another one first"),
    OvertakenMove: (409, "somebody moved it meanwhile: read it again"),
    NeedsTwoPeople: (409, "this takes two people: propose a change"),
    OwnersOnly: (403, "this is for developers of the mini-app's own organisation"),
    SamePerson: (403, "this takes somebody else than who did the step before"),
}
"""What one sentence says about."""
_IN_THEIR_WORDS: Mapping[type[Exception], int] = {
    BadMember: 422,
    BeingSetUp: 409,
    BadLogo: 422,
    BadReason: 422,
    WrongMove: 409,
}
"""What says itself what is wrong."""
_HANDLERS: Mapping[type[Exception], Callable[[Any], Answer]] = {
    **{error: _saying(*said) for error, said in _SAID.items()},
    **{error: _quoting(status) for error, status in _IN_THEIR_WORDS.items()},
    BadRequestBody: _bad_request,
    NotStaff: _not_staff,
    NotAllowed: _not_allowed,
    KeyError: _surprise,
    IndexError: _surprise,
    IllegalMove: _illegal,
    BadPayload: _problems,
    CannotApply: _problems,
    NotNow: _not_now,
    PasskeyRefused: _passkey,
    TooManyAttempts: _too_often,
    BadSubmission: _bad_submission,
    HTTPException: _http,
}
