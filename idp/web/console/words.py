"""Roles and actions as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from idp.governance.roles import Action, StaffRole
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext

ROLES = {
    StaffRole.NATIONAL_OPERATOR: lazy_gettext("National operator"),
    StaffRole.REGIONAL_ADMIN: lazy_gettext("Regional administrator"),
    StaffRole.REVIEWER: lazy_gettext("Reviewer"),
    StaffRole.AUDITOR: lazy_gettext("Auditor"),
    StaffRole.SUPPORT: lazy_gettext("Support"),
    StaffRole.DEVELOPER: lazy_gettext("Developer"),
    StaffRole.BREAK_GLASS: lazy_gettext("Break-glass"),
}
ACTIONS = {
    Action.SELF: lazy_gettext("Look after one’s own access"),
    Action.TRUST_READ: lazy_gettext("See the list of regions"),
    Action.TRUST_PROPOSE: lazy_gettext("Propose changes of the list of regions"),
    Action.TRUST_SUSPEND: lazy_gettext("Suspend a region alone, in an emergency"),
    Action.CHANGE_READ: lazy_gettext("See change requests"),
    Action.CHANGE_APPROVE: lazy_gettext("Approve, refuse and review changes"),
    Action.CHANGE_CANCEL: lazy_gettext("Cancel changes that wait"),
    Action.APP_READ: lazy_gettext("See apps"),
    Action.APP_SUBMIT: lazy_gettext("Submit apps"),
    Action.APP_REVIEW: lazy_gettext("Review apps"),
    Action.APP_PROPOSE: lazy_gettext("Propose changes of apps"),
    Action.APP_SUSPEND: lazy_gettext("Suspend an app alone, in an emergency"),
    Action.APP_APPEAL: lazy_gettext("Appeal against a suspension"),
    Action.APP_RETIRE: lazy_gettext("Retire apps"),
    Action.KEY_READ: lazy_gettext("See keys"),
    Action.KEY_PROPOSE: lazy_gettext("Propose changes of keys"),
    Action.STAFF_READ: lazy_gettext("See the staff"),
    Action.STAFF_PROPOSE: lazy_gettext("Propose changes of the staff"),
    Action.POLICY_READ: lazy_gettext("See the assurance policy"),
    Action.POLICY_PROPOSE: lazy_gettext("Propose changes of the assurance policy"),
    Action.MARK_READ: lazy_gettext("See trust marks"),
    Action.MARK_PROPOSE: lazy_gettext("Propose changes of trust marks"),
    Action.STREAM_READ: lazy_gettext("See signals"),
    Action.AUDIT_READ: lazy_gettext("Read the audit trail"),
    Action.AUDIT_EXPORT: lazy_gettext("Take the audit trail away with its proofs"),
    Action.FIGURES_READ: lazy_gettext("See figures"),
    Action.ACCOUNT_SUPPORT: lazy_gettext("Help citizens with their accounts"),
}


def role_words(roles: Iterable[StaffRole]) -> str:
    """Several roles in one line, in the order of the list above."""
    held = set(roles)
    return _(", ").join(str(words) for role, words in ROLES.items() if role in held)


def action_words(actions: Iterable[Action]) -> tuple[str, ...]:
    """Actions, in the order of the list above."""
    held = set(actions)
    return tuple(str(words) for action, words in ACTIONS.items() if action in held)
