"""Everything a sign-in needs, joined as the product joins it, with stores in memory and cheap hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from idp.accounts.names import normalise_identifier
from idp.adapters.argon2 import Argon2Hasher
from idp.adapters.pyotp_engine import PyotpEngine
from idp.adapters.sealing import Sealer
from idp.authn.credentials import PasswordRecord
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.totp import Totp
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.foundation.secret import Secret
from tests.unit.authn.memory import MemoryCredentials, MemoryThrottle, RepeatableEntropy

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ADDRESS = "192.0.2.7"
PASSWORD = "lotus pond at dusk"
SECRET = Secret("zu8Qp2vL5nXs0tYwE7rBk4HmJc9GfDa1")


@dataclass(frozen=True)
class Person:
    id: str
    is_active: bool = True


@dataclass
class People:
    """A directory in memory."""

    by_identifier: dict[str, Person] = field(default_factory=dict)

    def find_by_identifier(self, identifier: str) -> Person | None:
        return self.by_identifier.get(identifier)


def cheap_hasher() -> Argon2Hasher:
    """Argon2id with the least memory it takes: the code under test is the same, the wait is not."""
    return Argon2Hasher(memory_kib=8, passes=1, concurrency=2)


class House:
    """One provider's sign-in side."""

    def __init__(self) -> None:
        entropy = RepeatableEntropy()
        self.people = People()
        self.credentials = MemoryCredentials()
        self.misses = MemoryThrottle()
        self.hasher = cheap_hasher()
        self.throttle = Throttle(self.misses, SECRET)
        self.totp = Totp(self.credentials, Sealer(SECRET, entropy), PyotpEngine(), entropy)
        self.recovery_codes = RecoveryCodes(self.credentials, SECRET, entropy)
        self.sign_in = PasswordSignIn(
            self.people, self.credentials, self.hasher, self.throttle, normalise_identifier
        )
        self.second_factor = SecondFactor(self.totp, self.recovery_codes, self.throttle)

    def enter(self, *identifiers: str, password: str = PASSWORD, is_active: bool = True) -> str:
        """Somebody new, known under these identifiers; returns the account's id."""
        person = Person(f"acct_{identifiers[0]}", is_active)
        self.people.by_identifier.update({normalise_identifier(name): person for name in identifiers})
        self.credentials.set_password(person.id, PasswordRecord(self.hasher.hash(password), NOW))
        return person.id
