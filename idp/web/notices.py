"""After a change to what guards an account: note it, sign out every other browser, tell the owner elsewhere."""

from __future__ import annotations

from idp.foundation.events import Event, EventKind
from idp.web import telling
from idp.web.services import services


def changed(account_id: str, kind: EventKind, label: str = "", *, keep_session: str | None = None) -> None:
    """Call it after every change to an authenticator, in the same commit where there is one.

    `label` names what changed, as its owner knows it; `keep_session` is the session in which it was changed. Whoever
    sits in another one did not make the change (ASVS 7.4.3).
    """
    now = services().clock.now()
    services().stores.events.record(Event(kind, now, account_id=account_id, subject=label or None))
    services().stores.sessions.end_all(account_id, keep=keep_session, now=now)
    services().telling.hurry()
    telling.tell(account_id, kind, label)
