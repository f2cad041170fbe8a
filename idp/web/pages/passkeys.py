"""Pages about passkeys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import (
    CSRF,
    EARLIER,
    HOSTILE_APP,
    LATER,
    LONG_APP,
    LONG_NAME,
    TAX,
    TOKEN,
    TRANSACTION,
    AppCard,
    Problem,
)


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """Sign in with a passkey, alone or after another factor."""

    template: ClassVar[str] = "login/passkey.html"
    app: AppCard | None
    transaction: str
    step_token: str
    rp_id: str
    is_further: bool = False
    """True when something was proved already, so that other ways are other further ways."""
    forget: str | None = None
    """A credential id that this region no longer knows: the browser may tell its keeper."""
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[PasskeyPage, ...]:
        usual = cls(TAX, TRANSACTION, TOKEN, rp_id="id.example")
        gone = Problem("This passkey is no longer in use here. Choose another one.")
        return (
            usual,
            replace(usual, is_further=True, app=LONG_APP),
            replace(usual, problem=gone, forget="Y3JlZGVudGlhbA", app=None),
            replace(usual, app=HOSTILE_APP),
        )


@dataclass(frozen=True, slots=True)
class PasskeyOfferPage:
    """Would you like a passkey? One press skips it."""

    template: ClassVar[str] = "login/passkey_offer.html"
    app: AppCard | None
    transaction: str
    step_token: str
    csrf_token: str
    """The question for the browser is asked in the name of the new session."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[PasskeyOfferPage, ...]:
        usual = cls(TAX, TRANSACTION, TOKEN, CSRF)
        failed = Problem("The passkey could not be added. You can try again, or skip it for now.")
        return (usual, replace(usual, app=None), replace(usual, app=LONG_APP, problem=failed))


@dataclass(frozen=True, slots=True)
class PasskeyAddPage:
    """Make a passkey, or take a security key into use."""

    template: ClassVar[str] = "account/passkey_add.html"
    csrf_token: str
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[PasskeyAddPage, ...]:
        return (cls(CSRF), cls(CSRF, Problem("The passkey could not be added. Please try again.")))


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """One passkey or security key of the person."""

    id: str
    label: str
    """Empty when nobody named it."""
    is_synced: bool
    is_second_only: bool
    """A key that only notices a touch."""
    is_attested: bool
    created_at: datetime
    last_used_at: datetime | None
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class PasskeySignal:
    """What the keepers of this person's passkeys may be told; binary values as base64url (WebAuthn Level 3 §5.1.10)."""

    rp_id: str
    user_handle: str
    accepted: tuple[str, ...]
    username: str
    display_name: str


@dataclass(frozen=True, slots=True)
class PasskeysPage:
    """The person's passkeys."""

    template: ClassVar[str] = "account/passkeys.html"
    csrf_token: str
    passkeys: tuple[PasskeyLine, ...]
    signal: PasskeySignal
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[PasskeysPage, ...]:
        phone = PasskeyLine(
            "passkey-1",
            "iCloud Keychain",
            is_synced=True,
            is_second_only=False,
            is_attested=False,
            created_at=EARLIER,
            last_used_at=LATER,
            is_suspended=False,
        )
        key = replace(
            phone,
            id="passkey-2",
            label="",
            is_synced=False,
            is_second_only=True,
            is_attested=True,
            last_used_at=None,
        )
        stopped = replace(phone, id="passkey-3", label=LONG_NAME * 5, is_suspended=True)
        signal = PasskeySignal("id.example", "aGFuZGxl", ("b25l", "dHdv"), "ada", "ada (East)")
        usual = cls(CSRF, (phone, key), signal)
        last = Problem("This is your last way to sign in. Add another one before you remove it.")
        return (
            usual,
            replace(usual, passkeys=(), notice="The passkey was removed."),
            replace(usual, passkeys=(phone, stopped, key), problem=last),
        )
