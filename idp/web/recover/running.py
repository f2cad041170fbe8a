"""What an account's own pages ask: is somebody recovering it?"""

from __future__ import annotations

from datetime import datetime

from idp.authn.recovery import Ready, Waiting
from idp.web.services import services


def running_until(account_id: str) -> datetime | None:
    """When the recovery that runs may be finished, which may be now; None when none runs."""
    found = services().account_recovery.running(account_id, now=services().clock.now())
    if found is None:
        return None
    match found.state:
        case Waiting(until=until) | Ready(Waiting(until=until)):
            return until
    # Taken over at a counter: it may be finished at once.
    return services().clock.now()
