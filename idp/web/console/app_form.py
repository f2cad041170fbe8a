"""Writing a submission in the console: as text, with its picture beside it. What the command reads, reads the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import flask

from idp.governance.roles import Action
from idp.registry.app_store import OvertakenMove
from idp.registry.finding import BadSubmission, Finding
from idp.registry.life_cycle import AppRecord, WrongMove
from idp.registry.logo import MAX_SIZE_BYTES as MAX_LOGO
from idp.registry.submission_document import MAX_SIZE_BYTES as MAX_TEXT
from idp.registry.submission_document import document_of
from idp.registry.submission_text import EXAMPLE, parse_text
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.app_pages import PATH, finding_line
from idp.web.console.app_service import apps
from idp.web.console.apps import found
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_apps import ConsoleAppFormPage
from idp.web.render import page

blueprint = flask.Blueprint("console_app_form", __name__)

# In a form a character can take nine bytes (three of UTF-8, each as %XX), and the rest is small.
MAX_FORM = 3 * MAX_TEXT + MAX_LOGO + 16_384


@blueprint.before_request
def _allow_a_picture() -> None:
    flask.request.max_content_length = MAX_FORM
    flask.request.max_form_memory_size = MAX_FORM


@blueprint.get("/console/new-app")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def begin() -> flask.typing.ResponseReturnValue:
    """The form for a new mini-app, with an example in it."""
    return page(ConsoleAppFormPage(frame(PATH), _example()))


@blueprint.get(f"{PATH}/<client_id>/edit")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def edit(client_id: str) -> flask.typing.ResponseReturnValue:
    """The form with the version under way, or with the one in force."""
    record = found(client_id)
    return page(ConsoleAppFormPage(frame(PATH), _text(record), client_id, _logo(record) is not None))


@blueprint.post("/console/new-app")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def save_new() -> flask.typing.ResponseReturnValue:
    """Check a new mini-app, or keep it as a draft."""
    return _answer(None)


@blueprint.post(f"{PATH}/<client_id>/edit")
@access(Policy.STAFF, action=Action.APP_SUBMIT)
def save(client_id: str) -> flask.typing.ResponseReturnValue:
    """Check the next version of a mini-app, or keep it as a draft."""
    return _answer(found(client_id))


def _answer(record: AppRecord | None) -> flask.typing.ResponseReturnValue:
    here, now = desk.acting(), desk.now()
    try:
        document, logo = _document(record), _uploaded()
        if flask.request.form.get("check") is not None:
            return page(_page(record, apps().check(here, document, logo), is_checked=True))
        saved = apps().save(here, document, logo, now=now)
    except BadSubmission as bad:
        problem = Problem(_("The draft was not kept. What is wrong with it stands below."), "text")
        return page(_page(record, bad.findings, problem=problem), 400)
    except (WrongMove, OvertakenMove):
        words = _("The app has moved on meanwhile. Look at it again, and write into what is there now.")
        return page(_page(record, (), problem=Problem(words)), 409)
    return flask.redirect(f"{PATH}/{saved.client_id}?saved", 303)


def _document(record: AppRecord | None) -> Mapping[str, Any]:
    """The text, with the picture that is there already unless another one comes. Raises: BadSubmission."""
    document = dict(parse_text(flask.request.form.get("text", "").replace("\r\n", "\n")))
    # A name of a file means something to the command alone.
    document["logo"] = _logo(record) if record else None
    if record is not None:
        # Whatever the text says: this is the form of one mini-app.
        document["client_id"] = record.client_id
    return document


def _uploaded() -> bytes | None:
    file = flask.request.files.get("logo")
    return (file.read(MAX_LOGO + 1) or None) if file else None


def _logo(record: AppRecord) -> str | None:
    version = record.candidate or record.in_force
    return version.logo if version else None


def _text(record: AppRecord) -> str:
    version = record.candidate or record.in_force
    if version is None:
        return _example()
    document = {name: value for name, value in document_of(version).items() if name != "logo" and value}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _example() -> str:
    """Without the lines about its file: here it goes beside the text."""
    lines = EXAMPLE.splitlines(keepends=True)
    return "".join(line for line in lines if "logo" not in line and "picture" not in line)


def _page(
    record: AppRecord | None,
    findings: tuple[Finding, ...],
    *,
    is_checked: bool = False,
    problem: Problem | None = None,
) -> ConsoleAppFormPage:
    return ConsoleAppFormPage(
        frame=frame(PATH),
        text=flask.request.form.get("text", ""),
        client_id=record.client_id if record else None,
        has_logo=record is not None and _logo(record) is not None,
        findings=tuple(map(finding_line, findings)),
        is_checked=is_checked,
        problem=problem,
    )
