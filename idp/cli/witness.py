"""`idp witness`: in a region, being a witness for the logs of others; on a hub, who cosigns the trust log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from idp.cli.governed import governed_options
from idp.cli.on_hub import WAITING, change_list, on_hub
from idp.cli.opening import open_services
from idp.cli.output import Refused, in_words, json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from idp.trustlist.standing import Waiting
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub
    from idp.wiring.witnessing.witness_desk import WitnessDesk


@click.group(short_help="Who stands by the transparency logs.")
def witness() -> None:
    """Cosign the logs of others (in a region), or name who cosigns the trust log (on a hub).

    What gives trust counts in the regions only when enough witnesses stand by the log that has it.
    """


@witness.command()
@json_option
def key(as_json: bool) -> None:
    """Print this region's key as a witness, and where it is asked: what a hub names it by."""
    with _in_region() as (services, desk):
        facts = {"key": str(desk.key), "address": f"{services.settings.issuer}/witness"}
    if as_json:
        say_json(facts)
    else:
        say_facts(facts.items())


@witness.command()
@json_option
def status(as_json: bool) -> None:
    """Show which logs this region cosigns, and how long each was when it did so last."""
    from idp.transparency.witness import NotWitnessing

    with _in_region() as (_, desk):
        try:
            heads = desk.heads()
        except NotWitnessing as error:
            raise Refused(error.detail) from error
        watched = desk.watched
    rows = [
        {
            "log": origin,
            "is_watched": origin in watched,
            "entries": heads[origin].size if origin in heads else 0,
            "root": heads[origin].root.hex() if origin in heads else "",
        }
        for origin in sorted(watched.keys() | heads.keys())
    ]
    if as_json:
        say_json(rows)
        return
    say_table(("log", "is cosigned", "entries", "root"), [tuple(row.values()) for row in rows])


@witness.command()
@click.confirmation_option(
    prompt="Is it certain that the database was not restored from a backup since this region cosigned last?"
)
def resume() -> None:
    """Begin a new memory file after the old one was lost, with what the database remembers.

    Where the database was restored too, what it forgot cannot be known any more: then change the key instead
    (`idp keys rotate --purpose witness --now`), and have the hub name the new one. A restored database alone needs
    nothing: the file knows.
    """
    from idp.wiring.witnessing.witness_memory import MemoryLost

    with _in_region() as (_, desk):
        try:
            heads = desk.resume()
        except MemoryLost as error:
            raise Refused(str(error)) from error
    click.echo(f"The memory file is there again, with {len(heads)} logs.")


@witness.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the witnesses of the trust log, and how they answered (on a hub)."""
    with on_hub() as (services, hub):
        standing = hub.standing(now=services.clock.now())
        asked = hub.witnesses.witnesses(now=services.clock.now())
    if as_json:
        rows = [
            {
                "key": one.key,
                "address": one.address,
                "is_former": one.is_former,
                "entries": one.size,
                "answered_at": one.answered_at,
                "fault": str(one.fault or ""),
            }
            for one in asked
        ]
        waiting = None if standing.waiting is None else asdict(standing.waiting)
        facts = {"quorum": standing.quorum, "entries": standing.log_size, "is_waiting": waiting is not None}
        say_json({**facts, "waiting": waiting, "witnesses": rows})
        return
    say_table(
        ("witness", "asked at", "entries", "answered", "fault"),
        [
            (one.key, one.address, str(one.size), one.answered_at, str(one.fault or ""))
            for one in standing.witnesses
        ],
    )
    click.echo(f"The log has {standing.log_size} entries. {standing.quorum} must stand by what gives trust.")
    if standing.waiting is not None:
        click.echo(f"{WAITING}\n{waiting_words(standing.waiting)}")
        for region in sorted(standing.not_out):
            click.echo(f"{region} is not in use before that.")


@witness.command()
@click.argument("key")
@click.option(
    "--at", "address", required=True, help="Where it is asked, such as https://id.example.org/witness."
)
@governed_options
def add(key: str, address: str) -> None:
    """Name a witness, by the key that `idp witness key` prints there; compare it over another way (on a hub)."""
    with on_hub() as (services, hub):
        listed = hub.listed().witnesses
        named = {one.key: one.address for one in listed.witnesses}
        _set(services, hub, listed.quorum, {**named, key: address})


@witness.command()
@click.argument("key")
@governed_options
def remove(key: str) -> None:
    """Name a witness no more. Lower the quorum first where it would be larger than there are witnesses (on a hub)."""
    with on_hub() as (services, hub):
        listed = hub.listed().witnesses
        named = {one.key: one.address for one in listed.witnesses if one.key != key}
        if len(named) == len(listed.witnesses):
            raise Refused("there is no such witness: `idp witness list` shows them")
        _set(services, hub, listed.quorum, named)


@witness.command()
@click.argument("count", type=click.IntRange(0, 256))
@governed_options
def quorum(count: int) -> None:
    """Say how many witnesses must stand by what gives trust (on a hub). More of them than may be away at once."""
    with on_hub() as (services, hub):
        named = {one.key: one.address for one in hub.listed().witnesses.witnesses}
        _set(services, hub, count, named)


def _set(services: Services, hub: Hub, count: int, named: dict[str, str]) -> None:
    from idp.trustlist.changes import SetWitnesses
    from idp.trustlist.listing import ListedWitness

    change = SetWitnesses(count, tuple(ListedWitness(key, at) for key, at in named.items()))
    payload = {"quorum": count, "witnesses": named}
    change_list(services, hub, change, f"witnesses {count}/{len(named)}", "trust.witnesses", payload)


def waiting_words(waiting: Waiting) -> str:
    """Since when something waits, and how many stand by it."""
    counts = f"{waiting.standing} of {waiting.needed} witnesses stand by it"
    return f"It has waited since {in_words(waiting.since)}: {counts}."


@contextmanager
def _in_region() -> Iterator[tuple[Services, WitnessDesk]]:
    """Raises: Refused — this region is no witness."""
    with open_services() as services:
        if services.witness is None:
            raise Refused("this is no witness: a region becomes one with IDP_WITNESS_MEMORY_FILE")
        services.open_keys()
        yield services, services.witness
