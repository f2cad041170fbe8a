"""The console's dashboards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.charts import Bar, Chart
from idp.web.pages.common import EARLIER, LATER, LONG_NAME
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class HeadFigure:
    """One figure, large, above the charts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class StretchLine:
    """An hour or a day in the table of all."""

    label: str
    begins_at: datetime
    sign_ins: str
    wrong_answers: str
    median: str
    slow: str


@dataclass(frozen=True, slots=True)
class KeyLifeLine:
    """How long the keys of a purpose can sign."""

    purpose: str
    algorithm: str
    until: datetime
    left: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class LagLine:
    """A region that is not up to date, at the hub."""

    name: str
    host: str
    lag: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """What happened in the last day or month."""

    template: ClassVar[str] = "console/figures.html"
    frame: ConsoleFrame
    days: int
    """1 or 30."""
    heads: tuple[HeadFigure, ...]
    over_time: tuple[Chart, ...]
    """Sign-ins and how long requests took, as time goes."""
    parts: tuple[Chart, ...]
    """By way, by home region, by reason: each with a table beside it."""
    stretches: tuple[StretchLine, ...]
    keys: tuple[KeyLifeLine, ...]
    counted_until: datetime
    is_behind: bool = False
    """Whether much of the audit trail is still to be counted."""
    is_hub: bool = False
    lags: tuple[LagLine, ...] = ()

    @classmethod
    def samples(cls) -> tuple[FiguresPage, ...]:
        columns = Chart(
            "sign-ins",
            "Sign-ins by the hour",
            "Most at 09:00: 1,204.",
            tuple(Bar(f"{hour:02}:00", hour * 37 % 101, str(hour * 37 % 101)) for hour in range(24)),
        )
        ways = Chart(
            "ways",
            "Sign-ins by way",
            "Most: passkey, 812 of 1,204.",
            (Bar("Passkey", 812, "812", "67%"), Bar("Password alone", 392, "392", "33%")),
        )
        homes = replace(
            ways, id="homes", title="Sign-ins by home region", bars=(Bar(LONG_NAME * 4, 3, "3", "100%"),)
        )
        usual = cls(
            frame=FRAME,
            days=1,
            heads=(HeadFigure("Sign-ins", "1,204"), HeadFigure("With a passkey", "67%")),
            over_time=(columns, replace(columns, id="slow", title="Within which 95 of 100 were answered")),
            parts=(ways, homes),
            stretches=(StretchLine("09:00", EARLIER, "1,204", "31", "4 ms", "120 ms"),),
            keys=(
                KeyLifeLine("Tokens for apps", "ES256", LATER, "61 days left", Mark.GOOD),
                KeyLifeLine("Entity statements", "ES256", EARLIER, "0 hours left", Mark.BAD),
            ),
            counted_until=LATER,
        )
        empty = replace(columns, bars=tuple(replace(bar, value=0, number="0") for bar in columns.bars))
        return (
            usual,
            replace(
                usual,
                frame=LOUD_FRAME,
                days=30,
                over_time=(empty,),
                parts=(replace(ways, bars=()),),
                is_behind=True,
                is_hub=True,
                lags=(LagLine(LONG_NAME, "east.example", "2 minutes behind", Mark.BAD),),
            ),
        )
