"""`idp trust list` and `idp trust show`: the list of regions, and one line of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from idp.cli.on_hub import WAITING, on_hub
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from idp.trustlist.listing import ListedRegion


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the regions, with their state and how far behind they are."""
    with on_hub() as (services, hub):
        now = services.clock.now()
        lines, faults, standing = hub.overview(now), hub.faults(), hub.standing(now=now)
    if as_json:
        say_json(
            [
                {
                    "issuer": line.op,
                    "name": dict(line.name),
                    "state": line.state,
                    "is_held_up": line.op in standing.not_out,
                    "since": line.since,
                    "reason": line.reason,
                    "honoured": line.honoured_seq,
                    "lag_seconds": None if line.lag is None else int(line.lag.total_seconds()),
                    "fault": str(faults.get(line.op, "")),
                }
                for line in lines
            ]
        )
        return
    rows = [
        (
            line.op,
            f"{line.state}, once witnessed" if line.op in standing.not_out else str(line.state),
            line.reason,
            line.honoured_seq,
            _lag(line.lag),
            str(faults.get(line.op, "")),
        )
        for line in lines
    ]
    say_table(("region", "state", "reason", "honours", "behind by", "last visit failed"), rows)
    if standing.waiting is not None:
        click.echo(WAITING)


@click.command()
@click.argument("issuer")
@json_option
def show(issuer: str, as_json: bool) -> None:
    """Show a region's line of the list."""
    with on_hub() as (_, hub):
        region = hub.listed().find(issuer)
    if region is None:
        raise Refused(f"{issuer} is not on the list: `idp trust list` shows who is")
    facts = _facts(region)
    if as_json:
        say_json(facts)
    else:
        say_facts([(label.replace("_", " "), value) for label, value in facts.items()])


def _facts(region: ListedRegion) -> dict[str, Any]:
    return {
        "issuer": region.op,
        "name": dict(region.name),
        "state": str(region.status),
        "since": region.since,
        "reason": region.reason,
        "ceiling": int(region.ceiling),
        "domains": list(region.domains),
        "federation_keys": [key.thumbprint for key in region.keys if not key.is_former],
        "former_keys": [key.thumbprint for key in region.keys if key.is_former],
        "provider_keys": sorted(region.key_names(region.op)),
        "broker_keys": sorted(region.key_names(region.rp)),
        "known_until": region.vouched.expires_at,
    }


def _lag(lag: timedelta | None) -> str:
    return "not known" if lag is None else f"{int(lag.total_seconds())} s"
