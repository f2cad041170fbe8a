"""By whose word the list may be changed: a change request's, once the hub is governed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.foundation.sentence import N_
from idp.governance.change_request import Authority
from idp.trustlist.changes import Change, ChangeRefused, Visited
from idp.trustlist.direction import loosens
from idp.trustlist.listing import TrustList


@dataclass(frozen=True, slots=True)
class ListRules:
    """What this hub demands of whoever changes its list."""

    is_governed: Callable[[], bool]
    """Whether two administrators have joined."""
    is_production: bool

    def require_word(self, listed: TrustList, change: Change, authority: Authority | None) -> None:
        """See that somebody may do this. Raises: ChangeRefused — a sentence that says what to do instead."""
        if authority is not None or isinstance(change, Visited):
            return
        if self.is_governed():
            raise ChangeRefused(
                "hub-governed",
                N_("This hub is governed by two people: propose a change (`idp change propose`)."),
            )
        if self.is_production and loosens(listed, change):
            raise ChangeRefused(
                "hub-without-staff",
                N_("What widens trust takes two people: set the staff up first (`idp admin bootstrap`)."),
            )
