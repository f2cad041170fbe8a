"""`idp policy`: the assurance policy in force. It is changed by the change request `policy.assurance`."""

from __future__ import annotations

import click

from idp.cli.opening import open_services
from idp.cli.output import Refused


@click.command(short_help="Print the assurance policy in force.")
def policy() -> None:
    """Print what each level of a sign-in takes, as the TOML that `idp change propose policy.assurance` takes."""
    from idp.governance.kinds import UnknownKind

    with open_services() as services:
        try:
            kind = services.changes.kind("policy.assurance")
        except UnknownKind as unknown:
            raise Refused("this is a hub: it signs nobody in, and has no assurance policy") from unknown
        click.echo(kind.fill_in({}, now=services.clock.now())["policy"], nl=False)
