"""What is done with a mini-app from its page: one form a move, each decided anew by the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.change_request import IllegalMove
from idp.governance.kinds import NotNow, Problems
from idp.governance.roles import Action
from idp.registry.app_store import NeedsTwoPeople, OvertakenMove, OwnersOnly, SamePerson, UnknownApp
from idp.registry.finding import BadSubmission
from idp.registry.life_cycle import AppRecord, WrongMove
from idp.registry.reasons import BadReason, Reason
from idp.registry.registration import RefusedClient
from idp.registry.versions import digest_of
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.app_pages import PATH, app_page
from idp.web.console.app_service import apps
from idp.web.console.apps import found
from idp.web.console.change_words import OBSTACLES
from idp.web.console.sign_in import MAX_DETAIL, question
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.render import page
from idp.web.sentences import in_one, words
from idp.web.services import services

blueprint = flask.Blueprint("console_app_moves", __name__)
log = logging.getLogger(__name__)

CHANGES = "/console/changes"
SUSPEND = "app.suspend"
MOST_REASONS = 20


@blueprint.post(f"{PATH}/<client_id>/submit")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def submit(client_id: str) -> flask.typing.ResponseReturnValue:
    """Hand the draft in."""
    return _do(client_id, lambda: apps().submit(desk.acting(), client_id, _revision(), now=desk.now()))


@blueprint.post(f"{PATH}/<client_id>/withdraw")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def withdraw(client_id: str) -> flask.typing.ResponseReturnValue:
    """Take a version back."""
    return _do(client_id, lambda: apps().withdraw(desk.acting(), client_id, _revision(), now=desk.now()))


@blueprint.post("/console/app-secret")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def make_secret() -> flask.typing.ResponseReturnValue:
    """Make the first secret and show it, this once."""
    client_id = found(_typed("app")).client_id
    made = []
    refused = _try(lambda: made.append(apps().new_secret(desk.acting(), client_id, now=desk.now())))
    if refused is not None:
        return page(app_page(found(client_id), problem=refused), 409)
    return page(app_page(found(client_id), secret=made[0].reveal()))


@blueprint.post(f"{PATH}/<client_id>/take")
@access(Policy.STAFF, action=Action.APP_REVIEW)
def take(client_id: str) -> flask.typing.ResponseReturnValue:
    """Begin the review."""
    return _do(client_id, lambda: apps().take(desk.acting(), client_id, _revision(), now=desk.now()))


@blueprint.post(f"{PATH}/<client_id>/accept")
@access(Policy.STAFF, action=Action.APP_REVIEW)
def accept(client_id: str) -> flask.typing.ResponseReturnValue:
    """Approve the version."""
    return _do(client_id, lambda: apps().accept(desk.acting(), client_id, _revision(), now=desk.now()))


@blueprint.post(f"{PATH}/<client_id>/return")
@access(Policy.STAFF, action=Action.APP_REVIEW)
def send_back(client_id: str) -> flask.typing.ResponseReturnValue:
    """Return the version with reasons, field by field."""
    reasons = _reasons()
    return _do(
        client_id, lambda: apps().send_back(desk.acting(), client_id, _revision(), reasons, now=desk.now())
    )


@blueprint.post(f"{PATH}/<client_id>/appeal")
@access(Policy.STAFF, action=Action.APP_APPEAL)
def appeal(client_id: str) -> flask.typing.ResponseReturnValue:
    """Say something against a suspension."""
    return _do(client_id, lambda: apps().appeal(desk.acting(), client_id, _typed("text"), now=desk.now()))


@blueprint.post(f"{PATH}/<client_id>/answer")
@access(Policy.STAFF, action=Action.APP_REVIEW)
def answer(client_id: str) -> flask.typing.ResponseReturnValue:
    """Answer an appeal."""
    return _do(client_id, lambda: apps().answer(desk.acting(), client_id, _typed("text"), now=desk.now()))


@blueprint.post(f"{PATH}/<client_id>/retire")
@access(Policy.STAFF, action=Action.APP_RETIRE)
def retire(client_id: str) -> flask.typing.ResponseReturnValue:
    """Retire one's own mini-app."""
    days = timedelta(days=_number("days"))
    return _do(
        client_id,
        lambda: apps().retire(desk.acting(), client_id, _revision(), days, _typed("why"), now=desk.now()),
    )


@blueprint.post(f"{PATH}/<client_id>/propose")
@access(Policy.STAFF, action=Action.APP_PROPOSE)
def propose(client_id: str) -> flask.typing.ResponseReturnValue:
    """Ask for what takes two people; on to the request."""
    record = found(client_id)
    payload = _payload(record)
    if payload is None:
        flask.abort(400)
    made = []
    kind, why = flask.request.form.get("kind", ""), _typed("why")
    refused = _try(
        lambda: made.append(services().changes.propose(desk.acting(), kind, payload, why, now=desk.now()))
    )
    if refused is not None:
        return page(app_page(found(client_id), problem=refused), 409)
    return flask.redirect(f"{CHANGES}/{made[0].id}", 303)


@blueprint.post(f"{PATH}/<client_id>/suspend/options")
@access(Policy.STAFF, action=Action.APP_SUSPEND)
def ask_browser(client_id: str) -> flask.typing.ResponseReturnValue:
    """The question for a passkey that confirms exactly this suspension, with this reason."""
    payload = {"client_id": found(client_id).client_id, "reason": _typed("reason")}
    try:
        draft = services().changes.draft_alone(desk.acting(), SUSPEND, payload, now=desk.now())
    except (Problems, IllegalMove, NotNow):
        flask.abort(400)
    return question(draft.alone_context)


@blueprint.post(f"{PATH}/<client_id>/suspend")
@access(Policy.STAFF, action=Action.APP_SUSPEND)
def suspend(client_id: str) -> flask.typing.ResponseReturnValue:
    """Switch it off at once, alone; on to the request, which somebody else reviews."""
    here, now, reason = desk.acting(), desk.now(), _typed("reason")
    payload = {"client_id": found(client_id).client_id, "reason": reason}
    made = []

    def act() -> None:
        draft = services().changes.draft_alone(here, SUSPEND, payload, now=now)
        proof = desk.confirmed(draft.alone_context)
        made.append(services().changes.suspend_now(here, SUSPEND, payload, reason, proof, now=now))

    refused = _try(act)
    if refused is not None:
        return page(app_page(found(client_id), problem=refused), 409)
    return flask.redirect(f"{CHANGES}/{made[0].id}", 303)


def _payload(record: AppRecord) -> dict[str, object] | None:
    match flask.request.form.get("kind"):
        case "app.publish" | "app.change" if record.candidate is not None:
            # Of the version that was looked at: another one since is found stale.
            version = digest_of(record.candidate)
            return {"client_id": record.client_id, "revision": _revision(), "version": version}
        case "app.restore":
            return {"client_id": record.client_id}
        case "app.retire":
            return {"client_id": record.client_id, "days": _number("days"), "reason": _typed("reason")}
    return None


def _do(client_id: str, move: Callable[[], object]) -> flask.typing.ResponseReturnValue:
    """Make a move; back to the page, which says what became of it."""
    record = found(client_id)
    refused = _try(move)
    if refused is not None:
        return page(app_page(found(record.client_id), problem=refused), 409)
    return flask.redirect(f"{PATH}/{record.client_id}?done", 303)


def _try(move: Callable[[], object]) -> Problem | None:
    """Make a move; what stood in its way, in words."""
    try:
        move()
    except UnknownApp:
        flask.abort(404)
    except BadSubmission:
        return Problem(_("The checks found errors. They stand below, each with what to do."))
    except (WrongMove, OvertakenMove):
        return Problem(_("The app has moved on meanwhile. Look at it again; nothing was changed."))
    except SamePerson:
        return Problem(_("This takes somebody else than who did the step before."))
    except NeedsTwoPeople:
        return Problem(_("This takes two people: propose it as a change."))
    except OwnersOnly:
        return Problem(_("This is for the developers of the app’s own organisation."))
    except BadReason:
        return Problem(_("Say why, in up to 1000 characters; and for a reason, which field it is about."))
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        return Problem(_("That did not work with this passkey. Try again."))
    except (RefusedClient, Problems) as refused:
        return Problem(_("It is not possible now: %(detail)s", detail=in_one(refused.problems)))
    except NotNow as refused:
        return Problem(_("It is not possible now: %(detail)s", detail=words(refused.sentence)))
    except IllegalMove as illegal:
        return Problem(str(OBSTACLES[illegal.obstacle]))
    return None


def _reasons() -> tuple[Reason, ...]:
    form = flask.request.form
    pairs = zip(form.getlist("field"), form.getlist("what_to_do"), strict=False)
    written = ((field.strip(), what.strip()) for field, what in pairs)
    return tuple(Reason(field, what) for field, what in written if field or what)[: MOST_REASONS + 1]


def _typed(name: str) -> str:
    return flask.request.form.get(name, "").strip().replace("\r\n", "\n")


def _revision() -> int:
    return _number("revision")


def _number(name: str) -> int:
    text = flask.request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
