"""`idp account set-password` and `reset-second-factor`: what somebody signs in with, by an operator's word."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from idp.accounts.person import Account
from idp.authn.permit import Ground, Permit
from idp.cli.accounts import find_account
from idp.cli.opening import open_services
from idp.cli.output import Refused
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Method

if TYPE_CHECKING:
    from idp.wiring import Services

PASSWORD_PROBLEMS = {
    "too_short": "the password is too short: IDP_PASSWORD_MIN_LENGTH says how many characters it needs",
    "too_long": "the password is too long",
    "unusable_characters": "the password contains control characters, which no keyboard types the same way again",
    "common": "too many people use this password: choose another one",
    "personal": "the password is little more than the person's own name: choose another one",
}

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)


@click.command("set-password")
@click.argument("identifier")
@password_option
def set_password(identifier: str, password_stdin: bool) -> None:
    """Give an account a new password. Everywhere it is signed in, it is signed out."""
    with open_services() as services:
        found = find_account(services, identifier)
        password = read_password(password_stdin)
        require_good(services, found, password)
        now = services.clock.now()
        services.passwords.set(Permit(found.id, Ground.OPERATOR), password, about=about(found), now=now)
        _reopen(services, found)
        ended = services.stores.sessions.end_all(found.id, keep=None, now=now)
        services.stores.events.record(Event(EventKind.PASSWORD_CHANGED, now, account_id=found.id))
    click.echo(f"The password of {found.username} is changed. Sessions ended: {ended}.")


@click.command("reset-second-factor")
@click.argument("identifier")
def reset_second_factor(identifier: str) -> None:
    """Remove authenticator app, code device, text message codes and recovery codes, for somebody who lost them."""
    with open_services() as services:
        found = find_account(services, identifier)
        if not _remove_code_factors(services, Permit(found.id, Ground.OPERATOR)):
            raise Refused(f"{found.username} has no authenticator app, code device or text message codes")
        _reopen(services, found)
        now = services.clock.now()
        ended = services.stores.sessions.end_all(found.id, keep=None, now=now)
        services.stores.events.record(Event(EventKind.TOTP_REMOVED, now, account_id=found.id))
    click.echo(f"{found.username} signs in with the password alone now. Sessions ended: {ended}.")


def read_password(from_stdin: bool) -> str:
    """From standard input, or typed twice: never an argument, which every user of the machine could see."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("New password", hide_input=True, confirmation_prompt="Once more", err=True))


def require_good(services: Services, person: Account, password: str) -> None:
    """Raises: Refused — the password is not accepted."""
    from idp.authn.factors.password import PasswordRefused

    try:
        services.passwords.check(password, about=about(person))
    except PasswordRefused as refused:
        raise Refused(PASSWORD_PROBLEMS[refused.problem.value]) from refused


def about(person: Account) -> Iterable[str]:
    """What a password must not be made of: what everybody knows of the person."""
    known = ("name", "family_name", "given_name", "nickname", "preferred_username", "email", "phone_number")
    return [person.username, *(str(person.claims[claim]) for claim in known if claim in person.claims)]


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


def _reopen(services: Services, person: Account) -> None:
    """Forget the misses of everybody who tried: an operator has made sure who asks."""
    from idp.accounts.registration import identifiers_of
    from idp.authn.throttle import ThrottledFactor

    for identifier in identifiers_of(person):
        services.throttle.reset(ThrottledFactor.PASSWORD, identifier)
    for factor in (ThrottledFactor.TOTP, ThrottledFactor.HOTP, ThrottledFactor.RECOVERY_CODE):
        services.throttle.reset(factor, person.id)
