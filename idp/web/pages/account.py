"""A person’s own pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LATER, LONG_APP, LONG_NAME, RARE_NAME, TAX
from idp.web.pages.security import Guard


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
    guard: Guard
    recovery_until: datetime | None = None
    """When a recovery that somebody began may be finished; None when there is none."""

    @classmethod
    def samples(cls) -> tuple[AccountPage, ...]:
        weak, good, codes = Guard.samples()
        facts = (("Name", LONG_NAME), ("Date of birth", "1948-02-29"), ("Phone number", "+86 138 0000 0000"))
        assurance = "Checked in person by an officer"
        usual = cls(CSRF, LONG_NAME, facts, assurance, good)
        return (
            usual,
            replace(usual, person_name=RARE_NAME, facts=(), guard=weak),
            replace(usual, recovery_until=LATER),
            replace(
                usual,
                facts=(*facts, ("Profile page", "https://people.example/" + "a" * 150)) * 5,
                guard=codes,
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
    is_visitor: bool = False
    """True for somebody from another region, who has nothing here that guards their account."""

    @classmethod
    def samples(cls) -> tuple[SessionsPage, ...]:
        here = SessionLine("se_1", "Chrome on Windows", "192.0.2.7", EARLIER, LATER, is_current=True)
        phone = SessionLine(
            "se_2", "WeChat on Android", "2001:db8:85a3::8a2e:370:7334", EARLIER, LATER, is_current=False
        )
        tablet = replace(phone, id="se_3", device="Safari on iPad")
        return (
            cls(CSRF, (here, phone, tablet)),
            cls(CSRF, (here,), notice="The device is signed out.", is_visitor=True),
            cls(CSRF, ()),
            cls(
                CSRF,
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
    via: str = ""
    """The name of the other region that the app belongs to; `client_id` then says for which app its broker asked."""


@dataclass(frozen=True, slots=True)
class AppsPage:
    """Mini-apps the person agreed to share with; each can be withdrawn."""

    template: ClassVar[str] = "account/apps.html"
    csrf_token: str
    apps: tuple[AppLine, ...]
    notice: str | None = None
    is_visitor: bool = False

    @classmethod
    def samples(cls) -> tuple[AppsPage, ...]:
        tax = AppLine("tax", TAX.name, TAX.organisation, ("Name", "Date of birth", "Phone number"), EARLIER)
        long = AppLine("fund", LONG_APP.name, LONG_APP.organisation, (), LATER)
        relayed = replace(tax, client_id="https://west.example/rp health", name="Health", via="Region West")
        return (
            cls(CSRF, (tax, long, relayed)),
            cls(CSRF, (), notice="You no longer share details with Tax.", is_visitor=True),
            cls(
                CSRF,
                tuple(
                    replace(long, client_id=f"fund-{number}", claims=tax.claims * 6) for number in range(20)
                ),
            ),
        )
