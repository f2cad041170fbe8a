"""`idp me`: a member's own access, by a token of theirs. What takes a passkey is done at its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from idp.cli.acting import acting, acting_option
from idp.cli.at_page import done_at_page, timeout_option
from idp.cli.opening import open_services
from idp.cli.output import NAMES_AN_ID, Refused, json_option, say_facts, say_json, say_table
from idp.governance.roles import Action

if TYPE_CHECKING:
    from idp.authn.authenticators import Authenticator
    from idp.governance.staff import Acting
    from idp.governance.staff_sessions import ApiToken
    from idp.wiring import Services

PAGE = "/console/me"


@click.group(short_help="Your own access, as one of the staff.")
def me() -> None:
    """Look after your own passkeys, sessions and API tokens, by a token that may (--token-file).

    The first token is made at the page: sign in to the console and open "Your access".
    """


@me.command()
@acting_option
@json_option
def show(as_json: bool) -> None:
    """Show who you are, and what this token may do."""
    with _myself() as (_, here):
        facts = {
            "id": here.member.id,
            "name": here.member.name,
            "roles": sorted(here.member.roles),
            "organisation": here.member.organisation,
            "may": [action.value for action in Action if here.can(action)],
        }
    if as_json:
        say_json(facts)
    else:
        say_facts(facts.items())


@me.command()
@acting_option
@json_option
def tokens(as_json: bool) -> None:
    """List your API tokens in force."""
    with _myself() as (services, here):
        found = services.staff.tokens.of(here, now=services.clock.now())
    if as_json:
        say_json([_token(one) for one in found])
        return
    say_table(("token", "name", "until", "for"), [(o.id, o.label, o.expires_at, o.actions) for o in found])


@me.command("make-token")
@acting_option
@timeout_option
@json_option
def make_token(timeout: int, as_json: bool) -> None:
    """Say where you make an API token with a passkey, and wait until you did. Only the page shows it."""
    with _myself() as (services, here):
        before = {one.id for one in services.staff.tokens.of(here, now=services.clock.now())}

        def look() -> ApiToken | None:
            found = services.staff.tokens.of(here, now=services.clock.now())
            return next((one for one in found if one.id not in before), None)

        made = done_at_page(f"{services.settings.issuer}{PAGE}/tokens", look, timeout)
    if as_json:
        say_json(_token(made))
    else:
        say_facts(_token(made).items())


@me.command("revoke-token", context_settings=NAMES_AN_ID)
@click.argument("token")
@acting_option
@timeout_option
def revoke_token(token: str, timeout: int) -> None:
    """Say where you revoke TOKEN, one of yours, by id, and wait until you did. The one in use ends at once."""
    with _myself() as (services, here):

        def is_over() -> bool | None:
            found = services.staff.tokens.of(here, now=services.clock.now())
            return all(one.id != token for one in found) or None

        if is_over():
            raise Refused("there is no such token of yours: `idp me tokens` shows them")
        if token == here.session:
            services.staff.tokens.revoke(here, token, now=services.clock.now())
        else:
            done_at_page(f"{services.settings.issuer}{PAGE}/tokens", is_over, timeout)
    click.echo("Programs that use it are refused from now on.")


@me.command()
@acting_option
@json_option
def sessions(as_json: bool) -> None:
    """List where you are signed in to the console."""
    with _myself() as (services, here):
        found = services.staff.sessions.of(here, now=services.clock.now())
    if as_json:
        say_json([{"id": o.id, "address": o.address, "last_seen": o.last_seen_at} for o in found])
        return
    rows = [(one.id, one.address, one.user_agent, one.last_seen_at) for one in found]
    say_table(("session", "address", "browser", "last seen"), rows)


@me.command("end-session", context_settings=NAMES_AN_ID)
@click.argument("session")
@acting_option
@timeout_option
def end_session(session: str, timeout: int) -> None:
    """Say where you sign out of the console where SESSION is, one of yours, by id, and wait until you did."""
    with _myself() as (services, here):

        def is_over() -> bool | None:
            found = services.staff.sessions.of(here, now=services.clock.now())
            return all(one.id != session for one in found) or None

        if is_over():
            raise Refused("there is no such session of yours: `idp me sessions` shows them")
        done_at_page(f"{services.settings.issuer}{PAGE}", is_over, timeout)
    click.echo("Signed out there.")


@me.command()
@acting_option
@json_option
def passkeys(as_json: bool) -> None:
    """List your passkeys, suspended ones too."""
    with _myself() as (services, here):
        found = services.staff.passkeys.of(here.member.id)
    if as_json:
        say_json([_passkey(one) for one in found])
        return
    say_table(("passkey", "name", "last used", "in use"), [tuple(_passkey(one).values()) for one in found])


@me.command("add-passkey")
@acting_option
@timeout_option
def add_passkey(timeout: int) -> None:
    """Say where you add another passkey, and wait until you did."""
    with _myself() as (services, here):
        before = {one.id for one in services.staff.passkeys.of(here.member.id)}

        def look() -> Authenticator | None:
            found = services.staff.passkeys.of(here.member.id)
            return next((one for one in found if one.id not in before), None)

        made = done_at_page(f"{services.settings.issuer}{PAGE}", look, timeout)
    click.echo(f"Added as {made.id}.")


@me.command("rename-passkey")
@click.argument("passkey")
@click.argument("name")
@acting_option
def rename_passkey(passkey: str, name: str) -> None:
    """Give PASSKEY, one of yours, by id, another NAME."""
    with _myself() as (services, here):
        if not services.staff.passkeys.rename(here, passkey, name):
            raise Refused("there is no such passkey of yours, or nothing can be called so")
    click.echo(f"It is called {name} now.")


@me.command("remove-passkey")
@click.argument("passkey")
@acting_option
@timeout_option
def remove_passkey(passkey: str, timeout: int) -> None:
    """Say where you remove PASSKEY, one of yours, by id, with a passkey, and wait until you did."""
    with _myself() as (services, here):

        def is_gone() -> bool | None:
            return all(one.id != passkey for one in services.staff.passkeys.of(here.member.id)) or None

        if is_gone():
            raise Refused("there is no such passkey of yours: `idp me passkeys` shows them")
        done_at_page(f"{services.settings.issuer}{PAGE}", is_gone, timeout)
    click.echo("Removed.")


@contextmanager
def _myself() -> Iterator[tuple[Services, Acting]]:
    """Raises: Refused — nobody says who they are, or the token is not for this."""
    with open_services() as services:
        here = acting(services)
        if not here.can(Action.SELF):
            raise Refused("this token is not for looking after your own access")
        yield services, here


def _token(one: ApiToken) -> dict[str, object]:
    return {"id": one.id, "name": one.label, "until": one.expires_at, "actions": sorted(one.actions)}


def _passkey(one: Authenticator) -> dict[str, object]:
    return {"id": one.id, "name": one.label, "last_used": one.last_used_at, "in_use": one.is_active}
