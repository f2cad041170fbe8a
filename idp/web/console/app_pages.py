"""A mini-app as its page in the console shows it: in words, with what whoever is here may do about it."""

from __future__ import annotations

from collections.abc import Mapping

from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.registry.app_store import AppDay, Appeal, AppFigure, AppLine, MoveDone
from idp.registry.finding import Finding, Severity
from idp.registry.life_cycle import AppRecord, Move, Stage, Standing
from idp.registry.reasons import read_reasons
from idp.registry.submission_document import MEMBERS
from idp.registry.versions import differences, is_harmless
from idp.web.app_words import (
    MOVES,
    RULES,
    STAGE_MARKS,
    STAGES,
    STANDING_MARKS,
    STANDINGS,
    in_language,
)
from idp.web.cards import logo_address
from idp.web.console import desk
from idp.web.console.app_service import apps
from idp.web.console.framing import frame
from idp.web.figure_words import share_words
from idp.web.locale import current_language
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_apps import (
    AppDayLine,
    AppealLine,
    ConsoleAppLine,
    ConsoleAppPage,
    DifferenceLine,
    FindingLine,
    MoveLine,
    ReasonLine,
)
from idp.web.sentences import words
from idp.web.services import services

PATH = "/console/apps"
_ACTIONS: Mapping[Move, Action] = {
    Move.SUBMIT: Action.APP_SUBMIT,
    Move.WITHDRAW: Action.APP_SUBMIT,
    Move.TAKE: Action.APP_REVIEW,
    Move.ACCEPT: Action.APP_REVIEW,
    Move.RETURN: Action.APP_REVIEW,
    Move.APPEAL: Action.APP_APPEAL,
    Move.ANSWER: Action.APP_REVIEW,
    Move.SUSPEND: Action.APP_SUSPEND,
}
"""Moves that are a form on the page, and what each takes."""
_OF_REVIEWERS = frozenset({Move.TAKE, Move.ACCEPT, Move.RETURN, Move.ANSWER})


def app_page(
    record: AppRecord,
    *,
    notice: str | None = None,
    problem: Problem | None = None,
    secret: str | None = None,
) -> ConsoleAppPage:
    """The page of one mini-app."""
    here, client_id = desk.acting(), record.client_id
    version = record.candidate or record.in_force
    appeal = apps().appeal_of(here, client_id)
    proposal = _proposal(record)
    return ConsoleAppPage(
        frame=frame(PATH),
        app=line_of(_as_line(record)),
        revision=record.revision,
        published_at=record.published_at,
        retires_at=record.retires_at,
        reason=record.reason,
        returned_for=tuple(
            ReasonLine(one.field, one.what_to_do) for one in read_reasons(record.returned_for)
        ),
        findings=tuple(map(finding_line, apps().findings(here, client_id))),
        differences=_differences(record),
        history=tuple(map(_move, apps().history(here, client_id, now=desk.now()))),
        figures=tuple(map(_day, apps().figures(here, client_id, now=desk.now()))),
        appeal=_appeal(appeal),
        logo=logo_address(version.logo if version else None),
        may=frozenset(_may(here, record, appeal, proposal)),
        proposal=proposal,
        is_harmless=record.candidate is not None and is_harmless(record.in_force, record.candidate),
        fields=tuple(sorted(MEMBERS)),
        secret=secret,
        notice=notice,
        problem=problem,
    )


def finding_line(finding: Finding) -> FindingLine:
    """A finding in words."""
    title, what_to_do = RULES[finding.rule]
    return FindingLine(
        rule=finding.rule.value,
        title=str(title),
        what_to_do=str(what_to_do),
        field=finding.field,
        value=finding.value,
        detail=words(finding.detail) if finding.detail else "",
        is_error=finding.severity is Severity.ERROR,
    )


def line_of(app: AppLine) -> ConsoleAppLine:
    """A mini-app of a list, in words."""
    return ConsoleAppLine(
        client_id=app.client_id,
        name=in_language(app.name, current_language().tag) or app.client_id,
        organisation=app.organisation,
        standing=str(STANDINGS[app.standing]),
        standing_mark=STANDING_MARKS[app.standing],
        stage="" if app.stage is Stage.NONE else str(STAGES[app.stage]),
        stage_mark=STAGE_MARKS[app.stage],
        since=app.since,
    )


def _may(here: Acting, record: AppRecord, appeal: Appeal | None, proposal: str) -> set[str]:
    """What whoever is here may do now. Only for showing: every form is asked again when it comes."""
    allowed = {move.value for move, action in _ACTIONS.items() if here.can(action) and record.can(move)}
    is_open = appeal is not None and appeal.answered_at is None and record.standing is Standing.SUSPENDED
    if not is_open or appeal is None or here.member.id == appeal.suspended_by:
        allowed.discard(Move.ANSWER.value)
    if is_open or (appeal is not None and record.standing is Standing.SUSPENDED):
        allowed.discard(Move.APPEAL.value)
    if here.member.id == record.submitted_by:
        allowed -= {Move.TAKE.value, Move.ACCEPT.value, Move.RETURN.value}
    if here.can(Action.APP_SUBMIT) and record.can(Move.SAVE):
        allowed.add("edit")
    if here.can(Action.APP_PROPOSE) and proposal:
        allowed.add("propose")
    if record.can(Move.RETIRE):
        if here.member.organisation is not None and here.can(Action.APP_RETIRE):
            allowed.add("retire")
        elif here.can(Action.APP_PROPOSE):
            allowed.add("propose_retire")
    is_own = here.member.organisation == record.organisation
    if is_own and here.can(Action.APP_SUBMIT) and apps().wants_secret(record):
        allowed.add("secret")
    return allowed


def _proposal(record: AppRecord) -> str:
    """The change request that is the next step, if one is."""
    if record.can(Move.RESTORE):
        return "app.restore"
    if record.can(Move.PUBLISH):
        return "app.publish" if record.standing is Standing.UNPUBLISHED else "app.change"
    return ""


def _as_line(record: AppRecord) -> AppLine:
    version = record.candidate or record.in_force
    return AppLine(
        record.client_id,
        dict(version.application.name) if version else {},
        record.organisation,
        record.standing,
        record.stage,
        record.since,
    )


def _differences(record: AppRecord) -> tuple[DifferenceLine, ...]:
    if record.candidate is None:
        shown = differences(None, record.in_force) if record.in_force else ()
        return tuple(DifferenceLine(one.member, one.after, one.after) for one in shown)
    shown = differences(record.in_force, record.candidate)
    return tuple(DifferenceLine(one.member, one.before, one.after) for one in shown)


def _move(done: MoveDone) -> MoveLine:
    return MoveLine(str(MOVES[done.move]), done.at, _who(done), done.note)


def _who(done: MoveDone) -> str:
    """By name; where no name is told, by what they are."""
    if done.staff_id is not None:
        member = services().staff.find(done.staff_id, now=desk.now())
        return member.name if member else done.staff_id
    if done.move is Move.END:
        return _("by itself, when its time had come")
    return _("a reviewer") if done.move in _OF_REVIEWERS else _("the region’s staff")


def _day(one: AppDay) -> AppDayLine:
    counted = {figure: one.figures.get(figure, 0) for figure in AppFigure}
    return AppDayLine(
        day=one.day,
        sign_ins=counted[AppFigure.SIGN_INS],
        unfetched=counted[AppFigure.UNFETCHED],
        agreed=counted[AppFigure.AGREED],
        refused=counted[AppFigure.REFUSED],
        dropped_off=_dropped_off(one, counted[AppFigure.ASKED]),
        errors=counted[AppFigure.ERRORS],
    )


def _dropped_off(one: AppDay, asked: int) -> str:
    if not asked:
        return "–"
    share = share_words(one.dropped_off, asked)
    return _("%(number)s of %(whole)s (%(share)s)", number=one.dropped_off, whole=asked, share=share)


def _appeal(appeal: Appeal | None) -> AppealLine | None:
    return None if appeal is None else AppealLine(appeal.text, appeal.at, appeal.answer, appeal.answered_at)
