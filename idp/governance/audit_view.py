"""What of a line of the audit trail is shown to whom: auditors see all of it, others enough to go on."""

from __future__ import annotations

from dataclasses import replace

from idp.foundation.events import Event, EventKind
from idp.governance.roles import Action
from idp.governance.staff import Acting

SHOWN_OF_A_PERSON = 8
"""Characters of an account's id that whoever is no auditor sees: enough to tell two apart."""
ABOUT_SOMEBODY = frozenset({EventKind.SIGN_IN_REFUSED, EventKind.ACCOUNT_LOOKED_AT})
"""Their subject is an address, or what somebody wrote about a person."""


def shown_to(acting: Acting, event: Event) -> Event:
    """The line as this member may see it. What it concerns is left out where it concerns a person."""
    if acting.can(Action.AUDIT_EXPORT):
        return event
    is_personal = event.account_id is not None or event.kind in ABOUT_SOMEBODY
    account = event.account_id
    if account is not None and len(account) > SHOWN_OF_A_PERSON:
        account = f"{account[:SHOWN_OF_A_PERSON]}…"
    return replace(event, account_id=account, subject=None if is_personal else event.subject)
