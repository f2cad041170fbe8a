"""The public directory of mini-apps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, HOSTILE_APP, LATER, LONG_APP, SAMPLE_LOGO
from idp.web.pages.console_apps import Choice


@dataclass(frozen=True, slots=True)
class DirectoryLine:
    """One mini-app of the directory."""

    client_id: str
    name: str
    organisation: str
    description: str
    category: str
    logo: str | None
    """Where its picture is, at our own address."""


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """Published mini-apps, searched and narrowed, one page of them."""

    template: ClassVar[str] = "directory/list.html"
    apps: tuple[DirectoryLine, ...]
    categories: tuple[Choice, ...]
    query: str = ""
    is_narrowed: bool = False
    first_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[DirectoryPage, ...]:
        usual = cls(_APPS, _CATEGORIES)
        return (
            usual,
            replace(usual, apps=(), query='"><i>', is_narrowed=True),
            replace(usual, apps=(), query="税务", is_narrowed=True, later_href="/apps?before=9"),
            replace(
                usual, query="tax", is_narrowed=True, first_href="/apps?q=tax", later_href="/apps?before=9"
            ),
            replace(usual, apps=()),
        )


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A detail that the mini-app asks for, and why it may."""

    label: str
    purpose: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class DirectoryAppPage:
    """What one mini-app is, what it asks for, and whom to ask."""

    template: ClassVar[str] = "directory/app.html"
    app: DirectoryLine
    claims: tuple[AskedClaim, ...]
    privacy_summary: str
    policy_uri: str
    homepage: str
    contact: str
    since: datetime
    tos_uri: str | None = None

    @classmethod
    def samples(cls) -> tuple[DirectoryAppPage, ...]:
        usual = cls(
            app=_APPS[0],
            claims=(
                AskedClaim(
                    "Date of birth",
                    "To find the allowances for your age",
                    "Individual Income Tax Law, Article 6",
                ),
            ),
            privacy_summary="We keep what your return needs.",
            policy_uri="https://tax.example/privacy",
            homepage="https://tax.example/",
            contact="12366",
            since=EARLIER,
            tos_uri="https://tax.example/terms",
        )
        hostile = AskedClaim("<i>", '"><script>alert(1)</script>', "{{ 7 * 7 }}")
        return (
            usual,
            replace(usual, app=_APPS[1], claims=(hostile,), tos_uri=None, since=LATER),
            replace(usual, app=_APPS[2], claims=(), contact="Call " * 30),
        )


_APPS = (
    DirectoryLine(
        "tax",
        "Income Tax",
        "East Tax Service",
        "File your income tax.",
        "Tax",
        SAMPLE_LOGO,
    ),
    DirectoryLine("hostile", HOSTILE_APP.name, HOSTILE_APP.organisation, "<b>", "Health", None),
    DirectoryLine(
        "long", LONG_APP.name, LONG_APP.organisation, LONG_APP.name * 3, "Pensions and insurance", None
    ),
)
_CATEGORIES = (Choice("", "All"), Choice("tax", "Tax", True), Choice("health", "Health"))
