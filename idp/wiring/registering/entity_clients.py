"""Entities of the federation read as clients: their metadata by the rules of the federation and of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.federation.registration import (
    Offer,
    RegistrationError,
    RegistrationType,
    Standing,
    client_from,
)
from idp.federation.registration_metadata import Fault
from idp.oidc.client import Client
from idp.oidc.scopes import IDENTITY_SCOPES
from idp.oidc.vocabulary import Profile
from idp.registry.address_checks import redirect_uris
from idp.registry.application import application_of
from idp.registry.checks import OF_ENTITIES, problems_of
from idp.registry.jwks import usable_keys
from idp.settings import Settings
from idp.wiring.registering.keys_by_address import KeysByAddress
from idp.wiring.registering.rules import rules_of


class EntityClients:
    """Makes clients of entities: who is trusted was decided before. All but `completed` is pure."""

    def __init__(self, settings: Settings, keys: KeysByAddress | None = None) -> None:
        """`keys`: fetches keys by address, where the profile `compat` is allowed."""
        self._is_compat, self._keys = settings.compat, keys
        self._rules = rules_of(settings)

    def read(
        self,
        entity_id: str,
        metadata: Mapping[str, Any],
        standing: Standing,
        registration_type: RegistrationType | None = RegistrationType.AUTOMATIC,
    ) -> Client:
        """The client that an entity is, by its resolved `openid_relying_party` metadata.

        Raises: RegistrationError — it cannot be one here.
        """
        # Brokers are regions, and nobody has to be lenient with a region.
        is_lenient = self._is_compat and registration_type is not None
        profile = Profile.COMPAT if is_lenient else Profile.STANDARD
        offer = Offer(IDENTITY_SCOPES, registration_type, profile)
        read = client_from(entity_id, _with_usable_keys(metadata), standing, offer)
        application = application_of(read)
        if problems := tuple(redirect_uris(application, self._rules)):
            raise RegistrationError(
                Fault.REDIRECT_URI,
                "a redirect URI is not acceptable here",
                detail=" ".join(map(str, problems)),
            )
        if problems := problems_of(application, self._rules, OF_ENTITIES):
            raise RegistrationError(
                Fault.METADATA, "the metadata is not acceptable here", detail=" ".join(map(str, problems))
            )
        return read

    def completed(self, entity_id: str, metadata: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        """The metadata of somebody who registers, with the keys in it that it names by address, if we fetch such.

        Raises: RegistrationError — they cannot be had.
        """
        if not self._is_compat or self._keys is None or "jwks" in metadata or "jwks_uri" not in metadata:
            return metadata
        return {**metadata, "jwks": self._keys.fetch(entity_id, metadata["jwks_uri"], now=now)}

    def admits(self, client: Client) -> bool:
        """Whether a registration still counts: one of a profile that is allowed no more does not."""
        return self._is_compat or client.profile is not Profile.COMPAT


def _with_usable_keys(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    # An entity serves others beside us, with keys that we do not know. Malformed ones are for `client_from` to refuse.
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) for key in keys):
        return metadata
    return {**metadata, "jwks": usable_keys({"keys": keys})}
