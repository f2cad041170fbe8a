"""Enrolling entities below ours: keys from a file, or from what the entity publishes about itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.adapters.jose_client_keys import imported, may_verify
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import addresses, entity_statement, signatures
from idp.federation.enrolment import NotEnrollable, Terms, subordinate_from
from idp.federation.entity_statement import STATEMENT_TYPE, EntityStatement, StatementError
from idp.federation.federation_jwt import MAX_SIZE, FederationJwtError
from idp.federation.roll import Subordinate, SubordinateState
from idp.federation.trust_chain import LEEWAY
from idp.foundation.sentence import N_
from idp.settings import Role, Settings
from idp.wiring.publishing.own_entities import OwnEntities


class Enrolment:
    """Decides whom our superior may vouch for."""

    def __init__(self, settings: Settings, own: OwnEntities, egress: Egress) -> None:
        self._own, self._egress = own, egress
        self._superior = own.superior.entity_id
        self._hosts = () if settings.role is Role.HUB else _hosts_of(settings)

    def subordinate(
        self,
        entity_id: str,
        jwks: Mapping[str, Any],
        terms: Terms,
        before: Subordinate | None = None,
        *,
        now: datetime,
    ) -> Subordinate:
        """Somebody to be enrolled. `before`: what it was enrolled as once. Raises: NotEnrollable."""
        if entity_id in self._own.entity_ids:
            raise NotEnrollable("entity-our-own", N_("This is one of our own entities: nobody enrols it."))
        used = thumbprints(before.jwks) if before and before.state is SubordinateState.REMOVED else []
        if not set(used).isdisjoint(thumbprints(jwks)):
            # Whoever made us remove it may still hold them.
            raise NotEnrollable(
                "entity-with-old-keys",
                N_("It was removed: it comes back with new keys, and none of the old ones."),
            )
        one = subordinate_from(self._superior, entity_id, jwks, terms, hosts=self._hosts, now=now)
        try:
            # Better refused here than at the first question about it: numbers beyond 64 bits, halves of characters.
            self._own.superior.sign(one, now=now)
        except (StatementError, TypeError) as error:
            raise NotEnrollable(
                "entity-no-statement", N_("No statement can be made of this: %(detail)s"), detail=str(error)
            ) from error
        return one

    def published(self, entity_id: str, *, now: datetime) -> EntityStatement:
        """What an entity says about itself, signed by itself, and that we are its superior.

        Anybody can publish keys at an address that is theirs: compare the thumbprints with what its people tell you.
        Raises: NotEnrollable.
        """
        try:
            answer = self._egress.get(
                addresses.configuration_of(entity_id),
                types=(f"application/{STATEMENT_TYPE}",),
                max_bytes=MAX_SIZE,
            )
            if answer.status != 200:
                raise NotEnrollable(
                    "entity-status",
                    N_("%(url)s answered %(status)s."),
                    url=addresses.configuration_of(entity_id),
                    status=answer.status,
                )
            statement = entity_statement.parse(answer.body.decode("ascii"))
            signatures.verify(statement.jwt, statement.jwks, StatementSignatures())
        except (EgressError, FederationJwtError, UnicodeDecodeError) as error:
            raise NotEnrollable(
                "entity-configuration",
                N_("Its configuration cannot be used: %(detail)s"),
                detail=str(error),
            ) from error
        if (statement.issuer, statement.subject) != (entity_id, entity_id):
            raise NotEnrollable("entity-somebody-else", N_("Its configuration is that of another entity."))
        if not statement.issued_at - LEEWAY <= now < statement.expires_at:
            raise NotEnrollable(
                "entity-not-in-force", N_("Its configuration has expired, or is from the future.")
            )
        if self._superior not in statement.authority_hints:
            raise NotEnrollable(
                "entity-hints",
                N_("Its authority_hints do not name %(superior)s."),
                superior=self._superior,
            )
        return statement


def thumbprints(jwks: Mapping[str, Any]) -> list[str]:
    """The RFC 7638 thumbprint of each key, worked out by us. Raises: NotEnrollable — one is no strong public key."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys:
        raise NotEnrollable("entity-no-keys", N_("This is no JWK Set with keys in it."))
    found = []
    for jwk in keys:
        key = imported(jwk) if isinstance(jwk, dict) and may_verify(jwk) else None
        if key is None:
            raise NotEnrollable("entity-key", N_("A key is private, weak, not for signatures, or no key."))
        found.append(key.thumbprint())
    return found


def _hosts_of(settings: Settings) -> tuple[str, ...]:
    """The names that the hub lets a region vouch under: its own, those below it, and its mini-apps'."""
    host = urlsplit(settings.issuer).hostname or ""
    return (host, f".{host}", *settings.mini_app_domains)
