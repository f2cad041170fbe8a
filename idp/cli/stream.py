"""`idp stream`: who receives our security events and how far they are behind; pause one, let it flow again.

Receivers look after their streams themselves, by the API. What an operator does here, the receiver is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from idp.signals.stream import StreamLine, StreamStatus
    from idp.wiring import Services

PAGE = 200
BY_OPERATOR = "by an operator of the region"


@click.group(short_help="Security events: receivers, and regions that are heard.")
def stream() -> None:
    """List and pause the streams on which mini-apps and other regions hear what has ended here."""


@stream.command("list")
@json_option
def list_streams(as_json: bool) -> None:
    """Every receiver, its state, and what waits for it."""
    with open_services() as services:
        lines = _all(services)
    if as_json:
        say_json([line.to_json() for line in lines])
        return
    say_table(
        ("receiver", "status", "delivery", "waiting", "oldest"),
        [
            (
                line.stream.client_id,
                line.stream.status.value,
                line.stream.method.name.lower(),
                line.waiting,
                line.oldest_at,
            )
            for line in lines
        ],
    )


@stream.command()
@click.argument("client_id")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """One receiver's stream."""
    with open_services() as services:
        line = _found(services, client_id)
    facts = line.to_json()
    if as_json:
        say_json(facts)
    else:
        say_facts([(name, line.oldest_at if name == "oldest" else value) for name, value in facts.items()])


@stream.command()
@click.argument("client_id")
def pause(client_id: str) -> None:
    """Hold events back. They wait, and the receiver is told and cannot lift it."""
    from idp.signals.stream import StreamStatus

    _set_status(client_id, StreamStatus.PAUSED, BY_OPERATOR)
    click.echo("Paused. Events go on waiting; `idp stream resume` lets them flow.")


@stream.command()
@click.argument("client_id")
def resume(client_id: str) -> None:
    """Let events flow again."""
    from idp.signals.stream import StreamStatus

    _set_status(client_id, StreamStatus.ENABLED, "")
    click.echo("It flows again.")


@stream.command()
@json_option
def sources(as_json: bool) -> None:
    """Regions whose events are heard here, and how that goes."""
    with open_services() as services:
        found = services.stores.signal_sources.all()
    if as_json:
        say_json([{"issuer": one.issuer, "heard_at": one.heard_at, "trouble": one.trouble} for one in found])
    else:
        say_table(
            ("region", "last heard", "trouble"), [(one.issuer, one.heard_at, one.trouble) for one in found]
        )


def _set_status(client_id: str, status: StreamStatus, reason: str) -> None:
    from idp.foundation.events import Event, EventKind
    from idp.signals.stream import StreamStatus

    with open_services() as services:
        line, now = _found(services, client_id), services.clock.now()
        services.stores.streams.set_status(line.stream.id, status, reason, tell=True, now=now)
        kind = EventKind.STREAM_PAUSED if status is StreamStatus.PAUSED else EventKind.STREAM_CHANGED
        services.stores.events.record(Event(kind, now, client_id=client_id, subject=line.stream.id))


def _found(services: Services, client_id: str) -> StreamLine:
    found = services.stores.streams.line_of(client_id)
    if found is None:
        raise Refused(f"{client_id} has no stream: `idp stream list`")
    return found


def _all(services: Services) -> list[StreamLine]:
    lines: list[StreamLine] = []
    while page := services.stores.streams.lines(lines[-1].stream.client_id if lines else "", PAGE):
        lines.extend(page)
    return lines
