"""The steps of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.oidc.proofs import Method
from idp.web.pages.common import (
    HOSTILE_APP,
    LONG_APP,
    LONG_NAME,
    RARE_NAME,
    RELAYED_APP,
    TAX,
    TOKEN,
    TRANSACTION,
    AppCard,
    Problem,
)
from idp.web.pages.regions import EAST, LONG_REGION, Elsewhere, RegionNotice


@dataclass(frozen=True, slots=True)
class WayLine:
    """One way to sign in, ready to be pressed."""

    method: Method
    path: str
    href: str
    """The path within this sign-in."""
    label: str
    hint: str
    needs_script: bool = False


_TOTP_WAY = WayLine(
    Method.TOTP,
    "/login/totp",
    "/login/totp?transaction=tx_1",
    "Authenticator app",
    "A 6-digit code from the app",
)
_FACE_WAY = WayLine(
    Method.FACE,
    "/login/face",
    "/login/face?transaction=tx_1",
    "Face",
    "Look into the camera",
    needs_script=True,
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
    ways: tuple[WayLine, ...] = ()
    """What one can begin with instead, the last used first."""
    knows_way: bool = False
    """Whether this browser was signed in by one of these ways before: then they stand open."""
    elsewhere: Elsewhere | None = None
    """For people who are registered in another region; None where the region joined no federation."""
    notice: RegionNotice | None = None
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[LoginPage, ...]:
        usual = cls(
            app=TAX,
            transaction=TRANSACTION,
            step_token=TOKEN,
            ways=(replace(_TOTP_WAY, method=Method.PASSKEY), _FACE_WAY),
        )
        empty = Problem("Enter your user name, e-mail address or telephone number.", "username")
        elsewhere = Elsewhere(f"/login/region?transaction={TRANSACTION}", TOKEN)
        known = replace(elsewhere, first=LONG_REGION)
        removed = RegionNotice("Region East was removed from the list.", elsewhere.href)
        return (
            usual,
            replace(usual, problem=empty, elsewhere=elsewhere),
            replace(usual, app=RELAYED_APP, elsewhere=known),
            replace(usual, elsewhere=replace(known, first=EAST, has_more=False), notice=removed),
            replace(usual, reauthenticating=True, elsewhere=replace(known, first=EAST, is_theirs=True)),
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
    has_other_ways: bool = True
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
class WaysPage:
    """Which further proof? What is offered is what the person has set up and what leads to what is wanted."""

    template: ClassVar[str] = "login/ways.html"
    app: AppCard | None
    transaction: str
    step_token: str
    ways: tuple[WayLine, ...]
    is_step_up: bool = False
    """True when the person is signed in and the app (or a change to the account) asks for more."""
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[WaysPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN, ways=(_TOTP_WAY, _FACE_WAY))
        return (
            usual,
            replace(usual, is_step_up=True),
            replace(usual, app=None, ways=tuple(replace(_TOTP_WAY, method=method) for method in Method)),
        )


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
