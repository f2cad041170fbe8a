"""Where errors of the API become problem details. Spec: RFC 9457; RFC 6750 §3 for what a wrong token is told."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.authn.throttle import TooManyAttempts
from idp.governance.change_request import IllegalMove
from idp.governance.kinds import BadPayload, CannotApply, NotNow, Problems, UnknownKind
from idp.governance.staff import NotAllowed, NotStaff
from idp.registry.app_store import NeedsTwoPeople, OvertakenMove, OwnersOnly, SamePerson
from idp.registry.finding import BadSubmission
from idp.registry.life_cycle import WrongMove
from idp.registry.logo import BadLogo
from idp.registry.reasons import BadReason
from idp.web.request_ids import reference

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
    problems: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer that says what is wrong, and under which id the log knows more."""
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "request_id": reference(),
    }
    if detail:
        members["detail"] = detail
    found = [{"field": field, "sentence": sentence} for field, sentence in problems]
    if found:
        members["problems"] = found
    response = flask.jsonify(members)
    response.status_code = status
    response.mimetype = PROBLEM_JSON
    response.headers.update(headers or {})
    log.info("refused", extra={"error": f"api_{status}", "detail": detail, "path": flask.request.path})
    return response


def handle_on(blueprint: flask.Blueprint) -> None:
    """Register what becomes of the errors of its views."""
    for error, handler in _HANDLERS.items():
        blueprint.register_error_handler(error, handler)


def _bad_request(error: BadRequestBody) -> Answer:
    return problem(error.status, problems=error.problems)


def _not_staff(error: NotStaff) -> Answer:
    log.info("refused", extra={"error": "not_staff", "detail": str(error)})
    return problem(401, "an API token of the staff is needed", headers={"WWW-Authenticate": "Bearer"})


def _not_allowed(error: NotAllowed) -> Answer:
    words = f"neither your role nor this token reaches as far as {error.action.value}"
    return problem(403, words, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})


def _unknown(_error: LookupError) -> Answer:
    return problem(404, "there is nothing by this name here")


def _surprise(error: Exception) -> Answer:
    """A fault of ours is no "not found", though it is a LookupError too."""
    log.error("unexpected error", exc_info=error, extra={"path": flask.request.path})
    return problem(500)


def _unknown_kind(_error: UnknownKind) -> Answer:
    return problem(404, "there is no such kind of change here")


def _illegal(error: IllegalMove) -> Answer:
    return problem(409, error.obstacle.value)


def _problems(error: Problems) -> Answer:
    status = 409 if isinstance(error, CannotApply) else 422
    return problem(status, problems=[(one.field, one.sentence) for one in error.problems])


def _not_now(error: NotNow) -> Answer:
    return problem(503, str(error), headers={"Retry-After": "30"})


def _passkey(error: PasskeyRefused) -> Answer:
    log.info("refused", extra={"error": "staff_passkey", "detail": str(error)[:200]})
    return problem(403, "this passkey was not used just now for exactly this")


def _too_often(_error: TooManyAttempts) -> Answer:
    return problem(429, "too often: wait a while", headers={"Retry-After": "30"})


def _bad_submission(error: BadSubmission) -> Answer:
    found = [(one.field, f"{one.rule.value}: {one.detail}".rstrip(": ")) for one in error.findings]
    return problem(422, problems=found)


def _bad_reason(error: ValueError) -> Answer:
    return problem(422, str(error))


def _wrong_move(error: WrongMove) -> Answer:
    return problem(409, str(error))


def _overtaken(_error: OvertakenMove) -> Answer:
    return problem(409, "somebody moved it meanwhile: read it again")


def _two_people(_error: Exception) -> Answer:
    return problem(409, "this takes two people: propose a change")


def _owners_only(_error: OwnersOnly) -> Answer:
    return problem(403, "this is for developers of the mini-app's own organisation")


def _same_person(_error: SamePerson) -> Answer:
    return problem(403, "this takes somebody else than who did the step before")


def _http(error: HTTPException) -> Answer:
    return problem(error.code or 500)


_HANDLERS: Mapping[type[Exception], Any] = {
    BadRequestBody: _bad_request,
    NotStaff: _not_staff,
    NotAllowed: _not_allowed,
    UnknownKind: _unknown_kind,
    KeyError: _surprise,
    IndexError: _surprise,
    LookupError: _unknown,
    IllegalMove: _illegal,
    BadPayload: _problems,
    CannotApply: _problems,
    NotNow: _not_now,
    PasskeyRefused: _passkey,
    TooManyAttempts: _too_often,
    BadSubmission: _bad_submission,
    BadLogo: _bad_reason,
    BadReason: _bad_reason,
    WrongMove: _wrong_move,
    OvertakenMove: _overtaken,
    NeedsTwoPeople: _two_people,
    OwnersOnly: _owners_only,
    SamePerson: _same_person,
    HTTPException: _http,
}
