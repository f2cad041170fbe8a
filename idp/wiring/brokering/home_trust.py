"""What is believed of another region today: the trust list's answers, in the words that a sign-in needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.federation.home_region import HomeTrouble, HomeUnavailable, registers_automatically
from idp.oidc.acr import AcrNames
from idp.oidc.errors import UnmetAuthenticationRequirements
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.following.trust import Trust


class HomeTrust:
    """Every answer is of the moment it is asked for. Shared by every thread of a process."""

    def __init__(self, trust: Trust, acr: AcrNames) -> None:
        self._trust, self._acr = trust, acr

    def provider(self, home: str, now: datetime) -> Mapping[str, Any]:
        """The region's provider: addresses, and keys less the revoked ones. Raises: HomeUnavailable."""
        try:
            provider = self._trust().provider(home, now=now)
        except NotTrusted as error:
            raise untrusted(error) from error
        if not registers_automatically(provider):
            detail = "it does not say that clients may come by a trust chain"
            raise HomeUnavailable(HomeTrouble.REFUSED, home, self.name(home), detail=detail)
        return provider

    def name(self, home: str) -> Mapping[str, str]:
        """What people call the region, by language; empty when the list does not know it."""
        region = self._trust().by_entity.get(home)
        return region.name if region else {}

    def believed(self, home: str, now: datetime) -> tuple[str, ...]:
        """Every `acr` that the region may say today, weakest first."""
        snapshot = self._trust()
        strongest = snapshot.strongest(home, now=now)
        return snapshot.ladder[: snapshot.ladder.index(strongest) + 1] if strongest else ()

    def require_one_of(self, home: str, names: tuple[str, ...], now: datetime) -> None:
        """See that the weakest `acr` of these that we know is believed of the region today. Raises: HomeUnavailable."""
        level = self._acr.lowest(names)
        if level is not None:
            try:
                self._trust().require_acr(home, self._acr.name(level), now=now)
            except NotTrusted as error:
                raise untrusted(error) from error

    def level_said(self, home: str, acr: str | None, required: str | None, now: datetime) -> AcrLevel:
        """What a sign-in is worth: what was said, where it may be said, and the least where nothing was.

        Raises: HomeUnavailable — more was said than is believed; UnmetAuthenticationRequirements — less than required.
        """
        try:
            self._trust().require_acr(home, acr, now=now)
        except NotTrusted as error:
            raise untrusted(error) from error
        said = self._acr.level(acr) if acr is not None else None
        level = min(AcrLevel) if said is None else said
        wanted = self._acr.level(required) if required is not None else None
        if wanted is not None and level < wanted:
            raise UnmetAuthenticationRequirements("the person could not prove as much as is needed")
        return level

    def level_now(self, home: str, level: AcrLevel, now: datetime) -> AcrLevel | None:
        """What a region's word of then is worth now; None: nothing, since it is trusted no more."""
        strongest = self._trust().strongest(home, now=now)
        ceiling = self._acr.level(strongest) if strongest is not None else None
        return None if ceiling is None else min(level, ceiling)


def untrusted(error: NotTrusted) -> HomeUnavailable:
    """The trust list's refusal as a page can tell it."""
    name = error.region.name if error.region else {}
    return HomeUnavailable(HomeTrouble(error.why.value), error.entity, name, detail=str(error.why))
