"""Where our entities are: one host, three entity ids by path, and the paths of their federation endpoints.

The entity ids of a region: its provider is the issuer, its intermediate `/fed`, its broker `/rp`. A hub is one entity,
its issuer, with endpoints at the same paths as an intermediate's. Spec: OpenID Federation 1.0 §5.1.1, §9.
"""

from __future__ import annotations

WELL_KNOWN = "/.well-known/openid-federation"
"""Comes after the entity id, at its end (§9)."""
INTERMEDIATE = "/fed"
BROKER = "/rp"

FETCH = "/fed/fetch"
LIST = "/fed/list"
RESOLVE = "/fed/resolve"
HISTORICAL_KEYS = "/fed/historical-keys"
TRUST_MARK = "/fed/trust-mark"
TRUST_MARK_STATUS = "/fed/trust-mark-status"
TRUST_MARK_LIST = "/fed/trust-mark-list"
REGISTRATION = "/fed/register"
"""Of the provider: where partners register explicitly (§12.2)."""
SIGNED_JWKS = "/jwks.jwt"
"""Of the provider: its protocol keys, signed with a federation key (§5.2.1)."""

BROKER_CALLBACK = "/rp/callback"
BROKER_LOGOUT = "/rp/backchannel-logout"
BROKER_SIGNED_OUT = "/rp/signed-out"
"""Where people come back to who signed out in another region as well."""


def configuration_of(entity_id: str) -> str:
    """Where an entity publishes its configuration."""
    return entity_id.removesuffix("/") + WELL_KNOWN
