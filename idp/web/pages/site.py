"""The first page, help, and dead ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import LONG_NAME


@dataclass(frozen=True, slots=True)
class HomePage:
    template: ClassVar[str] = "home.html"
    signed_in_name: str | None

    @classmethod
    def samples(cls) -> tuple[HomePage, ...]:
        return (cls(signed_in_name=None), cls(signed_in_name=LONG_NAME))


@dataclass(frozen=True, slots=True)
class HelpPage:
    template: ClassVar[str] = "help.html"

    @classmethod
    def samples(cls) -> tuple[HelpPage, ...]:
        return (cls(),)


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
