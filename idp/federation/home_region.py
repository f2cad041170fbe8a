"""The region that somebody comes from, and why it cannot vouch for them just now."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class HomeTrouble(StrEnum):
    """Why a home region cannot be asked, or its answer not be taken. Pages have words for each.

    The first six are those of the trust list (`idp.trustlist.snapshot.Distrust`), word for word.
    """

    NO_BUNDLE = "no_bundle"
    UNKNOWN = "unknown"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    STALE = "stale"
    ABOVE_CEILING = "above_ceiling"
    KEY_REVOKED = "key_revoked"
    DOWN = "down"
    """It does not answer, or not in time, or with an error of its own."""
    REFUSED = "refused"
    """It answers that it does not serve us."""
    NOT_BELIEVED = "not_believed"
    """What it answered does not hold: another issuer, a wrong signature, somebody else's answer."""


class HomeUnavailable(Exception):
    """The home region cannot vouch for anybody now."""

    def __init__(
        self, why: HomeTrouble, issuer: str, name: Mapping[str, str] | None = None, *, detail: str = ""
    ) -> None:
        super().__init__(f"{issuer}: {why}")
        self.why = why
        self.issuer = issuer
        self.name: Mapping[str, str] = name or {}
        """What people call the region, by language; empty when the list does not know it."""
        self.detail = detail
        """For our log: never what the region said, nor anything about a person."""
        self.transaction_id: str | None = None
        """The sign-in that it happened in, where it can go on another way."""


def endpoint_of(provider: Mapping[str, Any], name: str) -> str | None:
    """An address out of a provider's metadata; None when it has none that anybody should be sent to.

    The list says whose metadata it is, and not that it makes sense. In development a region has no https.
    """
    address = provider.get(name)
    if not isinstance(address, str) or not address.isascii() or not address.isprintable():
        return None
    return address if address.startswith(("https://", f"{provider['issuer']}/")) else None


def registers_automatically(provider: Mapping[str, Any]) -> bool:
    """Whether a provider takes who comes by a trust chain alone: nobody is to try what it does not say it does.

    Spec: OpenID Federation 1.0 §5.1.3 (`client_registration_types_supported` is required; unknown types do no harm).
    """
    ways = provider.get("client_registration_types_supported")
    return isinstance(ways, list) and "automatic" in ways
