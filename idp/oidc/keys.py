"""Signing keys and their life: pending (published ahead) → signing → verify-only → retired.

The schedule is a pure function of what exists and what time it is; the store applies it in one transaction, so any
worker may do it and no two can disagree. A key has one purpose and one algorithm for all its life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.oidc.vocabulary import Algorithm


class KeyPurpose(StrEnum):
    """What a key may sign. A key never serves two purposes."""

    PROTOCOL = "protocol"
    """Tokens for mini-apps."""
    BROKER = "broker"
    """What a region's broker asks other regions' providers: request objects, client assertions, DPoP proofs."""
    ENCRYPTION = "encryption"
    """Nothing: to these keys mini-apps encrypt their request objects."""
    FEDERATION = "federation"
    """Entity statements and trust marks."""
    BUNDLE = "bundle"
    """The hub's trust bundle."""
    LOG = "log"
    """Heads of transparency logs."""
    WITNESS = "witness"
    """What a region cosigns for the logs of others."""


class KeyState(StrEnum):
    """Where a key stands. PENDING, SIGNING and VERIFY_ONLY are published."""

    PENDING = "pending"
    SIGNING = "signing"
    VERIFY_ONLY = "verify_only"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as stored; the private half stays sealed here."""

    kid: str
    purpose: KeyPurpose
    algorithm: Algorithm
    state: KeyState
    public_jwk: Mapping[str, Any]
    private_sealed: bytes
    created_at: datetime
    signs_from: datetime
    """When it starts to sign (its publication comes `key_publish_ahead` earlier)."""
    signs_until: datetime
    """When its successor takes over."""
    published_until: datetime
    """When it leaves the JWKS."""


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What is to happen to the keys: records to add, and records to put in the place of those with the same kid."""

    add: tuple[KeyRecord, ...] = ()
    change: tuple[KeyRecord, ...] = ()
