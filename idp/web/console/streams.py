"""Who receives our security events and how far they are behind; and which regions we hear."""

from __future__ import annotations

from urllib.parse import quote

import flask

from idp.governance.roles import Action
from idp.signals.stream import Method, StreamLine, StreamStatus
from idp.web.access import Policy, access
from idp.web.cards import in_language
from idp.web.console.framing import frame
from idp.web.figure_words import number_words
from idp.web.locale import gettext as _
from idp.web.pages.console_streams import SourceRow, StreamRow, StreamsPage
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_streams", __name__)

PATH = "/console/streams"
MOST = 50
"""Receivers on one page."""


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.STREAM_READ)
def show() -> flask.typing.ResponseReturnValue:
    """From the receiver after `after` on."""
    after = flask.request.args.get("after", "")
    lines = services().stores.streams.lines(after, MOST + 1)
    shown = lines[:MOST]
    later = f"{PATH}?after={quote(shown[-1].stream.client_id, safe='')}" if len(lines) > MOST else None
    return page(
        StreamsPage(
            frame(PATH), tuple(map(_row, shown)), _sources(), PATH if after else None, later_href=later
        )
    )


def _row(line: StreamLine) -> StreamRow:
    stream = line.stream
    state, mark = _state(stream.status)
    is_pushed = stream.method is Method.PUSH
    return StreamRow(
        client_id=stream.client_id,
        state=state,
        mark=mark,
        reason=stream.reason,
        delivery=_("Pushed") if is_pushed else _("Fetched"),
        waiting=number_words(line.waiting),
        oldest_at=line.oldest_at,
    )


def _state(status: StreamStatus) -> tuple[str, Mark]:
    match status:
        case StreamStatus.ENABLED:
            return _("Flows"), Mark.GOOD
        case StreamStatus.PAUSED:
            return _("Paused"), Mark.WAITING
        case StreamStatus.DISABLED:
            return _("Switched off"), Mark.NOTHING


def _sources() -> tuple[SourceRow, ...]:
    regions = services().trust().by_entity
    found = []
    for source in services().stores.signal_sources.all():
        region = regions.get(source.issuer)
        name = (in_language(region.name) if region else "") or source.issuer
        state, mark = (_("Not heard"), Mark.BAD) if source.trouble else (_("Heard"), Mark.GOOD)
        found.append(SourceRow(name, state, mark, source.heard_at))
    return tuple(found)
