"""`idp figures`: what happened in the last day or month, as the console's dashboards show it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from idp.cli.opening import open_services
from idp.cli.output import json_option, say_facts, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idp.web.dashboard import Dashboard


@click.command(short_help="Say what happened in the last day or month.")
@click.option(
    "--month", is_flag=True, help="The last 30 days instead of the last 24 hours; days are those of UTC."
)
@json_option
def figures(month: bool, as_json: bool) -> None:
    """Sign-ins by way and home region, refusals by reason, consents and response times.

    Counts first what the running server has not counted yet. No figure names a person.
    """
    from idp.web import dashboard
    from idp.web.dashboard import Period

    period = Period.MONTH if month else Period.DAY
    with open_services() as services:
        now = services.clock.now()
        services.figures.count_events(now=now)
        seen = dashboard.read(services, period, timedelta(0), now=now)
    if as_json:
        say_json(dashboard.document(seen))
        return
    say_facts(_facts(seen))
    for heading, counts in _parts(seen).items():
        if counts:
            click.echo()
            say_table([heading, "count"], sorted(counts.items(), key=lambda pair: -pair[1]))


def _facts(seen: Dashboard) -> list[tuple[str, Any]]:
    share = seen.passkey_share
    return [
        ("sign-ins", str(seen.sign_ins)),
        ("with a passkey", None if share is None else f"{share:.0%}"),
        ("half answered within", _milliseconds(seen.median)),
        ("95 of 100 within", _milliseconds(seen.slow)),
    ]


def _parts(seen: Dashboard) -> dict[str, Mapping[str, int]]:
    return {
        "way": seen.ways,
        "home region": {home or "this one": count for home, count in seen.homes.items()},
        "wrong answers": seen.wrong_answers,
        "consents": seen.consents,
        "refused": seen.reasons,
    }


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds * 1000:.1f} ms"
