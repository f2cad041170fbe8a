"""What the second person has to bring.

One account is one person: `docs/explanation/governance.md` says in whose care that is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.governance.change_request import FRESH, IllegalMove, Obstacle
from idp.governance.staff import FreshPasskey

_AHEAD = timedelta(seconds=5)
"""How far the clocks of two of our processes may be apart."""


def require_fresh(proof: FreshPasskey, staff_id: str, context: str, *, now: datetime) -> None:
    """See that this person unlocked a passkey just now, for exactly this.

    Raises: IllegalMove — another person, another purpose, or too long ago.
    """
    is_recent = -_AHEAD <= now - proof.at <= FRESH
    if proof.staff_id != staff_id or proof.context != context or not is_recent:
        raise IllegalMove(Obstacle.NO_PASSKEY)
