"""What the commands of a hub share: that this is one, and how the list of regions is changed from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from idp.cli.governed import asked_instead
from idp.cli.opening import open_services
from idp.cli.output import Refused
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.trustlist.changes import Change
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub

WAITING = "What gives trust waits for witnesses, until enough of them answer. What takes trust away is out."
HINTED_WITHIN = timedelta(seconds=5)


@contextmanager
def on_hub() -> Iterator[tuple[Services, Hub]]:
    """The services of a hub, and the hub. Raises: Refused — this is none."""
    with open_services() as services:
        if services.hub is None:
            raise Refused(
                "this is a region: the trust list is on the hub, with its keys and witnesses (IDP_ROLE=hub)"
            )
        services.open_keys()
        yield services, services.hub


@contextmanager
def explained() -> Iterator[None]:
    """Raises: Refused — in place of what the list or the region did not allow."""
    from idp.federation.statement_claims import StatementError
    from idp.trustlist.changes import ChangeRefused
    from idp.wiring.hub.region_visits import VisitFailed

    try:
        yield
    except (ChangeRefused, VisitFailed, StatementError) as error:
        raise Refused(str(error)) from error


def change_list(
    services: Services, hub: Hub, change: Change, subject: str, kind: str, payload: Mapping[str, Any]
) -> None:
    """Change the list and say so; ask for it, as a request of `kind`, where that takes two people. Raises: Refused."""
    if asked_instead(services, kind, payload):
        return
    with explained():
        published = hub.change(change, now=services.clock.now())
    record(services, subject)
    hub.finish_hints(HINTED_WITHIN)
    click.echo(f"Done, with bundle {published.seq}.")
    if hub.is_waiting():
        click.echo(WAITING)


def record(services: Services, subject: str) -> None:
    """Put what was done to the list into the audit trail."""
    services.stores.events.record(Event(EventKind.TRUST_LIST_CHANGED, services.clock.now(), subject=subject))
