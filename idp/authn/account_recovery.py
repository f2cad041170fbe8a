"""Walks people through a recovery: the steps of `idp.authn.recovery`, each made good in the store.

Unknown, disabled and known accounts get the same answers after the same work, until somebody shows an anchor.
It sends nothing and sets nothing: it says when a step is done, and hands out the permit at the end.
Spec: NIST SP 800-63B-4 §4.2; OWASP ASVS 5.0 6.3.8, 6.4.3, 6.4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.authn import recovery as rules
from idp.authn.factors.codes import WrongCode
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.permit import Permit
from idp.authn.recovery import Anchor, Begun, IllegalMove, Recovery, TwoProved
from idp.authn.recovery_door import Begin, RecoveryDoor
from idp.authn.recovery_store import RecoveryOver, RecoveryStore
from idp.authn.sign_in import NOBODY, SecondFactor
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret

PROVING = timedelta(minutes=30)
"""How long the two anchors may take."""
FINISHING = timedelta(days=7)
"""How long a waited-for recovery stays ready. Then it lapses, and one begins again."""
MAX_WRONG_ANSWERS = 6
"""A recovery dies with its sixth wrong answer."""


class AnotherIsRunning(Exception):
    """A recovery of this account waits already: it must be finished or stopped first."""


class WornOut(Exception):
    """Too many wrong answers: this recovery is over."""


class MessageCheck(Protocol):
    """Checks a code that was sent to an address or number of the account, and uses it up."""

    def __call__(self) -> None:
        """Raises: WrongCode."""
        ...


@dataclass(frozen=True, slots=True)
class Proved:
    """The recovery after an anchor."""

    recovery: Recovery
    stop_key: str | None
    """For the links in the notices, when the waiting began with this anchor. It can stop the recovery, no more."""


class AccountRecovery:
    """The use cases. `wait` is the waiting time of the region's settings."""

    def __init__(
        self,
        store: RecoveryStore,
        door: RecoveryDoor,
        recovery_codes: RecoveryCodes,
        second_factor: SecondFactor,
        *,
        wait: timedelta,
        secret: Secret,
        entropy: Entropy,
    ) -> None:
        self._store = store
        self._door = door
        self._recovery_codes = recovery_codes
        self._second_factor = second_factor
        self._wait = wait
        self._key = keyed_digest(secret.reveal(), "recoveries")
        self._entropy = entropy

    @property
    def longest(self) -> timedelta:
        """From the first page to the last moment in which a credential may be set."""
        return PROVING + self._wait + FINISHING

    def begin(self, identifier: str, address: str, *, now: datetime) -> Begin:
        """Begin for whoever has this identifier, be it anybody or nobody. Raises: TooManyAttempts."""
        comer = self._door.admit(identifier, address, now=now)
        recovery = Recovery(
            id=rules.new_recovery_id(self._entropy),
            account_id=comer.account_id,
            state=Begun(),
            created_at=now,
            expires_at=now + PROVING,
            name_hash=bytes.fromhex(keyed_digest(self._key, "name", comer.name)),
        )
        value = new_value(Kind.RECOVERY, self._entropy)
        self._store.add(recovery, digest(value))
        return Begin(value, recovery)

    def find(self, value: str, *, now: datetime) -> Recovery | None:
        """The recovery that a browser holds, as it is now: perhaps over."""
        found = self._store.find(digest(value)) if is_kind(Kind.RECOVERY, value) else None
        return None if found is None else rules.at(found, now)

    def prove_message(
        self, recovery: Recovery, anchor: Anchor, check: MessageCheck, *, now: datetime
    ) -> Proved:
        """A code sent by e-mail or text message. Raises: WrongCode, WornOut, RecoveryOver, AnotherIsRunning."""
        return self._prove(recovery, anchor, check, now)

    def prove_recovery_code(self, recovery: Recovery, code: str, *, now: datetime) -> Proved:
        """A code written down in advance; it is used up. Raises: as `prove_message`."""

        def check() -> None:
            self._recovery_codes.verify(recovery.account_id or NOBODY, code, now=now)

        return self._prove(recovery, Anchor.RECOVERY_CODE, check, now)

    def prove_totp(self, recovery: Recovery, code: str, address: str, *, now: datetime) -> Proved:
        """The authenticator app, behind another anchor. Raises: as `prove_message`; TooManyAttempts; IllegalMove."""
        account_id = recovery.account_id
        if account_id is None or not recovery.anchors:
            raise IllegalMove("the app is asked for behind another anchor")

        def check() -> None:
            self._second_factor.check_totp(account_id, code, address, now=now)

        return self._prove(recovery, Anchor.TOTP, check, now)

    def prepare(self, recovery: Recovery, *, now: datetime) -> Permit:
        """What finishing would permit, to begin an enrolment that `finish` must complete. Raises: IllegalMove."""
        return rules.permit_of(rules.finish(rules.at(recovery, now)))

    def finish(self, recovery: Recovery, *, now: datetime) -> Permit:
        """Use the recovery up and get the permit to set one credential.

        Call it in the transaction that sets it: both happen or neither. Raises: IllegalMove; RecoveryOver.
        """
        ready = rules.at(recovery, now)
        if not ready.is_open:
            raise RecoveryOver
        finished = rules.finish(ready)
        if not self._store.finish(recovery, now=now):
            raise RecoveryOver
        return rules.permit_of(finished)

    def running(self, account_id: str, *, now: datetime) -> Recovery | None:
        """What its owner must be told about on every page."""
        found = self._store.find_open(account_id, now=now)
        return None if found is None else rules.at(found, now)

    def stop(self, recovery: Recovery, *, now: datetime) -> bool:
        """Stop it. True when this call did it."""
        return self._store.cancel(recovery.id, now=now)

    def find_by_stop_key(self, key: str, *, now: datetime) -> Recovery | None:
        """The recovery that the link in a notice is for, while it can be stopped."""
        if not is_kind(Kind.RECOVERY_STOP, key):
            return None
        return self._store.find_by_stop_key(digest(key), now=now)

    def _prove(self, before: Recovery, anchor: Anchor, check: Callable[[], None], now: datetime) -> Proved:
        before = rules.at(before, now)
        if not before.is_open:
            raise RecoveryOver
        if before.account_id is not None:
            # Before the check: a code is not used up for a step that does not follow.
            after = rules.prove(before, anchor)
        try:
            check()
        except WrongCode:
            self._count_wrong_answer(before, now)
            raise
        if before.account_id is None:
            raise WrongCode
        return self._go_on(before, after, now)

    def _go_on(self, before: Recovery, after: Recovery, now: datetime) -> Proved:
        if not isinstance(after.state, TwoProved):
            if not self._store.move(before, after, now=now):
                raise RecoveryOver
            return Proved(after, None)
        until = now + self._wait
        waiting = rules.wait(after, until=until, expires_at=until + FINISHING)
        stop_key = new_value(Kind.RECOVERY_STOP, self._entropy)
        if not self._store.wait(before, waiting, digest(stop_key), now=now):
            if before.account_id and self._store.find_open(before.account_id, now=now):
                raise AnotherIsRunning
            raise RecoveryOver
        return Proved(waiting, stop_key)

    def _count_wrong_answer(self, recovery: Recovery, now: datetime) -> None:
        if self._store.count_wrong_answer(recovery.id) >= MAX_WRONG_ANSWERS:
            self._store.cancel(recovery.id, now=now)
            raise WornOut
