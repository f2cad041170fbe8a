"""Whom to trust and where that comes from: a hub's own list, the bundle of a hub that is followed, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.oidc.keys import KeyPurpose
from idp.settings import Mode, Role
from idp.transparency.leaves import LogName
from idp.wiring.following.following import Following, following_of
from idp.wiring.following.trust import Trust, ladder_of, nobody
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.ground import Ground
from idp.wiring.hub.governed_list import ListRules
from idp.wiring.hub.hub import Hub
from idp.wiring.keyrings import Keyrings
from idp.wiring.publishing.statements import Statements
from idp.wiring.witnessing.log import Log


@dataclass(frozen=True, slots=True)
class Trusting:
    """At most one of `hub` and `following` is there."""

    trust: Trust
    hub: Hub | None
    following: Following | None

    @classmethod
    def of(
        cls,
        ground: Ground,
        keyrings: Keyrings,
        statements: Statements,
        logs: Mapping[LogName, Log],
        staff: StaffDesk,
        given: Trust | None,
    ) -> Trusting:
        """`given`: what the caller wants to be trusted in place of a bundle. Raises: BadSettings — the hub's keys."""
        hub = _hub(ground, keyrings, statements, logs, staff) if ground.settings.role is Role.HUB else None
        if given is not None:
            return cls(given, hub, None)
        if hub is not None:
            return cls(hub.snapshot, hub, None)
        following = following_of(ground, keyrings[KeyPurpose.FEDERATION])
        return cls(following.trust if following else nobody(ladder_of(ground.acr)), None, following)


def _hub(
    ground: Ground,
    keyrings: Keyrings,
    statements: Statements,
    logs: Mapping[LogName, Log],
    staff: StaffDesk,
) -> Hub:
    settings = ground.settings
    return Hub(
        settings,
        ground.stores,
        ground.acr,
        statements,
        keyrings[KeyPurpose.BUNDLE],
        ground.egress,
        ground.clock,
        ground.entropy,
        ListRules(staff.is_governed, is_production=settings.mode is Mode.PRODUCTION),
        logs[LogName.TRUST],
    )
