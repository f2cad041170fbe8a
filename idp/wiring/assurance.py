"""The ladder of this installation: the policy in force, less what nobody can prove here."""

from __future__ import annotations

from idp.authn.assurance import Assurance
from idp.authn.assurance_policy import AssurancePolicy, text_of
from idp.oidc.proofs import Property
from idp.settings import Settings
from idp.storage.changes import ChangeRepository
from idp.storage.failures import SchemaOutdated
from idp.storage.stores import Stores

POLICY_CHANGES = "policy.assurance"
"""The kind of change request by which the policy is changed."""


def assurance_of(settings: Settings, stores: Stores) -> Assurance:
    """By the policy that was agreed to last; before anybody agreed to one, by that of the settings.

    Raises: BadPolicy — it cannot be read, or nobody could sign in by it.
    """
    policy = AssurancePolicy.read(present_policy(settings, stores.changes), settings.assurance_policy)
    return Assurance(policy.without(unprovable(settings)))


def present_policy(settings: Settings, changes: ChangeRepository) -> str:
    """The text of the policy in force. Raises: BadPolicy — the settings name none; StorageError."""
    try:
        applied = changes.newest_applied(POLICY_CHANGES)
    except SchemaOutdated:
        # An installation on its way to this release; whoever serves it is refused for that, in better words.
        applied = None
    return text_of(settings.assurance_policy) if applied is None else str(applied["policy"])


def unprovable(settings: Settings) -> frozenset[Property]:
    """What nobody can prove in this region, because the operator did not set up what it takes."""
    can = {
        Property.ATTESTED: settings.passkey_metadata_file is not None,
        Property.DECLARED_ENGINE: settings.face and bool(settings.face_engine_declared),
    }
    return frozenset(word for word, is_possible in can.items() if not is_possible)
