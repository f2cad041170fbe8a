"""A change request as its page shows it: in words, with what whoever is here may do about it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from idp.governance.change_request import DONE, OPEN, ChangeRequest, DiffLine, Obstacle, State
from idp.governance.roles import Action
from idp.web.console import desk
from idp.web.console.change_forms import said_against
from idp.web.console.change_words import (
    DIRECTIONS,
    OBSTACLES,
    STATES,
    field_words,
    kind_words,
    value_words,
)
from idp.web.console.effect_words import effect_words
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.pages.common import Problem
from idp.web.pages.console_changes import ChangeLine, ChangePage, DiffRow, StepLine
from idp.web.pages.hub import WaitingPart
from idp.web.sentences import words
from idp.web.services import services
from idp.web.witness_words import waiting_part

SECTION = "/console/changes"


def line_of(request: ChangeRequest) -> ChangeLine:
    """One request of the list."""
    words, mark = STATES[request.state_at(desk.now())]
    return ChangeLine(
        id=request.id,
        title=kind_words(request.content.kind),
        subject=_subject(request),
        proposer=name_of(request.proposer),
        at=request.proposed_at,
        state=str(words),
        mark=mark,
    )


def change_page(
    request: ChangeRequest, notice: str | None = None, problem: Problem | None = None
) -> ChangePage:
    """The page of one request."""
    now, changes = desk.now(), services().changes
    state = request.state_at(now)
    effective_at = request.approval.effective_at if request.approval and state is State.APPROVED else None
    due = request.review_due_at
    return ChangePage(
        frame=frame(SECTION),
        change=line_of(request),
        direction=str(DIRECTIONS[request.content.direction]),
        diff=rows(request.diff),
        content_hash=request.content_hash,
        payload=json.dumps(request.content.payload, ensure_ascii=False, indent=1, sort_keys=True),
        steps=_steps(request),
        effect=tuple(map(effect_words, changes.effect(request, now=now))),
        checks=said_against(request.content.kind, changes.problems(request, now=now)),
        is_open=state in OPEN,
        effective_at=effective_at,
        left="" if effective_at is None else _left(effective_at - now),
        expires_at=request.expires_at if state is State.PROPOSED else None,
        held_up=_held_up(request),
        review_due_at=due,
        is_overdue=due is not None and now >= due,
        may=_may(request, state),
        why_not=_why_not(request, state),
        outcome=request.outcome,
        member=request.outcome if request.content.kind == "staff.invite" else "",
        rolls_back=request.rolls_back,
        notice=notice,
        problem=problem,
    )


def rows(diff: tuple[DiffLine, ...]) -> tuple[DiffRow, ...]:
    """Differences in words."""
    return tuple(
        DiffRow(
            field_words(line.field),
            value_words(line.field, line.before),
            value_words(line.field, line.after),
        )
        for line in diff
    )


def name_of(staff_id: str) -> str:
    """Somebody of the staff by name, whatever became of them."""
    found = services().staff.find(staff_id, now=desk.now())
    return staff_id if found is None else found.name


def _held_up(request: ChangeRequest) -> WaitingPart | None:
    """What an applied request waits for, if it does: witnesses."""
    hub, applied_at = services().hub, request.applied_at
    if hub is None or applied_at is None or not services().changes.is_held_up(request):
        return None
    waiting = hub.standing(now=desk.now()).waiting
    return None if waiting is None else replace(waiting_part(waiting), since=applied_at)


def _subject(request: ChangeRequest) -> str:
    """A member of the staff is called by name."""
    subject = request.content.subject
    return name_of(subject) if request.content.kind.startswith("staff.") else subject


def _may(request: ChangeRequest, state: State) -> frozenset[str]:
    here = desk.acting()
    may = set()
    if state is State.PROPOSED and here.can(Action.CHANGE_APPROVE) and here.member.id != request.proposer:
        may.add("refuse")
        if here.member.id != request.content.subject:
            may.add("approve")
    if state in OPEN and (here.can(Action.CHANGE_CANCEL) or here.member.id == request.proposer):
        may.add("cancel")
    if state is State.REVIEW_DUE and here.can(Action.CHANGE_APPROVE) and here.member.id != request.proposer:
        may.add("review")
    kind = services().changes.kinds.get(request.content.kind)
    if state in DONE and kind is not None and here.can(kind.action) and services().changes.inverse(request):
        may.add("roll_back")
    return frozenset(may)


def _why_not(request: ChangeRequest, state: State) -> str:
    here = desk.acting()
    if state is not State.PROPOSED or not here.can(Action.CHANGE_APPROVE):
        return ""
    if here.member.id == request.proposer:
        return str(OBSTACLES[Obstacle.SAME_PERSON])
    return str(OBSTACLES[Obstacle.ONESELF]) if here.member.id == request.content.subject else ""


def _steps(request: ChangeRequest) -> tuple[StepLine, ...]:
    """What happened, in its order."""
    steps = [StepLine(_("Proposed"), name_of(request.proposer), request.proposed_at, request.why)]
    if request.approval is not None:
        steps.append(StepLine(_("Approved"), name_of(request.approval.by), request.approval.at))
    if request.applied_at is not None:
        words = _("Done by one person, in an emergency") if request.is_emergency else _("Applied")
        who = name_of(request.proposer) if request.is_emergency else ""
        steps.append(StepLine(words, who, request.applied_at))
    if request.closed_at is not None:
        who = name_of(request.closed_by) if request.closed_by else ""
        why = _closed_why(request)
        steps.append(StepLine(str(STATES[request.state][0]), who, request.closed_at, why))
    return tuple(steps)


def _closed_why(request: ChangeRequest) -> str:
    if request.state is State.STALE:
        return str(OBSTACLES[Obstacle.STALE])
    return " ".join(map(words, request.failed_for)) or request.closed_why


def _left(wait: timedelta) -> str:
    minutes = max(0, int(wait.total_seconds() // 60))
    if minutes < 120:
        return ngettext("in %(num)d minute", "in %(num)d minutes", minutes)
    return ngettext("in %(num)d hour", "in %(num)d hours", minutes // 60)
