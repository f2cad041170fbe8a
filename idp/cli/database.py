"""`idp db`: the tables, their version, and the rows that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from idp.cli.opening import load_settings, open_services, require_reachable
from idp.cli.output import Refused, json_option, say_facts, say_json


@click.group(short_help="Migrate, check and clean the database.")
def db() -> None:
    """Bring the database up to date, look at its version, and clean it."""


@db.command()
def upgrade() -> None:
    """Bring the tables up to date. Safe to repeat."""
    from idp.storage import management

    with _operating() as url:
        before = management.current(url)
        management.upgrade(url)
        after = management.current(url)
    moved = (
        f"went from {before or 'nothing'} to {after}"
        if before != after
        else f"was up to date already ({after})"
    )
    click.echo(f"The database {moved}.")


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Going back removes what newer releases stored. Have you a backup?")
def downgrade(revision: str) -> None:
    """Take the tables back to REVISION, or to `base`, which removes them all."""
    from idp.storage import management

    with _operating() as url:
        management.downgrade(url, revision)
        after = management.current(url)
    click.echo(f"The database is at {after or 'nothing: it has no tables'}.")


@db.command()
@json_option
def current(as_json: bool) -> None:
    """Show the revision of the database, and the one this release expects."""
    from idp.storage import management

    with _operating() as url:
        found = {"database": management.current(url), "release": management.head()}
    if as_json:
        say_json(found)
    else:
        say_facts([("database", found["database"] or "no tables"), ("release", found["release"])])


@db.command()
def check() -> None:
    """See whether the tables are exactly what this release expects."""
    from idp.storage import management

    with _operating() as url:
        if management.current(url) != management.head():
            raise Refused("the database is not up to date: run `idp db upgrade`")
        differences = management.drift(url)
    if differences:
        raise Refused("the tables were changed by something else than the migrations", *differences)
    click.echo("The tables are what this release expects.")


@db.command()
@json_option
def sweep(as_json: bool) -> None:
    """Delete lapsed codes, tokens, sessions and counters, a bounded number at a time. Safe at any time."""
    with open_services() as services:
        swept = services.stores.housekeeping.sweep(now=services.clock.now())
    if as_json:
        say_json(swept)
    elif any(swept.values()):
        say_facts((table, count) for table, count in swept.items() if count)
    else:
        click.echo("There was nothing to delete.")


@contextmanager
def _operating() -> Iterator[str]:
    """The database's address, and its failures in words. Raises: Refused."""
    from idp.storage.failures import StorageError

    settings = load_settings()
    try:
        require_reachable(settings)
        yield settings.database_url
    except StorageError as error:
        raise Refused(f"the database cannot be used: {error}") from error
