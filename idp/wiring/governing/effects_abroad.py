"""Whom a change of the list would reach at the other regions, by what those told of the region's people."""

from __future__ import annotations

from collections.abc import Callable

from idp.governance.kinds import Effect, EffectLine, Reach, Told
from idp.trustlist.visitors import Abroad, ToldVisitors

Number = Callable[[ToldVisitors], int]


def cut_off_abroad(abroad: Abroad) -> Effect:
    """Everybody of the region who is signed in at another one."""
    return (
        *ended_abroad(abroad, 0),
        _line(Reach.PEOPLE_ABROAD, abroad, lambda one: one.visitors.people),
        _line(Reach.APPS_ABROAD, abroad, lambda one: one.visitors.apps),
    )


def ended_abroad(abroad: Abroad, above: int) -> Effect:
    """Sessions of a higher level than this. 0: all of them."""
    return (_line(Reach.SESSIONS_ABROAD_ENDED, abroad, lambda one: one.visitors.above(above)),)


def going_on_abroad(abroad: Abroad) -> Effect:
    """Sessions that are open and stay."""
    return (_line(Reach.SESSIONS_ABROAD, abroad, lambda one: one.visitors.above(0)),)


def _line(reach: Reach, abroad: Abroad, number: Number) -> EffectLine:
    moments = [one.at for one in abroad.told]
    most = max(abroad.told, key=number, default=None)
    told = Told(
        regions=len(abroad.told),
        silent=abroad.silent,
        since=min(moments, default=None),
        until=max(moments, default=None),
        most=0 if most is None else number(most),
        most_by="" if most is None else most.by,
    )
    return EffectLine(reach, sum(map(number, abroad.told)), told)
