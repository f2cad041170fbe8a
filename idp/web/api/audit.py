"""The audit trail by API: a page at a time, or a page with the proof of every line."""

from __future__ import annotations

from typing import Any

from idp.foundation.event_search import MAX_PAGE, EventFilter, EventPlace, KeptEvent
from idp.foundation.events import Event, EventKind
from idp.governance.audit_view import shown_to
from idp.governance.roles import Action
from idp.web.api import shapes
from idp.web.api.operation import Api, Json, query
from idp.web.api.problems import BadRequestBody
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("audit")

EVENT = shapes.thing(
    {
        "id": shapes.number(),
        "kind": shapes.word(EventKind),
        "at": shapes.moment(),
        "account_id": shapes.maybe(shapes.text()),
        "client_id": shapes.maybe(shapes.text()),
        "subject": shapes.maybe(shapes.text()),
        "log_index": shapes.maybe(shapes.number()),
    }
)
FILTERS = {
    "kind": shapes.word(EventKind),
    "since": shapes.moment(),
    "until": shapes.moment(),
    "account": shapes.text(200),
    "subject": shapes.text(500),
}


@api.get(
    "/audit-events",
    Action.AUDIT_READ,
    query={**FILTERS, "after": shapes.text(60), "limit": shapes.number(1, MAX_PAGE)},
    answer=shapes.page_of(EVENT),
)
def list_audit_events() -> Json:
    """Search the audit trail, the latest lines first."""
    asked = query()
    limit = asked.get("limit", 100)
    found = services().audit.page(_filter(), _place(asked.get("after")), limit)
    return {
        "items": [_event(one) for one in found],
        "next": found[-1].place.written if len(found) == limit else None,
    }


@api.get(
    "/audit-export",
    Action.AUDIT_EXPORT,
    query=FILTERS,
    answer=shapes.thing({"lines": shapes.many(shapes.anything(), MAX_PAGE + 1)}),
)
def export_audit_events() -> Json:
    """Take lines away with their proofs under one checkpoint, which is the first; at most a thousand at a time."""
    services().stores.events.record(Event(EventKind.AUDIT_EXPORTED, now(), subject=acting().member.id))
    lines = []
    for line in services().audit.export(_filter()):
        lines.append(line)
        if len(lines) > MAX_PAGE:
            break
    return {"lines": lines}


def _filter() -> EventFilter:
    asked = query()
    kind = asked.get("kind")
    return EventFilter(
        kind=EventKind(kind) if kind else None,
        since=asked.get("since"),
        until=asked.get("until"),
        account_id=asked.get("account"),
        subject=asked.get("subject"),
    )


def _place(text: str | None) -> EventPlace | None:
    place = None if text is None else EventPlace.parse(text)
    if text is not None and place is None:
        raise BadRequestBody(("after", "take it from the `next` of the page before"), status=400)
    return place


def _event(one: KeptEvent) -> dict[str, Any]:
    event = shown_to(acting(), one.event)
    return {
        "id": one.id,
        "kind": event.kind.value,
        "at": event.at.isoformat(),
        "account_id": event.account_id,
        "client_id": event.client_id,
        "subject": event.subject,
        "log_index": one.log_index,
    }
