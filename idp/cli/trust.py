"""`idp trust`: the hub's list of regions. Every change is one line of the audit trail and one number of the bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from idp.cli.governed import asked_instead, governed_options
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.cli.trust_files import keys, verify
from idp.cli.witness import WAITING
from idp.foundation.events import Event, EventKind
from idp.oidc.vocabulary import AcrLevel

if TYPE_CHECKING:
    from idp.trustlist.changes import Change
    from idp.trustlist.listing import ListedRegion
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub
    from idp.wiring.hub.region_visits import Introduction

HINTED_WITHIN = timedelta(seconds=5)
REASONS = click.Choice(("key_compromise", "operator_request", "review", "superseded"))
KEY_REASONS = click.Choice(("compromised", "superseded", "unspecified"))
CEILING = click.IntRange(min(AcrLevel), max(AcrLevel))
reason_option = click.option(
    "--reason", type=REASONS, required=True, help="Why, as pages and other regions are told."
)


@click.group(short_help="The hub's list of regions.")
def trust() -> None:
    """Add, suspend, restore and remove regions, revoke keys, and publish the trust bundle (on a hub).

    A region is named by its issuer. Every change is published at once, and the regions are told.
    """


trust.add_command(keys)
trust.add_command(verify)


@trust.command()
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
    with _on_hub() as (services, hub):
        now = services.clock.now()
        with _explained():
            met = hub.meet(issuer, now=now)
            _compare(met, thumbprints)
            met = replace(met, name=_names(names)) if names else met
            if asked_instead(services, "trust.admit", _admission(met, ceiling, domains)):
                return
            published = hub.admit(met, ceiling=AcrLevel(ceiling), domains=domains, now=now)
        _record(services, f"add {issuer}")
        hub.finish_hints(HINTED_WITHIN)
        waits = hub.is_waiting()
    _say(issuer, published.seq, as_json, waits=waits)


@trust.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the regions, with their state and how far behind they are."""
    with _on_hub() as (services, hub):
        lines, faults, waits = hub.overview(services.clock.now()), hub.faults(), hub.is_waiting()
    if as_json:
        say_json(
            [
                {
                    "issuer": line.op,
                    "name": dict(line.name),
                    "state": line.state,
                    "since": line.since,
                    "reason": line.reason,
                    "honoured": line.honoured_seq,
                    "lag_seconds": None if line.lag is None else int(line.lag.total_seconds()),
                    "fault": faults.get(line.op, ""),
                }
                for line in lines
            ]
        )
        return
    rows = [
        (line.op, str(line.state), line.reason, line.honoured_seq, _lag(line.lag), faults.get(line.op, ""))
        for line in lines
    ]
    say_table(("region", "state", "reason", "honours", "behind by", "last visit failed"), rows)
    if waits:
        click.echo(WAITING)


@trust.command()
@click.argument("issuer")
@json_option
def show(issuer: str, as_json: bool) -> None:
    """Show a region's line of the list."""
    with _on_hub() as (_, hub):
        region = hub.listed().find(issuer)
    if region is None:
        raise Refused(f"{issuer} is not on the list: `idp trust list` shows who is")
    facts = _facts(region)
    if as_json:
        say_json(facts)
    else:
        say_facts([(label.replace("_", " "), value) for label, value in facts.items()])


@trust.command()
@click.argument("issuer")
@click.argument("level", type=CEILING)
@governed_options
def ceiling(issuer: str, level: int) -> None:
    """Say how strong a sign-in of a region is believed to be at most."""
    from idp.trustlist.changes import SetCeiling

    payload = {"issuer": issuer, "ceiling": level}
    _change(SetCeiling(issuer, AcrLevel(level)), f"ceiling {issuer} {level}", "trust.ceiling", payload)


@trust.command()
@click.argument("issuer")
@reason_option
@governed_options
def suspend(issuer: str, reason: str) -> None:
    """Trust a region no more, for now. Sessions that came from it end; restoring it is one command."""
    from idp.trustlist.changes import Suspend

    payload = {"issuer": issuer, "reason": reason}
    _change(Suspend(issuer, reason), f"suspend {issuer} {reason}", "trust.suspend", payload)


@trust.command()
@click.argument("issuer")
@governed_options
def restore(issuer: str) -> None:
    """Trust a suspended region again."""
    from idp.trustlist.changes import Restore

    _change(Restore(issuer), f"restore {issuer}", "trust.restore", {"issuer": issuer})


@trust.command()
@click.argument("issuer")
@reason_option
@governed_options
@click.confirmation_option(prompt="It comes back only with new federation keys. Remove it?")
def remove(issuer: str, reason: str) -> None:
    """Take a region off the list, for good unless it is added again with new keys."""
    from idp.trustlist.changes import Remove

    payload = {"issuer": issuer, "reason": reason}
    _change(Remove(issuer, reason), f"remove {issuer} {reason}", "trust.remove", payload)


# A key id may begin with a dash, and is no option then.
@trust.command("revoke-key", context_settings={"ignore_unknown_options": True})
@click.argument("entity")
@click.argument("kid")
@click.option("--reason", type=KEY_REASONS, default="compromised", show_default=True)
@governed_options
@click.confirmation_option(prompt="Nothing that this key signed is believed any more. Revoke it?")
def revoke_key(entity: str, kid: str, reason: str) -> None:
    """Revoke a key of a region's provider (its issuer), intermediate (/fed) or broker (/rp), for good.

    A region whose last federation key is revoked is suspended with it.
    """
    from idp.trustlist.changes import RevokeKey

    payload = {"issuer": entity, "kid": kid, "reason": reason}
    _change(
        RevokeKey(entity, kid, reason), f"revoke-key {entity} {kid} {reason}", "trust.revoke_key", payload
    )


@trust.command()
@click.argument("issuers", nargs=-1)
def visit(issuers: tuple[str, ...]) -> None:
    """Visit regions now, all when none is named: new keys and statements flow into the bundle."""
    from idp.trustlist.bundle import RegionStatus

    failed: list[str] = []
    with _on_hub() as (services, hub):
        everybody = [one.op for one in hub.listed().regions if one.status is not RegionStatus.REMOVED]
        for issuer in issuers or everybody:
            try:
                with _explained():
                    has_changed = hub.visit(issuer, now=services.clock.now())
            except Refused as refused:
                failed.extend(refused.sentences)
                continue
            if has_changed:
                _record(services, f"visit {issuer}")
            click.echo(f"{issuer}: {'changed' if has_changed else 'nothing new'}.")
        hub.finish_hints(HINTED_WITHIN)
    if failed:
        raise Refused(*failed)


@trust.command()
def publish() -> None:
    """Sign the bundle now, if it is due. While the hub is served this happens by itself."""
    with _on_hub() as (services, hub):
        hub.publish(now=services.clock.now())
        hub.finish_hints(HINTED_WITHIN)
        newest = services.stores.trust_list.newest()
        if newest is None:
            raise Refused("nothing was published")
        _record(services, f"publish {newest.seq}")
    click.echo(f"Bundle {newest.seq} is signed.")


def _change(change: Change, subject: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Change the list; ask for it where that takes two people."""
    with _on_hub() as (services, hub):
        if asked_instead(services, kind, payload):
            return
        with _explained():
            published = hub.change(change, now=services.clock.now())
        _record(services, subject)
        hub.finish_hints(HINTED_WITHIN)
        waits = hub.is_waiting()
    click.echo(f"Done, with bundle {published.seq}.")
    if waits:
        click.echo(WAITING)


@contextmanager
def _on_hub() -> Iterator[tuple[Services, Hub]]:
    """Raises: Refused — this is no hub."""
    with open_services() as services:
        if services.hub is None:
            raise Refused("this is a region: the trust list is on the hub (IDP_ROLE=hub)")
        services.open_keys()
        yield services, services.hub


@contextmanager
def _explained() -> Iterator[None]:
    """Raises: Refused — in place of what the list or the region did not allow."""
    from idp.federation.statement_claims import StatementError
    from idp.trustlist.changes import ChangeRefused
    from idp.wiring.hub.region_visits import VisitFailed

    try:
        yield
    except (ChangeRefused, VisitFailed, StatementError) as error:
        raise Refused(str(error)) from error


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


def _say(issuer: str, seq: int, as_json: bool, *, waits: bool) -> None:
    if as_json:
        say_json({"issuer": issuer, "seq": seq, "is_waiting": waits})
        return
    click.echo(f"{issuer} is on the list, with bundle {seq}.")
    if waits:
        click.echo(WAITING)


def _record(services: Services, subject: str) -> None:
    services.stores.events.record(Event(EventKind.TRUST_LIST_CHANGED, services.clock.now(), subject=subject))
