"""Where the staff work: who they are, what one does alone, what takes two."""

from __future__ import annotations

from dataclasses import dataclass

from idp.settings import Role
from idp.wiring.assurance import unprovable
from idp.wiring.governing.app_desk import AppDesk
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.change_desk import ChangeDesk
from idp.wiring.governing.kinds import kinds_of
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.governing.support_desk import SupportDesk
from idp.wiring.ground import Ground
from idp.wiring.hub.hub import Hub
from idp.wiring.keyrings import Keyrings
from idp.wiring.publishing.enrolment import Enrolment
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements


@dataclass(frozen=True, slots=True)
class Desks:
    """A hub has neither accounts to help with nor mini-apps."""

    changes: ChangeDesk
    support: SupportDesk | None
    apps: AppDesk | None

    @classmethod
    def of(
        cls,
        ground: Ground,
        staff: StaffDesk,
        keyrings: Keyrings,
        own_entities: OwnEntities,
        statements: Statements,
        hub: Hub | None,
    ) -> Desks:
        """`keyrings`: those whose keys can be changed here."""
        settings, stores = ground.settings, ground.stores
        kinds = kinds_of(
            settings,
            ground.database,
            stores,
            staff,
            keyrings,
            own_entities,
            statements,
            Enrolment(settings, own_entities, ground.egress),
            hub,
            unprovable(settings),
            ground.clock,
            ground.entropy,
        )
        changes = ChangeDesk(
            ground.database,
            stores.changes,
            stores.events,
            kinds,
            ground.entropy,
            delay=settings.change_delay,
        )
        if settings.role is Role.HUB:
            return cls(changes, None, None)
        return cls(changes, SupportDesk(stores), _apps(ground))


def staff_of(ground: Ground) -> StaffDesk:
    """Who runs this installation."""
    stores = ground.stores
    return StaffDesk(
        ground.settings, ground.database, stores.staff, stores.throttles, stores.events, ground.entropy
    )


def _apps(ground: Ground) -> AppDesk:
    parts = AppParts.of(ground.settings, ground.database, ground.stores, ground.entropy)
    return AppDesk(ground.database, ground.stores, parts, ground.entropy)
