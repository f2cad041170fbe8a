"""The audit trail: found by what happened, when and to whom; taken away with the proof of every line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import flask

from idp.foundation.event_search import EventFilter, EventPlace, KeptEvent
from idp.foundation.events import Event, EventKind
from idp.governance.audit_view import shown_to
from idp.governance.roles import Action
from idp.transparency.leaves import LogName
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.event_titles import EVENT_TITLES, event_title
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_audit import AuditLine, AuditPage
from idp.web.pages.console_changes import Option
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_audit", __name__)

PATH = "/console/audit"
ON_ONE_PAGE = 50
LONGEST = 500


class _NoDay(ValueError):
    """Not a day as the form asks for it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.AUDIT_READ)
def show() -> flask.typing.ResponseReturnValue:
    """Lines of the trail, the latest first."""
    try:
        wanted = _wanted()
    except _NoDay as wrong:
        return page(_page((), Problem(_("Write a day such as 2026-11-29."), wrong.field)), 400)
    after = EventPlace.parse(flask.request.args.get("after", ""))
    found = services().audit.page(wanted, after, ON_ONE_PAGE)
    return page(_page(found, is_later=after is not None))


@blueprint.post(f"{PATH}/export")
@access(Policy.STAFF, action=Action.AUDIT_EXPORT)
def export() -> flask.typing.ResponseReturnValue:
    """The lines of a search as a file, each with its proof under one checkpoint."""
    try:
        wanted = _wanted()
    except _NoDay as wrong:
        return page(_page((), Problem(_("Write a day such as 2026-11-29."), wrong.field)), 400)
    here, now = desk.acting(), desk.now()
    services().stores.events.record(Event(EventKind.AUDIT_EXPORTED, now, subject=here.member.id))
    lines = services().audit.export(wanted)
    return flask.Response(
        flask.stream_with_context(_written(lines)),
        mimetype="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"},
    )


def _written(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def _asked(name: str) -> str:
    return flask.request.values.get(name, "").strip()[:LONGEST]


def _wanted() -> EventFilter:
    """Raises: _NoDay."""
    kind = _asked("kind")
    return EventFilter(
        kind=EventKind(kind) if kind in set(EventKind) else None,
        since=_day("since"),
        until=_day("until"),
        account_id=_asked("account") or None,
        subject=_asked("subject") or None,
    )


def _day(name: str) -> datetime | None:
    """The beginning of a day, in UTC. Raises: _NoDay."""
    text = _asked(name)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise _NoDay(name) from None


def _page(
    found: tuple[KeptEvent, ...], problem: Problem | None = None, *, is_later: bool = False
) -> AuditPage:
    asked = {name: _asked(name) for name in ("kind", "since", "until", "account", "subject")}
    is_full = len(found) == ON_ONE_PAGE
    return AuditPage(
        frame=frame(PATH),
        lines=tuple(map(_line, found)),
        kinds=_kinds(asked["kind"]),
        since=asked["since"],
        until=asked["until"],
        account=asked["account"],
        subject=asked["subject"],
        can_export=desk.acting().can(Action.AUDIT_EXPORT),
        log_size=services().logs[LogName.AUDIT].size(),
        first_href=_address(asked) if is_later else None,
        later_href=_address(asked, found[-1].place) if is_full else None,
        problem=problem,
    )


def _line(kept: KeptEvent) -> AuditLine:
    event = shown_to(desk.acting(), kept.event)
    return AuditLine(
        title=event_title(event.kind),
        kind=event.kind.value,
        at=event.at,
        account=event.account_id or "",
        client=event.client_id or "",
        subject=event.subject or "",
        entry=kept.log_index,
    )


def _kinds(chosen: str) -> tuple[Option, ...]:
    known = (Option(kind.value, str(words), kind.value == chosen) for kind, words in EVENT_TITLES.items())
    return (Option("", _("Anything"), not chosen), *known)


def _address(asked: dict[str, str], place: EventPlace | None = None) -> str:
    after = {} if place is None else {"after": place.written}
    query = urlencode({name: value for name, value in {**asked, **after}.items() if value})
    return f"{PATH}?{query}" if query else PATH
