"""`idp app`: what reviewers and administrators do with a mini-app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from idp.cli.acting import acting_option
from idp.cli.app_at_desk import at_desk
from idp.cli.at_page import timeout_option
from idp.cli.deciding import suspended_at_page
from idp.cli.governed import page_of
from idp.cli.output import Refused, json_option, say_json
from idp.governance.change_listing import ChangeFilters
from idp.governance.roles import Action

if TYPE_CHECKING:
    from idp.registry.life_cycle import AppRecord


@click.command()
@click.argument("client_id")
@acting_option
def take(client_id: str) -> None:
    """Begin the review of a version."""
    with at_desk() as at:
        record = at.find(client_id)
        at.desk.take(at.here, client_id, record.revision, now=at.now)
    click.echo(f"{client_id} is in your review: `idp app status {client_id}` shows it.")


@click.command()
@click.argument("client_id")
@click.option("--revision", type=int, required=True, help="Of the version that you looked at.")
@acting_option
def accept(client_id: str, revision: int) -> None:
    """Accept a version. Words that nobody relies on are in force with that; all else waits for two people."""
    from idp.registry.life_cycle import Stage

    with at_desk() as at:
        after = at.desk.accept(at.here, client_id, revision, now=at.now)
    if after.stage is Stage.APPROVED:
        click.echo(
            f"Accepted. Two people put it in force: `idp app propose {client_id} --why …` begins that."
        )
    else:
        click.echo("Accepted, and in force.")


@click.command("return")
@click.argument("client_id")
@click.option("--revision", type=int, required=True, help="Of the version that you looked at.")
@click.option(
    "--reason", "reasons", multiple=True, required=True, metavar="FIELD=TEXT", help="Repeat for more."
)
@acting_option
def return_(client_id: str, revision: int, reasons: tuple[str, ...]) -> None:
    """Return a version with what is to be put right, field by field."""
    from idp.registry.reasons import Reason

    pairs = (text.partition("=") for text in reasons)
    read = tuple(Reason(field, what) for field, _, what in pairs)
    with at_desk() as at:
        at.desk.send_back(at.here, client_id, revision, read, now=at.now)
    click.echo(f"{client_id} is returned to its developer.")


@click.command()
@click.argument("client_id")
@click.option("--text", required=True, help="The answer.")
@acting_option
def answer(client_id: str, text: str) -> None:
    """Answer an appeal. Restoring the mini-app is a change of its own (`idp app propose`)."""
    with at_desk() as at:
        at.desk.answer(at.here, client_id, text, now=at.now)
    click.echo("Answered.")


@click.command()
@click.argument("client_id")
@click.option("--retire-in", type=click.IntRange(0, 365), metavar="DAYS", help="Ask for its retirement.")
@click.option("--reason", help="With --retire-in: why, as its owner reads it.")
@click.option("--why", required=True, help="Why, as whoever approves reads it.")
@acting_option
@json_option
def propose(client_id: str, retire_in: int | None, reason: str | None, why: str, as_json: bool) -> None:
    """Ask for what takes two people: publishing, changing, restoring or retiring a mini-app."""
    with at_desk() as at:
        record = at.find(client_id)
        kind, payload = _next_change(record, retire_in, reason or why)
        request = at.services.changes.propose(at.here, kind, payload, why, now=at.now)
        address = page_of(at.services, request.id)
    if as_json:
        say_json({"change": request.id, "kind": kind, "address": address})
    else:
        click.echo(f"{request.id} waits for somebody else: {address}")


@click.command()
@click.argument("client_id")
@acting_option
@timeout_option
def suspend(client_id: str, timeout: int) -> None:
    """Say where you suspend a mini-app at once, alone, with a passkey, and wait until you did."""
    with at_desk() as at:
        at.here.require(Action.APP_SUSPEND)
        at.find(client_id)
        address = f"{at.services.settings.issuer}/console/apps/{client_id}#suspend-form"
        mine = ChangeFilters(None, "app.suspend", client_id, at.here.member.id)
        suspended_at_page(at.services, mine, address, timeout)


def _next_change(record: AppRecord, retire_in: int | None, reason: str) -> tuple[str, dict[str, Any]]:
    """The request that is the next step. Raises: Refused — none is."""
    from idp.registry.life_cycle import Move, Standing
    from idp.registry.versions import digest_of

    name = record.client_id
    if retire_in is not None:
        return "app.retire", {"client_id": name, "days": retire_in, "reason": reason}
    if record.can(Move.RESTORE):
        return "app.restore", {"client_id": name}
    if record.can(Move.PUBLISH) and record.candidate is not None:
        kind = "app.publish" if record.standing is Standing.UNPUBLISHED else "app.change"
        version = digest_of(record.candidate)
        return kind, {"client_id": name, "revision": record.revision, "version": version}
    raise Refused("no version waits for two people: a reviewer accepts one first")
