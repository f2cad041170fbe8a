"""Whom a change would reach, as commands say it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from idp.governance.kinds import Effect, EffectLine, Told


def reach_line(line: EffectLine) -> str:
    """One line for people: the number, and whose word it is where nobody here can count."""
    what = line.reach.replace("_", " ")
    return f"{what}: {line.count}" if line.told is None else f"{what}: {_number(line)} ({_whose(line.told)})"


def effect_lines(effect: Effect) -> dict[str, Any]:
    """The effect among the facts of a request."""
    return {"reaches": list(map(reach_line, effect))}


def effect_facts(effect: Effect) -> dict[str, Any]:
    """The same for programs."""
    told = {str(line.reach): asdict(line.told) for line in effect if line.told is not None}
    return {"reaches": {str(line.reach): line.count for line in effect}, "told": told}


def _number(line: EffectLine) -> str:
    if line.told is None or line.count:
        return f"about {line.count}"
    return "fewer than ten at each" if line.told.regions else "none known"


def _whose(told: Told) -> str:
    said = [f"other regions: {told.regions}"]
    if told.since is not None and told.until is not None:
        said.append(f"told between {told.since:%Y-%m-%d %H:%M} and {told.until:%Y-%m-%d %H:%M} UTC")
    if told.most:
        said.append(f"the most, about {told.most}, by {told.most_by}")
    if told.silent:
        said.append(f"nothing told lately by: {told.silent}")
    return "; ".join(said)
