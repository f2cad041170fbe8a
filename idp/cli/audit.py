"""`idp audit`: search the audit trail, take it away with proofs, verify what was taken, and forget people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli.files import EXISTING
from idp.cli.log_verification import opened_note, trusted_keys
from idp.cli.opening import open_services
from idp.cli.output import F, Refused, json_option, say_json, say_table
from idp.foundation.event_search import MAX_PAGE, EventFilter, KeptEvent
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.transparency.checkpoint import Checkpoint
    from idp.wiring import Services

MOMENT = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"))
MAX_LINE = 100_000
"""Characters of a line in a file that somebody brings."""


@click.group(short_help="The audit trail.")
def audit() -> None:
    """Search the audit trail, export it with proofs, and forget people in it."""


def filter_options(command: F) -> F:
    """Add what the trail can be searched by."""
    options = (
        click.option("--kind", type=click.Choice([str(kind) for kind in EventKind]), help="What happened."),
        click.option("--since", type=MOMENT, help="From this moment on, in UTC."),
        click.option("--until", type=MOMENT, help="Before this moment, in UTC."),
        click.option(
            "--account", help="Whom it concerns: an account's id, or what the person signs in with."
        ),
        click.option("--subject", help="What it concerns: a session, a grant, a key, a region."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@audit.command()
@filter_options
@click.option("--limit", type=click.IntRange(1, MAX_PAGE), default=50, show_default=True)
@json_option
def search(limit: int, as_json: bool, **wanted: Any) -> None:
    """Show lines of the trail, the latest first."""
    with open_services() as services:
        found = services.audit.page(_filter(services, **wanted), None, limit)
    if as_json:
        say_json([_facts(kept) for kept in found])
        return
    say_table(
        ("when", "what", "account", "mini-app", "subject", "entry"),
        [tuple(_facts(kept).values()) for kept in found],
    )


@audit.command()
@filter_options
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path, **wanted: Any) -> None:
    """Write lines of the trail to a file, each with the proof that it is in the audit log.

    The file holds personal data: it is made for its owner alone to read.
    """
    with open_services() as services:
        services.open_keys()
        lines = services.audit.export(_filter(services, **wanted))
        try:
            count = _write(file, lines) - 1
        except OSError as error:
            raise Refused(f"{file} cannot be written: {error}") from error
        _record(services, EventKind.AUDIT_EXPORTED, str(count))
    click.echo(f"{count} lines are in {file}. `idp audit verify` checks them without network.")


@audit.command()
@click.argument("file", type=EXISTING)
@click.option(
    "--key", "keys", multiple=True, required=True, help="A key of the audit log, as `idp log list` shows it."
)
def verify(file: Path, keys: tuple[str, ...]) -> None:
    """Verify exported lines offline: each is in the log, and concerns whom it says."""
    from idp.transparency.audit_export import BadLine, verify_line

    trusted = trusted_keys(keys)
    checkpoint: Checkpoint | None = None
    count = 0
    for number, line in _lines(file):
        if checkpoint is None:
            checkpoint = opened_note(str(line.get("checkpoint")), "line 1", trusted).checkpoint
            continue
        try:
            verify_line(line, checkpoint)
        except BadLine as error:
            raise Refused(f"line {number} is not proved: {error}") from error
        count += 1
    if checkpoint is None:
        raise Refused(f"{file} is empty")
    click.echo(
        f"{count} lines are in {checkpoint.origin} with {checkpoint.size} entries, and say what was logged."
    )


@audit.command()
@click.argument("account")
@click.confirmation_option(prompt="Nobody can find out afterwards what this person did here. Forget them?")
def forget(account: str) -> None:
    """Blank whom lines concern that name a person. Entries and proofs stay as they are."""
    with open_services() as services:
        services.open_keys()
        count = services.audit.forget(_account_id(services, account))
        _record(services, EventKind.PERSON_FORGOTTEN, str(count))
    click.echo(f"The person is blanked in {count} lines.")


def _filter(
    services: Services,
    *,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    account: str | None,
    subject: str | None,
) -> EventFilter:
    return EventFilter(
        kind=EventKind(kind) if kind else None,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        account_id=_account_id(services, account) if account else None,
        subject=subject,
    )


def _account_id(services: Services, account: str) -> str:
    """The id of who signs in with this; else it is taken for an id, perhaps of somebody who is gone."""
    known = services.stores.accounts.find_by_identifier(account)
    return known.id if known else account


def _facts(kept: KeptEvent) -> dict[str, Any]:
    event = kept.event
    return {
        "at": event.at,
        "kind": str(event.kind),
        "account": event.account_id,
        "client": event.client_id,
        "subject": event.subject,
        "entry": kept.log_index,
    }


def _write(file: Path, lines: Iterator[dict[str, Any]]) -> int:
    """How many lines. Raises: OSError."""
    count = 0
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a file with their numbers. Raises: Refused."""
    from idp.transparency.audit_export import BadLine, read_line

    number = 0
    try:
        with file.open(encoding="utf-8") as opened:
            while text := opened.readline(MAX_LINE):
                number += 1
                yield number, read_line(text)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read: {error}") from error
    except BadLine as error:
        raise Refused(f"line {number} is not one that was exported: {error}") from error


def _record(services: Services, kind: EventKind, subject: str) -> None:
    services.stores.events.record(Event(kind, services.clock.now(), subject=subject))
