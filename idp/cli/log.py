"""`idp log`: the transparency logs of this installation, as anybody may have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from idp.cli import log_folder
from idp.cli.log_verification import verify
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_json, say_table

if TYPE_CHECKING:
    from idp.wiring import Services
    from idp.wiring.witnessing.log import Log


@click.group(short_help="The transparency logs.")
def log() -> None:
    """See, export and verify the transparency logs: `audit` everywhere, and `trust` on a hub."""


log.add_command(verify)


@log.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the logs with their length, their root, and the keys to verify them with."""
    with open_services() as services:
        services.open_keys()
        found = [(one, one.head(), [str(key) for key in one.keys]) for one in services.logs.values()]
    if as_json:
        say_json(
            [
                {
                    "name": str(one.name),
                    "origin": one.origin,
                    "entries": head.size,
                    "root": head.root.hex(),
                    "keys": keys,
                }
                for one, head, keys in found
            ]
        )
        return
    say_table(
        ("log", "entries", "root", "keys"),
        [(str(one.name), head.size, head.root.hex(), keys) for one, head, keys in found],
    )


@log.command()
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(name: str, folder: Path) -> None:
    """Write a log to a folder: checkpoint, tiles and entries, as C2SP tlog-tiles names them.

    Done again, it writes only what is new. Keep the checkpoint of each time: `idp log verify --previous` takes it.
    """
    with open_services() as services:
        services.open_keys()
        chosen = _log(services, name)
        try:
            size = log_folder.export(chosen, log_folder.LogFolder(folder))
        except OSError as error:
            raise Refused(f"the log cannot be written to {folder}: {error}") from error
    click.echo(f"{size} entries of {chosen.origin} are in {folder}.")


def _log(services: Services, name: str) -> Log:
    found = next((one for one in services.logs.values() if one.name == name), None)
    if found is None:
        known = ", ".join(map(str, services.logs))
        raise Refused(f"there is no log {name!r} here, only: {known}")
    return found
