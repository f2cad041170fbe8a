"""What each page needs to know: one frozen context per template.

A route fills a context and hands it to `idp.web.render.page`; the template reads nothing else but the
chrome (language, region, official banner) that `render` adds. `samples()` gives every page the contexts that
tests, screenshots and designers draw it with.
"""

from __future__ import annotations

from idp.web.pages.account import AccountPage, AppLine, AppsPage, SessionLine, SessionsPage
from idp.web.pages.common import AppCard, Problem
from idp.web.pages.consent import ClaimLine, ConsentPage
from idp.web.pages.console import (
    ConsoleFrame,
    ConsoleHomePage,
    ConsoleJoinPage,
    ConsoleSignInPage,
    NavLine,
    WaitingLine,
)
from idp.web.pages.console_apps import (
    AppDayLine,
    AppealLine,
    Choice,
    ConsoleAppFormPage,
    ConsoleAppLine,
    ConsoleAppPage,
    ConsoleAppsPage,
    DifferenceLine,
    FindingLine,
    MoveLine,
    ReasonLine,
)
from idp.web.pages.console_audit import AuditLine, AuditPage
from idp.web.pages.console_changes import (
    ChangeFormPage,
    ChangePage,
    ChangePreviewPage,
    ChangesPage,
)
from idp.web.pages.console_figures import FiguresPage, HeadFigure, KeyLifeLine, LagLine, StretchLine
from idp.web.pages.console_keys import ConsoleKeysPage, KeyGroup, SigningKeyLine
from idp.web.pages.console_myself import (
    ActionChoice,
    MyselfPage,
    StaffPasskeyAddPage,
    StaffPasskeyLine,
    StaffSessionLine,
    TokenLine,
    TokensPage,
)
from idp.web.pages.console_regions import (
    ChainLink,
    ConsoleRegionPage,
    ConsoleRegionsPage,
    EndLine,
    RegionKeyLine,
)
from idp.web.pages.console_staff import LinkPage, MemberLine, MemberPage, RoleLine, StaffPage
from idp.web.pages.console_standing import MarksPage, PolicyPage, TrustMarkLine
from idp.web.pages.console_streams import SourceRow, StreamRow, StreamsPage
from idp.web.pages.console_support import LookedAt, LookedLine, SupportPage, WayInLine
from idp.web.pages.counter import CodeDetail, CounterUse, ShowCodePage, ShownCodePage, UsedCodePage
from idp.web.pages.directory import AskedClaim, DirectoryAppPage, DirectoryLine, DirectoryPage
from idp.web.pages.face import FaceCapturePage, FacePage, FaceSettingsPage
from idp.web.pages.gesture import GestureEnrolPage, GesturePage
from idp.web.pages.history import HistoryLine, HistoryPage
from idp.web.pages.hub import HubHelpPage, HubKey, HubLine, HubPage, Mark
from idp.web.pages.joined_regions import JoinedLine, JoinedRegionsPage, JoinRegionPage
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
    "ActionChoice",
    "AddLine",
    "AnchorLine",
    "AppCard",
    "AppDayLine",
    "AppLine",
    "AppealLine",
    "AppsPage",
    "AskedClaim",
    "AuditLine",
    "AuditPage",
    "AuthenticatorLine",
    "AuthenticatorPage",
    "ChainLink",
    "ChangeFormPage",
    "ChangePage",
    "ChangePreviewPage",
    "ChangesPage",
    "Choice",
    "ClaimLine",
    "CodeDetail",
    "ConsentPage",
    "ConsoleAppFormPage",
    "ConsoleAppLine",
    "ConsoleAppPage",
    "ConsoleAppsPage",
    "ConsoleFrame",
    "ConsoleHomePage",
    "ConsoleJoinPage",
    "ConsoleKeysPage",
    "ConsoleRegionPage",
    "ConsoleRegionsPage",
    "ConsoleSignInPage",
    "CounterUse",
    "DifferenceLine",
    "DirectoryAppPage",
    "DirectoryLine",
    "DirectoryPage",
    "Elsewhere",
    "EndLine",
    "ErrorPage",
    "FaceCapturePage",
    "FacePage",
    "FaceSettingsPage",
    "FigureLine",
    "FiguresPage",
    "FindingLine",
    "GestureEnrolPage",
    "GesturePage",
    "Guard",
    "HandoverPage",
    "HeadFigure",
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
    "JoinRegionPage",
    "JoinedLine",
    "JoinedRegionsPage",
    "KeyGroup",
    "KeyLifeLine",
    "LagLine",
    "LinkPage",
    "LoginPage",
    "LogoutPage",
    "LookedAt",
    "LookedLine",
    "Mark",
    "MarksPage",
    "MemberLine",
    "MemberPage",
    "MoveLine",
    "MyselfPage",
    "NavLine",
    "Page",
    "PasskeyAddPage",
    "PasskeyLine",
    "PasskeyOfferPage",
    "PasskeyPage",
    "PasskeySignal",
    "PasskeysPage",
    "PasswordChangePage",
    "PasswordPage",
    "PolicyPage",
    "Problem",
    "QrAsked",
    "QrDonePage",
    "QrLandingPage",
    "QrNumberPage",
    "QrPage",
    "QrPasskeyPage",
    "QrStoppedPage",
    "ReasonLine",
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
    "RegionKeyLine",
    "RegionLine",
    "RegionNotice",
    "RegionPage",
    "RegionProblemPage",
    "RoleLine",
    "ScanPage",
    "SecondFactorNeededPage",
    "SecurityPage",
    "SessionLine",
    "SessionsPage",
    "ShowCodePage",
    "ShownCodePage",
    "SignedOutPage",
    "SigningKeyLine",
    "SourceRow",
    "SpokenDigits",
    "StaffPage",
    "StaffPasskeyAddPage",
    "StaffPasskeyLine",
    "StaffSessionLine",
    "StreamRow",
    "StreamsPage",
    "StretchLine",
    "SupportPage",
    "TextMessageEnrolPage",
    "TextMessagePage",
    "TokenLine",
    "TokensPage",
    "TotpEnrolPage",
    "TotpPage",
    "TrustMarkLine",
    "UsedCodePage",
    "VisitorPage",
    "VoicePage",
    "VoiceRecordPage",
    "VoiceSettingsPage",
    "WaitingLine",
    "WayInLine",
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
    | ChangesPage
    | ChangePage
    | ChangeFormPage
    | ChangePreviewPage
    | ErrorPage
    | LogoutPage
    | SignedOutPage
    | AccountPage
    | SessionsPage
    | AppsPage
    | JoinedRegionsPage
    | JoinRegionPage
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
    | ConsoleSignInPage
    | ConsoleJoinPage
    | ConsoleAppsPage
    | ConsoleAppPage
    | ConsoleAppFormPage
    | DirectoryPage
    | DirectoryAppPage
    | ConsoleHomePage
    | MyselfPage
    | StaffPasskeyAddPage
    | TokensPage
    | StaffPage
    | MemberPage
    | LinkPage
    | FiguresPage
    | StreamsPage
    | ConsoleRegionsPage
    | ConsoleRegionPage
    | ConsoleKeysPage
    | AuditPage
    | PolicyPage
    | SupportPage
    | MarksPage
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
    JoinedRegionsPage,
    JoinRegionPage,
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
    ConsoleSignInPage,
    ConsoleJoinPage,
    ConsoleAppsPage,
    ConsoleAppPage,
    ConsoleAppFormPage,
    DirectoryPage,
    DirectoryAppPage,
    ChangesPage,
    ChangePage,
    ChangeFormPage,
    ChangePreviewPage,
    ConsoleHomePage,
    MyselfPage,
    StaffPasskeyAddPage,
    TokensPage,
    StaffPage,
    MemberPage,
    LinkPage,
    FiguresPage,
    StreamsPage,
    ConsoleRegionsPage,
    ConsoleRegionPage,
    ConsoleKeysPage,
    AuditPage,
    PolicyPage,
    SupportPage,
    MarksPage,
)
"""Every page there is: tests draw each of their samples in each language."""
