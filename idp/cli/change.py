"""`idp change`: dangerous changes, asked for by one person and approved by another."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from idp.cli.acting import acting, acting_option
from idp.cli.deciding import approve, review, suspend
from idp.cli.effects import effect_facts, effect_lines, reach_line
from idp.cli.governed import explained, page_of, payload_in, propose, say_asked
from idp.cli.opening import open_services
from idp.cli.output import json_option, say_facts, say_json, say_table
from idp.governance.change_listing import MOST_A_PAGE, ChangeFilters, Place
from idp.governance.change_request import ChangeRequest, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from idp.governance.kinds import Effect
    from idp.wiring import Services

why_option = click.option("--why", required=True, help="For whoever decides, and for the record.")


@click.group(short_help="Changes that take two people.")
def change() -> None:
    """Ask for dangerous changes, see them, refuse, cancel and roll them back.

    Approving, reviewing and suspending alone take a passkey: those commands print the address of the page, and wait.
    """


for command in (approve, review, suspend):
    change.add_command(command)


@change.command()
@json_option
def kinds(as_json: bool) -> None:
    """List the kinds of changes that there are here, and what it takes to ask for each."""
    with open_services() as services:
        found = [
            {"kind": kind.name, "action": str(kind.action), "alone": str(kind.alone or "")}
            for kind in services.changes.kinds.values()
        ]
    if as_json:
        say_json(found)
    else:
        say_table(("kind", "takes", "alone, in an emergency"), [tuple(one.values()) for one in found])


@change.command("list")
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only in this state.")
@click.option("--kind", help="Only of this kind.")
@click.option("--about", help="Only about this: an issuer, a client id, a key, a member.")
@click.option("--by", help="Only proposed by this member, by id.")
@click.option("--after", default="", help="Begin behind this place, as the last line said.")
@click.option("--limit", type=click.IntRange(1, MOST_A_PAGE), default=MOST_A_PAGE, show_default=True)
@json_option
def list_(
    state: str | None,
    kind: str | None,
    about: str | None,
    by: str | None,
    after: str,
    limit: int,
    as_json: bool,
) -> None:
    """List requests, newest first."""
    filters = ChangeFilters(State(state) if state else None, kind, about, by)
    with open_services() as services:
        now = services.clock.now()
        found = services.changes.page(filters, Place.parse(after), limit)
    if as_json:
        say_json([{**_line(one), "state": one.state_at(now)} for one in found.requests])
        return
    rows = [
        (one.id, one.content.kind, one.content.subject, str(one.state_at(now)), one.proposed_at)
        for one in found.requests
    ]
    say_table(("request", "kind", "about", "state", "proposed"), rows)
    if found.next:
        click.echo(f"There are more: --after {found.next}")


@change.command()
@click.argument("request")
@json_option
def show(request: str, as_json: bool) -> None:
    """Show a request: what would be different, whom it would reach, what happened."""
    with open_services() as services, explained():
        told = effect_facts if as_json else effect_lines
        facts = _facts(services, services.changes.find(request), told)
    if as_json:
        say_json(facts)
    else:
        say_facts([(name.replace("_", " "), value) for name, value in facts.items()])


@change.command("propose")
@click.argument("kind")
@click.argument("payload", type=click.File("r", encoding="utf-8"))
@why_option
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@acting_option
@json_option
def propose_(kind: str, payload: IO[str], why: str, dry_run: bool, as_json: bool) -> None:
    """Ask for a change of KIND. PAYLOAD is a file with a JSON object, or - for standard input."""
    wanted = payload_in(payload)
    with open_services() as services, explained():
        services.open_keys()
        if dry_run:
            _say_draft(services, kind, wanted)
            return
        made = propose(services, kind, wanted, why)
        if as_json:
            say_json({"request": made.id, "page": page_of(services, made.id)})
        else:
            say_asked(services, made)


@change.command()
@click.argument("request")
@why_option
@acting_option
def refuse(request: str, why: str) -> None:
    """Do not agree to REQUEST."""
    with open_services() as services, explained():
        services.changes.refuse(acting(services), request, why, now=services.clock.now())
    click.echo(f"{request} is refused.")


@change.command()
@click.argument("request")
@why_option
@acting_option
def cancel(request: str, why: str) -> None:
    """Call REQUEST off, until it is applied."""
    with open_services() as services, explained():
        services.changes.cancel(acting(services), request, why, now=services.clock.now())
    click.echo(f"{request} is cancelled.")


@change.command("roll-back")
@click.argument("request")
@why_option
@acting_option
def roll_back(request: str, why: str) -> None:
    """Propose the opposite of REQUEST, which was applied."""
    with open_services() as services, explained():
        services.open_keys()
        made = services.changes.roll_back(acting(services), request, why, now=services.clock.now())
        say_asked(services, made)


def _say_draft(services: Services, kind: str, payload: dict[str, Any]) -> None:
    draft = services.changes.draft(acting(services), kind, payload, now=services.clock.now())
    say_table(("what", "before", "after"), [(line.field, line.before, line.after) for line in draft.diff])
    for line in draft.effect:
        click.echo(reach_line(line))
    click.echo(f"It {draft.content.direction}, and waits {draft.content.delay} after its approval.")


def _line(one: ChangeRequest) -> dict[str, Any]:
    return {
        "request": one.id,
        "kind": one.content.kind,
        "about": one.content.subject,
        "state": one.state,
        "proposed_by": one.proposer,
        "proposed": one.proposed_at,
    }


def _facts(
    services: Services, one: ChangeRequest, told: Callable[[Effect], dict[str, Any]]
) -> dict[str, Any]:
    now = services.clock.now()
    return {
        **_line(one),
        "state": one.state_at(now),
        "why": one.why,
        "direction": one.content.direction,
        "content_hash": one.content_hash,
        "payload": one.content.payload,
        "differences": [[line.field, line.before, line.after] for line in one.diff],
        **told(services.changes.effect(one, now=now)),
        "speaks_against_it": [str(problem) for problem in services.changes.problems(one, now=now)],
        "approved_by": one.approval.by if one.approval else None,
        "effective": one.approval.effective_at if one.approval else None,
        "expires": one.expires_at,
        "emergency": one.is_emergency,
        "review_due": one.review_due_at,
        "applied": one.applied_at,
        "waits_for_witnesses": services.changes.is_held_up(one),
        "outcome": one.outcome,
        "closed_by": one.closed_by,
        "closed": one.closed_at,
        "closed_why": one.why_closed,
        "rolls_back": one.rolls_back,
        "page": page_of(services, one.id),
    }
