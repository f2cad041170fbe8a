"""Changes of our own signing keys, as requests: `keys.*`, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from idp.adapters.keyring import Keyring
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import CannotApply, ChangeKind, Effect, EffectLine, Inverse, Payload, Reach, counted
from idp.governance.roles import Action
from idp.oidc.key_schedule import UnknownKey, is_revoked
from idp.oidc.keys import KeyPurpose, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm
from idp.storage.events import EventRepository
from idp.storage.keys import KeyRepository
from idp.storage.reach import ReachRepository
from idp.trustlist.changes import MAX_KEYS as MAX_FEDERATION_KEYS
from idp.trustlist.claims import MAX_KEYS
from idp.wiring.governing.payloads import Reader

_NO_SUCH_KEY = problem("kid", "signing-key-unknown", N_("There is no such key here."))


class _OfKeys(ChangeKind):
    """What changes of keys share."""

    action = Action.KEY_PROPOSE

    def __init__(
        self,
        keyrings: Mapping[KeyPurpose, Keyring],
        keys: KeyRepository,
        reach: ReachRepository,
        events: EventRepository,
    ) -> None:
        self._keyrings, self._keys, self._reach, self._events = keyrings, keys, reach, events

    def undone(self) -> None:
        for keyring in self._keyrings.values():
            keyring.forget()

    def inverse(self, payload: Payload) -> Inverse | None:
        """A key that was given up never signs again."""
        return None

    def _refused(self, purpose: KeyPurpose, now: datetime) -> Effect:
        """What verifiers do not believe. Which key signed which token is kept nowhere."""
        refused = EffectLine(Reach.TOKENS_REFUSED)
        if purpose is not KeyPurpose.PROTOCOL:
            return (refused,)
        return (refused, counted(Reach.GRANTS_IN_FORCE, self._reach.grants(now=now)))

    def _record(self, subject: str, now: datetime) -> None:
        self._events.record(Event(EventKind.KEY_STATE_CHANGED, now, subject=subject))


class KeysRotate(_OfKeys):
    """Change keys ahead of their schedule."""

    name = "keys.rotate"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        purpose = reader.choice("purpose", [str(one) for one in self._keyrings])
        known = self._keyrings[KeyPurpose(purpose)].algorithms
        found = {
            "purpose": purpose,
            "algorithms": reader.texts("algorithms", words=[str(one) for one in known]) or sorted(known),
            "immediately": reader.flag("immediately"),
        }
        reader.done()
        return found

    def subject(self, payload: Payload) -> str:
        return str(payload["purpose"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        """Others read so many published keys and no more."""
        purpose = KeyPurpose(payload["purpose"])
        most = MAX_FEDERATION_KEYS if purpose is KeyPurpose.FEDERATION else MAX_KEYS
        keys = [key for key in self._keys.every() if key.purpose is purpose]
        published = [key for key in keys if key.state is not KeyState.RETIRED]
        if len(published) + len(payload["algorithms"]) <= most:
            return ()
        return (
            problem(
                "purpose",
                "keys-too-many",
                N_("Others read no more than %(most)s published keys, and there are %(published)s."),
                most=most,
                published=len(published),
            ),
        )

    def direction(self, payload: Payload) -> Direction:
        return Direction.NEUTRAL

    def waits(self, payload: Payload) -> bool:
        """Nobody is trusted more for a successor made here: waiting would only help whoever has the key."""
        return False

    def base(self, payload: Payload) -> str:
        return digest_of([key.kid for key in self._signing(payload)])

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        after = "at_once" if payload["immediately"] else "on_time"
        return (
            *(DiffLine("signing_key", f"{key.kid} ({key.algorithm})", "") for key in self._signing(payload)),
            DiffLine("successor_signs", "", after),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        # Verifiers that keep keys in memory do not know a key that signs at once.
        return self._refused(KeyPurpose(payload["purpose"]), now) if payload["immediately"] else ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        chosen = tuple(map(Algorithm, payload["algorithms"]))
        self._keyrings[KeyPurpose(payload["purpose"])].rotate(chosen, immediately=payload["immediately"])
        for algorithm in chosen:
            self._record(f"{algorithm} by {authority.change}", now)
        return " ".join(chosen)

    def _signing(self, payload: Payload) -> list[KeyRecord]:
        return [
            key
            for key in self._keys.every()
            if key.purpose == payload["purpose"]
            and key.algorithm in payload["algorithms"]
            and key.state is KeyState.SIGNING
        ]


class KeysRevoke(_OfKeys):
    """Withdraw a key that is no longer secret."""

    name = "keys.revoke"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"kid": reader.text("kid", longest=200)}
        reader.done()
        return found

    def subject(self, payload: Payload) -> str:
        return str(payload["kid"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        key = self._key(payload)
        if key is None or key.purpose not in self._keyrings:
            return (_NO_SUCH_KEY,)
        if is_revoked(key):
            return (problem("kid", "signing-key-withdrawn", N_("This key is withdrawn already.")),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """Where the schedule has it hinders nothing: only whether it is there."""
        key = self._key(payload)
        return digest_of(None if key is None else [key.kid, is_revoked(key)])

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        key = self._key(payload)
        state = "" if key is None else f"{key.state} ({key.purpose}, {key.algorithm})"
        return (DiffLine("key", str(payload["kid"]), ""), DiffLine("key_state", state, "revoked"))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        key = self._key(payload)
        return () if key is None else self._refused(key.purpose, now)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        key = self._key(payload)
        try:
            if key is None:
                raise UnknownKey(payload["kid"])
            self._keyrings[key.purpose].revoke(key.kid)
        except UnknownKey as error:
            raise CannotApply(_NO_SUCH_KEY) from error
        self._record(f"{key.kid} by {authority.change}", now)
        return key.kid

    def _key(self, payload: Payload) -> KeyRecord | None:
        return next((key for key in self._keys.every() if key.kid == payload["kid"]), None)


def key_kinds(
    keyrings: Mapping[KeyPurpose, Keyring],
    keys: KeyRepository,
    reach: ReachRepository,
    events: EventRepository,
) -> tuple[ChangeKind, ...]:
    """All of them."""
    return tuple(kind(keyrings, keys, reach, events) for kind in (KeysRotate, KeysRevoke))
