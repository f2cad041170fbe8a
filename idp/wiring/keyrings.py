"""A keyring for each purpose, and which of them an installation uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idp.adapters.encryption_keys import KINDS
from idp.adapters.keyring import Keyring
from idp.oidc.key_schedule import KeyPolicy
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm
from idp.settings import Role, Settings
from idp.wiring.ground import Ground
from idp.wiring.publishing.statements import federation_key_policy
from idp.wiring.witnessing.logs import log_key_policy
from idp.wiring.witnessing.witness_of import is_witness

Keyrings = Mapping[KeyPurpose, Keyring]

_ALGORITHMS: Mapping[KeyPurpose, tuple[Algorithm, ...]] = {
    KeyPurpose.PROTOCOL: tuple(Algorithm),
    KeyPurpose.ENCRYPTION: KINDS,
    # One of our keys must never be refused because a verifier elsewhere does not know its kind: all know ES256.
    KeyPurpose.FEDERATION: (Algorithm.ES256,),
    KeyPurpose.BROKER: (Algorithm.ES256,),
    KeyPurpose.BUNDLE: (Algorithm.ES256,),
    # Signed notes know no other.
    KeyPurpose.LOG: (Algorithm.EDDSA,),
    KeyPurpose.WITNESS: (Algorithm.EDDSA,),
}
_SCHEDULES: Mapping[KeyPurpose, Callable[[KeyPolicy], KeyPolicy]] = {
    KeyPurpose.FEDERATION: federation_key_policy,
    KeyPurpose.LOG: log_key_policy,
    KeyPurpose.WITNESS: log_key_policy,
}
"""Of the purposes whose keys do not follow the settings in everything."""
_OF_HUB = (KeyPurpose.FEDERATION, KeyPurpose.BUNDLE, KeyPurpose.LOG)
_OF_REGION = (
    KeyPurpose.PROTOCOL,
    KeyPurpose.ENCRYPTION,
    KeyPurpose.FEDERATION,
    KeyPurpose.BROKER,
    KeyPurpose.LOG,
)


def keyrings_of(ground: Ground) -> Keyrings:
    """One for every purpose. No key is read or made before its keyring is opened or asked."""
    store, sealer, clock = ground.stores.keys, ground.sealer, ground.clock
    asked = _asked(ground.settings)

    def one(purpose: KeyPurpose) -> Keyring:
        policy = _SCHEDULES[purpose](asked) if purpose in _SCHEDULES else asked
        return Keyring(store, sealer, policy, clock, purpose, _ALGORITHMS[purpose])

    return {purpose: one(purpose) for purpose in KeyPurpose}


def in_use(settings: Settings, keyrings: Keyrings) -> Keyrings:
    """Those of this installation: a hub signs no tokens, and a region no trust bundles."""
    purposes = _OF_HUB if settings.role is Role.HUB else _OF_REGION
    if is_witness(settings):
        purposes = (*purposes, KeyPurpose.WITNESS)
    return {purpose: keyrings[purpose] for purpose in purposes}


def _asked(settings: Settings) -> KeyPolicy:
    """The key schedule that the settings ask for."""
    return KeyPolicy(
        lifetime=settings.key_lifetime,
        publish_ahead=settings.key_publish_ahead,
        keep_published=settings.key_keep_published,
    )
