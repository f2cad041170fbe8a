"""Every sort of change that can be asked for here: a hub's list, a region's mini-apps, and what both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from idp.adapters.keyring import Keyring
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.governance.kinds import ChangeKind
from idp.oidc.keys import KeyPurpose
from idp.oidc.proofs import Property
from idp.settings import Role, Settings
from idp.storage.db import Database
from idp.storage.reach import ReachRepository
from idp.storage.stores import Stores
from idp.wiring.assurance import present_policy
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.app_standing_changes import RestoreApp, RetireApp, SuspendApp
from idp.wiring.governing.app_version_changes import ChangeApp, PublishApp, RevertApp
from idp.wiring.governing.client_application_changes import ClientChange, ClientCreate
from idp.wiring.governing.client_switches import ClientDropSecret, ClientRestore, ClientSuspend
from idp.wiring.governing.entity_changes import entity_kinds
from idp.wiring.governing.key_changes import key_kinds
from idp.wiring.governing.mark_giving_changes import MarkIssue, MarkRevoke
from idp.wiring.governing.mark_type_changes import MarkDefine, MarkDelegate
from idp.wiring.governing.policy_changes import PolicyAssurance
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.governing.staff_office_changes import StaffDeactivate, StaffInvite
from idp.wiring.governing.staff_role_changes import StaffBreakGlass, StaffRoles
from idp.wiring.governing.trust_admission_changes import TrustAdmit
from idp.wiring.governing.trust_belief_changes import TrustCeiling, TrustRevokeKey
from idp.wiring.governing.trust_standing_changes import TrustRemove, TrustRestore, TrustSuspend
from idp.wiring.governing.trust_witness_changes import TrustWitnesses
from idp.wiring.hub.hub import Hub
from idp.wiring.publishing.enrolment import Enrolment
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements
from idp.wiring.registering.rules import rules_of

OF_LIST = (TrustAdmit, TrustSuspend, TrustRestore, TrustRemove, TrustCeiling, TrustRevokeKey, TrustWitnesses)
OF_STAFF = (StaffInvite, StaffRoles, StaffDeactivate, StaffBreakGlass)
OF_MARKS = (MarkDefine, MarkIssue, MarkRevoke, MarkDelegate)
OF_CLIENTS = (ClientCreate, ClientChange, ClientDropSecret, ClientSuspend, ClientRestore)
OF_APPS = (PublishApp, ChangeApp, RevertApp, SuspendApp, RestoreApp, RetireApp)


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
    of_marks = (entities, statements, stores.federation_entities, stores.events, is_anchor, clock)
    return by_name(
        *key_kinds(keyrings, stores.keys, ReachRepository(database), stores.events),
        *(kind(staff, clock) for kind in OF_STAFF),
        *(kind(*of_marks) for kind in OF_MARKS),
        *entity_kinds(enrolment, stores.federation_entities, stores.events, clock),
        *(kind(hub) for kind in OF_LIST if hub is not None),
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
    rules = rules_of(settings)
    reach, parts = ReachRepository(database), AppParts.of(settings, database, stores, entropy)
    of_clients = (stores.registry, reach, rules, stores.events, entropy, stores.apps.has_life_cycle)
    return (
        PolicyAssurance(lambda: present_policy(settings, stores.changes), unprovable, reach, stores.events),
        *(kind(*of_clients) for kind in OF_CLIENTS),
        *(kind(parts) for kind in OF_APPS),
    )
