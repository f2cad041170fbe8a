"""Joining the account that somebody has here with the one they have in another region.

It takes both: a recent proof here and a fresh one there, in one session. Nothing else joins two accounts: an address, a
number or a name is what two people of two regions can share. What was proved there waits as a challenge of the session
until the person says yes, and counts once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.accounts.visitors import AlreadyLinked, LinkOver
from idp.authn.challenges import Challenge, ChallengePurpose
from idp.authn.permit import Permit
from idp.federation.upstream_answer import HomeIdentity
from idp.federation.upstream_attempt import OpenAttempt
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import Kind, new_value
from idp.wiring.brokering.home_arrivals import HomeArrivals

LIFETIME = timedelta(minutes=15)
"""How long the person may think about it; they may have to prove themselves here once more first."""
PURPOSE = ChallengePurpose.REGION_LINK


@dataclass(frozen=True, slots=True)
class HomeLinks:
    """Shared by every thread of a process."""

    arrivals: HomeArrivals

    def prove(
        self, opened: OpenAttempt, code: str, account_id: str, bound_to: bytes, *, now: datetime
    ) -> str:
        """Keep who somebody is there until they say yes; the name that it waits under.

        `bound_to` is what ties the question to the session in which they began.
        Raises: HomeUnavailable; AlreadyLinked — whoever that is has come here before.
        """
        identity = self.arrivals.prove(opened, code, now)
        stores = self.arrivals.stores
        if stores.linked_subjects.find(identity.home_iss, identity.sub) is not None:
            raise AlreadyLinked
        waiting = Challenge(
            id=new_value(Kind.CHALLENGE, self.arrivals.entropy),
            purpose=PURPOSE,
            account_id=account_id,
            bound_to=bound_to,
            data=_to_json(identity),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        stores.challenges.add(waiting)
        return waiting.id

    def find(self, permit: Permit, link_id: str, bound_to: bytes, *, now: datetime) -> HomeIdentity:
        """Who would be joined with the account of the permit. Raises: LinkOver."""
        found = self.arrivals.stores.challenges.find(link_id, PURPOSE, now=now)
        if found is None or found.account_id != permit.account_id:
            raise LinkOver
        if not hmac.compare_digest(found.bound_to, bound_to):
            raise LinkOver
        return _from_json(found.data)

    def join(self, permit: Permit, link_id: str, bound_to: bytes, *, now: datetime) -> HomeIdentity:
        """Join them; whoever that is in the other region comes into this account from now on.

        Raises: LinkOver; AlreadyLinked — they came in another window meanwhile.
        """
        identity = self.find(permit, link_id, bound_to, now=now)
        if not self.arrivals.stores.challenges.consume(link_id, PURPOSE, now=now):
            raise LinkOver
        self.arrivals.link(permit, identity, now)
        return identity

    def part(self, permit: Permit, home_iss: str, home_sub: str) -> bool:
        """Undo it: whoever comes from there comes as a guest again. False when they were not joined."""
        return self.arrivals.stores.linked_subjects.unlink(home_iss, home_sub, permit.account_id)


def _to_json(identity: HomeIdentity) -> dict[str, object]:
    return {
        "home_iss": identity.home_iss,
        "sub": identity.sub,
        "auth_time": to_milliseconds(identity.auth_time),
    }


def _from_json(data: Mapping[str, Any]) -> HomeIdentity:
    """As `verified_identity` made it; of the session there nothing is kept, for nobody signs in by this."""
    return HomeIdentity(
        data["home_iss"], data["sub"], None, from_milliseconds(data["auth_time"]), acr=None, amr=()
    )
