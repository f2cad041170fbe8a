"""Recoveries at a counter: two officers look at the person, one after the other, and hand them a code.

Spec: NIST SP 800-63B-4 §4.1.2.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.authn import recovery as rules
from idp.authn.factors.codes import MAX_TYPED, WrongCode, as_typed
from idp.authn.factors.recovery_code import ALPHABET, normalise
from idp.authn.recovery import Recovery, Requested
from idp.authn.recovery_door import Begin, RecoveryDoor
from idp.authn.recovery_store import RecoveryOver, RecoveryStore
from idp.authn.sign_in import NOBODY
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, keyed_digest, new_value
from idp.foundation.secret import Secret

COUNTER_VISIT = timedelta(hours=1)
"""How long a visit waits for its second officer."""
COUNTER_CODE = timedelta(minutes=10)
"""How long the code from the counter is good. Spec: NIST SP 800-63B-4 §4.1.2."""
COUNTER_FINISHING = timedelta(minutes=30)
"""How long somebody with that code may take to choose a password."""
COUNTER_CHARACTERS = 12
"""Of 5 bits each: 60 bits, entered together with the identifier. Spec: NIST SP 800-63B-4 §4.1.2 asks for 40."""


class CounterVisits:
    """From the first officer to the browser in which the person goes on."""

    def __init__(self, store: RecoveryStore, door: RecoveryDoor, secret: Secret, entropy: Entropy) -> None:
        self._store, self._door, self._entropy = store, door, entropy
        self._key = keyed_digest(secret.reveal(), "recoveries")

    def request(self, account_id: str, officer: str, lost: tuple[str, ...], *, now: datetime) -> Recovery:
        """An officer compared the person with their document. `lost` are authenticators that they no longer have."""
        recovery_id = rules.new_recovery_id(self._entropy)
        recovery = Recovery(recovery_id, account_id, Requested(officer), now, now + COUNTER_VISIT, lost)
        self._store.add(recovery, None)
        return recovery

    def approve(self, recovery_id: str, officer: str, *, now: datetime) -> str:
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
        """The person enters the code in a browser. Raises: WrongCode; TooManyAttempts."""
        comer = self._door.admit(identifier, address, now=now)
        account_id, value = comer.account_id or NOBODY, new_value(Kind.RECOVERY, self._entropy)
        found = self._store.take_over(
            account_id,
            self._code_hash(account_id, normalise(as_typed(code[:MAX_TYPED]))),
            digest(value),
            expires_at=now + COUNTER_FINISHING,
            now=now,
        )
        if found is None:
            raise WrongCode
        self._door.forgive(comer)
        return Begin(value, found)

    def _code_hash(self, account_id: str, code: str) -> bytes:
        return bytes.fromhex(keyed_digest(self._key, "counter code", account_id, code))
