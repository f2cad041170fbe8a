"""The regions where somebody who comes here may be registered instead, out of the trust bundle in memory."""

from __future__ import annotations

from idp.trustlist.bundle import Region, RegionStatus
from idp.web import cookies
from idp.web.services import services


def is_joined() -> bool:
    """Whether people of other regions can sign in here at all."""
    return services().broker is not None


def others() -> tuple[Region, ...]:
    """Every region of the list but ours, in its order; removed ones are not offered."""
    ours = services().settings.issuer
    return tuple(home for home in services().trust().homes(now=services().clock.now()) if home.op != ours)


def find(issuer: str) -> Region | None:
    """The other region with this issuer, whatever its status; None when the list has none."""
    found = services().trust().by_entity.get(issuer)
    return found if found is not None and issuer == found.op != services().settings.issuer else None


def last() -> Region | None:
    """The region that was used last in this browser, as far as the list still has it."""
    return find(cookies.last_home())


def lost() -> Region | None:
    """The region that was used last in this browser, when it was suspended or removed since."""
    home = last()
    return home if home is not None and home.status is not RegionStatus.ACTIVE else None
