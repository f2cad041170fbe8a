"""`idp admin`: the first two administrators."""

from __future__ import annotations

import click

from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_json


@click.group(short_help="The first two administrators.")
def admin() -> None:
    """Set up who runs this installation."""


@admin.command()
@click.option("--name", "names", multiple=True, required=True, help="Each of the two; give it twice.")
@json_option
def bootstrap(names: tuple[str, ...], as_json: bool) -> None:
    """Invite the first two administrators: two one-time links, for two people.

    Each link is good for one day and one passkey. From the moment both have used theirs, dangerous changes take two
    people. Until then this command can be repeated: the links before are dead then, and whoever had joined is out.
    """
    from idp.governance.staff import BadMember
    from idp.wiring.governing.staff_desk import AlreadyGoverned

    if len(names) != 2:
        raise Refused("name two people: --name … --name …")
    with open_services() as services:
        try:
            links = services.staff.bootstrap((names[0], names[1]), now=services.clock.now())
        except BadMember as bad:
            raise Refused(str(bad)) from bad
        except AlreadyGoverned as governed:
            raise Refused(
                "two administrators have joined already: further members are proposed on the console, or with"
                " `idp change propose staff.invite`"
            ) from governed
    if as_json:
        say_json(
            [{"name": link.member.name, "link": link.address, "until": link.expires_at} for link in links]
        )
        return
    for link in links:
        click.echo(f"{link.member.name}: {link.address}")
    click.echo(
        "Give each person their own link, by a way that reaches nobody else. They are shown this once."
    )
