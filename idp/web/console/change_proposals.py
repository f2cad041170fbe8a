"""Asking for a change, in two steps: say what it shall be, see what it would do; or do it alone in an emergency."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.foundation.sentence import Problem as Against
from idp.governance.change_request import IllegalMove
from idp.governance.kinds import NotNow, Problems, UnknownKind
from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.change_controls import whole
from idp.web.console.change_forms import asked_of, begun_with, controls, payload_of, said_against
from idp.web.console.change_pages import SECTION, rows
from idp.web.console.change_words import DIRECTIONS, OBSTACLES, kind_words
from idp.web.console.effect_words import effect_words
from idp.web.console.framing import frame
from idp.web.console.sign_in import MAX_DETAIL
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.pages.common import Problem
from idp.web.pages.console_change_forms import ChangeFormPage, ChangePreviewPage
from idp.web.render import page
from idp.web.sentences import in_one
from idp.web.services import services

if TYPE_CHECKING:
    from idp.wiring.governing.change_drafts import Draft

blueprint = flask.Blueprint("console_change_proposals", __name__)
log = logging.getLogger(__name__)

NEW = "/console/changes/new"
FAMILIES: Mapping[str, Action] = {
    "trust": Action.TRUST_PROPOSE,
    "keys": Action.KEY_PROPOSE,
    "staff": Action.STAFF_PROPOSE,
    "mark": Action.MARK_PROPOSE,
    "entity": Action.MARK_PROPOSE,
    "policy": Action.POLICY_PROPOSE,
    "client": Action.APP_PROPOSE,
    "app": Action.APP_PROPOSE,
}
"""What it takes to ask for a change of each family; the desk asks the kind itself once more."""
Answer = flask.typing.ResponseReturnValue


def _begin(family: str, what: str) -> Answer:
    """The form, filled in with how the thing is that the address names."""
    kind = _kind(family, what)
    begun = begun_with(kind, flask.request.args)
    try:
        payload = services().changes.begin(desk.acting(), kind, begun, now=desk.now())
    except NotNow as failure:
        return page(
            _form(kind, begun, Problem(_("What you named cannot be looked at now.")), _said(failure)), 503
        )
    return page(_form(kind, payload))


def _preview(family: str, what: str) -> Answer:
    """What the change would do."""
    kind = _kind(family, what)
    form = flask.request.form
    try:
        payload = payload_of(kind, form)
    except (ValueError, TypeError):
        return page(_form(kind, {}, Problem(_("This is no JSON object, or too long a one."), "payload")), 400)
    if _needs_look(kind, payload):
        return _begin_with(kind, payload)
    return _drafted(kind, payload, lambda draft: page(_preview_page(kind, draft)))


def _propose(family: str, what: str) -> Answer:
    """Ask for it."""
    kind = _kind(family, what)
    payload = _sent_back()

    def step(draft: Draft) -> Answer:
        try:
            made = services().changes.propose(desk.acting(), kind, payload, _why(), now=desk.now())
        except Problems as wrong:
            return page(_preview_page(kind, draft, _problem(wrong)), 400)
        return flask.redirect(f"{SECTION}/{made.id}?done=proposed", 303)

    return _drafted(kind, payload, step)


def _act_alone(family: str, what: str) -> Answer:
    """Do it at once, alone, with a passkey unlocked for exactly this."""
    kind = _kind(family, what)
    payload = _sent_back()

    def step(draft: Draft) -> Answer:
        try:
            proof = desk.confirmed(draft.alone_context)
            made = services().changes.suspend_now(desk.acting(), kind, payload, _why(), proof, now=desk.now())
        except PasskeyRefused as refused:
            log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
            words = Problem(_("That did not work with this passkey. Try again."))
            return page(_preview_page(kind, draft, words), 400)
        except Problems as wrong:
            return page(_preview_page(kind, draft, _problem(wrong)), 400)
        return flask.redirect(f"{SECTION}/{made.id}?done=alone", 303)

    return _drafted(kind, payload, step)


def _drafted(kind: str, payload: Mapping[str, Any], step: Callable[[Draft], Answer]) -> Answer:
    """Go on with what the change would be; back to the form with sentences when it cannot be."""
    try:
        return step(services().changes.draft(desk.acting(), kind, payload, now=desk.now()))
    except Problems as wrong:
        words = Problem(_("The change cannot be proposed like this."))
        return page(_form(kind, payload, words, wrong.problems), 400)
    except IllegalMove as illegal:
        return page(_form(kind, payload, Problem(str(OBSTACLES[illegal.obstacle]))), 409)
    except NotNow as failure:
        words = Problem(_("What you named cannot be looked at now."))
        return page(_form(kind, payload, words, _said(failure)), 503)


def _begin_with(kind: str, payload: Mapping[str, Any]) -> Answer:
    try:
        found = services().changes.begin(desk.acting(), kind, payload, now=desk.now())
    except NotNow as failure:
        words = Problem(_("What you named cannot be looked at now."))
        return page(_form(kind, payload, words, _said(failure)), 503)
    return page(_form(kind, found))


def _kind(family: str, what: str) -> str:
    kind = f"{family}.{what}"
    try:
        services().changes.kind(kind)
    except UnknownKind:
        flask.abort(404)
    return kind


def _sent_back() -> dict[str, Any]:
    """The payload that the preview carried."""
    try:
        return whole(flask.request.form.get("payload", ""))
    except (ValueError, TypeError):
        flask.abort(400)


def _needs_look(kind: str, payload: Mapping[str, Any]) -> bool:
    """A region's keys are fetched before anybody can compare them."""
    return kind == "trust.admit" and "thumbprints" not in payload


def _form(
    kind: str,
    payload: Mapping[str, Any],
    problem: Problem | None = None,
    against: tuple[Against, ...] = (),
) -> ChangeFormPage:
    shown = controls(kind, payload)
    needs_look = _needs_look(kind, payload)
    return ChangeFormPage(
        frame=frame(SECTION),
        kind=kind,
        title=kind_words(kind),
        controls=shown[:1] if needs_look else shown,
        needs_look=needs_look and len(asked_of(kind)) > 1,
        sentences=said_against(kind, against),
        problem=problem,
    )


def _said(failure: NotNow) -> tuple[Against]:
    return (Against("", failure.sentence),)


def _preview_page(kind: str, draft: Draft, problem: Problem | None = None) -> ChangePreviewPage:
    alone = services().changes.kind(kind).alone
    may_act_alone = alone is not None and desk.acting().can(alone)
    return ChangePreviewPage(
        frame=frame(SECTION),
        kind=kind,
        title=kind_words(kind),
        subject=draft.content.subject,
        direction=str(DIRECTIONS[draft.content.direction]),
        waits=_waits(draft.content.delay),
        diff=rows(draft.diff),
        effect=tuple(map(effect_words, draft.effect)),
        payload=json.dumps(draft.content.payload, ensure_ascii=False, sort_keys=True),
        alone_context=draft.alone_context if may_act_alone else "",
        why=_why(),
        problem=problem,
    )


def _problem(wrong: Problems) -> Problem:
    if any(one.field == "why" for one in wrong.problems):
        return Problem(_("Say why, in at most 1000 characters."), "why")
    return Problem(in_one(wrong.problems))


def _waits(delay: timedelta) -> str:
    hours = round(delay.total_seconds() / 3600)
    if not delay:
        return _("It takes effect as soon as somebody else approves it.")
    return ngettext(
        "After its approval it waits for %(num)d hour, and can be cancelled.",
        "After its approval it waits for %(num)d hours, and can be cancelled.",
        hours,
    )


def _why() -> str:
    return flask.request.form.get("why", "")


def _add_family(family: str, action: Action) -> None:
    """The four addresses of a family, each behind the action that its kinds take."""
    steps = (
        ("", "GET", _begin),
        ("/preview", "POST", _preview),
        ("/propose", "POST", _propose),
        ("/alone", "POST", _act_alone),
    )
    for step, method, view in steps:

        def answer(what: str, view: Callable[[str, str], Answer] = view) -> Answer:
            return view(family, what)

        guarded = access(Policy.STAFF, action=action)(answer)
        name = f"{family}_{step.strip('/') or 'form'}"
        blueprint.add_url_rule(f"{NEW}/{family}.<what>{step}", name, guarded, methods=[method])


for _family, _action in FAMILIES.items():
    _add_family(_family, _action)
