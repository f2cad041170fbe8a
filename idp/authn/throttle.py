"""How often somebody may try: what an attempt is counted under, and how patience wears out.

Every attempt is charged before its check, once under the visitor's address and once under what is attacked.
Both keys are digests: the table of misses does not become a list of who signs in from where.
Spec: NIST SP 800-63B-4 §3.2.2; RFC 4226 §7.3.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum

from idp.authn.credentials import Schedule, ThrottleStore
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret

MOST_MISSES = 100
"""Misses in all after which a factor of an account is disabled. Spec: NIST SP 800-63B-4 §3.2.2."""
NAMES_OF_AN_ACCOUNT = 3
"""Identifiers one account can have: username, verified e-mail address, verified telephone number."""

CODES = Schedule(
    free=5, first_delay=timedelta(seconds=30), longest_delay=timedelta(hours=1), disable_after=MOST_MISSES
)
"""For TOTP and recovery codes, each counted by account."""
PASSWORDS = Schedule(
    free=5,
    first_delay=timedelta(seconds=30),
    longest_delay=timedelta(hours=1),
    # Each name is counted by itself: were they counted together, a lock on one name would tell which other
    # names belong to the same person. Divided, the names of one account stay below the limit together.
    disable_after=MOST_MISSES // NAMES_OF_AN_ACCOUNT,
)
"""For passwords, counted by what was typed as identifier, whether or not anybody has it."""
RECOVERIES = Schedule(
    free=5, first_delay=timedelta(seconds=30), longest_delay=timedelta(minutes=10), window=timedelta(hours=1)
)
"""For beginning a recovery, counted by what was typed and the network it was typed in; never closed for good."""
FACES = Schedule(
    free=5, first_delay=timedelta(seconds=30), longest_delay=timedelta(seconds=30), disable_after=50
)
"""For a face, and for a voice, counted by account. Spec: NIST SP 800-63B-4 §3.2.3."""
ADDRESSES = Schedule(
    free=100, first_delay=timedelta(seconds=1), longest_delay=timedelta(minutes=1), window=timedelta(hours=1)
)
"""For a client address, counted over all accounts: slows guessing one password for many people.

Wide, and never closed for good, because thousands of citizens share the address of a mobile network.
"""


class ThrottledFactor(StrEnum):
    """What can be guessed."""

    PASSWORD = "password"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    FACE = "face"
    VOICE = "voice"
    RECOVERY = "recovery"
    HOTP = "hotp"
    MESSAGE_CODE = "message_code"

    @property
    def schedule(self) -> Schedule:
        if self is ThrottledFactor.RECOVERY:
            return RECOVERIES
        if self in (ThrottledFactor.FACE, ThrottledFactor.VOICE):
            return FACES
        return PASSWORDS if self is ThrottledFactor.PASSWORD else CODES


class TooManyAttempts(Exception):
    """This attempt was not looked at."""

    def __init__(self, retry_at: datetime | None, *, disabled: bool) -> None:
        super().__init__("too many attempts")
        self.retry_at = retry_at
        """When to come back; None when `disabled`."""
        self.disabled = disabled
        """No waiting helps: this way in stays closed until it is reset or another one is used."""


class Throttle:
    """Admits attempts, or not. `secret` keys the digests under which misses are counted."""

    def __init__(self, store: ThrottleStore, secret: Secret) -> None:
        self._store = store
        self._key = keyed_digest(secret.reveal(), "throttle keys")

    def admit(self, factor: ThrottledFactor, name: str, address: str, *, now: datetime) -> None:
        """Charge one attempt. `name` is the normalised identifier for a password, else the account's id.

        Raises: TooManyAttempts.
        """
        # The address comes first: one that is refused must not be able to wear out anybody's account.
        asked = ((self._address_key(address), ADDRESSES), (self._factor_key(factor, name), factor.schedule))
        with self._store.together():
            charges = (self._store.charge(key, schedule, now=now) for key, schedule in asked)
            refused = next((charge for charge in charges if not charge.allowed), None)
        # Only now: what was charged stays charged.
        if refused is not None:
            raise TooManyAttempts(refused.retry_at, disabled=refused.disabled)

    def forgive(self, factor: ThrottledFactor, name: str, address: str) -> None:
        """The attempt was right: forget the misses of `name`, take back the one charge of `address`."""
        with self._store.together():
            # In the order of `admit`, or the two would wait for each other for ever.
            # Not more than this one charge: signing in to one's own account must not buy guesses at others.
            self._store.refund(self._address_key(address))
            self._store.forgive(self._factor_key(factor, name))

    def take_back(self, factor: ThrottledFactor, name: str, address: str) -> None:
        """The attempt admitted was never looked at: take back its charges, and no more."""
        self._store.refund(self._factor_key(factor, name))
        self._store.refund(self._address_key(address))

    def reset(self, factor: ThrottledFactor, name: str) -> None:
        """Open a factor again by hand, after an operator made sure who asks."""
        self._store.forgive(self._factor_key(factor, name))

    def _factor_key(self, factor: ThrottledFactor, name: str) -> str:
        return f"{factor}:{keyed_digest(self._key, factor, name)}"

    def _address_key(self, address: str) -> str:
        return f"address:{keyed_digest(self._key, 'address', network_of(address))}"


def network_of(address: str) -> str:
    """The network a client address is counted as: IPv4 by itself, IPv6 by its /64 (what one household has).

    An address that cannot be read is counted as `unknown`, together with all of its kind: it never goes free.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
