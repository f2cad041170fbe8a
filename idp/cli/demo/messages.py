"""`idp demo messages`: what the demo's citizens find in their mail and on their telephones."""

from __future__ import annotations

import click

from idp.cli.demo.place import Place, find_folder
from idp.cli.output import Refused


@click.command(short_help="Show the latest e-mails and text messages of the demo's citizens.")
@click.option("--last", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
def messages(last: int) -> None:
    """Show the latest e-mails and text messages: the demonstration writes them to a folder instead of sending them."""
    from idp.adapters.file_messages import latest

    found = latest(Place(find_folder(), 0).messages, last)
    if not found:
        raise Refused("nobody was written to yet: start `idp demo`, and ask for a code by text message")
    click.echo("\n\n".join(text.rstrip("\n") for text in found))
