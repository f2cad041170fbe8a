"""What each page needs to know: one frozen context per template.

A route fills a context and hands it to `idp.web.render.page`; the template reads nothing else but the
chrome (language, region, official banner) that `render` adds. `samples()` gives every page the contexts that
tests, screenshots and designers draw it with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AppCard:
    """The mini-app as a citizen sees it: already in the reader's language."""

    name: str
    organisation: str
    logo_uri: str | None = None
    """Not drawn: loading it would tell the app's host about a visit before the person agreed to anything."""
    policy_uri: str | None = None
    tos_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: `field` is the control's name, or None when it belongs to the whole page."""

    message: str
    field: str | None = None


# What the samples are made of: the ordinary, the long, the rare, and what somebody hostile would register.
_TAX = AppCard(
    "Tax", "East Tax Service", policy_uri="https://tax.example/privacy", tos_uri="https://tax.example/terms"
)
_LONG_APP = AppCard(
    name="Housing provident fund, pension and medical insurance enquiries for employees of all districts",
    organisation="Human Resources and Social Security Bureau of the Autonomous Prefecture",
)
_HOSTILE_APP = AppCard(
    '"><script>alert(1)</script>', "{{ 7 * 7 }} & <b>Sons</b>", policy_uri="https://a.example/?a=1&b=2"
)
_LONG_NAME = "古丽巴哈尔·阿卜杜热依木"
_RARE_NAME = "𬭚𠮷𫍯"
_TRANSACTION = "tx_Zk1vP0b7m0c"
_TOKEN = "sample-step-token"
_CSRF = "sample-csrf-token"
_EARLIER = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
_LATER = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HomePage:
    template: ClassVar[str] = "home.html"
    signed_in_name: str | None

    @classmethod
    def samples(cls) -> tuple[HomePage, ...]:
        return (cls(signed_in_name=None), cls(signed_in_name=_LONG_NAME))


@dataclass(frozen=True, slots=True)
class HelpPage:
    template: ClassVar[str] = "help.html"

    @classmethod
    def samples(cls) -> tuple[HelpPage, ...]:
        return (cls(),)


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
        usual = cls(app=_TAX, transaction=_TRANSACTION, step_token=_TOKEN)
        empty = Problem("Enter your user name, e-mail address or telephone number.", "username")
        return (
            usual,
            replace(usual, problem=empty),
            replace(usual, app=_LONG_APP, username=_LONG_NAME * 4, reauthenticating=True),
            replace(usual, app=None, cancellable=False),
            replace(usual, app=_HOSTILE_APP, username='" onfocus="alert(1)'),
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
        usual = cls(app=_TAX, transaction=_TRANSACTION, step_token=_TOKEN, username="13800000000")
        wrong = Problem("The username or the password is not right. Try again.", "password")
        wait = Problem("Too many wrong answers. Wait 30 seconds, then try again.")
        return (
            usual,
            replace(usual, problem=wrong),
            replace(usual, app=_LONG_APP, username=_LONG_NAME * 4, problem=wait),
            replace(usual, app=None, username=_RARE_NAME, cancellable=False),
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
        usual = cls(app=_TAX, transaction=_TRANSACTION, step_token=_TOKEN)
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
        usual = cls(app=_TAX, transaction=_TRANSACTION, step_token=_TOKEN)
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
        return tuple(cls(app=app, transaction=_TRANSACTION, step_token=_TOKEN) for app in (_TAX, _LONG_APP))


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One thing that will be shared: what it is, the value as the mini-app will see it, and why it asks."""

    name: str
    label: str
    value: str
    purpose: str
    is_new: bool = False


_CLAIMS = (
    ClaimLine("name", "Name", _LONG_NAME, "To put your name on the tax assessment"),
    ClaimLine("birthdate", "Date of birth", "1948-02-29", "To grant the allowance for older citizens"),
    ClaimLine(
        "phone_number",
        "Phone number",
        "+86 138 0000 0000",
        "To tell you when the assessment is ready",
        is_new=True,
    ),
)
_PERMISSION = ClaimLine("tax:file", "tax:file", "", "To send in the assessment for you")
_RARE_CLAIM = ClaimLine("name", "Name", _RARE_NAME, "To show a name few fonts can write", is_new=True)
_LONG_CLAIM = ClaimLine(
    "profile", "Profile page", "https://people.example/" + "a" * 150, "It is needed. " * 20
)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    template: ClassVar[str] = "consent.html"
    app: AppCard
    transaction: str
    step_token: str
    person_name: str
    claims: tuple[ClaimLine, ...]
    shared_before: bool = False
    """True when the person agreed to some of this earlier and only the new lines need a decision."""
    stays_connected: bool = False
    """True when `offline_access` is asked for: the app keeps access after the person signs out."""

    @classmethod
    def samples(cls) -> tuple[ConsentPage, ...]:
        usual = cls(_TAX, _TRANSACTION, _TOKEN, person_name=_LONG_NAME, claims=_CLAIMS, shared_before=True)
        long = (*_CLAIMS, _RARE_CLAIM, _LONG_CLAIM, _PERMISSION) * 4
        return (
            usual,
            replace(usual, claims=(), shared_before=False),
            replace(usual, app=_LONG_APP, person_name=_RARE_NAME, claims=long, stays_connected=True),
            replace(usual, app=_HOSTILE_APP, person_name="<i>&amp;</i>"),
        )


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A dead end told plainly: what happened, what to do next, and a number to quote for help."""

    template: ClassVar[str] = "error.html"
    status: int
    title: str
    explanation: str
    next_step: str
    reference: str
    code: str = ""
    """The registered error code, for the mini-app's developer (e.g. `invalid_request`)."""
    developer_hint: str = ""
    retry_href: str | None = None
    retry_label: str | None = None

    @classmethod
    def samples(cls) -> tuple[ErrorPage, ...]:
        expired = cls(
            status=400,
            title="This page has expired",
            explanation="You took longer than 15 minutes, so we closed the sign-in to protect you.",
            next_step="Go back to the app you came from and sign in again.",
            reference="7F3K-22QD",
        )
        technical = replace(
            expired,
            title="This app is not set up correctly",
            explanation="The app sent you here with an address for the way back that we do not know.",
            next_step="You have done nothing wrong. Close this page and tell the app’s operator.",
            code="invalid_request",
            developer_hint="redirect_uri https://tax.example/callbakc is not registered; nearest: "
            + "https://tax.example/callback" * 4,
        )
        return (
            expired,
            technical,
            replace(expired, status=404, retry_href="/", retry_label="Go to the first page"),
        )


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """Ask before signing out. `app` is the mini-app that sent the person, when it is known."""

    template: ClassVar[str] = "logout.html"
    app: AppCard | None
    csrf_token: str
    person_name: str | None
    hidden: tuple[tuple[str, str], ...] = ()
    """The request's own parameters, carried through the confirmation."""

    @classmethod
    def samples(cls) -> tuple[LogoutPage, ...]:
        return (
            cls(
                app=_TAX,
                csrf_token=_CSRF,
                person_name=_LONG_NAME,
                hidden=(("state", '">&'), ("client_id", "tax")),
            ),
            cls(app=None, csrf_token=_CSRF, person_name=None),
        )


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    template: ClassVar[str] = "signed_out.html"

    @classmethod
    def samples(cls) -> tuple[SignedOutPage, ...]:
        return (cls(),)


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Who you are here: every claim we hold, in plain words."""

    template: ClassVar[str] = "account/overview.html"
    csrf_token: str
    person_name: str
    facts: tuple[tuple[str, str], ...]
    """(label, value) in the reader's language."""
    assurance: str
    """The real-name assurance level in words."""
    has_totp: bool
    recovery_codes_left: int

    @classmethod
    def samples(cls) -> tuple[AccountPage, ...]:
        facts = (("Name", _LONG_NAME), ("Date of birth", "1948-02-29"), ("Phone number", "+86 138 0000 0000"))
        assurance = "Checked in person by an officer"
        usual = cls(_CSRF, _LONG_NAME, facts, assurance, has_totp=True, recovery_codes_left=9)
        return (
            usual,
            replace(usual, person_name=_RARE_NAME, facts=(), has_totp=False, recovery_codes_left=0),
            replace(
                usual,
                facts=(*facts, ("Profile page", "https://people.example/" + "a" * 150)) * 5,
                recovery_codes_left=1,
            ),
        )


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: str
    device: str
    place: str
    """The network address it was last seen from."""
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    template: ClassVar[str] = "account/sessions.html"
    csrf_token: str
    sessions: tuple[SessionLine, ...]
    notice: str | None = None

    @classmethod
    def samples(cls) -> tuple[SessionsPage, ...]:
        here = SessionLine("se_1", "Chrome on Windows", "192.0.2.7", _EARLIER, _LATER, is_current=True)
        phone = SessionLine(
            "se_2", "WeChat on Android", "2001:db8:85a3::8a2e:370:7334", _EARLIER, _LATER, is_current=False
        )
        tablet = replace(phone, id="se_3", device="Safari on iPad")
        return (
            cls(_CSRF, (here, phone, tablet)),
            cls(_CSRF, (here,), notice="The device is signed out."),
            cls(_CSRF, ()),
            cls(
                _CSRF,
                (
                    here,
                    *(replace(phone, id=f"se_{number}", device="Mozilla/5.0 " * 9) for number in range(20)),
                ),
            ),
        )


@dataclass(frozen=True, slots=True)
class AppLine:
    client_id: str
    name: str
    organisation: str
    claims: tuple[str, ...]
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class AppsPage:
    """Mini-apps the person agreed to share with; each can be withdrawn."""

    template: ClassVar[str] = "account/apps.html"
    csrf_token: str
    apps: tuple[AppLine, ...]
    notice: str | None = None

    @classmethod
    def samples(cls) -> tuple[AppsPage, ...]:
        tax = AppLine(
            "tax", _TAX.name, _TAX.organisation, ("Name", "Date of birth", "Phone number"), _EARLIER
        )
        long = AppLine("fund", _LONG_APP.name, _LONG_APP.organisation, (), _LATER)
        return (
            cls(_CSRF, (tax, long)),
            cls(_CSRF, (), notice="You no longer share details with Tax."),
            cls(
                _CSRF,
                tuple(
                    replace(long, client_id=f"fund-{number}", claims=tax.claims * 6) for number in range(20)
                ),
            ),
        )


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
            _CSRF, has_totp=False, totp_confirmed_at=None, recovery_codes_left=0, password_changed_at=None
        )
        safe = cls(
            _CSRF,
            has_totp=True,
            totp_confirmed_at=_LATER,
            recovery_codes_left=9,
            password_changed_at=_EARLIER,
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
        usual = cls(_CSRF, qr_svg, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", enrolment="sealed")
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
        return (cls(_CSRF, tuple(f"H7QK-2M{number}X-9TDR-W4PB" for number in range(10))),)


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
        return (cls(_CSRF), cls(_CSRF, common), cls(_CSRF, wrong, minimum_length=15))


Page = (
    HomePage
    | HelpPage
    | LoginPage
    | PasswordPage
    | TotpPage
    | RecoveryCodePage
    | SecondFactorNeededPage
    | ConsentPage
    | ErrorPage
    | LogoutPage
    | SignedOutPage
    | AccountPage
    | SessionsPage
    | AppsPage
    | SecurityPage
    | TotpEnrolPage
    | RecoveryCodesPage
    | PasswordChangePage
)

ALL_PAGES: tuple[type[Page], ...] = (
    HomePage,
    HelpPage,
    LoginPage,
    PasswordPage,
    TotpPage,
    RecoveryCodePage,
    SecondFactorNeededPage,
    ConsentPage,
    ErrorPage,
    LogoutPage,
    SignedOutPage,
    AccountPage,
    SessionsPage,
    AppsPage,
    SecurityPage,
    TotpEnrolPage,
    RecoveryCodesPage,
    PasswordChangePage,
)
"""Every page there is: tests draw each of their samples in each language."""
