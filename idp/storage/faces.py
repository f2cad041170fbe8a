"""Face templates, sealed, one a person."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select, update

from idp.authn.authenticators import Authenticator
from idp.authn.factors.face_values import FaceConsent, FaceRecord
from idp.authn.factors.vault import SealedTemplate, TemplateOwner
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.proofs import Method, Property
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.db import Database
from idp.storage.rows import given, joined
from idp.storage.schema import authenticators, faces
from idp.storage.statement import Statement, replacing

ADD = Statement(replacing(faces))
FIND = Statement(select(faces).where(faces.c.account_id == given("account")))
COUNT = Statement(select(func.count().label("people")).select_from(faces))
SET_WORTH = Statement(
    update(authenticators)
    .where(
        authenticators.c.account_id.in_(select(faces.c.account_id)),
        authenticators.c.id == Method.FACE.value,
        authenticators.c.properties != given("other_properties"),
    )
    .values(properties=given("new_properties"))
)


class FaceRepository:
    """Implements `idp.authn.factors.face.FaceStore`."""

    def __init__(self, database: Database, authenticators: AuthenticatorRepository) -> None:
        self._db = database
        self._authenticators = authenticators

    def add(self, record: FaceRecord, authenticator: Authenticator) -> None:
        with self._db.transaction() as tx:
            self._authenticators.add(authenticator)
            tx.run(
                ADD,
                account_id=record.owner.account_id,
                authenticator_id=authenticator.id,
                key_sealed=record.template.wrapped_key,
                template_sealed=record.template.sealed,
                model_id=record.owner.model_id,
                version=record.owner.version,
                consent_version=record.consent.version,
                consent_text_hash=record.consent.text_hash,
                consented_at=to_milliseconds(record.consent.agreed_at),
            )

    def find(self, account_id: str) -> FaceRecord | None:
        row = self._db.one(FIND, account=account_id)
        if row is None:
            return None
        consent = FaceConsent(row.consent_version, row.consent_text_hash, from_milliseconds(row.consented_at))
        owner = TemplateOwner(row.account_id, Method.FACE, row.model_id, row.version)
        return FaceRecord(owner, SealedTemplate(row.key_sealed, row.template_sealed), consent)

    def count(self) -> int:
        row = self._db.one(COUNT)
        return 0 if row is None else int(row.people)

    def set_worth(self, properties: Iterable[Property]) -> int:
        worth = joined(sorted(properties))
        return self._db.run(SET_WORTH, other_properties=worth, new_properties=worth)
