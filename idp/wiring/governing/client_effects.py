"""Whom a change of a mini-app would reach: the same words whether it was registered or submitted."""

from __future__ import annotations

from idp.governance.kinds import Effect, EffectLine, Reach
from idp.storage.reach import ClientReach


def cut_off(reach: ClientReach) -> Effect:
    """It works for nobody any more. People stay signed in to the region; their sign-ins to the mini-app end."""
    ended = EffectLine(Reach.GRANTS_ENDED, reach.grants, is_at_least=reach.is_at_least)
    return (EffectLine(Reach.APPS_CUT_OFF), ended, *in_use(reach))


def in_use(reach: ClientReach) -> Effect:
    """Who would see that it is otherwise."""
    return (
        EffectLine(Reach.SESSIONS_REACHED, reach.sessions, is_at_least=reach.is_at_least),
        EffectLine(Reach.PEOPLE_REACHED, reach.people, is_at_least=reach.is_at_least),
    )
