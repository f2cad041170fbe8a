"""Changes of the registry of mini-apps, as requests: what all of `client.*` share, in a region."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_, problem
from idp.governance.change_request import Authority, digest_of
from idp.governance.kinds import CannotApply, ChangeKind, Payload
from idp.governance.roles import Action
from idp.oidc.client import Client
from idp.registry.application import application_of
from idp.registry.application_document import document_of
from idp.registry.rules import Rules
from idp.storage.clients import ClientRegistry
from idp.storage.events import EventRepository
from idp.storage.reach import ClientReach, ReachRepository

NO_SUCH_APP = problem("client_id", "app-unknown", N_("There is no such mini-app."))


class OfClients(ChangeKind):
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
            raise CannotApply(
                problem(
                    "client_id",
                    "app-reviewed",
                    N_(
                        "This mini-app was submitted and reviewed: it is changed by a new version, or by app.…"
                        " changes."
                    ),
                )
            )
        return self._registry.find_by_id(self.subject(payload))

    def _reached(self, payload: Payload, now: datetime) -> ClientReach:
        return self._reach.of_client(self.subject(payload), now=now)

    def _record(self, kind: EventKind, client_id: str, authority: Authority, now: datetime) -> None:
        self._events.record(Event(kind, now, client_id=client_id, subject=authority.change))
