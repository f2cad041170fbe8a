"""`idp trust add`: a region met, its keys compared by the word of its operators, and listed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from idp.cli.governed import asked_instead, governed_options
from idp.cli.on_hub import HINTED_WITHIN, WAITING, explained, on_hub, record
from idp.cli.output import Refused, json_option, say_json
from idp.oidc.vocabulary import AcrLevel

if TYPE_CHECKING:
    from idp.wiring.hub.region_visits import Introduction

CEILING = click.IntRange(min(AcrLevel), max(AcrLevel))


@click.command()
@click.argument("issuer")
@click.option("--ceiling", type=CEILING, required=True, help="The strongest level that is believed of it.")
@click.option(
    "--thumbprint",
    "thumbprints",
    multiple=True,
    help="A federation key of the region, as its operators told you over another way; all of them.",
)
@click.option("--name", "names", multiple=True, metavar="LANG=TEXT", help="Its name, once a language.")
@click.option(
    "--domain", "domains", multiple=True, help="Where its mini-apps may be: .apps.example.org; repeatable."
)
@governed_options
@json_option
def add(
    issuer: str,
    ceiling: int,
    thumbprints: tuple[str, ...],
    names: tuple[str, ...],
    domains: tuple[str, ...],
    as_json: bool,
) -> None:
    """List a region, after its federation keys were compared. A removed one comes back only with new keys."""
    with on_hub() as (services, hub):
        now = services.clock.now()
        with explained():
            met = hub.regions.meet(issuer, now=now)
            _compare(met, thumbprints)
            met = replace(met, name=_names(names)) if names else met
            if asked_instead(services, "trust.admit", _admission(met, ceiling, domains)):
                return
            published = hub.regions.admit(met, ceiling=AcrLevel(ceiling), domains=domains, now=now)
        record(services, f"add {issuer}")
        hub.finish_hints(HINTED_WITHIN)
        waits = hub.is_waiting()
    _say(issuer, published.seq, as_json, waits=waits)


def _compare(met: Introduction, thumbprints: tuple[str, ...]) -> None:
    """See that the keys are the region's, by the word of whoever looks after it. Raises: Refused, click.Abort."""
    found = {key.thumbprint for key in met.keys}
    if thumbprints:
        if set(thumbprints) != found:
            raise Refused(f"{met.op} has other federation keys than you named: {', '.join(sorted(found))}")
        return
    click.echo(f"{met.op} says that its federation keys are:")
    for thumbprint in sorted(found):
        click.echo(f"  {thumbprint}")
    click.confirm(
        "Compare them with what the region's operators say over another way. Are they the same?", abort=True
    )


def _admission(met: Introduction, ceiling: int, domains: tuple[str, ...]) -> dict[str, Any]:
    return {
        "issuer": met.op,
        "name": dict(met.name),
        "ceiling": ceiling,
        "domains": list(domains),
        "thumbprints": [key.thumbprint for key in met.keys],
    }


def _names(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if not all(tag and text for tag, _, text in pairs):
        raise click.BadParameter("write LANG=TEXT, such as en=East", param_hint="--name")
    return {tag: text for tag, _, text in pairs}


def _say(issuer: str, seq: int, as_json: bool, *, waits: bool) -> None:
    if as_json:
        say_json({"issuer": issuer, "seq": seq, "is_waiting": waits})
        return
    click.echo(f"{issuer} is on the list, with bundle {seq}.")
    if waits:
        click.echo(WAITING)
