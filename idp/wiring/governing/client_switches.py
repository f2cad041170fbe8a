"""Whether a mini-app can be used, as requests: switching it off and on, and taking its secret away."""

from __future__ import annotations

from datetime import datetime

from idp.foundation.events import EventKind
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import CannotApply, Effect, EffectLine, Inverse, Payload, Reach
from idp.governance.roles import Action
from idp.oidc.client import Client
from idp.wiring.governing.client_changes import NO_SUCH_APP, OfClients
from idp.wiring.governing.client_effects import cut_off, in_use
from idp.wiring.governing.payloads import Reader

_NO_SECRET = problem("client_id", "secret-none", N_("It has no secret."))


class _OfOne(OfClients):
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
            return (NO_SUCH_APP,)
        if known.secret_hash is None:
            return (_NO_SECRET,)
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
        return (EffectLine(Reach.APPS_CUT_OFF), *in_use(self._reached(payload, now)))

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        if not self._registry.drop_secret(payload["client_id"]):
            raise CannotApply(_NO_SECRET)
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
            return (NO_SUCH_APP,)
        if known.enabled is self.enables:
            return (_already(self.enables),)
        return ()

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("status", _word(not self.enables), _word(self.enables)),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        if not self._registry.set_enabled(payload["client_id"], self.enables):
            raise CannotApply(_already(self.enables))
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
        return cut_off(self._reached(payload, now))

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


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"


def _already(is_on: bool) -> Problem:
    if is_on:
        return problem("client_id", "app-on", N_("It is switched on already."))
    return problem("client_id", "app-off", N_("It is switched off already."))
