"""`idp trust`: the hub's list of regions. Every change is one line of the audit trail and one number of the bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from idp.cli.governed import governed_options
from idp.cli.on_hub import HINTED_WITHIN, change_list, explained, on_hub, record
from idp.cli.output import NAMES_AN_ID, Refused
from idp.cli.trust_admission import CEILING, add
from idp.cli.trust_files import keys, verify
from idp.cli.trust_lines import list_, show
from idp.oidc.vocabulary import AcrLevel

if TYPE_CHECKING:
    from idp.trustlist.changes import Change

REASONS = click.Choice(("key_compromise", "operator_request", "review", "superseded"))
KEY_REASONS = click.Choice(("compromised", "superseded", "unspecified"))
reason_option = click.option(
    "--reason", type=REASONS, required=True, help="Why, as pages and other regions are told."
)


@click.group(short_help="The hub's list of regions.")
def trust() -> None:
    """Add, suspend, restore and remove regions, revoke keys, and publish the trust bundle (on a hub).

    A region is named by its issuer. Every change is published at once, and the regions are told.
    """


trust.add_command(add)
trust.add_command(list_)
trust.add_command(show)
trust.add_command(keys)
trust.add_command(verify)


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


@trust.command("revoke-key", context_settings=NAMES_AN_ID)
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
    with on_hub() as (services, hub):
        everybody = [one.op for one in hub.listed().regions if one.status is not RegionStatus.REMOVED]
        for issuer in issuers or everybody:
            try:
                with explained():
                    has_changed = hub.regions.visit(issuer, now=services.clock.now())
            except Refused as refused:
                failed.extend(refused.sentences)
                continue
            if has_changed:
                record(services, f"visit {issuer}")
            click.echo(f"{issuer}: {'changed' if has_changed else 'nothing new'}.")
        hub.finish_hints(HINTED_WITHIN)
    if failed:
        raise Refused(*failed)


@trust.command()
def publish() -> None:
    """Sign the bundle now, if it is due. While the hub is served this happens by itself."""
    with on_hub() as (services, hub):
        hub.publish(now=services.clock.now())
        hub.finish_hints(HINTED_WITHIN)
        newest = services.stores.trust_list.contents.newest()
        if newest is None:
            raise Refused("nothing was published")
        record(services, f"publish {newest.seq}")
    click.echo(f"Bundle {newest.seq} is signed.")


def _change(change: Change, subject: str, kind: str, payload: Mapping[str, Any]) -> None:
    with on_hub() as (services, hub):
        change_list(services, hub, change, subject, kind, payload)
