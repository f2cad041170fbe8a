"""Change requests: which there are, what one of them does, and every step that a second person takes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlencode

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.change_listing import ChangeFilters, Place
from idp.governance.change_request import ChangeRequest, IllegalMove, State, context_of
from idp.governance.kinds import NotNow, Problems, reading
from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.change_pages import change_page, line_of
from idp.web.console.change_words import KINDS, OBSTACLES, STATES, kind_words
from idp.web.console.framing import frame
from idp.web.console.sign_in import MAX_DETAIL
from idp.web.locale import gettext as _
from idp.web.pages import ChangesPage, Problem
from idp.web.pages.console_changes import Option
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_changes", __name__)
log = logging.getLogger(__name__)

PATH = "/console/changes"
ON_ONE_PAGE = 50
LONGEST_SUBJECT = 500


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.CHANGE_READ)
def show_all() -> flask.typing.ResponseReturnValue:
    """Requests, newest first, narrowed by state, kind, subject and who proposed them."""
    args = flask.request.args
    filters = ChangeFilters(
        state=State(args["state"]) if args.get("state") in set(State) else None,
        kind=args.get("kind") if args.get("kind") in services().changes.kinds else None,
        subject=args.get("subject", "").strip()[:LONGEST_SUBJECT] or None,
        proposer=args.get("who") or None,
    )
    after = Place.parse(args.get("after", ""))
    found = services().changes.page(filters, after, ON_ONE_PAGE)
    return page(
        ChangesPage(
            frame(PATH),
            tuple(line_of(one) for one in found.requests if _may_read(one)),
            states=_states(filters),
            kinds=_kinds(filters),
            members=_members(filters),
            subject=filters.subject or "",
            propose=_forms(),
            first_href=_address(filters) if after else None,
            later_href=_address(filters, str(found.next)) if found.next else None,
        )
    )


@blueprint.get(f"{PATH}/<change_id>")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def show(change_id: str) -> flask.typing.ResponseReturnValue:
    """One request."""
    return page(change_page(_found(change_id), notice=_notice()))


@blueprint.post(f"{PATH}/<change_id>/approve")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def approve(change_id: str) -> flask.typing.ResponseReturnValue:
    """Agree, with a passkey unlocked for exactly this content."""
    request = _found(change_id)
    content_hash = flask.request.form.get("content_hash", "")

    def step() -> ChangeRequest:
        proof = desk.confirmed(context_of(request, "approve"))
        return services().changes.approve(desk.acting(), request.id, content_hash, proof, now=desk.now())

    return _taken(request, step, "approved")


@blueprint.post(f"{PATH}/<change_id>/refuse")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def refuse(change_id: str) -> flask.typing.ResponseReturnValue:
    """Do not agree, and say why."""
    request = _found(change_id)
    return _taken(
        request,
        lambda: services().changes.refuse(desk.acting(), request.id, _why(), now=desk.now()),
        "refused",
    )


@blueprint.post(f"{PATH}/<change_id>/cancel")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def cancel(change_id: str) -> flask.typing.ResponseReturnValue:
    """Call it off: whoever made it, and whoever may cancel; the desk knows."""
    request = _found(change_id)
    return _taken(
        request,
        lambda: services().changes.cancel(desk.acting(), request.id, _why(), now=desk.now()),
        "cancelled",
    )


@blueprint.post(f"{PATH}/<change_id>/review")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def review(change_id: str) -> flask.typing.ResponseReturnValue:
    """Say whether an emergency suspension was right."""
    request = _found(change_id)

    def step() -> ChangeRequest:
        proof = desk.confirmed(context_of(request, "review"))
        return services().changes.review(
            desk.acting(),
            request.id,
            proof,
            is_right=flask.request.form.get("right") == "yes",
            why=_why(),
            now=desk.now(),
        )

    return _taken(request, step, "reviewed")


@blueprint.post(f"{PATH}/<change_id>/roll-back")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def roll_back(change_id: str) -> flask.typing.ResponseReturnValue:
    """Propose the opposite; whether this role may is for the desk to say."""
    request = _found(change_id)
    return _taken(
        request,
        lambda: services().changes.roll_back(desk.acting(), request.id, _why(), now=desk.now()),
        "proposed",
    )


def _taken(
    request: ChangeRequest, step: Callable[[], ChangeRequest], word: str
) -> flask.typing.ResponseReturnValue:
    """Take a step and show what came of it; the request as it is, with a sentence, when it was refused."""
    try:
        after = step()
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        return _again(request, Problem(_("That did not work with this passkey. Try again.")), 400)
    except IllegalMove as illegal:
        return _again(request, Problem(str(OBSTACLES[illegal.obstacle])), 409)
    except Problems as wrong:
        if any(one.field == "why" for one in wrong.problems):
            return _again(request, Problem(_("Say why, in at most 1000 characters.")), 400)
        return _again(request, Problem(str(wrong)), 409)
    except NotNow as failure:
        return _again(request, Problem(str(failure)), 503)
    return flask.redirect(f"{PATH}/{after.id}?done={word}", 303)


def _again(request: ChangeRequest, problem: Problem, status: int) -> flask.typing.ResponseReturnValue:
    return page(change_page(services().changes.find(request.id), problem=problem), status)


def _found(change_id: str) -> ChangeRequest:
    try:
        return services().changes.read(desk.acting(), change_id)
    except LookupError:
        flask.abort(404)


def _may_read(request: ChangeRequest) -> bool:
    kind = services().changes.kinds.get(request.content.kind)
    return kind is not None and desk.acting().can(reading(kind))


def _why() -> str:
    return flask.request.form.get("why", "")


def _notice() -> str | None:
    words = {
        "proposed": _("It is proposed. Somebody else has to approve it."),
        "approved": _("You approved it."),
        "refused": _("You refused it."),
        "cancelled": _("It is cancelled."),
        "reviewed": _("Your review is noted."),
        "alone": _("It is done. Somebody else has to review it within a day."),
    }
    return words.get(flask.request.args.get("done", ""))


def _states(filters: ChangeFilters) -> tuple[Option, ...]:
    any_state = Option("", _("Any"), filters.state is None)
    return (
        any_state,
        *(
            Option(state.value, str(words), state is filters.state)
            for state, (words, _mark) in STATES.items()
        ),
    )


def _kinds(filters: ChangeFilters) -> tuple[Option, ...]:
    known = [kind for kind in KINDS if kind in services().changes.kinds]
    return (
        Option("", _("Any"), filters.kind is None),
        *(Option(kind, kind_words(kind), kind == filters.kind) for kind in known),
    )


def _members(filters: ChangeFilters) -> tuple[Option, ...]:
    return (
        Option("", _("Anybody"), filters.proposer is None),
        *(
            Option(one.id, one.name, one.id == filters.proposer)
            for one in services().staff.members(now=desk.now())
        ),
    )


def _forms() -> tuple[tuple[str, str], ...]:
    """What whoever is here may ask for. Versions of apps are proposed on the page of the app."""
    return tuple(
        (f"{PATH}/new/{name}", str(words))
        for name, words in KINDS.items()
        if name in services().changes.kinds
        and not name.startswith("app.")
        and desk.acting().can(services().changes.kinds[name].action)
    )


def _address(filters: ChangeFilters, after: str = "") -> str:
    known = {
        "state": filters.state,
        "kind": filters.kind,
        "subject": filters.subject,
        "who": filters.proposer,
        "after": after,
    }
    query = urlencode({name: str(value) for name, value in known.items() if value})
    return f"{PATH}?{query}" if query else PATH
