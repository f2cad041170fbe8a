"""What each page needs to know: one frozen context per template.

A route fills a context and hands it to `idp.web.render.page`; the template reads nothing else but the
chrome (language, region, official banner) that `render` adds. `samples()` gives every page the contexts that
tests, screenshots and designers draw it with.
"""

from __future__ import annotations

from idp.web.pages.account import AccountPage, AppLine, AppsPage, SessionLine, SessionsPage
from idp.web.pages.common import AppCard, Problem
from idp.web.pages.consent import ClaimLine, ConsentPage
from idp.web.pages.counter import CodeDetail, CounterUse, ShowCodePage, ShownCodePage, UsedCodePage
from idp.web.pages.face import FaceCapturePage, FacePage, FaceSettingsPage
from idp.web.pages.gesture import GestureEnrolPage, GesturePage
from idp.web.pages.history import HistoryLine, HistoryPage
from idp.web.pages.hub import HubHelpPage, HubKey, HubLine, HubPage, Mark
from idp.web.pages.one_time_codes import (
    HotpEnrolPage,
    HotpPage,
    HotpResyncPage,
    TextMessageEnrolPage,
    TextMessagePage,
)
from idp.web.pages.passkeys import (
    PasskeyAddPage,
    PasskeyLine,
    PasskeyOfferPage,
    PasskeyPage,
    PasskeySignal,
    PasskeysPage,
)
from idp.web.pages.qr import (
    QrAsked,
    QrDonePage,
    QrLandingPage,
    QrNumberPage,
    QrPage,
    QrPasskeyPage,
    QrStoppedPage,
    ScanPage,
)
from idp.web.pages.recover import (
    AnchorLine,
    RecoverAnchorsPage,
    RecoverCodePage,
    RecoverCounterPage,
    RecoverDonePage,
    RecoverFinishPage,
    RecoverPage,
    RecoverStopPage,
    RecoverWaitingPage,
)
from idp.web.pages.regions import (
    Elsewhere,
    HandoverPage,
    RegionLine,
    RegionNotice,
    RegionPage,
    RegionProblemPage,
    VisitorPage,
)
from idp.web.pages.security import (
    AddLine,
    AuthenticatorLine,
    AuthenticatorPage,
    Guard,
    PasswordChangePage,
    RecoveryCodesPage,
    SecurityPage,
    TotpEnrolPage,
)
from idp.web.pages.sign_in import (
    LoginPage,
    PasswordPage,
    RecoveryCodePage,
    SecondFactorNeededPage,
    TotpPage,
    WayLine,
    WaysPage,
)
from idp.web.pages.sign_out import LogoutPage, SignedOutPage
from idp.web.pages.site import ErrorPage, HelpPage, HomePage
from idp.web.pages.voice import SpokenDigits, VoicePage, VoiceRecordPage, VoiceSettingsPage

__all__ = [
    "ALL_PAGES",
    "AccountPage",
    "AddLine",
    "AnchorLine",
    "AppCard",
    "AppLine",
    "AppsPage",
    "AuthenticatorLine",
    "AuthenticatorPage",
    "ClaimLine",
    "CodeDetail",
    "ConsentPage",
    "CounterUse",
    "Elsewhere",
    "ErrorPage",
    "FaceCapturePage",
    "FacePage",
    "FaceSettingsPage",
    "GestureEnrolPage",
    "GesturePage",
    "Guard",
    "HandoverPage",
    "HelpPage",
    "HistoryLine",
    "HistoryPage",
    "HomePage",
    "HotpEnrolPage",
    "HotpPage",
    "HotpResyncPage",
    "HubHelpPage",
    "HubKey",
    "HubLine",
    "HubPage",
    "LoginPage",
    "LogoutPage",
    "Mark",
    "Page",
    "PasskeyAddPage",
    "PasskeyLine",
    "PasskeyOfferPage",
    "PasskeyPage",
    "PasskeySignal",
    "PasskeysPage",
    "PasswordChangePage",
    "PasswordPage",
    "Problem",
    "QrAsked",
    "QrDonePage",
    "QrLandingPage",
    "QrNumberPage",
    "QrPage",
    "QrPasskeyPage",
    "QrStoppedPage",
    "RecoverAnchorsPage",
    "RecoverCodePage",
    "RecoverCounterPage",
    "RecoverDonePage",
    "RecoverFinishPage",
    "RecoverPage",
    "RecoverStopPage",
    "RecoverWaitingPage",
    "RecoveryCodePage",
    "RecoveryCodesPage",
    "RegionLine",
    "RegionNotice",
    "RegionPage",
    "RegionProblemPage",
    "ScanPage",
    "SecondFactorNeededPage",
    "SecurityPage",
    "SessionLine",
    "SessionsPage",
    "ShowCodePage",
    "ShownCodePage",
    "SignedOutPage",
    "SpokenDigits",
    "TextMessageEnrolPage",
    "TextMessagePage",
    "TotpEnrolPage",
    "TotpPage",
    "UsedCodePage",
    "VisitorPage",
    "VoicePage",
    "VoiceRecordPage",
    "VoiceSettingsPage",
    "WayLine",
    "WaysPage",
]

Page = (
    HomePage
    | HelpPage
    | LoginPage
    | PasswordPage
    | PasskeyPage
    | PasskeyOfferPage
    | PasskeysPage
    | PasskeyAddPage
    | TotpPage
    | HotpPage
    | TextMessagePage
    | HotpEnrolPage
    | HotpResyncPage
    | TextMessageEnrolPage
    | RecoveryCodePage
    | WaysPage
    | QrDonePage
    | QrLandingPage
    | QrNumberPage
    | QrPage
    | QrPasskeyPage
    | QrStoppedPage
    | ScanPage
    | RegionPage
    | HandoverPage
    | RegionProblemPage
    | VisitorPage
    | HubPage
    | HubHelpPage
    | FacePage
    | FaceSettingsPage
    | FaceCapturePage
    | VoicePage
    | VoiceSettingsPage
    | VoiceRecordPage
    | SecondFactorNeededPage
    | RecoverPage
    | RecoverAnchorsPage
    | RecoverCodePage
    | RecoverWaitingPage
    | RecoverFinishPage
    | RecoverDonePage
    | RecoverStopPage
    | RecoverCounterPage
    | ConsentPage
    | ErrorPage
    | LogoutPage
    | SignedOutPage
    | AccountPage
    | SessionsPage
    | AppsPage
    | GesturePage
    | GestureEnrolPage
    | ShowCodePage
    | ShownCodePage
    | UsedCodePage
    | SecurityPage
    | AuthenticatorPage
    | HistoryPage
    | TotpEnrolPage
    | RecoveryCodesPage
    | PasswordChangePage
)

ALL_PAGES: tuple[type[Page], ...] = (
    HomePage,
    HelpPage,
    LoginPage,
    PasswordPage,
    PasskeyPage,
    PasskeyOfferPage,
    PasskeysPage,
    PasskeyAddPage,
    TotpPage,
    HotpPage,
    TextMessagePage,
    HotpEnrolPage,
    HotpResyncPage,
    TextMessageEnrolPage,
    RecoveryCodePage,
    WaysPage,
    QrDonePage,
    QrLandingPage,
    QrNumberPage,
    QrPage,
    QrPasskeyPage,
    QrStoppedPage,
    ScanPage,
    RegionPage,
    HandoverPage,
    RegionProblemPage,
    VisitorPage,
    HubPage,
    HubHelpPage,
    SecondFactorNeededPage,
    FacePage,
    FaceSettingsPage,
    FaceCapturePage,
    VoicePage,
    VoiceSettingsPage,
    VoiceRecordPage,
    RecoverPage,
    RecoverAnchorsPage,
    RecoverCodePage,
    RecoverWaitingPage,
    RecoverFinishPage,
    RecoverDonePage,
    RecoverStopPage,
    RecoverCounterPage,
    ConsentPage,
    ErrorPage,
    LogoutPage,
    SignedOutPage,
    AccountPage,
    SessionsPage,
    AppsPage,
    GesturePage,
    GestureEnrolPage,
    ShowCodePage,
    ShownCodePage,
    UsedCodePage,
    SecurityPage,
    AuthenticatorPage,
    HistoryPage,
    TotpEnrolPage,
    RecoveryCodesPage,
    PasswordChangePage,
)
"""Every page there is: tests draw each of their samples in each language."""
