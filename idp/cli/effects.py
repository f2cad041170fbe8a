"""Whom a change would reach, as commands say it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from idp.governance.kinds import Effect, EffectLine, Told


def reach_line(line: EffectLine) -> str:
    """One line for people: the number, and whose word it is where nobody here can count."""
    what = line.reach.replace("_", " ")
    if line.told is None:
        return f"{what}: {_number(line)}"
    return f"{what}: {_about(line.count, line.told)} ({_whose(line.told)})"


def effect_lines(effect: Effect) -> dict[str, Any]:
    """The effect among the facts of a request."""
    return {"reaches": list(map(reach_line, effect))}


def effect_facts(effect: Effect) -> dict[str, Any]:
    """The same for programs."""
    told = {str(line.reach): asdict(line.told) for line in effect if line.told is not None}
    return {
        "reaches": {str(line.reach): line.count for line in effect},
        "at_least": [str(line.reach) for line in effect if line.is_at_least],
        "told": told,
    }


def _number(line: EffectLine) -> str:
    return f"at least {line.count}" if line.is_at_least else str(line.count)


def _about(count: int, told: Told) -> str:
    if count:
        return f"about {count}"
    return "fewer than ten at each" if told.regions else "of fewer than ten people at each that told, if any"


def _whose(told: Told) -> str:
    said = [f"other regions: {told.regions}"]
    if told.since is not None and told.until is not None:
        said.append(f"told between {told.since:%Y-%m-%d %H:%M} and {told.until:%Y-%m-%d %H:%M} UTC")
    if told.most:
        said.append(f"the most, about {told.most}, by {told.most_by}")
    if told.silent:
        said.append(f"nothing told lately by: {told.silent}")
    return "; ".join(said)
