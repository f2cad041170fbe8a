"""What a resolve response says: an entity's metadata after policy, and the chain and the trust marks behind it.

Pure. Spec: OpenID Federation 1.0 §8.3.2.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.federation.trust_chain import TrustChain
from idp.federation.trust_marks import TrustMark


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for."""

    subject: str
    anchors: tuple[str, ...]
    """Any of these will do."""
    entity_types: tuple[str, ...] = ()
    """Metadata of any of these; of every type when empty."""


def resolve_claims(
    *,
    issuer: str,
    chain: TrustChain,
    marks: Sequence[TrustMark],
    entity_types: Collection[str],
    now: datetime,
    audience: str | None,
) -> dict[str, Any]:
    """The claims for whoever asked. Without `entity_types` every type; without `audience` for everybody.

    It ends when the first of what it rests on ends.
    """
    ends = [chain.expires_at, *(mark.expires_at for mark in marks if mark.expires_at is not None)]
    metadata = chain.metadata
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": chain.subject,
        "iat": int(now.timestamp()),
        "exp": int(min(ends).timestamp()),
        "metadata": {
            kind: each for kind, each in metadata.items() if not entity_types or kind in entity_types
        },
        "trust_chain": list(chain.tokens),
    }
    if marks:
        claims["trust_marks"] = [
            {"trust_mark_type": mark.mark_type, "trust_mark": mark.token} for mark in marks
        ]
    if audience is not None:
        claims["aud"] = audience
    return claims
