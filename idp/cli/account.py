"""`idp account`: look after people's accounts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from idp.accounts.person import Account, RealNameAssurance
from idp.authn.permit import Ground, Permit
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Method

if TYPE_CHECKING:
    from idp.wiring import Services

ASSURANCES = {level.name.lower().replace("_", "-"): level for level in RealNameAssurance}

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)


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
        password = _read_password(password_stdin)
        # Before anything is stored: an account without a password would be of no use to anybody.
        _require_good(services, created, password)
        try:
            services.stores.accounts.add(created, identifiers_of(created))
        except UsernameTaken as taken:
            raise Refused("another account signs in with this username, e-mail address or number") from taken
        services.passwords.set(Permit(created.id, Ground.OPERATOR), password, about=_about(created), now=now)
        services.stores.events.record(Event(EventKind.ACCOUNT_CREATED, now, account_id=created.id))
        _say(services, created, as_json)


@account.command()
@click.argument("identifier")
@json_option
def show(identifier: str, as_json: bool) -> None:
    """Show an account by username, verified e-mail address or verified telephone number."""
    with open_services() as services:
        _say(services, _find(services, identifier), as_json)


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
        found, now = _find(services, identifier), services.clock.now()
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
        events = services.stores.events.of_account(_find(services, identifier).id, limit)
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


@account.command("set-password")
@click.argument("identifier")
@password_option
def set_password(identifier: str, password_stdin: bool) -> None:
    """Give an account a new password. Everywhere it is signed in, it is signed out."""
    with open_services() as services:
        found = _find(services, identifier)
        password = _read_password(password_stdin)
        _require_good(services, found, password)
        now = services.clock.now()
        services.passwords.set(Permit(found.id, Ground.OPERATOR), password, about=_about(found), now=now)
        _reopen(services, found)
        ended = services.stores.sessions.end_all(found.id, keep=None, now=now)
        services.stores.events.record(Event(EventKind.PASSWORD_CHANGED, now, account_id=found.id))
    click.echo(f"The password of {found.username} is changed. Sessions ended: {ended}.")


@account.command("reset-second-factor")
@click.argument("identifier")
def reset_second_factor(identifier: str) -> None:
    """Remove authenticator app, code device, text message codes and recovery codes, for somebody who lost them."""
    with open_services() as services:
        found = _find(services, identifier)
        if not _remove_code_factors(services, Permit(found.id, Ground.OPERATOR)):
            raise Refused(f"{found.username} has no authenticator app, code device or text message codes")
        _reopen(services, found)
        now = services.clock.now()
        ended = services.stores.sessions.end_all(found.id, keep=None, now=now)
        services.stores.events.record(Event(EventKind.TOTP_REMOVED, now, account_id=found.id))
    click.echo(f"{found.username} signs in with the password alone now. Sessions ended: {ended}.")


def _remove_code_factors(services: Services, permit: Permit) -> bool:
    """Whether there was anything to remove. Passkeys and patterns stay: their owner removes those one by one."""
    account_id, stores, now = permit.account_id, services.stores, services.clock.now()
    with services.database.transaction():
        removed = [
            stores.authenticators.remove(account_id, method, now=now)
            for method in (Method.TOTP, Method.HOTP, Method.SMS)
        ]
        if any(removed):
            stores.credentials.replace_recovery_codes(account_id, (), now=now)
    return any(removed)


def _switch(identifier: str, *, active: bool) -> None:
    with open_services() as services:
        found = _find(services, identifier)
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


def _find(services: Services, identifier: str) -> Account:
    from idp.accounts.names import normalise_identifier

    found = services.stores.accounts.find_by_identifier(normalise_identifier(identifier))
    if found is None:
        raise Refused(f"nobody signs in with {identifier!r}: `idp account list` shows who does")
    return found


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


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("New password", hide_input=True, confirmation_prompt="Once more", err=True))


def _require_good(services: Services, person: Account, password: str) -> None:
    """Raises: Refused — the password is not accepted."""
    from idp.authn.factors.password import PasswordRefused

    try:
        services.passwords.check(password, about=_about(person))
    except PasswordRefused as refused:
        raise Refused(PASSWORD_PROBLEMS[refused.problem.value]) from refused


def _reopen(services: Services, person: Account) -> None:
    """Forget the misses of everybody who tried: an operator has made sure who asks."""
    from idp.accounts.registration import identifiers_of
    from idp.authn.throttle import ThrottledFactor

    for identifier in identifiers_of(person):
        services.throttle.reset(ThrottledFactor.PASSWORD, identifier)
    for factor in (ThrottledFactor.TOTP, ThrottledFactor.HOTP, ThrottledFactor.RECOVERY_CODE):
        services.throttle.reset(factor, person.id)


PASSWORD_PROBLEMS = {
    "too_short": "the password is too short: IDP_PASSWORD_MIN_LENGTH says how many characters it needs",
    "too_long": "the password is too long",
    "unusable_characters": "the password contains control characters, which no keyboard types the same way again",
    "common": "too many people use this password: choose another one",
    "personal": "the password is little more than the person's own name: choose another one",
}


def _about(person: Account) -> Iterable[str]:
    known = ("name", "family_name", "given_name", "nickname", "preferred_username", "email", "phone_number")
    return [person.username, *(str(person.claims[claim]) for claim in known if claim in person.claims)]


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
