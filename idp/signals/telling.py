"""Telling mini-apps that a session has ended, as often as it takes and as long as it matters.

What ended a session also left a row for each mini-app that took part in it, in the same transaction. A row goes when
the mini-app has heard, so a killed process loses none. One that was being told when the process died is told again;
the `jti` stays the same, by which it knows. Nothing here waits for a mini-app: whoever carries errands does, and
there are never many for one mini-app at a time, so that a slow one holds up nobody else.
Spec: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Protocol

from idp.foundation.clock import Clock, to_milliseconds
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import keyed_digest, sid_of
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm
from idp.signals.logout_token import TOKEN_TYPE, logout_claims

TRIED_FOR = timedelta(hours=24)
"""How long a mini-app is told of one sign-out."""
LEASE = timedelta(seconds=30)
"""For how long a row belongs to the worker that took it; longer than any attempt takes."""
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
MOST_OF_ONE = 4
"""Errands to one mini-app under way at once, in each worker."""
LOOKED_AT = 200
"""Rows looked at in one round."""
_JTI_DIGITS = 32

log = logging.getLogger("idp.telling")


class LogoutState(StrEnum):
    """Where a sign-out stands that a mini-app has not heard of."""

    WAITING = "waiting"
    REFUSED = "refused"
    """It answered that the token was wrong; the same token would be wrong again."""
    GIVEN_UP = "given_up"


class Reply(Enum):
    """How an errand ended."""

    HEARD = "heard"
    REFUSED = "refused"
    NO_ANSWER = "no answer"
    """Or none that says either."""


@dataclass(frozen=True, slots=True)
class WaitingLogout:
    """A session that ended, and one mini-app that is to be told."""

    id: int
    session_id: str
    subject: str
    client: Client
    ended_at: datetime
    attempts: int

    @property
    def jti(self) -> str:
        """The same at every attempt. Rows' numbers come again, with the moment they do not."""
        ended_at = str(to_milliseconds(self.ended_at))
        return keyed_digest(self.session_id, "jti", self.client.client_id, ended_at, str(self.id))[
            :_JTI_DIGITS
        ]


class LogoutOutbox(Protocol):
    """Sign-outs that mini-apps have not heard of."""

    def due(self, limit: int, most_of_one: int, *, now: datetime) -> tuple[WaitingLogout, ...]:
        """What may be tried now, the longest due first, at most so many for one mini-app."""
        ...

    def claim(self, waiting: WaitingLogout, until: datetime) -> bool:
        """Take a row, and nobody else gets it before `until`. Atomic: of concurrent calls exactly one is True."""
        ...

    def remove(self, logout_id: int) -> None:
        """It was heard."""
        ...

    def refused(self, logout_id: int) -> None:
        """Keep it as refused, and try it no more."""
        ...

    def postpone(self, waiting: WaitingLogout, until: datetime) -> int:
        """Let the mini-app rest: nothing is due to it before `until`.

        What will have been tried for `TRIED_FOR` by then is given up; returns how many.
        """
        ...


class TokenSigner(Protocol):
    """Signs with the region's protocol keys."""

    def sign(self, algorithm: Algorithm, token_type: str, claims: Mapping[str, Any]) -> str:
        """A compact JWS with `kid` and `typ` in its header. Raises: ServerError — there is no key to sign with."""
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """A claimed row and the token made for it just now."""

    waiting: WaitingLogout
    address: str
    token: str = field(repr=False)

    @property
    def client_id(self) -> str:
        return self.waiting.client.client_id


class Telling:
    """Hands out errands and notes how they ended. Its own caller is one thread of a worker."""

    def __init__(
        self,
        issuer: str,
        outbox: LogoutOutbox,
        signer: TokenSigner,
        events: EventLog,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._issuer = issuer
        self._outbox = outbox
        self._signer = signer
        self._events = events
        self._clock = clock
        self._entropy = entropy
        self.bell = threading.Event()
        """Rings when there may be something to do before the next round would look."""

    def hurry(self) -> None:
        """Look now: somebody has just signed out. Waits for nothing, and says nothing about whether it worked."""
        self.bell.set()

    def errands(self, room: int, busy: Set[str] = frozenset()) -> tuple[Errand, ...]:
        """At most `room` errands, none to the `busy` mini-apps. Each is to be settled, or its lease will lapse.

        Raises: ServerError — there is no key to sign with.
        """
        taken: list[Errand] = []
        now = self._clock.now()
        for waiting in self._outbox.due(LOOKED_AT, MOST_OF_ONE, now=now):
            if len(taken) >= room:
                break
            if waiting.client.client_id not in busy and self._outbox.claim(waiting, now + LEASE):
                taken.extend(self._errand(waiting, now))
        return tuple(taken)

    def settle(self, errand: Errand, reply: Reply) -> None:
        """Note how an errand ended."""
        waiting = errand.waiting
        match reply:
            case Reply.HEARD:
                self._outbox.remove(waiting.id)
            case Reply.REFUSED:
                self._outbox.refused(waiting.id)
                self._record(EventKind.LOGOUT_REFUSED, errand.client_id)
            case Reply.NO_ANSWER:
                until = self._clock.now() + self._jittered(wait_after(waiting.attempts))
                if self._outbox.postpone(waiting, until):
                    self._record(EventKind.LOGOUT_GIVEN_UP, errand.client_id)

    def _errand(self, waiting: WaitingLogout, now: datetime) -> tuple[Errand, ...]:
        client, address = waiting.client, waiting.client.backchannel_logout_uri
        if address is None:
            # It has taken its address back since.
            self._outbox.remove(waiting.id)
            return ()
        claims = logout_claims(
            self._issuer,
            client.client_id,
            subject=waiting.subject,
            sid=sid_of(waiting.session_id, client.client_id),
            jti=waiting.jti,
            now=now,
        )
        return (Errand(waiting, address, self._signer.sign(client.signing_alg, TOKEN_TYPE, claims)),)

    def _record(self, kind: EventKind, client_id: str) -> None:
        log.warning("a mini-app was not told of a sign-out", extra={"detail": f"{kind}: {client_id}"})
        self._events.record(Event(kind, self._clock.now(), client_id=client_id))

    def _jittered(self, wait: timedelta) -> timedelta:
        """A fifth more or less, so that not all come back at once."""
        return wait * (0.8 + 0.4 * int.from_bytes(self._entropy.bytes(2)) / 0xFFFF)


def wait_after(attempts: int) -> timedelta:
    """From one attempt to the next, `attempts` having been made before it."""
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)
