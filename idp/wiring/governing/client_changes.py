"""Changes of the registry of mini-apps, as requests: `client.*`, in a region.

A payload holds the whole application as it shall be, so that whoever approves sees all of it. A secret is never in one:
a client that needs a secret gets its first one by `idp client rotate-secret`, from whoever hands it over, and the next
one after two people have cleared that (`client.drop_secret`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.adapters.jose_client_keys import ClientKeys
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.governance.change_request import Authority, DiffLine, Direction, canonical, digest_of
from idp.governance.kinds import (
    BadPayload,
    CannotApply,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Problem,
    Reach,
)
from idp.governance.roles import Action
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm
from idp.registry.application import Application, application_of
from idp.registry.application_document import BadApplication, application_from, document_of
from idp.registry.checks import Rules
from idp.registry.registration import RefusedClient, Registered, changed_client, new_client
from idp.storage.clients import ClientRegistry
from idp.storage.events import EventRepository
from idp.storage.reach import ReachRepository
from idp.wiring.governing.payloads import Reader


class _OfClients(ChangeKind):
    """What changes of mini-apps share."""

    action = Action.APP_PROPOSE

    def __init__(
        self,
        registry: ClientRegistry,
        reach: ReachRepository,
        rules: Rules,
        events: EventRepository,
        entropy: Entropy,
        has_life_cycle: Callable[[str], bool],
    ) -> None:
        self._registry, self._reach, self._rules = registry, reach, rules
        self._has_life_cycle = has_life_cycle
        self._events, self._entropy = events, entropy

    def subject(self, payload: Payload) -> str:
        return str(payload["client_id"])

    def base(self, payload: Payload) -> str:
        known = self._known(payload)
        return digest_of(None if known is None else [document_of(application_of(known)), known.enabled])

    def _known(self, payload: Payload) -> Client | None:
        """Raises: CannotApply — it was submitted and reviewed, and is changed the same way."""
        if self._has_life_cycle(self.subject(payload)):
            # Otherwise a suspended or retired one could be switched on behind its back.
            sentence = "This mini-app was submitted and reviewed: it is changed by a new version, or by app.… changes."
            raise CannotApply(Problem("client_id", sentence))
        return self._registry.find_by_id(self.subject(payload))

    def _cut_off(self, payload: Payload, now: datetime) -> Effect:
        reach = self._reach.of_client(self.subject(payload), now=now)
        return (
            EffectLine(Reach.APPS_CUT_OFF),
            EffectLine(Reach.GRANTS_ENDED, reach.grants),
            EffectLine(Reach.PEOPLE_REACHED, reach.people),
        )

    def _record(self, kind: EventKind, client_id: str, authority: Authority, now: datetime) -> None:
        self._events.record(Event(kind, now, client_id=client_id, subject=authority.change))


class _OfApplications(_OfClients):
    """Those whose payload is a whole application."""

    def read(self, payload: Payload) -> Payload:
        try:
            return document_of(application_from(payload))
        except BadApplication as error:
            raise BadPayload(*(Problem(field, text) for field, text in error.problems)) from error

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            registered = self._registered(payload)
        except RefusedClient as refused:
            return tuple(Problem("", sentence) for sentence in refused.problems)
        return _unusable_keys(registered.client)

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        known = self._known(payload)
        before = {} if known is None else document_of(application_of(known))
        return tuple(
            DiffLine(name, _shown(before.get(name)), _shown(value))
            for name, value in payload.items()
            # Only read at registration, and not kept: a client keeps its sector for life.
            if before.get(name) != value and not (known is not None and name == "sector_identifier_uri")
        )

    def _registered(self, payload: Payload) -> Registered:
        """The client that it would be. Raises: RefusedClient."""
        raise NotImplementedError

    def _application(self, payload: Payload) -> Application:
        return application_from(payload)


class ClientCreate(_OfApplications):
    """Register a mini-app."""

    name = "client.create"

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if self._known(payload) is not None:
            return (Problem("client_id", "There is a mini-app of this name already."),)
        return super().check(payload, now=now)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        # Nobody would ever see the secret that is made here: it has none until its first one is handed over.
        client = replace(self._registered(payload).client, secret_hash=None)
        if not self._registry.add(client, now=now):
            raise CannotApply(Problem("client_id", "There is a mini-app of this name already."))
        self._record(EventKind.CLIENT_CREATED, client.client_id, authority, now)
        return client.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(ClientSuspend.name, {"client_id": payload["client_id"]})

    def _registered(self, payload: Payload) -> Registered:
        return new_client(self._application(payload), self._rules, entropy=self._entropy)


class ClientChange(_OfApplications):
    """Have a mini-app be otherwise: addresses, keys, claims, profile."""

    name = "client.change"

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        known = self._registry.find_by_id(str(unread.get("client_id", "")))
        return unread if known is None else {**document_of(application_of(known)), **unread}

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        known = self._known(payload)
        if known is None:
            return (Problem("client_id", "There is no such mini-app."),)
        if not self.diff(payload):
            return (Problem("", "The mini-app is like this already: there is nothing to change."),)
        return super().check(payload, now=now)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (
            EffectLine(Reach.PEOPLE_REACHED, self._reach.of_client(self.subject(payload), now=now).people),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        known, changed = self._known(payload), self._registered(payload).client
        if known is None or known.secret_hash is None:
            changed = replace(changed, secret_hash=None)
        if not self._registry.replace(changed):
            raise CannotApply(Problem("client_id", "There is no such mini-app."))
        self._record(EventKind.CLIENT_CHANGED, changed.client_id, authority, now)
        return changed.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        known = self._known(payload)
        return None if known is None else Inverse(self.name, document_of(application_of(known)))

    def _registered(self, payload: Payload) -> Registered:
        known = self._known(payload)
        if known is None:
            raise RefusedClient(("there is no such mini-app",))
        return changed_client(known, self._application(payload), self._rules, entropy=self._entropy)


class _OfOne(_OfClients):
    """Those whose payload names a mini-app, and no more."""

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"client_id": reader.text("client_id", longest=200)}
        reader.done()
        return found


class ClientDropSecret(_OfOne):
    """Have a mini-app's secret work no longer, so that a first one can be made anew. Also of one that was reviewed:
    there its own developers make the next one.

    It widens: whoever makes the next one can sign in as the mini-app. One that leaked is first switched off.
    """

    name = "client.drop_secret"

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        known = self._known(payload)
        if known is None:
            return (Problem("client_id", "There is no such mini-app."),)
        if known.secret_hash is None:
            return (Problem("client_id", "It has no secret."),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        """Another secret than the one that was there is another matter."""
        known = self._known(payload)
        return digest_of(known.secret_hash.hex() if known and known.secret_hash else None)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("client_secret", "set", ""),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        people = self._reach.of_client(self.subject(payload), now=now).people
        return (EffectLine(Reach.APPS_CUT_OFF), EffectLine(Reach.PEOPLE_REACHED, people))

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        if not self._registry.drop_secret(payload["client_id"]):
            raise CannotApply(Problem("client_id", "It has no secret."))
        self._record(EventKind.CLIENT_CHANGED, payload["client_id"], authority, now)
        return str(payload["client_id"])

    def inverse(self, payload: Payload) -> Inverse | None:
        return None

    def _known(self, payload: Payload) -> Client | None:
        return self._registry.find_by_id(self.subject(payload))


class _Switch(_OfOne):
    """Switching a mini-app off and on."""

    enables: bool

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        known = self._known(payload)
        if known is None:
            return (Problem("client_id", "There is no such mini-app."),)
        if known.enabled is self.enables:
            return (Problem("client_id", f"It is {_word(self.enables)} already."),)
        return ()

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("status", _word(not self.enables), _word(self.enables)),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        if not self._registry.set_enabled(payload["client_id"], self.enables):
            raise CannotApply(Problem("client_id", f"It is {_word(self.enables)} already."))
        self._record(EventKind.CLIENT_CHANGED, payload["client_id"], authority, now)
        return _word(self.enables)


class ClientSuspend(_Switch):
    """Switch a mini-app off."""

    name = "client.suspend"
    alone = Action.APP_SUSPEND
    enables = False

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return self._cut_off(payload, now)

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(ClientRestore.name, {"client_id": payload["client_id"]})


class ClientRestore(_Switch):
    """Switch a mini-app on again."""

    name = "client.restore"
    enables = True

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(ClientSuspend.name, {"client_id": payload["client_id"]})


def client_kinds(
    registry: ClientRegistry,
    reach: ReachRepository,
    rules: Rules,
    events: EventRepository,
    entropy: Entropy,
    has_life_cycle: Callable[[str], bool],
) -> tuple[ChangeKind, ...]:
    """All of them. `has_life_cycle`: whether a mini-app came by submission and review, and so has other kinds."""
    return tuple(
        kind(registry, reach, rules, events, entropy, has_life_cycle)
        for kind in (ClientCreate, ClientChange, ClientDropSecret, ClientSuspend, ClientRestore)
    )


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"


def _shown(value: Any) -> str:
    """A value as the table of differences shows it."""
    if value in (None, [], {}, ""):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return json.dumps(json.loads(canonical(value)), ensure_ascii=False, indent=1)


def _unusable_keys(client: Client) -> tuple[Problem, ...]:
    """A key may look right and be none, such as a point that is not on its curve."""
    keys = client.jwks["keys"] if client.jwks else ()
    return tuple(
        Problem("jwks", f"Key {number} of the key set cannot verify anything: its numbers make no key.")
        for number, key in enumerate(keys, 1)
        if not any(ClientKeys().candidates(_alone(client, key), None, algorithm) for algorithm in Algorithm)
    )


def _alone(client: Client, key: Any) -> Client:
    return replace(client, jwks={"keys": [key]})
