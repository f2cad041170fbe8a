"""How often somebody may have messages sent: by whom it is asked for, from where, and to which number or address.

Spec: NIST SP 800-63B-4 §3.1.3.3 (out-of-band over the telephone network); OWASP ASVS 5.0 V6.6.3.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.throttle import TooManyAttempts, network_of
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret

_DAY = timedelta(days=1)

BY_NAME = Schedule(free=3, first_delay=timedelta(minutes=1), longest_delay=timedelta(hours=1), window=_DAY)
"""For one account or one typed name: three in a row, then ever longer waits."""
BY_NETWORK = Schedule(
    free=30, first_delay=timedelta(seconds=30), longest_delay=timedelta(minutes=10), window=_DAY
)
"""For one client network, counted over all names: messages cost money and other people's patience."""
BY_RECIPIENT = Schedule(
    free=10, first_delay=timedelta(hours=1), longest_delay=timedelta(hours=1), window=_DAY
)
"""For one number or address, counted over all who ask: nobody's telephone is made to ring all day."""


class MessageLimits:
    """Counts messages. Keys are digests, as in `idp.authn.throttle`."""

    def __init__(self, store: ThrottleStore, secret: Secret) -> None:
        self._store = store
        self._key = keyed_digest(secret.reveal(), "message limits")

    def admit(self, name: str, address: str, recipient: str | None, *, now: datetime) -> bool:
        """Charge one message asked for under `name` from `address`; whether it may go out to `recipient`.

        False must look like True to whoever asks: a recipient's limit would tell that two names have one owner.
        Raises: TooManyAttempts — this name, or this network, has to wait.
        """
        # The network comes first: one that is refused must not be able to wear out anybody's name.
        asked = ((f"network {network_of(address)}", BY_NETWORK), (f"name {name}", BY_NAME))
        to = f"nobody {name}" if recipient is None else f"to {recipient}"
        with self._store.together():
            charges = (self._store.charge(self._counted(key), schedule, now=now) for key, schedule in asked)
            refused = next((charge for charge in charges if not charge.allowed), None)
            may_go = refused is None and self._store.charge(self._counted(to), BY_RECIPIENT, now=now).allowed
        # Only now: what was charged stays charged.
        if refused is not None:
            raise TooManyAttempts(refused.retry_at, disabled=refused.disabled)
        return may_go

    def _counted(self, key: str) -> str:
        return f"message:{keyed_digest(self._key, key)}"
