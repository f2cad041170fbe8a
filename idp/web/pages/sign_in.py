"""The steps of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import (
    HOSTILE_APP,
    LONG_APP,
    LONG_NAME,
    RARE_NAME,
    TAX,
    TOKEN,
    TRANSACTION,
    AppCard,
    Problem,
)


@dataclass(frozen=True, slots=True)
class LoginPage:
    """Step one: who are you. `app` is None when the person goes to their own account pages."""

    template: ClassVar[str] = "login/identifier.html"
    app: AppCard | None
    transaction: str
    step_token: str
    username: str = ""
    reauthenticating: bool = False
    """True when somebody is signed in already and must prove it again (prompt=login, max_age)."""
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[LoginPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN)
        empty = Problem("Enter your user name, e-mail address or telephone number.", "username")
        return (
            usual,
            replace(usual, problem=empty),
            replace(usual, app=LONG_APP, username=LONG_NAME * 4, reauthenticating=True),
            replace(usual, app=None, cancellable=False),
            replace(usual, app=HOSTILE_APP, username='" onfocus="alert(1)'),
        )


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """Step two. Shown for every identifier, known or not."""

    template: ClassVar[str] = "login/password.html"
    app: AppCard | None
    transaction: str
    step_token: str
    username: str
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[PasswordPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN, username="13800000000")
        wrong = Problem("The username or the password is not right. Try again.", "password")
        wait = Problem("Too many wrong answers. Wait 30 seconds, then try again.")
        return (
            usual,
            replace(usual, problem=wrong),
            replace(usual, app=LONG_APP, username=LONG_NAME * 4, problem=wait),
            replace(usual, app=None, username=RARE_NAME, cancellable=False),
        )


@dataclass(frozen=True, slots=True)
class TotpPage:
    """Step three, when enrolled or asked for: six digits from the authenticator app."""

    template: ClassVar[str] = "login/totp.html"
    app: AppCard | None
    transaction: str
    step_token: str
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[TotpPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN)
        wrong = Problem("The code is wrong or has expired. Enter the code the app shows now.", "code")
        return (usual, replace(usual, problem=wrong), replace(usual, app=None, cancellable=False))


@dataclass(frozen=True, slots=True)
class RecoveryCodePage:
    """Instead of TOTP: one of the recovery codes (shape `XXXX-XXXX-XXXX-XXXX`)."""

    template: ClassVar[str] = "login/recovery_code.html"
    app: AppCard | None
    transaction: str
    step_token: str
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[RecoveryCodePage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN)
        wrong = Problem("This recovery code is wrong or was used before. Enter another one.", "code")
        return (usual, replace(usual, problem=wrong), replace(usual, app=None, cancellable=False))


@dataclass(frozen=True, slots=True)
class SecondFactorNeededPage:
    """The mini-app asks for a second factor and this person has none: how to get one, and the way back."""

    template: ClassVar[str] = "login/second_factor_needed.html"
    app: AppCard
    transaction: str
    step_token: str

    @classmethod
    def samples(cls) -> tuple[SecondFactorNeededPage, ...]:
        return tuple(cls(app=app, transaction=TRANSACTION, step_token=TOKEN) for app in (TAX, LONG_APP))
