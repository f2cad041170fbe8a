"""The dashboards: the last day or month, drawn from the hours that were counted in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

import flask

from idp.governance.roles import Action
from idp.oidc.keys import KeyState
from idp.settings import Role
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.seen import RegionLine
from idp.web import dashboard
from idp.web.access import Policy, access
from idp.web.charts import Bar, Chart
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.dashboard import Dashboard, Period, Stretch
from idp.web.figure_words import (
    consent_words,
    date_words,
    days_left_words,
    duration_words,
    home_words,
    hour_words,
    number_words,
    reason_words,
    share_words,
    utc_offset,
    way_words,
)
from idp.web.hub_words import age_words, lag_mark, line_words
from idp.web.key_words import purpose_words
from idp.web.locale import gettext as _
from idp.web.pages.console_figures import FiguresPage, HeadFigure, KeyLifeLine, LagLine, StretchLine
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_figures", __name__)

PATH = "/console/figures"
MOST_BARS = 10
"""Of one chart; what is rarer is added up in the last of them."""
MOST_LAGS = 100
BEHIND = 1_000
"""Lines of the audit trail still to be counted, from which on somebody should know."""
ENDING = timedelta(days=7)
"""A key that ends within this time, without a successor, is worth a look."""


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.FIGURES_READ)
def show() -> flask.typing.ResponseReturnValue:
    """The last 24 hours, or with `days=30` the last 30 days."""
    period = Period.MONTH if flask.request.args.get("days") == str(Period.MONTH.days) else Period.DAY
    now = desk.now()
    seen = dashboard.read(services(), period, utc_offset(now), now=now)
    is_hub = services().settings.role is Role.HUB
    hub = services().hub
    regions = hub.overview(now) if hub is not None else ()
    return page(
        FiguresPage(
            frame=frame(PATH),
            days=period.days,
            heads=_hub_heads(now, regions) if is_hub else _heads(seen),
            over_time=_over_time(seen, period, is_hub=is_hub),
            parts=_parts(seen, is_hub=is_hub),
            stretches=tuple(_line(stretch, period) for stretch in reversed(seen.stretches)),
            keys=tuple(_keys(now)),
            counted_until=now,
            is_behind=services().figures.uncounted() > BEHIND,
            is_hub=is_hub,
            lags=tuple(_lags(regions, now)),
        )
    )


def _heads(seen: Dashboard) -> tuple[HeadFigure, ...]:
    share = seen.passkey_share
    return (
        HeadFigure(_("Sign-ins"), number_words(seen.sign_ins)),
        HeadFigure(_("With a passkey"), share_words(share, 1) if share is not None else "–"),
        HeadFigure(_("Wrong answers"), number_words(sum(seen.wrong_answers.values()))),
        HeadFigure(_("95 of 100 answered within"), duration_words(seen.slow)),
    )


def _hub_heads(now: datetime, regions: tuple[RegionLine, ...]) -> tuple[HeadFigure, ...]:
    bundle = services().trust().bundle
    return (
        HeadFigure(_("Regions ever listed"), number_words(len(regions))),
        HeadFigure(_("Present list"), _("No. %(number)s", number=bundle.seq) if bundle else "–"),
        HeadFigure(_("Signed"), age_words(now - bundle.issued_at) if bundle else "–"),
    )


def _over_time(seen: Dashboard, period: Period, *, is_hub: bool) -> tuple[Chart, ...]:
    slow = _columns(
        "slow",
        _("Time within which 95 of 100 requests were answered"),
        seen.stretches,
        period,
        lambda one: one.slow or 0.0,
        lambda one: duration_words(one.slow),
    )
    if is_hub:
        return (slow,)
    title = _("Sign-ins by the hour") if period is Period.DAY else _("Sign-ins by the day")
    sign_ins = _columns(
        "sign-ins",
        title,
        seen.stretches,
        period,
        lambda one: one.sign_ins,
        lambda one: number_words(one.sign_ins),
    )
    return sign_ins, slow


def _columns(
    name: str,
    title: str,
    stretches: Iterable[Stretch],
    period: Period,
    value: Callable[[Stretch], float],
    number: Callable[[Stretch], str],
) -> Chart:
    return _summed_up(
        name, title, tuple(Bar(_label(one, period), value(one), number(one)) for one in stretches)
    )


def _parts(seen: Dashboard, *, is_hub: bool) -> tuple[Chart, ...]:
    reasons = _rows("reasons", _("Requests refused, by reason"), seen.reasons, reason_words)
    if is_hub:
        return (reasons,)
    return (
        _rows("ways", _("Sign-ins by way"), seen.ways, way_words),
        _rows("homes", _("Sign-ins by home region"), seen.homes, home_words),
        _rows("wrong", _("Wrong answers by way"), seen.wrong_answers, way_words),
        _consents(seen),
        reasons,
    )


def _rows(name: str, title: str, counts: Mapping[str, int], words: Callable[[str], str]) -> Chart:
    ordered = sorted(((count, label) for label, count in counts.items() if count), reverse=True)
    whole = sum(counts.values())
    bars = [
        Bar(words(label), count, number_words(count), share_words(count, whole))
        for count, label in ordered[:MOST_BARS]
    ]
    rest = sum(count for count, _label in ordered[MOST_BARS:])
    if rest:
        bars.append(Bar(_("All others"), rest, number_words(rest), share_words(rest, whole)))
    return _summed_up(name, title, tuple(bars))


def _consents(seen: Dashboard) -> Chart:
    asked = seen.consents.get("asked", 0)
    counts = {consent_words(step): seen.consents.get(step, 0) for step in ("asked", "given", "declined")}
    counts[_("Neither: left, or asked once more")] = seen.undecided
    bars = tuple(
        Bar(label, count, number_words(count), share_words(count, asked)) for label, count in counts.items()
    )
    return _summed_up("consents", _("Agreeing to share"), bars if asked else ())


def _summed_up(name: str, title: str, bars: tuple[Bar, ...]) -> Chart:
    """With the sentence for whoever cannot see the chart; the numbers are in the table."""
    chart = Chart(name, title, _("Nothing in this period."), bars)
    if chart.most is None:
        return chart
    words = _("Most: %(label)s, %(number)s.", label=chart.most.label, number=chart.most.number)
    return Chart(name, title, words, bars)


def _label(stretch: Stretch, period: Period) -> str:
    return hour_words(stretch.begins_at) if period is Period.DAY else date_words(stretch.begins_at)


def _line(stretch: Stretch, period: Period) -> StretchLine:
    return StretchLine(
        label=_label(stretch, period),
        begins_at=stretch.begins_at,
        sign_ins=number_words(stretch.sign_ins),
        wrong_answers=number_words(stretch.wrong_answers),
        median=duration_words(stretch.median),
        slow=duration_words(stretch.slow),
    )


def _keys(now: datetime) -> Iterable[KeyLifeLine]:
    """Each algorithm of each purpose, until the last key made so far stops."""
    for purpose, keyring in services().keyrings.items():
        for algorithm in keyring.algorithms:
            able = [
                record.signs_until
                for record in keyring.view().records
                if record.algorithm is algorithm and record.state in (KeyState.PENDING, KeyState.SIGNING)
            ]
            until = max(able, default=now)
            mark = Mark.BAD if until <= now else Mark.WAITING if until - now < ENDING else Mark.GOOD
            yield KeyLifeLine(
                purpose_words(purpose), algorithm.value, until, days_left_words(until - now), mark
            )


def _lags(regions: tuple[RegionLine, ...], now: datetime) -> Iterable[LagLine]:
    active = (region for region in regions if region.state is RegionStatus.ACTIVE)
    late = (region for region in active if lag_mark(region, now=now) is not Mark.GOOD)
    for region in islice(late, MOST_LAGS):
        line = line_words(region, now=now)
        yield LagLine(line.name, line.host, line.lag, line.lag_mark)
