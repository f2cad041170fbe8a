"""Signing in with an account of another region: choosing it, going there, and when it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, HOSTILE_APP, LONG_APP, TAX, TOKEN, TRANSACTION, AppCard


@dataclass(frozen=True, slots=True)
class RegionLine:
    """One region to choose, in the reader's language."""

    id: str
    """Its provider's issuer, as in the trust bundle."""
    name: str
    also: str = ""
    """What it is called in another language, when that differs."""
    note: str = ""
    """Why it cannot be used now, in a word or two; empty when it can."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the first page of a sign-in offers to people of other regions."""

    href: str
    """Where the region is chosen."""
    step_token: str
    first: RegionLine | None = None
    """The one that is one press away: used last in this browser, named by the app, or the only one there is."""
    has_more: bool = True
    is_theirs: bool = False
    """Whether the person is signed in here from there, and so most likely goes there again."""


@dataclass(frozen=True, slots=True)
class RegionNotice:
    """What became of the region that this browser's owner comes from."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class RegionPage:
    """Which region keeps your account?"""

    template: ClassVar[str] = "login/region.html"
    app: AppCard | None
    transaction: str
    step_token: str
    here: str
    """This region's own name."""
    regions: tuple[RegionLine, ...]
    """Those that are shown: never more than one can look through."""
    count: int
    """How many the search found."""
    query: str = ""
    first: RegionLine | None = None
    """Used last in this browser, or named by the app; above the list."""
    is_joining: bool = False
    """Whether somebody who is signed in here wants to join their account there with the one here."""

    @classmethod
    def samples(cls) -> tuple[RegionPage, ...]:
        usual = cls(TAX, TRANSACTION, TOKEN, "Region West", _SOME[1:], len(_SOME) - 1, first=EAST)
        many = tuple(RegionLine(f"https://r{n}.example", f"区域第{n}号", f"Region {n}") for n in range(50))
        return (
            usual,
            replace(usual, query="hebei xyz", regions=(), count=0, first=None),
            replace(usual, app=None, is_joining=True),
            replace(usual, app=None, query="区", regions=many, count=3000, first=None),
            replace(
                usual,
                app=LONG_APP,
                query='"><script>alert(1)</script>',
                regions=_SOME[:1],
                count=1,
                first=None,
            ),
            replace(usual, app=HOSTILE_APP, regions=(), count=0, first=None),
        )


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """On the way between two regions. It goes on by itself; the link is for browsers that do not.

    A page, and not a redirect: browsers apply the `form-action` of the page with the form to every redirect that
    follows it, and where the way ends is not known there (CSP Level 3 §6.4.1).
    """

    template: ClassVar[str] = "login/handover.html"
    app: AppCard | None
    region: str
    """The name of the region that the person goes to, or comes back from."""
    address: str
    is_back: bool = False
    is_sign_out: bool = False

    @classmethod
    def samples(cls) -> tuple[HandoverPage, ...]:
        # Each leads to a place within itself, so that whoever looks at it finds it still there.
        usual = cls(TAX, EAST.name, "#top")
        return (
            usual,
            replace(usual, is_back=True),
            replace(usual, is_sign_out=True),
            replace(usual, app=None, region=LONG_REGION.name),
        )


@dataclass(frozen=True, slots=True)
class RegionProblemPage:
    """The chosen region cannot be used: why, since when, and what still works."""

    template: ClassVar[str] = "login/region_problem.html"
    app: AppCard | None
    transaction: str
    step_token: str
    here: str
    region: RegionLine | None
    """None when we do not know it."""
    title: str
    explanation: str
    advice: str
    reference: str
    """What finds this request in the log."""
    reason: str = ""
    since: datetime | None = None
    can_retry: bool = False
    has_others: bool = True

    @classmethod
    def samples(cls) -> tuple[RegionProblemPage, ...]:
        removed = cls(
            app=TAX,
            transaction=TRANSACTION,
            step_token=TOKEN,
            here="Region West",
            region=EAST,
            title="Region East was removed from the list",
            explanation="Region West no longer relies on what Region East says. You have been signed out here.",
            advice="Your account in Region East and what is stored there are not affected.",
            reference="7f3a22d0c1",
            reason="Keys of the region may be in the wrong hands.",
            since=EARLIER,
        )
        silent = replace(
            removed,
            title="Region East does not answer",
            explanation="We could not reach the sign-in of Region East just now.",
            advice="Wait a moment and try again.",
            reason="",
            since=None,
            can_retry=True,
        )
        unknown = replace(silent, region=None, title="We do not know this region", app=None, can_retry=False)
        return (
            removed,
            silent,
            unknown,
            replace(removed, app=LONG_APP, region=LONG_REGION, has_others=False),
        )


@dataclass(frozen=True, slots=True)
class VisitorPage:
    """The account page of somebody who is registered in another region."""

    template: ClassVar[str] = "account/visitor.html"
    csrf_token: str
    person_name: str
    home: str
    """The name of the region that keeps the account."""
    home_address: str
    """Its own account page."""
    home_host: str
    here: str
    facts: tuple[tuple[str, str], ...]
    """(label, value) of what the home region told us."""
    apps: int
    """How many apps of this region get something."""
    signed_in_at: datetime
    is_told_elsewhere: bool = False
    """True after somebody asked for a page that their home region has instead."""
    is_visitor: bool = True

    @classmethod
    def samples(cls) -> tuple[VisitorPage, ...]:
        usual = cls(
            csrf_token=CSRF,
            person_name="古丽巴哈尔·阿卜杜热依木",
            home=EAST.name,
            home_address="https://east.example/account",
            home_host="east.example",
            here="Region West",
            facts=(("Name", "古丽巴哈尔·阿卜杜热依木"),),
            apps=2,
            signed_in_at=EARLIER,
        )
        return (
            usual,
            replace(usual, is_told_elsewhere=True, apps=0),
            replace(usual, home=LONG_REGION.name, home_host="id." + "long-" * 10 + "name.example", facts=()),
        )


EAST = RegionLine("https://east.example", "Region East", "东区")
LONG_REGION = RegionLine(
    "https://long.example",
    "Tibetan and Qiang Autonomous Prefecture of the Upper Reaches",
    "阿坝藏族羌族自治州",
)
_SOME = (
    EAST,
    RegionLine("https://north.example", "Region North", "北区", note="Suspended"),
    LONG_REGION,
    RegionLine("https://south.example", "南区"),
    RegionLine("https://hostile.example", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"),
)
