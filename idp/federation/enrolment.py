"""Taking an entity in below one of ours: what has to be right before anybody vouches for it.

Spec: OpenID Federation 1.0 §3.1.2, §6.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.federation import constraints as rules
from idp.federation.constraints import FEDERATION_ENTITY, ConstraintError
from idp.federation.issuing import subordinate_claims
from idp.federation.roll import Subordinate
from idp.federation.statement_claims import StatementError
from idp.foundation.sentence import N_, Refusal

MAX_ENTITY_TYPES = 16
MAX_KEYS = 10

_ENTITY_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class NotEnrollable(Refusal):
    """We cannot vouch for it; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms somebody is enrolled."""

    entity_types: Sequence[str]
    is_intermediate: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    metadata_policy: Mapping[str, Any] = field(default_factory=dict)
    constraints: Mapping[str, Any] | None = None
    """None: the strictest that its kind can live with."""


def subordinate_from(
    superior: str,
    entity_id: str,
    jwks: Mapping[str, Any],
    terms: Terms,
    *,
    hosts: Sequence[str],
    now: datetime,
) -> Subordinate:
    """Somebody to vouch for. `hosts`: under which names our superior lets us do so; none means under any.

    Raises: NotEnrollable.
    """
    entity_types = tuple(dict.fromkeys(terms.entity_types))
    if not 0 < len(entity_types) <= MAX_ENTITY_TYPES or not all(map(_ENTITY_TYPE.fullmatch, entity_types)):
        raise NotEnrollable("entity-types", N_("An entity has types such as openid_relying_party."))
    one = Subordinate(
        entity_id=entity_id,
        entity_types=entity_types,
        jwks=jwks,
        enrolled_at=now,
        changed_at=now,
        is_intermediate=terms.is_intermediate,
        metadata=terms.metadata,
        metadata_policy=terms.metadata_policy,
        constraints=_strictest(entity_types, terms) if terms.constraints is None else terms.constraints,
    )
    _require_statement(superior, one, hosts, now)
    if len(jwks["keys"]) > MAX_KEYS:
        raise NotEnrollable(
            "entity-keys", N_("An entity has at most %(most)s federation keys."), most=MAX_KEYS
        )
    return one


def _strictest(entity_types: Sequence[str], terms: Terms) -> dict[str, Any]:
    if terms.is_intermediate:
        # Itself is between us and its leaves (§6.2.1).
        return {"max_path_length": 1}
    allowed = [entity_type for entity_type in entity_types if entity_type != FEDERATION_ENTITY]
    return {"max_path_length": 0, "allowed_entity_types": allowed}


def _require_statement(superior: str, one: Subordinate, hosts: Sequence[str], now: datetime) -> None:
    try:
        subordinate_claims(
            issuer=superior,
            subject=one.entity_id,
            jwks=one.jwks,
            now=now,
            metadata=one.metadata,
            metadata_policy=one.metadata_policy,
            constraints=one.constraints,
        )
        if hosts:
            rules.require(
                {"naming_constraints": {"permitted": list(hosts)}},
                intermediates_below=0,
                subjects_below=[one.entity_id],
            )
    except (StatementError, ConstraintError) as error:
        raise NotEnrollable(
            "entity-unusable", N_("It cannot be used like this: %(detail)s"), detail=str(error)
        ) from error
