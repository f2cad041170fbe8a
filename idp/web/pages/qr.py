"""Signing in by scanning a code: the screen's page, and the phone's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from idp.web.pages.common import (
    CSRF,
    HOSTILE_APP,
    LATER,
    LONG_APP,
    LONG_NAME,
    RARE_NAME,
    TAX,
    TOKEN,
    TRANSACTION,
    AppCard,
    Problem,
)

SIGN_IN = "qr_Zk1vP0b7m0c"


@dataclass(frozen=True, slots=True)
class QrPage:
    """On the screen: the code, then the number, then what happened. A script asks how things stand."""

    template: ClassVar[str] = "login/qr.html"
    app: AppCard | None
    transaction: str
    step_token: str
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[QrPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN)
        over = Problem("The code is no longer good. A new one is shown below.")
        return (usual, replace(usual, problem=over), replace(usual, app=None), replace(usual, app=LONG_APP))


@dataclass(frozen=True, slots=True)
class QrLandingPage:
    """On the phone: where the scanned address leads. A script takes the code out of the address and sends it."""

    template: ClassVar[str] = "qr/landing.html"
    is_signed_in: bool
    csrf_token: str

    @classmethod
    def samples(cls) -> tuple[QrLandingPage, ...]:
        return (cls(is_signed_in=True, csrf_token=CSRF), cls(is_signed_in=False, csrf_token=""))


@dataclass(frozen=True, slots=True)
class QrAsked:
    """What the person decides about: who wants to sign in, where, since when, as whom."""

    app: AppCard | None
    """None when the screen shows the person's own account pages."""
    person_name: str
    device: str
    address: str
    is_same_network: bool
    begun_at: datetime
    begun_ago: str


@dataclass(frozen=True, slots=True)
class QrNumberPage:
    """On the phone: is it you, and which number do you see?"""

    template: ClassVar[str] = "qr/number.html"
    asked: QrAsked
    csrf_token: str
    sign_in: str

    @property
    def app(self) -> AppCard | None:
        return self.asked.app

    @classmethod
    def samples(cls) -> tuple[QrNumberPage, ...]:
        return tuple(cls(asked, CSRF, SIGN_IN) for asked in _samples())


@dataclass(frozen=True, slots=True)
class QrPasskeyPage:
    """On the phone: confirm with a passkey."""

    template: ClassVar[str] = "qr/passkey.html"
    asked: QrAsked
    csrf_token: str
    sign_in: str
    challenge: str
    options: Mapping[str, Any]
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`."""

    @property
    def app(self) -> AppCard | None:
        return self.asked.app

    @classmethod
    def samples(cls) -> tuple[QrPasskeyPage, ...]:
        options = {"challenge": "c2FtcGxl", "rpId": "id.example", "userVerification": "required"}
        return tuple(cls(asked, CSRF, SIGN_IN, "ch_sample", options) for asked in _samples())


@dataclass(frozen=True, slots=True)
class QrDonePage:
    """On the phone: agreed. While the screen has not used it, it can still be stopped."""

    template: ClassVar[str] = "qr/done.html"
    asked: QrAsked
    csrf_token: str
    sign_in: str
    is_used: bool

    @property
    def app(self) -> AppCard | None:
        return self.asked.app

    @classmethod
    def samples(cls) -> tuple[QrDonePage, ...]:
        usual, *_ = _samples()
        return tuple(cls(usual, CSRF, SIGN_IN, is_used) for is_used in (False, True))


@dataclass(frozen=True, slots=True)
class QrStoppedPage:
    """On the phone: the person said No."""

    template: ClassVar[str] = "qr/stopped.html"
    app: AppCard | None = None

    @classmethod
    def samples(cls) -> tuple[QrStoppedPage, ...]:
        return (cls(),)


@dataclass(frozen=True, slots=True)
class ScanPage:
    """On the phone: the camera, in the page."""

    template: ClassVar[str] = "account/scan.html"
    csrf_token: str

    @classmethod
    def samples(cls) -> tuple[ScanPage, ...]:
        return (cls(CSRF),)


def _samples() -> tuple[QrAsked, ...]:
    usual = QrAsked(
        app=TAX,
        person_name=LONG_NAME,
        device="Firefox on Windows",
        address="192.0.2.7",
        is_same_network=True,
        begun_at=LATER,
        begun_ago="less than a minute ago",
    )
    far = replace(
        usual,
        app=LONG_APP,
        person_name=RARE_NAME,
        is_same_network=False,
        address="2001:db8:85a3:8d3:1319:8a2e:370:7348",
    )
    return (usual, far, replace(usual, app=None), replace(usual, app=HOSTILE_APP, device="Unknown device"))
