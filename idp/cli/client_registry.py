"""Mini-apps as commands find, check and store them; and who is handed a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from idp.cli.acting import acting
from idp.cli.governed import explained, require_second_person
from idp.cli.output import Refused
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import Problem
from idp.oidc.client import Client
from idp.registry.jwks import no_key
from idp.registry.registration import RefusedClient, Registered

if TYPE_CHECKING:
    from idp.wiring import Services


def find(services: Services, client_id: str) -> Client:
    """Raises: Refused — there is none."""
    found = services.stores.registry.find_by_id(client_id)
    if found is None:
        raise Refused(f"there is no client {client_id!r}: `idp client list` shows them")
    return found


def find_to_change(services: Services, client_id: str) -> Client:
    """Raises: Refused — there is none, or what happens to it is decided by review."""
    found = find(services, client_id)
    if services.stores.apps.has_life_cycle(client_id):
        raise Refused(
            f"{client_id} was submitted for review: a new version changes it (`idp app submit`), `idp app propose`"
            " asks two people to restore or retire it, and its developers make its secret (`idp app secret`)"
        )
    return found


def checked(make: Callable[[], Registered]) -> Registered:
    """What the rules of the registry let pass. Raises: Refused — with everything that is wrong."""
    from idp.adapters.jose_client_keys import unusable_keys

    try:
        registered = make()
    except RefusedClient as refused:
        raise Refused(*refused.problems) from refused
    if unusable := unusable_keys(registered.client.jwks):
        raise Refused(*(Problem("jwks", no_key(number)) for number in unusable))
    return registered


def add(services: Services, made: Client) -> None:
    """Raises: Refused — there is one of this name."""
    if not services.stores.registry.add(made, now=services.clock.now()):
        raise Refused(f"there is a client {made.client_id} already: `idp client edit` changes it")
    record(services, EventKind.CLIENT_CREATED, made)


def put(services: Services, changed: Client) -> None:
    """Raises: Refused — it is there no more."""
    if not services.stores.registry.replace(changed):
        raise Refused(f"the client {changed.client_id} is gone")
    record(services, EventKind.CLIENT_CHANGED, changed)


def record(services: Services, kind: EventKind, changed: Client, by: str | None = None) -> None:
    """Note it in the audit trail."""
    now = services.clock.now()
    services.stores.events.record(Event(kind, now, client_id=changed.client_id, subject=by))


def who_hands_over(services: Services, client_id: str) -> str | None:
    """The member of the staff who makes a secret; None while the installation is being set up. Raises: Refused."""
    from idp.governance.roles import Action

    if not services.governed():
        # Whoever makes the next secret is the mini-app: as much as clearing the one that is there.
        require_second_person(services, "client.drop_secret", {"client_id": client_id})
        return None
    with explained():
        here = acting(services)
        here.require(Action.APP_PROPOSE)
    return here.member.id


def give_first_secret(services: Services, made: Client, staff_id: str) -> None:
    """Raises: Refused — it has a secret, and another one would be that of whoever asks."""
    registry = services.stores.registry
    with services.database.transaction():
        if made.secret_hash is None or not registry.give_first_secret(made.client_id, made.secret_hash):
            raise Refused(
                f"{made.client_id} has a secret, and changes take two people here: ask for client.drop_secret"
                " (`idp change propose`), and make the next one when it is applied"
            )
        record(services, EventKind.CLIENT_CHANGED, made, f"secret {staff_id}")
