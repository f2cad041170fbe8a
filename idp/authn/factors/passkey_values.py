"""What passkeys are made of: values, refusals, and what the rules ask of storage and of the WebAuthn library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from idp.authn.authenticators import Authenticator
from idp.oidc.proofs import Proof, Property

ALWAYS = frozenset({Property.POSSESSION, Property.PHISHING_RESISTANT})
"""What whoever shows a passkey has proved at least."""


class PasskeyKind(StrEnum):
    """What somebody is about to add."""

    PASSKEY = "passkey"
    """Found without a user name and unlocked by its owner: a way in by itself."""
    SECURITY_KEY = "security_key"
    """Plugged in or held to the device. Many only notice a touch: then it is a second factor."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key, and what must not change about it."""

    credential_id: bytes
    account_id: str
    authenticator_id: str
    public_key: bytes = field(repr=False)
    """COSE. Spec: RFC 9052 §7."""
    sign_count: int
    is_backup_eligible: bool
    """Whether the key may leave its device. Fixed for life. Spec: WebAuthn Level 3 §6.1.3."""
    is_backed_up: bool
    aaguid: str
    """The model of the authenticator, as it says itself unless attested."""
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnverifiedAssertion:
    """What a browser sent, read but not believed."""

    credential_id: bytes
    user_handle: bytes | None
    client_data: bytes


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """What the signature covers."""

    user_verified: bool
    is_backup_eligible: bool
    is_backed_up: bool
    sign_count: int


@dataclass(frozen=True, slots=True)
class VerifiedRegistration:
    """A new public key, with everything that its signature, if any, covers."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    user_verified: bool
    is_backup_eligible: bool
    is_backed_up: bool
    aaguid: str
    attestation_object: bytes = field(repr=False)
    client_data: bytes = field(repr=False)
    is_discoverable: bool
    """Whether the browser says that the key can be found without a user name (`credProps`)."""
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A question for the browser."""

    challenge_id: str
    """Comes back with the answer."""
    options: Mapping[str, Any]
    """For `PublicKeyCredential.parse…OptionsFromJSON`. Spec: WebAuthn Level 3 §5.1.8, §5.1.9."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that was shown to us, checked in full and used up for this question."""

    account_id: str
    authenticator_id: str
    proof: Proof


class PasskeyRefused(Exception):
    """This answer proves nothing. The text is for the log, never for the page."""


class ChallengeOver(PasskeyRefused):
    """The question is too old, was answered before, or was put to somebody else."""


class UnknownPasskey(PasskeyRefused):
    """No account has this passkey."""

    def __init__(self, credential_id: bytes, *, is_ours: bool) -> None:
        super().__init__("unknown credential")
        self.credential_id = credential_id
        self.is_ours = is_ours
        """It says that it was made for this region, so its keeper may be told to forget it.

        Regions share one RP ID: a passkey of another region is unknown here, and must never be forgotten for that.
        """


class PasskeyCloned(PasskeyRefused):
    """Its counter went back: somebody may hold a copy. It was suspended, unless it is the last way in."""

    def __init__(self, account_id: str, authenticator_id: str, label: str) -> None:
        super().__init__("the counter went back")
        self.account_id = account_id
        self.authenticator_id = authenticator_id
        self.label = label


class PasskeyTaken(PasskeyRefused):
    """A credential with this id is enrolled already."""


class TooManyPasskeys(PasskeyRefused):
    """This account has as many as one may have."""


class BadMetadata(Exception):
    """The list of makers cannot be read, or nobody we believe signed it; the text says which."""


class PasskeyStore(Protocol):
    """Public keys, by credential id."""

    def add(self, passkey: Passkey, authenticator: Authenticator) -> None:
        """Keep a new one and its line among the authenticators, in one transaction.

        Raises: PasskeyTaken — the credential id exists, whoever has it. Spec: WebAuthn Level 3 §7.1 step 26.
        """
        ...

    def find(self, credential_id: bytes) -> Passkey | None:
        """The passkey with this id, whoever's it is."""
        ...

    def of(self, account_id: str) -> tuple[Passkey, ...]:
        """All of a person, suspended ones too."""
        ...

    def use(self, passkey: Passkey, *, sign_count: int, is_backed_up: bool, now: datetime) -> bool:
        """Note what a checked assertion said, on the passkey and as the last use of its line: together, or nothing.

        False if the counter is no longer what `passkey` says, or if it was suspended or removed meanwhile.
        """
        ...


class PasskeyLines(Protocol):
    """The lines about passkeys that the rules look at (`idp.authn.authenticators.AuthenticatorStore` has them)."""

    def of(self, account_id: str) -> tuple[Authenticator, ...]:
        """All of a person, suspended ones too."""
        ...

    def find(self, account_id: str, authenticator_id: str) -> Authenticator | None:
        """One of them."""
        ...

    def suspend(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        """Put it out of use. Raises: LastWayIn — where the last way in stays open."""
        ...


class PasskeyLibrary(Protocol):
    """The parsing and the cryptography of WebAuthn."""

    def read_assertion(self, answer: str) -> UnverifiedAssertion:
        """Raises: PasskeyRefused — not an answer of `navigator.credentials.get`."""
        ...

    def verify_assertion(
        self, answer: str, *, challenge: bytes, public_key: bytes, needs_user_verification: bool
    ) -> VerifiedAssertion:
        """Type, challenge, origin, RP ID, presence, signature. The counter is the caller's to judge.

        Raises: PasskeyRefused.
        """
        ...

    def verify_registration(
        self, answer: str, *, challenge: bytes, needs_user_verification: bool
    ) -> VerifiedRegistration:
        """The same for `navigator.credentials.create`. Believes no maker. Raises: PasskeyRefused."""
        ...


class Makers(Protocol):
    """What makers of authenticators vouch for."""

    def name_if_vouched(self, registration: VerifiedRegistration) -> str | None:
        """The model's name, when a listed maker signed for this very key and the model is in good standing."""
        ...

    def still_vouched(self, aaguid: str) -> bool:
        """Whether the model is still listed and in good standing."""
        ...


class Owner(Protocol):
    """What the rules need to know of an account."""

    @property
    def is_active(self) -> bool: ...


class Owners(Protocol):
    """Finds accounts (`idp.accounts.person.AccountStore` does)."""

    def find_by_id(self, account_id: str) -> Owner | None:
        """The account, active or not."""
        ...
