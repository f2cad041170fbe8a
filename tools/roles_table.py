"""The reference page of roles: who of the staff may do what, as the matrix in the code says."""

from __future__ import annotations

from collections.abc import Iterator

from idp.governance.roles import MATRIX, OF_HUB, OF_REGION, Action, StaffRole
from idp.web.console.words import ACTIONS, ROLES

INTRODUCTION = """\
# Roles

<!-- Made by `python -m tools.reference` from `idp/governance/roles.py`. Change the matrix, not this page. -->

Every page of the console, every operation of the API and every command that acts in somebody's name asks this table,
and nothing else. A hub and each region have staff of their own.

- Whoever may *propose* may not carry it out: [a change takes another person](../explanation/governance.md).
- An API token takes the actions it was made for, and never more than its owner may. By itself it approves nothing,
  makes no other token and ends none but itself: that takes a passkey of its owner, unlocked for just this.
- **Break-glass** is given to a member by a change request, for an hour. Every page says so while it lasts. No token
  takes what it alone allows.
"""


def roles_page() -> str:
    """Where each role is, and what it may do."""
    return "\n".join([INTRODUCTION, *places(), "", *matrix(), ""])


def places() -> Iterator[str]:
    """One line for each role."""
    yield from ("| role | name | hub | region |", "|---|---|---|---|")
    for role in StaffRole:
        yield f"| {ROLES[role]} | `{role.value}` | {_tick(role in OF_HUB)} | {_tick(role in OF_REGION)} |"


def matrix() -> Iterator[str]:
    """One line for each action, one column for each role."""
    yield "## What each may do"
    yield ""
    yield "| action | | " + " | ".join(str(ROLES[role]) for role in StaffRole) + " |"
    yield "|---|---|" + "---|" * len(StaffRole)
    for action in Action:
        ticks = " | ".join(_tick(action in MATRIX[role]) for role in StaffRole)
        yield f"| `{action.value}` | {ACTIONS[action]} | {ticks} |"


def _tick(is_so: bool) -> str:
    return "yes" if is_so else ""
