"""What each page needs to know: one frozen context per template.

A route fills a context and hands it to `idp.web.render.page`; the template reads nothing else but the
chrome (language, region, official banner) that `render` adds. `samples()` gives every page the contexts that
tests, screenshots and designers draw it with.
"""

from __future__ import annotations

from idp.web.pages.account import AccountPage, AppLine, AppsPage, SessionLine, SessionsPage
from idp.web.pages.common import AppCard, Problem
from idp.web.pages.consent import ClaimLine, ConsentPage
from idp.web.pages.security import PasswordChangePage, RecoveryCodesPage, SecurityPage, TotpEnrolPage
from idp.web.pages.sign_in import LoginPage, PasswordPage, RecoveryCodePage, SecondFactorNeededPage, TotpPage
from idp.web.pages.sign_out import LogoutPage, SignedOutPage
from idp.web.pages.site import ErrorPage, HelpPage, HomePage

__all__ = [
    "ALL_PAGES",
    "AccountPage",
    "AppCard",
    "AppLine",
    "AppsPage",
    "ClaimLine",
    "ConsentPage",
    "ErrorPage",
    "HelpPage",
    "HomePage",
    "LoginPage",
    "LogoutPage",
    "Page",
    "PasswordChangePage",
    "PasswordPage",
    "Problem",
    "RecoveryCodePage",
    "RecoveryCodesPage",
    "SecondFactorNeededPage",
    "SecurityPage",
    "SessionLine",
    "SessionsPage",
    "SignedOutPage",
    "TotpEnrolPage",
    "TotpPage",
]

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
