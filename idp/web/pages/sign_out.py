"""Leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.web.pages.common import CSRF, LONG_NAME, RELAYED_APP, TAX, AppCard


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """Ask before signing out. `app` is the mini-app that sent the person, when it is known."""

    template: ClassVar[str] = "logout.html"
    app: AppCard | None
    csrf_token: str
    person_name: str | None
    hidden: tuple[tuple[str, str], ...] = ()
    """The request's own parameters, carried through the confirmation."""
    home: str = ""
    """The name of the other region in which the person is signed in too, where that can be ended as well."""

    @classmethod
    def samples(cls) -> tuple[LogoutPage, ...]:
        return (
            cls(
                app=TAX,
                csrf_token=CSRF,
                person_name=LONG_NAME,
                hidden=(("state", '">&'), ("client_id", "tax")),
            ),
            cls(app=None, csrf_token=CSRF, person_name=None),
            cls(app=RELAYED_APP, csrf_token=CSRF, person_name=LONG_NAME, home="Region East"),
        )


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    template: ClassVar[str] = "signed_out.html"

    @classmethod
    def samples(cls) -> tuple[SignedOutPage, ...]:
        return (cls(),)
