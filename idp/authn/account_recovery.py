"""Walks people through a recovery: the steps of `idp.authn.recovery`, each made good in the store.

Unknown, disabled and known accounts get the same answers after the same work, until somebody shows an anchor.
It sends nothing and sets nothing: it says when a step is done, and hands out the permit at the end.
Spec: NIST SP 800-63B-4 §4.1.2, §4.2; OWASP ASVS 5.0 6.3.8, 6.4.3, 6.4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.authn import recovery as rules
from idp.authn.factors.codes import MAX_TYPED, WrongCode, as_typed
from idp.authn.factors.recovery_code import ALPHABET, RecoveryCodes, normalise
from idp.authn.permit import Permit
from idp.authn.recovery import Anchor, Begun, IllegalMove, Recovery, Requested, TwoProved
from idp.authn.sign_in import NOBODY, Directory, SecondFactor
from idp.authn.throttle import Throttle, ThrottledFactor, network_of
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret

PROVING = timedelta(minutes=30)
"""How long the two anchors may take."""
FINISHING = timedelta(days=7)
"""How long a waited-for recovery stays ready. Then it lapses, and one begins again."""
COUNTER_VISIT = timedelta(hours=1)
"""How long a visit waits for its second officer."""
COUNTER_CODE = timedelta(minutes=10)
"""How long the code from the counter is good. Spec: NIST SP 800-63B-4 §4.1.2."""
COUNTER_FINISHING = timedelta(minutes=30)
"""How long somebody with that code may take to choose a password."""
MAX_WRONG_ANSWERS = 6
"""A recovery dies with its sixth wrong answer."""
COUNTER_CHARACTERS = 12
"""Of 5 bits each: 60 bits, entered together with the identifier. Spec: NIST SP 800-63B-4 §4.1.2 asks for 40."""
ID_BYTES = 6
"""Written as hexadecimal digits: an officer reads it out and types it."""


class RecoveryOver(Exception):
    """It was finished, stopped, replaced or has lapsed, here or in another window."""


class AnotherIsRunning(Exception):
    """A recovery of this account waits already: it must be finished or stopped first."""


class WornOut(Exception):
    """Too many wrong answers: this recovery is over."""


class RecoveryStore(Protocol):
    """Recoveries. Each change is atomic and demands the step it follows; of concurrent callers one wins."""

    def add(self, recovery: Recovery, digest: bytes | None) -> None:
        """Keep a new one; `digest` is of the value that its browser holds."""
        ...

    def find(self, digest: bytes) -> Recovery | None:
        """The one that a browser holds, lapsed and closed ones too."""
        ...

    def find_by_id(self, recovery_id: str) -> Recovery | None:
        """The one with this public handle."""
        ...

    def find_open(self, account_id: str, *, now: datetime) -> Recovery | None:
        """The one of an account that waits or is ready. There is at most one."""
        ...

    def find_by_stop_key(self, stop_hash: bytes, *, now: datetime) -> Recovery | None:
        """The open one that a notice's link can stop."""
        ...

    def list_open(self, limit: int, *, now: datetime) -> tuple[Recovery, ...]:
        """Those that somebody could still finish, without those in which too little is proved; the latest first."""
        ...

    def move(self, before: Recovery, after: Recovery, *, now: datetime) -> bool:
        """Take one step. False when it is no longer where it was."""
        ...

    def wait(self, before: Recovery, after: Recovery, stop_hash: bytes, *, now: datetime) -> bool:
        """Begin the waiting, unless another recovery of the account waits or is ready."""
        ...

    def approve(self, before: Recovery, after: Recovery, code_hash: bytes, *, now: datetime) -> bool:
        """Note the second officer and the digest of the code that the person is handed."""
        ...

    def take_over(
        self, account_id: str, code_hash: bytes, digest: bytes, *, expires_at: datetime, now: datetime
    ) -> Recovery | None:
        """Use up a counter's code and give its recovery to a browser; whatever else waited for the account ends."""
        ...

    def finish(self, recovery: Recovery, *, now: datetime) -> bool:
        """Use it up. True once, and only when its waiting is over and its account active.

        In the same transaction every session, code and grant of the account ends, and every other recovery.
        """
        ...

    def cancel(self, recovery_id: str, *, now: datetime) -> bool:
        """Stop it. True when this call did it."""
        ...

    def count_wrong_answer(self, recovery_id: str) -> int:
        """Count a wrong answer, committed at once; returns the count so far."""
        ...


class MessageCheck(Protocol):
    """Checks a code that was sent to an address or number of the account, and uses it up."""

    def __call__(self) -> None:
        """Raises: WrongCode."""
        ...


@dataclass(frozen=True, slots=True)
class Begin:
    """A recovery just taken up by a browser."""

    value: str
    """The secret that this browser keeps; stored as a digest."""
    recovery: Recovery


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
        directory: Directory,
        recovery_codes: RecoveryCodes,
        second_factor: SecondFactor,
        throttle: Throttle,
        normalise_identifier: Callable[[str], str],
        *,
        wait: timedelta,
        secret: Secret,
        entropy: Entropy,
    ) -> None:
        self._store = store
        self._directory = directory
        self._recovery_codes = recovery_codes
        self._second_factor = second_factor
        self._throttle = throttle
        self._normalise = normalise_identifier
        self._wait = wait
        self._key = keyed_digest(secret.reveal(), "recoveries")
        self._entropy = entropy

    @property
    def longest(self) -> timedelta:
        """From the first page to the last moment in which a credential may be set."""
        return PROVING + self._wait + FINISHING

    def begin(self, identifier: str, address: str, *, now: datetime) -> Begin:
        """Begin for whoever has this identifier, be it anybody or nobody. Raises: TooManyAttempts."""
        name = self._normalise(identifier)
        self._throttle.admit(ThrottledFactor.RECOVERY, _attempted(name, address), address, now=now)
        recovery = Recovery(
            id=self._entropy.bytes(ID_BYTES).hex(),
            account_id=self._account(name),
            state=Begun(),
            created_at=now,
            expires_at=now + PROVING,
            name_hash=bytes.fromhex(keyed_digest(self._key, "name", name)),
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

    def request_at_counter(
        self, account_id: str, officer: str, lost: tuple[str, ...], *, now: datetime
    ) -> Recovery:
        """An officer compared the person with their document. `lost` are authenticators that they no longer have."""
        recovery_id = self._entropy.bytes(ID_BYTES).hex()
        recovery = Recovery(recovery_id, account_id, Requested(officer), now, now + COUNTER_VISIT, lost)
        self._store.add(recovery, None)
        return recovery

    def approve_at_counter(self, recovery_id: str, officer: str, *, now: datetime) -> str:
        """Another officer agrees; returns the code for the person, to be told once.

        Raises: RecoveryOver; IllegalMove; SameOfficer.
        """
        found = self._store.find_by_id(recovery_id)
        if found is None or found.account_id is None:
            raise RecoveryOver
        before, account_id = rules.at(found, now), found.account_id
        after = rules.approve(before, officer, expires_at=now + COUNTER_CODE)
        code = "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._entropy.bytes(COUNTER_CHARACTERS))
        if not self._store.approve(before, after, self._code_hash(account_id, code), now=now):
            raise RecoveryOver
        return "-".join(code[start : start + 4] for start in range(0, COUNTER_CHARACTERS, 4))

    def take_over(self, identifier: str, code: str, address: str, *, now: datetime) -> Begin:
        """The person enters the counter's code in a browser. Raises: WrongCode; TooManyAttempts."""
        name, value = self._normalise(identifier), new_value(Kind.RECOVERY, self._entropy)
        self._throttle.admit(ThrottledFactor.RECOVERY, _attempted(name, address), address, now=now)
        account_id = self._account(name) or NOBODY
        found = self._store.take_over(
            account_id,
            self._code_hash(account_id, normalise(as_typed(code[:MAX_TYPED]))),
            digest(value),
            expires_at=now + COUNTER_FINISHING,
            now=now,
        )
        if found is None:
            raise WrongCode
        self._throttle.forgive(ThrottledFactor.RECOVERY, _attempted(name, address), address)
        return Begin(value, found)

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

    def _account(self, name: str) -> str | None:
        found = self._directory.find_by_identifier(name)
        return found.id if found is not None and found.is_active else None

    def _code_hash(self, account_id: str, code: str) -> bytes:
        return bytes.fromhex(keyed_digest(self._key, "counter code", account_id, code))


def _attempted(name: str, address: str) -> str:
    # By network: nobody elsewhere can keep a person from beginning. What one network may guess is nothing to speak of.
    return f"{name} {network_of(address)}"
