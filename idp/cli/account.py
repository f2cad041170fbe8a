"""`idp account`: look after people's accounts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from idp.accounts.person import Account, RealNameAssurance
from idp.authn.permit import Ground, Permit
from idp.cli.account_credentials import (
    about,
    password_option,
    read_password,
    require_good,
    reset_second_factor,
    set_password,
)
from idp.cli.accounts import find_account
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.wiring import Services

ASSURANCES = {level.name.lower().replace("_", "-"): level for level in RealNameAssurance}


@click.group(short_help="Look after people's accounts.")
def account() -> None:
    """Create, show, list, disable and enable accounts; reset passwords and second factors."""


@account.command()
@click.argument("username")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="NAME=VALUE",
    help="What is known of the person, such as name=李娜 or email_verified=true; an address is a JSON object.",
)
@click.option(
    "--assurance",
    type=click.Choice(list(ASSURANCES)),
    default="self-asserted",
    show_default=True,
    help="How well the region knows that the name is the real one.",
)
@password_option
@json_option
def create(
    username: str, claims: tuple[str, ...], assurance: str, password_stdin: bool, as_json: bool
) -> None:
    """Create an account and set its password, which is asked for and never an argument."""
    from idp.accounts.person import UsernameTaken
    from idp.accounts.registration import InvalidClaims, identifiers_of, new_account

    with open_services() as services:
        now = services.clock.now()
        try:
            created = new_account(
                username, dict(map(_claim, claims)), ASSURANCES[assurance], services.entropy, now=now
            )
        except InvalidClaims as invalid:
            raise Refused(*invalid.problems) from invalid
        password = read_password(password_stdin)
        # Before anything is stored: an account without a password would be of no use to anybody.
        require_good(services, created, password)
        try:
            services.stores.accounts.add(created, identifiers_of(created))
        except UsernameTaken as taken:
            raise Refused("another account signs in with this username, e-mail address or number") from taken
        services.passwords.set(Permit(created.id, Ground.OPERATOR), password, about=about(created), now=now)
        services.stores.events.record(Event(EventKind.ACCOUNT_CREATED, now, account_id=created.id))
        _say(services, created, as_json)


@account.command()
@click.argument("identifier")
@json_option
def show(identifier: str, as_json: bool) -> None:
    """Show an account by username, verified e-mail address or verified telephone number."""
    with open_services() as services:
        _say(services, find_account(services, identifier), as_json)


@account.command("list")
@click.option("--after", default="", help="Begin behind this username.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True)
@json_option
def list_(after: str, limit: int, as_json: bool) -> None:
    """List accounts in order of username."""
    with open_services() as services:
        found = services.stores.accounts.search(after, limit)
    if as_json:
        say_json([_summary(one) for one in found])
    else:
        rows = [(one.username, one.name, one.is_active, one.created_at) for one in found]
        say_table(("username", "name", "active", "created"), rows)


@account.command()
@click.argument("identifier")
@click.option(
    "--claim", "claims", multiple=True, metavar="NAME=VALUE", help="What is known now; may be repeated."
)
@click.option("--forget", multiple=True, metavar="NAME", help="A claim to delete; may be repeated.")
@click.option("--assurance", type=click.Choice(list(ASSURANCES)), help="How well the name is known now.")
@json_option
def edit(
    identifier: str, claims: tuple[str, ...], forget: tuple[str, ...], assurance: str | None, as_json: bool
) -> None:
    """Correct what is known of a person. A verified address or number also becomes a way to sign in."""
    from idp.accounts.person import UsernameTaken
    from idp.accounts.registration import InvalidClaims, changed_account, identifiers_of

    with open_services() as services:
        found, now = find_account(services, identifier), services.clock.now()
        changes = dict.fromkeys(forget) | dict(map(_claim, claims))
        level = ASSURANCES[assurance] if assurance else found.assurance
        try:
            changed = changed_account(found, changes, level, now=now)
            with services.database.transaction():
                services.stores.accounts.set_claims(changed, identifiers_of(changed))
                services.stores.events.record(Event(EventKind.ACCOUNT_CHANGED, now, account_id=found.id))
        except InvalidClaims as invalid:
            raise Refused(*invalid.problems) from invalid
        except UsernameTaken as taken:
            raise Refused("another account signs in with this e-mail address or number") from taken
        _say(services, changed, as_json)


@account.command()
@click.argument("identifier")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True)
def history(identifier: str, limit: int) -> None:
    """Show what happened to an account, the latest first: its part of the audit trail."""
    with open_services() as services:
        events = services.stores.events.of_account(find_account(services, identifier).id, limit)
    say_table(
        ("when", "what", "app", "concerns"),
        [(event.at, event.kind.value, event.client_id or "", event.subject or "") for event in events],
    )


@account.command()
@click.argument("identifier")
def disable(identifier: str) -> None:
    """Switch an account off. Its sessions, codes and grants end at once."""
    _switch(identifier, active=False)


@account.command()
@click.argument("identifier")
def enable(identifier: str) -> None:
    """Switch an account on again."""
    _switch(identifier, active=True)


account.add_command(set_password)
account.add_command(reset_second_factor)


def _switch(identifier: str, *, active: bool) -> None:
    with open_services() as services:
        found = find_account(services, identifier)
        now = services.clock.now()
        # Both or neither: nobody is switched off without a line that says so.
        with services.database.transaction():
            changed = services.stores.accounts.set_active(found.id, active, now=now)
            if changed:
                kind = EventKind.ACCOUNT_ENABLED if active else EventKind.ACCOUNT_DISABLED
                services.stores.events.record(Event(kind, now, account_id=found.id))
    state = "on" if active else "off"
    click.echo(
        f"{found.username} is switched {state}." if changed else f"{found.username} was {state} already."
    )


def _claim(text: str) -> tuple[str, Any]:
    """`name=value`; true, false and JSON objects are read as such, everything else is text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--claim")
    if value in ("true", "false") or value.startswith("{"):
        try:
            return name, json.loads(value)
        except ValueError as error:
            raise click.BadParameter(f"{name} is not valid JSON", param_hint="--claim") from error
    return name, value


def _summary(one: Account) -> dict[str, Any]:
    return {
        "id": one.id,
        "username": one.username,
        "active": one.is_active,
        "assurance": one.assurance.name.lower(),
        "created_at": one.created_at,
        "claims": dict(one.claims),
    }


def _say(services: Services, one: Account, as_json: bool) -> None:
    credentials = services.stores.credentials
    password, totp = credentials.find_password(one.id), credentials.find_totp(one.id)
    factors = {
        "password_changed_at": password.changed_at if password else None,
        "totp_confirmed_at": totp.confirmed_at if totp else None,
        "recovery_codes_left": credentials.count_recovery_codes(one.id),
    }
    facts = {**_summary(one), **factors}
    if as_json:
        say_json(facts)
    else:
        claims = facts.pop("claims")
        say_facts([*facts.items(), *claims.items()])
