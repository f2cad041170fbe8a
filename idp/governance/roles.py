"""The role matrix: which role may take which action. The one place that says so; pages, API and commands ask it.

Every installation has staff of its own: a hub has national operators, a region has regional admins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class StaffRole(StrEnum):
    """What somebody of the staff is there for."""

    NATIONAL_OPERATOR = "national_operator"
    """Looks after the list of regions, at the hub."""
    REGIONAL_ADMIN = "regional_admin"
    """Looks after mini-apps, keys and staff of a region."""
    REVIEWER = "reviewer"
    """Approves what others propose, and reviews mini-apps."""
    AUDITOR = "auditor"
    """Reads everything, and takes proofs away."""
    SUPPORT = "support"
    """Helps citizens: masked data, a reason for every look, and the citizen is told."""
    DEVELOPER = "developer"
    """Submits and follows the mini-apps of one organisation."""
    BREAK_GLASS = "break_glass"
    """For an hour, what national operators or regional admins may do. Given by two people, and loud."""


class Action(StrEnum):
    """What staff can do. Each is a page, an API operation and a command."""

    SELF = "self"
    """Look after one's own passkeys, sessions and API tokens."""
    TRUST_READ = "trust.read"
    TRUST_PROPOSE = "trust.propose"
    TRUST_SUSPEND = "trust.suspend"
    """Suspend a region alone, in an emergency; reviewed afterwards."""
    CHANGE_READ = "change.read"
    CHANGE_APPROVE = "change.approve"
    """Approve, refuse or review what somebody else asked for."""
    CHANGE_CANCEL = "change.cancel"
    APP_READ = "app.read"
    APP_SUBMIT = "app.submit"
    APP_REVIEW = "app.review"
    APP_PROPOSE = "app.propose"
    APP_SUSPEND = "app.suspend"
    APP_APPEAL = "app.appeal"
    APP_RETIRE = "app.retire"
    KEY_READ = "key.read"
    KEY_PROPOSE = "key.propose"
    STAFF_READ = "staff.read"
    STAFF_PROPOSE = "staff.propose"
    POLICY_READ = "policy.read"
    POLICY_PROPOSE = "policy.propose"
    MARK_READ = "mark.read"
    MARK_PROPOSE = "mark.propose"
    STREAM_READ = "stream.read"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    FIGURES_READ = "figures.read"
    ACCOUNT_SUPPORT = "account.support"


_READ = frozenset(
    {
        Action.SELF,
        Action.TRUST_READ,
        Action.CHANGE_READ,
        Action.APP_READ,
        Action.KEY_READ,
        Action.STAFF_READ,
        Action.POLICY_READ,
        Action.MARK_READ,
        Action.STREAM_READ,
        Action.FIGURES_READ,
    }
)
_LOOK_AFTER_A_REGION = _READ | {
    Action.CHANGE_APPROVE,
    Action.CHANGE_CANCEL,
    Action.APP_SUBMIT,
    Action.APP_REVIEW,
    Action.APP_PROPOSE,
    Action.APP_SUSPEND,
    Action.APP_RETIRE,
    Action.KEY_PROPOSE,
    Action.STAFF_PROPOSE,
    Action.POLICY_PROPOSE,
    Action.MARK_PROPOSE,
    Action.AUDIT_READ,
}
_LOOK_AFTER_THE_LIST = _READ | {
    Action.TRUST_PROPOSE,
    Action.TRUST_SUSPEND,
    Action.CHANGE_APPROVE,
    Action.CHANGE_CANCEL,
    Action.KEY_PROPOSE,
    Action.STAFF_PROPOSE,
    Action.MARK_PROPOSE,
    Action.AUDIT_READ,
}

MATRIX: Mapping[StaffRole, frozenset[Action]] = {
    StaffRole.NATIONAL_OPERATOR: _LOOK_AFTER_THE_LIST,
    StaffRole.REGIONAL_ADMIN: _LOOK_AFTER_A_REGION,
    StaffRole.REVIEWER: _READ | {Action.CHANGE_APPROVE, Action.APP_REVIEW},
    StaffRole.AUDITOR: _READ | {Action.AUDIT_READ, Action.AUDIT_EXPORT},
    StaffRole.SUPPORT: frozenset({Action.SELF, Action.APP_READ, Action.ACCOUNT_SUPPORT}),
    StaffRole.DEVELOPER: frozenset(
        {Action.SELF, Action.APP_READ, Action.APP_SUBMIT, Action.APP_APPEAL, Action.APP_RETIRE}
    ),
    StaffRole.BREAK_GLASS: _LOOK_AFTER_A_REGION | _LOOK_AFTER_THE_LIST,
}

OF_HUB = frozenset(
    {StaffRole.NATIONAL_OPERATOR, StaffRole.REVIEWER, StaffRole.AUDITOR, StaffRole.BREAK_GLASS}
)
"""The roles there are at a hub, which has neither citizens nor mini-apps."""
OF_REGION = frozenset(set(StaffRole) - {StaffRole.NATIONAL_OPERATOR})


def may(roles: Iterable[StaffRole], action: Action) -> bool:
    """Whether one of these roles may take the action."""
    return any(action in MATRIX[role] for role in roles)
