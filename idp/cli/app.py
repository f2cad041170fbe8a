"""Walking a mini-app from its submission to its retirement, as its developer or its reviewer, by an API token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from idp.cli.acting import acting, acting_option
from idp.cli.app_files import read_submission_file
from idp.cli.files import EXISTING
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from datetime import datetime

    from idp.governance.staff import Acting
    from idp.registry.finding import Finding
    from idp.registry.life_cycle import AppRecord
    from idp.wiring import Services
    from idp.wiring.governing.app_desk import AppDesk

T = TypeVar("T")

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
    with _desk() as (desk, here, _):
        found = _tried(lambda: desk.check(here, document, logo))
    if as_json:
        say_json([_facts_of(finding) for finding in found])
        return
    for line in _words(found):
        click.echo(line)
    _refuse_errors(found)
    click.echo("Nothing stands in the way: `idp app submit` hands it in.")


@app.command()
@click.argument("file", type=EXISTING)
@acting_option
@json_option
def submit(file: Path, as_json: bool) -> None:
    """Hand a mini-app in, or the next version of one."""
    document, logo = read_submission_file(file)
    with _desk() as (desk, here, now):
        saved = _tried(lambda: desk.save(here, document, logo, now=now))
        record, found = _tried(lambda: desk.submit(here, saved.client_id, saved.revision, now=now))
    if as_json:
        say_json({**_facts(record), "findings": [_facts_of(finding) for finding in found]})
        return
    for line in _words(found):
        click.echo(line)
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
    with _desk() as (desk, here, _):
        found = _tried(lambda: desk.page(here, AppFilter(organisation, standing, stage), after, limit))
    if as_json:
        say_json([{**_line(one), "since": one.since} for one in found])
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
    with _desk() as (desk, here, now):
        record = _tried(lambda: desk.find(here, client_id))
        found, history = desk.findings(here, client_id), desk.history(here, client_id, now=now)
        appeal = desk.appeal_of(here, client_id)
    if as_json:
        steps = [
            {"move": done.move, "at": done.at, "by": done.staff_id, "note": done.note} for done in history
        ]
        say_json({**_facts(record), "findings": [_facts_of(one) for one in found], "history": steps})
        return
    say_facts(_facts(record).items())
    for line in _words(found):
        click.echo(line)
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
    with _desk() as (desk, here, now):
        record = _tried(lambda: desk.find(here, client_id))
        _tried(lambda: desk.withdraw(here, client_id, record.revision, now=now))
    click.echo(f"The version of {client_id} is a draft again.")


@app.command()
@click.argument("client_id")
@acting_option
@json_option
def secret(client_id: str, as_json: bool) -> None:
    """Make the first secret of a published mini-app, shown this once."""
    with _desk() as (desk, here, now):
        made = _tried(lambda: desk.new_secret(here, client_id, now=now)).reveal()
    if as_json:
        say_json({"client_id": client_id, "client_secret": made})
    else:
        click.echo(f"client_secret  {made}\nKeep it now: it is stored as a digest and cannot be shown again.")


@app.command()
@click.argument("client_id")
@acting_option
def take(client_id: str) -> None:
    """Begin the review of a version."""
    with _desk() as (desk, here, now):
        record = _tried(lambda: desk.find(here, client_id))
        _tried(lambda: desk.take(here, client_id, record.revision, now=now))
    click.echo(f"{client_id} is in your review: `idp app status {client_id}` shows it.")


@app.command()
@click.argument("client_id")
@click.option("--revision", type=int, required=True, help="Of the version that you looked at.")
@acting_option
def accept(client_id: str, revision: int) -> None:
    """Accept a version. Words that nobody relies on are in force with that; all else waits for two people."""
    from idp.registry.life_cycle import Stage

    with _desk() as (desk, here, now):
        after = _tried(lambda: desk.accept(here, client_id, revision, now=now))
    if after.stage is Stage.APPROVED:
        click.echo(
            f"Accepted. Two people put it in force: `idp app propose {client_id} --why …` begins that."
        )
    else:
        click.echo("Accepted, and in force.")


@app.command("return")
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
    with _desk() as (desk, here, now):
        _tried(lambda: desk.send_back(here, client_id, revision, read, now=now))
    click.echo(f"{client_id} is returned to its developer.")


@app.command()
@click.argument("client_id")
@click.option("--retire-in", type=click.IntRange(0, 365), metavar="DAYS", help="Ask for its retirement.")
@click.option("--reason", help="With --retire-in: why, as its owner reads it.")
@click.option("--why", required=True, help="Why, as whoever approves reads it.")
@acting_option
@json_option
def propose(client_id: str, retire_in: int | None, reason: str | None, why: str, as_json: bool) -> None:
    """Ask for what takes two people: publishing, changing, restoring or retiring a mini-app."""
    with _desk_and_services() as (desk, here, now, services):
        record = _tried(lambda: desk.find(here, client_id))
        kind, payload = _next_change(record, retire_in, reason or why)
        request = _tried(lambda: services.changes.propose(here, kind, payload, why, now=now))
        address = f"{services.settings.issuer}/console/changes/{request.id}"
    if as_json:
        say_json({"change": request.id, "kind": kind, "address": address})
    else:
        click.echo(f"{request.id} waits for somebody else: {address}")


@app.command()
@click.argument("client_id")
@acting_option
def suspend(client_id: str) -> None:
    """Say where one person suspends a mini-app at once: that takes a passkey, and so a browser."""
    with _desk_and_services() as (desk, here, _, services):
        _tried(lambda: desk.find(here, client_id))
        address = f"{services.settings.issuer}/console/apps/{client_id}#suspend-form"
    click.echo(f"Open this and unlock your passkey: {address}")


@app.command()
@click.argument("client_id")
@click.option("--text", required=True, help="What you say against the suspension.")
@acting_option
def appeal(client_id: str, text: str) -> None:
    """Appeal against the suspension of your mini-app, once."""
    with _desk() as (desk, here, now):
        _tried(lambda: desk.appeal(here, client_id, text, now=now))
    click.echo("Somebody else than who suspended it answers.")


@app.command()
@click.argument("client_id")
@click.option("--text", required=True, help="The answer.")
@acting_option
def answer(client_id: str, text: str) -> None:
    """Answer an appeal. Restoring the mini-app is a change of its own (`idp app propose`)."""
    with _desk() as (desk, here, now):
        _tried(lambda: desk.answer(here, client_id, text, now=now))
    click.echo("Answered.")


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
    with _desk() as (desk, here, now):
        record = _tried(lambda: desk.find(here, client_id))
        after = _tried(
            lambda: desk.retire(here, client_id, record.revision, timedelta(days=days), why, now=now)
        )
    say_facts((("retires_at", after.retires_at),))


@contextmanager
def _desk() -> Iterator[tuple[AppDesk, Acting, datetime]]:
    with _desk_and_services() as (desk, here, now, _):
        yield desk, here, now


@contextmanager
def _desk_and_services() -> Iterator[tuple[AppDesk, Acting, datetime, Services]]:
    """Raises: Refused — this is a hub, or nobody says who they are."""
    with open_services() as services:
        if services.apps is None:
            raise Refused("a hub has no mini-apps: they belong to regions")
        yield services.apps, acting(services), services.clock.now(), services


def _tried(step: Callable[[], T]) -> T:
    """Take a step. Raises: Refused — with what stands in its way."""
    from idp.governance.change_request import IllegalMove
    from idp.governance.kinds import NotNow, Problems
    from idp.governance.staff import NotAllowed
    from idp.registry.app_store import NeedsTwoPeople, OvertakenMove, OwnersOnly, SamePerson, UnknownApp
    from idp.registry.finding import BadSubmission
    from idp.registry.life_cycle import WrongMove
    from idp.registry.reasons import BadReason
    from idp.registry.registration import RefusedClient

    try:
        return step()
    except BadSubmission as bad:
        raise Refused(*_words(bad.findings)) from bad
    except UnknownApp as error:
        raise Refused("there is no such mini-app, or it is not yours: `idp app list` shows them") from error
    except NotAllowed as error:
        raise Refused(f"your role or your token does not reach this far: {error.action}") from error
    except SamePerson as error:
        raise Refused("this takes somebody else than who did the step before") from error
    except NeedsTwoPeople as error:
        raise Refused("this takes two people: see `idp app propose`") from error
    except OwnersOnly as error:
        raise Refused("this is for the developers of the mini-app's own organisation") from error
    except OvertakenMove as error:
        raise Refused("the mini-app has moved on meanwhile; nothing was changed") from error
    except (WrongMove, BadReason, RefusedClient, Problems, IllegalMove, NotNow) as error:
        raise Refused(str(error)) from error


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


def _refuse_errors(found: Iterable[Finding]) -> None:
    from idp.registry.submission_checks import errors_of

    if errors := errors_of(tuple(found)):
        raise Refused(f"{len(errors)} of these stand in the way")


def _words(found: Iterable[Finding]) -> list[str]:
    """Each finding as the page says it, in English."""
    from idp.web.app_words import RULES

    lines = []
    for finding in found:
        title, what_to_do = RULES[finding.rule]
        about = ": ".join(filter(None, (finding.field, finding.value)))
        detail = f" ({finding.detail})" if finding.detail else ""
        lines.append(f"{finding.severity} {finding.rule} {about}{detail} – {title}. {what_to_do}")
    return lines


def _facts_of(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "field": finding.field,
        "value": finding.value,
        "detail": finding.detail,
    }


def _facts(record: AppRecord) -> dict[str, Any]:
    return {
        "client_id": record.client_id,
        "organisation": record.organisation,
        "standing": record.standing,
        "stage": record.stage,
        "revision": record.revision,
        "since": record.since,
        "published_at": record.published_at,
        "retires_at": record.retires_at,
        "reason": record.reason,
        "returned_for": record.returned_for,
    }


def _line(one: Any) -> dict[str, Any]:
    return {
        "client_id": one.client_id,
        "name": one.name,
        "organisation": one.organisation,
        "standing": one.standing,
        "stage": one.stage,
    }
