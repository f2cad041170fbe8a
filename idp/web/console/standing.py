"""What is in force here, to be looked at: the assurance policy of a region, and trust marks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import flask

from idp.federation.roll import MarkStatus
from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.locale import lazy_gettext
from idp.web.pages.console_standing import MarksPage, PolicyPage, TrustMarkLine
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

if TYPE_CHECKING:
    from idp.federation.roll import HeldMark

policy = flask.Blueprint("console_policy", __name__)
marks = flask.Blueprint("console_marks", __name__)

POLICY = "/console/policy"
MARKS = "/console/marks"
NEW = "/console/changes/new"


@policy.get(POLICY)
@access(Policy.STAFF, action=Action.POLICY_READ)
def show_policy() -> flask.typing.ResponseReturnValue:
    """The policy in force."""
    found = services().changes.kind("policy.assurance").fill_in({}, now=desk.now())
    may_propose = desk.acting().can(Action.POLICY_PROPOSE)
    return page(
        PolicyPage(frame(POLICY), found["policy"], f"{NEW}/policy.assurance" if may_propose else None)
    )


@marks.get(MARKS)
@access(Policy.STAFF, action=Action.MARK_READ)
def show_marks() -> flask.typing.ResponseReturnValue:
    """Those that have not run out."""
    found = services().stores.federation_entities.roll(ended_before=desk.now()).marks
    may_propose = desk.acting().can(Action.MARK_PROPOSE)
    return page(
        MarksPage(
            frame(MARKS),
            tuple(_line(one, may_propose=may_propose) for one in found),
            f"{NEW}/mark.issue" if may_propose else None,
        )
    )


_STATUS = {
    MarkStatus.ACTIVE: (lazy_gettext("In force"), Mark.GOOD),
    MarkStatus.EXPIRED: (lazy_gettext("Expired"), Mark.NOTHING),
    MarkStatus.REVOKED: (lazy_gettext("Revoked"), Mark.BAD),
    MarkStatus.INVALID: (lazy_gettext("Signed with a key that is none any more"), Mark.BAD),
}


def _line(one: HeldMark, *, may_propose: bool) -> TrustMarkLine:
    is_ours = one.issuer == services().own_entities.marks.issuer
    status = one.status(services().statements.kids if is_ours else {one.kid}, now=desk.now())
    words, sign = _STATUS[status]
    href = f"{NEW}/mark.revoke?{urlencode({'type': one.mark_type, 'entity': one.subject})}"
    return TrustMarkLine(
        one.mark_type,
        one.subject,
        one.issuer,
        str(words),
        sign,
        one.issued_at,
        one.expires_at,
        href if may_propose and is_ours and status is MarkStatus.ACTIVE else None,
    )
