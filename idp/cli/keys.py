"""`idp keys`: see the signing keys, and change them ahead of their schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from idp.cli.governed import asked_instead, governed_options
from idp.cli.opening import open_services
from idp.cli.output import NAMES_AN_ID, Refused, json_option, say_json, say_table
from idp.foundation.events import Event, EventKind
from idp.oidc.keys import KeyPurpose, KeyState
from idp.oidc.vocabulary import Algorithm
from idp.trustlist.changes import MAX_KEYS as MAX_FEDERATION_KEYS
from idp.trustlist.claims import MAX_KEYS

if TYPE_CHECKING:
    from idp.adapters.keyring import Keyring
    from idp.wiring import Services


@click.group(short_help="See and change the signing keys.")
def keys() -> None:
    """List the signing keys, make the first ones, change them ahead of time, withdraw one that leaked.

    Keys change by themselves: published ahead (pending), signing, verify-only, retired. These commands are for
    seeing that, and for emergencies.
    """


@keys.command()
def init() -> None:
    """Make the first keys, one for each purpose and algorithm. Does nothing when there are some."""
    with open_services() as services:
        existed = bool(services.stores.keys.every())
        services.open_keys()
        count = len(services.stores.keys.every())
        if not existed:
            _record(services, "all")
    click.echo(f"There are {count} keys already." if existed else f"Made {count} keys.")


@keys.command("list")
@click.option("--all", "with_retired", is_flag=True, help="Retired keys too.")
@json_option
def list_(with_retired: bool, as_json: bool) -> None:
    """List the keys and their schedule."""
    with open_services() as services:
        found = [key for key in services.stores.keys.every() if with_retired or key.state != "retired"]
    if as_json:
        names = (
            "kid",
            "purpose",
            "algorithm",
            "state",
            "created_at",
            "signs_from",
            "signs_until",
            "published_until",
        )
        say_json([{name: getattr(key, name) for name in names} for key in found])
        return
    rows = [
        (key.kid, key.purpose, key.algorithm, key.state, key.signs_from, key.signs_until, key.published_until)
        for key in found
    ]
    say_table(("key", "purpose", "algorithm", "state", "signs from", "until", "published until"), rows)


@keys.command()
@click.option(
    "--purpose",
    type=click.Choice([str(one) for one in KeyPurpose]),
    default=str(KeyPurpose.PROTOCOL),
    show_default=True,
    help="What the keys are for.",
)
@click.option(
    "--alg",
    "algorithms",
    multiple=True,
    type=click.Choice([str(one) for one in Algorithm]),
    help="Only this algorithm; may be given several times.",
)
@click.option("--now", "immediately", is_flag=True, help="Do not wait until verifiers know the new key.")
@governed_options
def rotate(purpose: str, algorithms: tuple[str, ...], immediately: bool) -> None:
    """Change keys ahead of time: as soon as every verifier can know the successor, or at once with --now."""
    with open_services() as services:
        keyring = _keyring(services, KeyPurpose(purpose))
        chosen = tuple(map(Algorithm, algorithms)) or keyring.algorithms
        if not set(chosen) <= set(keyring.algorithms):
            raise Refused(f"keys of the purpose {purpose} are of {', '.join(keyring.algorithms)} alone")
        _require_room(keyring, len(chosen))
        payload = {"purpose": purpose, "algorithms": list(chosen), "immediately": immediately}
        if asked_instead(services, "keys.rotate", payload):
            return
        keyring.rotate(chosen, immediately=immediately)
        for algorithm in chosen:
            _record(services, str(algorithm))
    when = "The new keys sign now" if immediately else "The new keys are published and take over on time"
    click.echo(f"{when}: {', '.join(chosen)}. `idp keys list` shows the schedule.")


@keys.command(context_settings=NAMES_AN_ID)
@click.argument("kid")
@governed_options
@click.confirmation_option(prompt="Every token signed with this key becomes invalid at once. Withdraw it?")
def revoke(kid: str) -> None:
    """Withdraw a key that is no longer secret. Nothing it signed is believed any more; its successor signs.

    Takes three seconds for a key that signs: first everybody here changes to its successor.
    """
    with open_services() as services:
        purpose = next((key.purpose for key in services.stores.keys.every() if key.kid == kid), None)
        if purpose is None:
            raise Refused(f"there is no key {kid!r}: `idp keys list --all` shows them")
        if asked_instead(services, "keys.revoke", {"kid": kid}):
            return
        _keyring(services, purpose).withdraw(kid)
        _record(services, kid)
    click.echo(
        f"The key {kid} is withdrawn. Verifiers that keep keys in memory learn of it when they fetch them again."
    )


def _require_room(keyring: Keyring, more: int) -> None:
    """See that others still read the published keys with so many more among them. Raises: Refused."""
    most = MAX_FEDERATION_KEYS if keyring.purpose is KeyPurpose.FEDERATION else MAX_KEYS
    published = [one for one in keyring.view().records if one.state is not KeyState.RETIRED]
    if len(published) + more <= most:
        return
    old = [one.published_until for one in published if one.state is KeyState.VERIFY_ONLY]
    when = f"the first of them leaves at {min(old):%Y-%m-%d %H:%M} UTC" if old else "none of them leaves soon"
    raise Refused(
        f"{len(published)} keys of the purpose {keyring.purpose} are published, and other regions read no more than "
        f"{most}: {when}. A stolen key is withdrawn with `idp keys revoke`, which needs no room"
    )


def _keyring(services: Services, purpose: KeyPurpose) -> Keyring:
    found = services.keyrings.get(purpose)
    if found is None:
        raise Refused(f"there are no keys of the purpose {purpose} here")
    return found


def _record(services: Services, subject: str) -> None:
    services.stores.events.record(Event(EventKind.KEY_STATE_CHANGED, services.clock.now(), subject=subject))
