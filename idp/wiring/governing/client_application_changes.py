"""What a mini-app is, as requests: registering one, and having one be otherwise.

A payload holds the whole application as it shall be, so that whoever approves sees all of it. A secret is never in one:
a client that needs a secret gets its first one by `idp client rotate-secret`, from whoever hands it over, and the next
one after two people have cleared that (`client.drop_secret`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.adapters.jose_client_keys import unusable_keys
from idp.foundation.events import EventKind
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, canonical
from idp.governance.kinds import BadPayload, CannotApply, Effect, EffectLine, Inverse, Payload, Reach
from idp.registry.application import Application, application_of
from idp.registry.application_document import BadApplication, application_from, document_of
from idp.registry.jwks import no_key
from idp.registry.registration import RefusedClient, Registered, changed_client, new_client
from idp.wiring.governing.client_changes import NO_SUCH_APP, OfClients
from idp.wiring.governing.client_effects import in_use
from idp.wiring.governing.client_switches import ClientSuspend

_TAKEN = problem("client_id", "client-id-taken", N_("There is a mini-app of this name already."))


class _OfApplications(OfClients):
    """Those whose payload is a whole application."""

    def read(self, payload: Payload) -> Payload:
        try:
            return document_of(application_from(payload))
        except BadApplication as error:
            raise BadPayload(*error.problems) from error

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            registered = self._registered(payload)
        except RefusedClient as refused:
            return refused.problems
        return tuple(Problem("jwks", no_key(number)) for number in unusable_keys(registered.client.jwks))

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
        """The client that it would be. Raises: RefusedClient, CannotApply."""
        raise NotImplementedError

    def _application(self, payload: Payload) -> Application:
        return application_from(payload)


class ClientCreate(_OfApplications):
    """Register a mini-app."""

    name = "client.create"

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if self._known(payload) is not None:
            return (_TAKEN,)
        return super().check(payload, now=now)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        # Nobody would ever see the secret that is made here: it has none until its first one is handed over.
        client = replace(self._registered(payload).client, secret_hash=None)
        if not self._registry.add(client, now=now):
            raise CannotApply(_TAKEN)
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
            return (NO_SUCH_APP,)
        if not self.diff(payload):
            return (
                problem("", "app-same", N_("The mini-app is like this already: there is nothing to change.")),
            )
        return super().check(payload, now=now)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return in_use(self._reached(payload, now))

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        known, changed = self._known(payload), self._registered(payload).client
        if known is None or known.secret_hash is None:
            changed = replace(changed, secret_hash=None)
        if not self._registry.replace(changed):
            raise CannotApply(NO_SUCH_APP)
        self._record(EventKind.CLIENT_CHANGED, changed.client_id, authority, now)
        return changed.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        known = self._known(payload)
        return None if known is None else Inverse(self.name, document_of(application_of(known)))

    def _registered(self, payload: Payload) -> Registered:
        known = self._known(payload)
        if known is None:
            raise CannotApply(NO_SUCH_APP)
        return changed_client(known, self._application(payload), self._rules, entropy=self._entropy)


def _shown(value: Any) -> str:
    """A value as the table of differences shows it."""
    if value in (None, [], {}, ""):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return json.dumps(json.loads(canonical(value)), ensure_ascii=False, indent=1)
