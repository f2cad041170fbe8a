"""What guards the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LATER, LONG_NAME, Problem
from idp.web.pages.history import HistoryLine


@dataclass(frozen=True, slots=True)
class Guard:
    """How well the account is guarded, and the one thing to do next."""

    sentence: str
    is_good: bool
    advice: str = ""
    """Empty when nothing needs to be done."""
    next_path: str = ""
    next_label: str = ""
    is_form: bool = False
    """Whether the next thing is done by a form sent to `next_path`, not by opening it."""

    @classmethod
    def samples(cls) -> tuple[Guard, ...]:
        good = cls("Your account asks for two proofs: your password and something you have.", is_good=True)
        advice = "Add a passkey: you sign in with your fingerprint, your face or your screen lock."
        weak = cls(
            "Your password alone opens your account.",
            is_good=False,
            advice=advice,
            next_path="/account/security/passkeys/add",
            next_label="Add a passkey",
        )
        codes = replace(
            good,
            advice="Make recovery codes and keep them on paper.",
            next_path="/account/security/recovery-codes",
            next_label="Make recovery codes",
            is_form=True,
        )
        return (weak, good, codes)


@dataclass(frozen=True, slots=True)
class AuthenticatorLine:
    """One thing that guards the account."""

    href: str
    name: str
    """What its owner calls it, or what it is."""
    kind: str
    """What it is; empty when the name says it already."""
    role: str
    """What it does at a sign-in."""
    is_suspended: bool
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_device: str = ""
    last_used_place: str = ""

    @classmethod
    def samples(cls) -> tuple[AuthenticatorLine, ...]:
        password = cls(
            "/account/security/authenticators/password",
            "Password",
            "",
            "Needs a second proof.",
            is_suspended=False,
            created_at=EARLIER,
        )
        passkey = cls(
            "/account/security/authenticators/passkey-1",
            "My telephone",
            "Passkey",
            "Opens your account by itself.",
            is_suspended=False,
            created_at=EARLIER,
            last_used_at=LATER,
            last_used_device="Chrome on Android",
            last_used_place="192.0.2.7",
        )
        long = replace(
            passkey,
            name=f"{LONG_NAME} " * 5,
            role="Suspended: it does not work until you take it back into use.",
            is_suspended=True,
            last_used_place="2001:db8:85a3::8a2e:370:7334",
        )
        return (password, passkey, long)


@dataclass(frozen=True, slots=True)
class AddLine:
    """One more way that could be set up."""

    href: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """Everything that guards the account, the weakest spot first."""

    template: ClassVar[str] = "account/security.html"
    csrf_token: str
    guard: Guard
    authenticators: tuple[AuthenticatorLine, ...]
    addable: tuple[AddLine, ...]
    recovery_codes_left: int
    latest: tuple[HistoryLine, ...]
    notice: str | None = None
    has_regions: bool = False
    """Whether people can have accounts in other regions that lead here."""

    @classmethod
    def samples(cls) -> tuple[SecurityPage, ...]:
        weak, good, codes = Guard.samples()
        password, passkey, long = AuthenticatorLine.samples()
        add = (
            AddLine(
                "/account/security/passkeys/add", "Passkey", "Your fingerprint, your face or your screen lock"
            ),
            AddLine("/account/security/totp", "Authenticator app", "6-digit codes from an app on your phone"),
        )
        bare = cls(CSRF, weak, (password,), add, recovery_codes_left=0, latest=HistoryLine.samples()[:1])
        safe = replace(
            bare,
            has_regions=True,
            guard=good,
            authenticators=(password, passkey),
            recovery_codes_left=9,
            latest=HistoryLine.samples()[:3],
        )
        crowded = replace(
            safe,
            guard=codes,
            authenticators=(password, *(long,) * 6),
            latest=HistoryLine.samples(),
            addable=(),
        )
        return (bare, safe, crowded, replace(safe, notice="It was removed.", latest=()))


@dataclass(frozen=True, slots=True)
class AuthenticatorPage:
    """One thing that guards the account, and what its owner can do with it."""

    template: ClassVar[str] = "account/authenticator.html"
    csrf_token: str
    line: AuthenticatorLine
    path: str
    """Where its forms go: `<path>/rename` and so on."""
    explanation: str
    can_be_named: bool
    is_last_way: bool
    warning: str = ""
    """What a removal or suspension would do to the account; empty when it stays as well guarded."""
    other_path: str = ""
    """A page of its own for this kind of thing."""
    other_label: str = ""
    typed: str | None = None
    """The new name as typed, after a problem with it."""
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[AuthenticatorPage, ...]:
        password, passkey, long = AuthenticatorLine.samples()
        usual = cls(
            CSRF,
            passkey,
            "/account/security/authenticators/passkey-1",
            "Stays on one device and cannot be copied from it.",
            can_be_named=True,
            is_last_way=False,
            warning="Then your password alone opens your account.",
        )
        last = replace(
            usual,
            line=password,
            explanation="Something you know.",
            can_be_named=False,
            is_last_way=True,
            other_path="/account/security/password",
            other_label="Change password",
        )
        wrong = Problem("Enter a name of at most 64 characters.", "label")
        return (
            usual,
            last,
            replace(usual, line=long, notice="It has its new name."),
            replace(usual, typed="", problem=wrong),
        )


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
