"""`idp change approve`, `review` and `suspend`: what one person decides with a passkey, at the page."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from idp.cli.acting import acting, acting_option
from idp.cli.at_page import done_at_page, timeout_option
from idp.cli.governed import explained, page_of, payload_in
from idp.cli.opening import open_services
from idp.cli.output import Refused
from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import ChangeRequest, State

if TYPE_CHECKING:
    from idp.wiring import Services

LONGEST_IN_ADDRESS = 500


@click.command()
@click.argument("request")
@timeout_option
def approve(request: str, timeout: int) -> None:
    """Say where REQUEST is approved with a passkey, and wait until it is."""
    after = _decided(request, State.PROPOSED, timeout)
    if after not in (State.APPROVED, State.APPLIED):
        raise Refused(f"the request is {after}")
    click.echo(f"{request} is {after}.")


@click.command()
@click.argument("request")
@timeout_option
def review(request: str, timeout: int) -> None:
    """Say where REQUEST, made by one person in an emergency, is reviewed with a passkey, and wait until it is."""
    click.echo(f"{request} is {_decided(request, State.REVIEW_DUE, timeout)}.")


@click.command()
@click.argument("kind")
@click.argument("payload", type=click.File("r", encoding="utf-8"))
@acting_option
@timeout_option
def suspend(kind: str, payload: IO[str], timeout: int) -> None:
    """Say where you suspend at once, alone, with a passkey, and wait until you did. Somebody else reviews it.

    KIND is one that may be done alone (`idp change kinds`). PAYLOAD is a file with a JSON object, or - for standard
    input.
    """
    wanted = payload_in(payload)
    with open_services() as services, explained():
        services.open_keys()
        here = acting(services)
        draft = services.changes.draft_alone(here, kind, wanted, now=services.clock.now())
        mine = ChangeFilters(None, kind, draft.content.subject, here.member.id)
        suspended_at_page(services, mine, _form(services, kind, wanted), timeout)


def suspended_at_page(services: Services, mine: ChangeFilters, address: str, timeout: int) -> None:
    """Wait until somebody suspends at a page what `mine` says, and say so. Raises: Refused."""
    before = {one.id for one in services.changes.page(mine).requests}

    def look() -> ChangeRequest | None:
        found = services.changes.page(mine).requests
        return next((one for one in found if one.is_emergency and one.id not in before), None)

    made = done_at_page(address, look, timeout)
    click.echo(f"Done, as {made.id}. Somebody else reviews it within a day: {page_of(services, made.id)}")


def _decided(request: str, waiting: State, timeout: int) -> State:
    """What became of a request. Raises: Refused — it does not wait for this, or still does when the time is over."""
    with open_services() as services:

        def look() -> State | None:
            state = services.changes.find(request).state_at(services.clock.now())
            return None if state is waiting else state

        with explained():
            if over := look():
                raise Refused(f"the request is {over}")
        return done_at_page(page_of(services, request), look, timeout)


def _form(services: Services, kind: str, payload: dict[str, Any]) -> str:
    """The page that asks for this change, begun with what the payload names."""
    named = {name: value for name, value in payload.items() if isinstance(value, str)}
    short = {name: value for name, value in named.items() if len(value) <= LONGEST_IN_ADDRESS}
    return f"{services.settings.issuer}/console/changes/new/{kind}?{urlencode(short)}"
