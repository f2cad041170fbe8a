"""`idp app`: walking a mini-app from its submission to its retirement, as its developer, by an API token."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from idp.cli import app_decisions as decisions
from idp.cli.acting import acting_option
from idp.cli.app_at_desk import at_desk
from idp.cli.app_files import read_submission_file
from idp.cli.app_lines import facts, finding_facts, line, refuse_errors, say_findings
from idp.cli.files import EXISTING
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table

STATES = (
    *("draft", "submitted", "in_review", "approved", "returned"),
    *("published", "suspended", "retiring", "retired"),
)


@click.group()
def app() -> None:
    """Submit, review, publish, suspend and retire mini-apps.

    Every step is taken by a member of the staff: say who you are by a token (--token-file).
    """


@app.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def init(file: Path) -> None:
    """Write an example of a submission, with a comment for every field."""
    from idp.registry.submission_text import EXAMPLE

    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(EXAMPLE)
    except OSError as error:
        raise Refused(f"{file} was not written: {error.strerror}") from error
    click.echo(f"{file} is written. Change it, and try `idp app validate {file}`.")


@app.command()
@click.argument("file", type=EXISTING)
@acting_option
@json_option
def validate(file: Path, as_json: bool) -> None:
    """Say what the checks find in a submission. Keeps nothing."""
    document, logo = read_submission_file(file)
    with at_desk() as at:
        found = at.desk.check(at.here, document, logo)
    if as_json:
        say_json([finding_facts(finding) for finding in found])
        return
    say_findings(found)
    refuse_errors(found)
    click.echo("Nothing stands in the way: `idp app submit` hands it in.")


@app.command()
@click.argument("file", type=EXISTING)
@acting_option
@json_option
def submit(file: Path, as_json: bool) -> None:
    """Hand a mini-app in, or the next version of one."""
    document, logo = read_submission_file(file)
    with at_desk() as at:
        saved = at.desk.save(at.here, document, logo, now=at.now)
        record, found = at.desk.submit(at.here, saved.client_id, saved.revision, now=at.now)
    if as_json:
        say_json({**facts(record), "findings": [finding_facts(finding) for finding in found]})
        return
    say_findings(found)
    click.echo(f"{record.client_id} waits for a reviewer.")


@app.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--organisation", help="Only those of this organisation.")
@click.option("--after", default="", help="Begin behind this client id.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True)
@acting_option
@json_option
def list_(state: str | None, organisation: str | None, after: str, limit: int, as_json: bool) -> None:
    """List mini-apps in order of their ids."""
    from idp.registry.app_store import AppFilter
    from idp.registry.life_cycle import Stage, Standing

    stage = Stage(state) if state in set(Stage) else None
    standing = Standing(state) if state in set(Standing) else None
    with at_desk() as at:
        found = at.desk.page(at.here, AppFilter(organisation, standing, stage), after, limit)
    if as_json:
        say_json([{**line(one), "since": one.since} for one in found])
    else:
        rows = [
            (one.client_id, one.organisation, str(one.standing), str(one.stage), one.since) for one in found
        ]
        say_table(("client id", "organisation", "state", "version under way", "since"), rows)


@app.command()
@click.argument("client_id")
@acting_option
@json_option
def status(client_id: str, as_json: bool) -> None:
    """Say how a mini-app stands, what the checks find, and what was done with it."""
    with at_desk() as at:
        record = at.find(client_id)
        found, history = at.desk.findings(at.here, client_id), at.desk.history(at.here, client_id, now=at.now)
        appeal = at.desk.appeal_of(at.here, client_id)
    if as_json:
        steps = [
            {"move": done.move, "at": done.at, "by": done.staff_id, "note": done.note} for done in history
        ]
        say_json({**facts(record), "findings": [finding_facts(one) for one in found], "history": steps})
        return
    say_facts(facts(record).items())
    say_findings(found)
    if appeal is not None:
        say_facts((("appeal", appeal.text), ("answer", appeal.answer or "not answered yet")))
    click.echo()
    say_table(
        ("when", "what", "by", "note"),
        [(done.at, str(done.move), done.staff_id, done.note.replace("\n", "; ")) for done in history],
    )


@app.command()
@click.argument("client_id")
@acting_option
def withdraw(client_id: str) -> None:
    """Take back the version under way, until it is in force."""
    with at_desk() as at:
        record = at.find(client_id)
        at.desk.withdraw(at.here, client_id, record.revision, now=at.now)
    click.echo(f"The version of {client_id} is a draft again.")


@app.command()
@click.argument("client_id")
@acting_option
@json_option
def secret(client_id: str, as_json: bool) -> None:
    """Make the first secret of a published mini-app, shown this once."""
    with at_desk() as at:
        made = at.desk.new_secret(at.here, client_id, now=at.now).reveal()
    if as_json:
        say_json({"client_id": client_id, "client_secret": made})
    else:
        click.echo(f"client_secret  {made}\nKeep it now: it is stored as a digest and cannot be shown again.")


@app.command()
@click.argument("client_id")
@click.option("--text", required=True, help="What you say against the suspension.")
@acting_option
def appeal(client_id: str, text: str) -> None:
    """Appeal against the suspension of your mini-app, once."""
    with at_desk() as at:
        at.desk.appeal(at.here, client_id, text, now=at.now)
    click.echo("Somebody else than who suspended it answers.")


@app.command()
@click.argument("client_id")
@click.option("--days", type=click.IntRange(0, 365), default=30, show_default=True, help="Until the end.")
@click.option("--why", required=True, help="Why, as people will ask.")
@click.confirmation_option(
    prompt="Nobody new will sign in, and after the last day it is gone for good. Go on?"
)
@acting_option
def retire(client_id: str, days: int, why: str) -> None:
    """Retire your own mini-app: nobody new signs in, and its tokens end on the last day."""
    with at_desk() as at:
        record = at.find(client_id)
        after = at.desk.retire(at.here, client_id, record.revision, timedelta(days=days), why, now=at.now)
    say_facts((("retires_at", after.retires_at),))


for decision in (
    decisions.take,
    decisions.accept,
    decisions.return_,
    decisions.propose,
    decisions.suspend,
    decisions.answer,
):
    app.add_command(decision)
