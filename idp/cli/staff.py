"""`idp staff`: who runs this installation. Who is of the staff is changed by change requests (`idp change`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from idp.cli.acting import acting, acting_option
from idp.cli.at_page import done_at_page, timeout_option
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from idp.governance.staff import StaffMember


@click.group(short_help="Who runs this installation.")
def staff() -> None:
    """See the staff, and have the one-time link of somebody invited made."""


@staff.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List everybody of the staff, also those who are out of office."""
    with open_services() as services:
        members = services.staff.members(now=services.clock.now())
    if as_json:
        say_json([_document(member) for member in members])
        return
    rows = [(one.id, one.name, one.roles, one.organisation, _state(one)) for one in members]
    say_table(("id", "name", "roles", "organisation", "state"), rows)


@staff.command()
@click.argument("member")
@json_option
def show(member: str, as_json: bool) -> None:
    """Show a member, and which change gave each role. MEMBER is the id."""
    with open_services() as services:
        now = services.clock.now()
        found = services.staff.find(member, now=now)
        grants = services.staff.grants_of(member, now=now)
    if found is None:
        raise Refused(f"{member} is nobody of the staff: `idp staff list` shows who is")
    given = {grant.role.value: {"since": grant.granted_at, "by": grant.by} for grant in grants}
    if as_json:
        say_json({**_document(found), "grants": given})
        return
    say_facts([*_document(found).items(), *((f"{role} by", one["by"]) for role, one in given.items())])


@staff.command()
@click.argument("member")
@timeout_option
@json_option
def link(member: str, timeout: int, as_json: bool) -> None:
    """Say where the one-time link of MEMBER, who was invited and has not joined, is made, and wait until it is.

    Whoever has a link can become that member: a token in a file is not enough to get one, and only the page shows it.
    """
    with open_services() as services:
        found = services.staff.find(member, now=services.clock.now())
        if found is None or _state(found) != "invited":
            raise Refused("a link is for somebody who was invited and has not joined yet")
        if not services.governed():
            raise Refused("the first two administrators get their links from `idp admin bootstrap` alone")
        before = services.staff.link_until(member, now=services.clock.now())

        def look() -> datetime | None:
            until = services.staff.link_until(member, now=services.clock.now())
            return None if until == before else until

        until = done_at_page(f"{services.settings.issuer}/console/staff/{member}", look, timeout)
    if as_json:
        say_json({"name": found.name, "until": until})
    else:
        say_facts((("name", found.name), ("until", until)))


@staff.command()
@click.argument("identifier")
@click.option(
    "--reason", required=True, help="Why you look. The person can read in their history that you did."
)
@acting_option
@json_option
def look(identifier: str, reason: str, as_json: bool) -> None:
    """See, masked, how the account stands that IDENTIFIER signs in to, to help its owner (in a region)."""
    from idp.authn.throttle import TooManyAttempts
    from idp.governance.staff import NotAllowed

    with open_services() as services:
        if services.support is None:
            raise Refused("this is a hub: it has no citizens")
        try:
            found = services.support.look(acting(services), identifier, reason, now=services.clock.now())
        except NotAllowed as short:
            raise Refused(f"neither your role nor this token reaches as far as {short}") from short
        except TooManyAttempts as often:
            raise Refused("you looked too often: wait a while") from often
        except LookupError as nobody:
            raise Refused("nobody signs in with this") from nobody
        except ValueError as bad:
            raise Refused(str(bad)) from bad
    facts = {
        "name": found.name,
        "username": found.username,
        "is_active": found.is_active,
        "created_at": found.created_at,
        "ways": [str(one.method) for one in found.authenticators if one.is_active],
        "suspended_ways": [str(one.method) for one in found.authenticators if not one.is_active],
        "events": [f"{one.at.isoformat()} {one.kind}" for one in found.events],
    }
    if as_json:
        say_json(facts)
    else:
        say_facts([(name.replace("_", " "), value) for name, value in facts.items()])


def _document(member: StaffMember) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "roles": sorted(member.roles),
        "organisation": member.organisation,
        "state": _state(member),
        "created": member.created_at,
        "joined": member.joined_at,
        "deactivated": member.deactivated_at,
        "break_glass_until": member.break_glass_until,
    }


def _state(member: StaffMember) -> str:
    if member.deactivated_at is not None:
        return "out of office"
    return "in office" if member.is_active else "invited"
