"""What guards the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LATER, Problem


@dataclass(frozen=True, slots=True)
class SecurityPage:
    template: ClassVar[str] = "account/security.html"
    csrf_token: str
    has_totp: bool
    totp_confirmed_at: datetime | None
    recovery_codes_left: int
    password_changed_at: datetime | None
    notice: str | None = None

    @classmethod
    def samples(cls) -> tuple[SecurityPage, ...]:
        bare = cls(
            CSRF, has_totp=False, totp_confirmed_at=None, recovery_codes_left=0, password_changed_at=None
        )
        safe = cls(
            CSRF,
            has_totp=True,
            totp_confirmed_at=LATER,
            recovery_codes_left=9,
            password_changed_at=EARLIER,
        )
        return (bare, safe, replace(safe, recovery_codes_left=0, notice="Your password is changed."))


@dataclass(frozen=True, slots=True)
class TotpEnrolPage:
    """Shows the seed once, as QR and as text; asks for one code to confirm."""

    template: ClassVar[str] = "account/totp_enrol.html"
    csrf_token: str
    qr_svg: str
    """Our own drawing, inserted as it is: with a viewBox instead of a size, without style attributes."""
    secret_base32: str
    enrolment: str
    """The sealed seed, carried through the form so that nothing is stored before it is confirmed."""
    otpauth_uri: str = ""
    """The same as in the QR code, for those who read the page on the phone that has the authenticator app."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[TotpEnrolPage, ...]:
        squares = "M2 2h7v7h-7zM16 2h7v7h-7zM2 16h7v7h-7zM12 12h4v4h-4zM18 18h3v3h-3z"
        qr_svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 25 25"><path d="{squares}"/></svg>'
        usual = cls(CSRF, qr_svg, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", enrolment="sealed")
        wrong = Problem("The code is wrong or has expired. Enter the code the app shows now.", "code")
        link = "otpauth://totp/East:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=East"
        return (usual, replace(usual, problem=wrong), replace(usual, otpauth_uri=link))


@dataclass(frozen=True, slots=True)
class RecoveryCodesPage:
    """Shows fresh recovery codes, once."""

    template: ClassVar[str] = "account/recovery_codes.html"
    csrf_token: str
    codes: tuple[str, ...]

    @classmethod
    def samples(cls) -> tuple[RecoveryCodesPage, ...]:
        return (cls(CSRF, tuple(f"H7QK-2M{number}X-9TDR-W4PB" for number in range(10))),)


@dataclass(frozen=True, slots=True)
class PasswordChangePage:
    template: ClassVar[str] = "account/password.html"
    csrf_token: str
    problem: Problem | None = None
    username: str = ""
    """Not shown: it tells password managers whose password changes."""
    minimum_length: int = 8
    """Characters a new password has at least (`password_min_length` of the settings)."""

    @classmethod
    def samples(cls) -> tuple[PasswordChangePage, ...]:
        common = Problem("Too many people use this password. Choose another one.", "new_password")
        wrong = Problem("This is not your current password. Try again.", "current_password")
        return (cls(CSRF), cls(CSRF, common), cls(CSRF, wrong, minimum_length=15))
