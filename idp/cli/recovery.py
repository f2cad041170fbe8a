"""`idp recovery`: help somebody at a service counter back into their account. Two officers must agree.

Who an officer is rests on the operating system's account and on the procedure for now; each name is kept with the
visit and in its audit trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from idp.cli.accounts import find_account
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.accounts.person import Account
    from idp.authn.authenticators import Authenticator
    from idp.authn.recovery import Recovery
    from idp.wiring import Services

EVERYTHING = "all"
LONGEST_NAME = 64

officer_option = click.option(
    "--officer", required=True, metavar="NAME", help="Who you are: the name or staff number of the officer."
)


@click.group(short_help="Help people at a counter back into their accounts.")
def recovery() -> None:
    """Begin, approve, list and stop recoveries. The one who approves is another officer than the one who began."""


@recovery.command()
@click.argument("identifier")
@officer_option
@click.option(
    "--lost",
    multiple=True,
    metavar="ID",
    help="An authenticator that the person no longer has and that goes with the recovery; `all` for every one "
    "but the password; may be repeated.",
)
@json_option
def begin(identifier: str, officer: str, lost: tuple[str, ...], as_json: bool) -> None:
    """First officer: the person stands here and their document was checked."""
    with open_services() as services:
        person, now = _find(services, identifier), services.clock.now()
        gone = _named(services.stores.authenticators.of(person.id), lost)
        visit = services.counter_visits.request(person.id, _checked(officer), gone, now=now)
        _record(services, EventKind.RECOVERY_REQUESTED, visit)
    facts = {"id": visit.id, "username": person.username, "lost": list(gone), "expires_at": visit.expires_at}
    if as_json:
        say_json(facts)
    else:
        say_facts(list(facts.items()))
        click.echo(f"Now another officer runs: idp recovery approve {visit.id} --officer THEIR-NAME")


@recovery.command()
@click.argument("recovery_id", metavar="ID")
@officer_option
@json_option
def approve(recovery_id: str, officer: str, as_json: bool) -> None:
    """Second officer: agree, and hand the person the one-time code. It is shown here once."""
    from idp.authn.counter_visits import COUNTER_CODE
    from idp.authn.recovery import IllegalMove, SameOfficer
    from idp.authn.recovery_store import RecoveryOver

    with open_services() as services:
        try:
            code = services.counter_visits.approve(recovery_id, _checked(officer), now=services.clock.now())
        except SameOfficer as same:
            raise Refused("the officer who began this cannot approve it: ask another one") from same
        except (IllegalMove, RecoveryOver) as over:
            raise Refused(
                "there is no such request, or it is too old or approved already: `idp recovery list`"
            ) from over
        visit = services.stores.recoveries.find_by_id(recovery_id)
        assert visit is not None
        _record(services, EventKind.RECOVERY_APPROVED, visit)
        address = f"{services.settings.issuer}/recover/counter"
    minutes = COUNTER_CODE.seconds // 60
    if as_json:
        say_json({"code": code, "address": address, "minutes": minutes})
    else:
        click.echo(f"Code: {code}")
        click.echo(f"The person enters it at {address} together with their name, within {minutes} minutes.")


@recovery.command("list")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True)
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List recoveries that can still be finished, the latest first."""
    with open_services() as services:
        found = services.stores.recoveries.list_open(limit, now=services.clock.now())
        lines = [_line(services, one) for one in found]
    if as_json:
        say_json(lines)
    else:
        say_table(
            ("id", "username", "state", "officers", "until"),
            [
                (one["id"], one["username"], one["state"], " and ".join(one["officers"]), one["until"])
                for one in lines
            ],
        )


@recovery.command()
@click.argument("recovery_id", metavar="ID")
def cancel(recovery_id: str) -> None:
    """Stop a recovery, begun at a counter or online."""
    with open_services() as services:
        found, now = services.stores.recoveries.find_by_id(recovery_id), services.clock.now()
        if found is None or not services.account_recovery.stop(found, now=now):
            raise Refused("there is no such recovery, or it is over: `idp recovery list`")
        _record(services, EventKind.RECOVERY_STOPPED, found)
    click.echo("Stopped. Nothing was changed.")


def _find(services: Services, identifier: str) -> Account:
    found = find_account(services, identifier)
    if not found.is_active:
        raise Refused(f"nobody active signs in with {identifier!r}: `idp account list` shows who does")
    return found


def _named(enrolled: tuple[Authenticator, ...], lost: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of what was lost. The password is never one of them: it is replaced."""
    from idp.oidc.proofs import Method

    known = [one.id for one in enrolled if one.method is not Method.PASSWORD]
    if EVERYTHING in lost:
        return tuple(known)
    unknown = [one for one in lost if one not in known]
    if unknown:
        choice = ", ".join(known) or "none"
        raise Refused(f"the person has no authenticator {', '.join(unknown)}; there are: {choice}")
    return lost


def _checked(officer: str) -> str:
    name = " ".join(officer.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refused(f"an officer's name has 1 to {LONGEST_NAME} characters")
    return name


def _line(services: Services, one: Recovery) -> dict[str, Any]:
    from idp.authn import recovery as rules

    now_it_is = rules.at(one, services.clock.now())
    person = services.stores.accounts.find_by_id(one.account_id or "")
    return {
        "id": one.id,
        "username": person.username if person else "",
        "state": type(now_it_is.state).__name__.lower(),
        "officers": list(now_it_is.officers),
        "anchors": sorted(now_it_is.anchors),
        "until": getattr(now_it_is.state, "until", one.expires_at),
    }


def _record(services: Services, kind: EventKind, visit: Recovery) -> None:
    services.stores.events.record(
        Event(kind, services.clock.now(), account_id=visit.account_id, subject=visit.id)
    )
