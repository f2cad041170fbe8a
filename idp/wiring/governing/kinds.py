"""Every sort of change that can be asked for here: a hub's list, a region's mini-apps, and what both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from idp.adapters.keyring import Keyring
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.governance.kinds import ChangeKind
from idp.oidc.keys import KeyPurpose
from idp.oidc.proofs import Property
from idp.registry.checks import Rules
from idp.settings import Mode, Role, Settings
from idp.storage.db import Database
from idp.storage.reach import ReachRepository
from idp.storage.stores import Stores
from idp.wiring.governing.app_changes import app_kinds
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.client_changes import client_kinds
from idp.wiring.governing.entity_changes import entity_kinds
from idp.wiring.governing.key_changes import key_kinds
from idp.wiring.governing.mark_changes import mark_kinds
from idp.wiring.governing.policy_changes import PolicyAssurance, present_policy
from idp.wiring.governing.staff_changes import staff_kinds
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.governing.trust_changes import trust_kinds
from idp.wiring.hub.hub import Hub
from idp.wiring.publishing.enrolment import Enrolment
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements


def kinds_of(
    settings: Settings,
    database: Database,
    stores: Stores,
    staff: StaffDesk,
    keyrings: Mapping[KeyPurpose, Keyring],
    entities: OwnEntities,
    statements: Statements,
    enrolment: Enrolment,
    hub: Hub | None,
    unprovable: frozenset[Property],
    clock: Clock,
    entropy: Entropy,
) -> Mapping[str, ChangeKind]:
    """The kinds of this installation, by name."""
    is_anchor = settings.trust_anchor in ("", settings.issuer)
    return by_name(
        *key_kinds(keyrings, stores.keys, stores.events),
        *staff_kinds(staff, clock),
        *mark_kinds(
            entities, statements, stores.federation_entities, stores.events, clock, is_anchor=is_anchor
        ),
        *entity_kinds(enrolment, stores.federation_entities, stores.events, clock),
        *(trust_kinds(hub) if hub is not None else ()),
        *(
            _of_region(settings, database, stores, unprovable, entropy)
            if settings.role is Role.REGION
            else ()
        ),
    )


def by_name(*kinds: ChangeKind) -> Mapping[str, ChangeKind]:
    """Raises: ValueError — two are called the same."""
    named = {kind.name: kind for kind in kinds}
    if len(named) != len(kinds):
        raise ValueError("two kinds of change have one name")
    return named


def _of_region(
    settings: Settings,
    database: Database,
    stores: Stores,
    unprovable: frozenset[Property],
    entropy: Entropy,
) -> Iterable[ChangeKind]:
    rules = Rules(
        issuer=settings.issuer,
        region=settings.region,
        allow_http_localhost=settings.mode is not Mode.PRODUCTION,
    )
    return (
        PolicyAssurance(lambda: present_policy(settings, stores.changes), unprovable, stores.events),
        *client_kinds(
            stores.registry,
            ReachRepository(database),
            rules,
            stores.events,
            entropy,
            stores.apps.has_life_cycle,
        ),
        *app_kinds(AppParts.of(settings, database, stores, entropy)),
    )
