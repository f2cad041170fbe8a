"""Enrolled voices: the sealed template, its wrapped key, and what its owner agreed to."""

from __future__ import annotations

from sqlalchemy import select

from idp.authn.authenticators import Authenticator
from idp.authn.factors.vault import SealedTemplate
from idp.authn.factors.voice_values import VoiceConsent, VoiceRecord
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema_voices import voices
from idp.storage.statement import Statement, replacing

SAVE = Statement(replacing(voices))
FIND = Statement(select(voices).where(voices.c.account_id == given("account")))


class VoiceRepository:
    """Implements `idp.authn.factors.voice_values.VoiceStore`."""

    def __init__(self, database: Database, authenticators: AuthenticatorRepository) -> None:
        self._db = database
        self._authenticators = authenticators

    def save(self, authenticator: Authenticator, record: VoiceRecord) -> None:
        with self._db.transaction() as tx:
            self._authenticators.add(authenticator)
            tx.run(
                SAVE,
                account_id=authenticator.account_id,
                authenticator_id=authenticator.id,
                key_sealed=record.template.wrapped_key,
                template_sealed=record.template.sealed,
                model_id=record.model_id,
                version=record.version,
                spoken=record.spoken,
                consent_version=record.consent.version,
                consent_text_hash=record.consent.text_hash,
                consented_at=to_milliseconds(record.consent.agreed_at),
            )

    def find(self, account_id: str) -> VoiceRecord | None:
        row = self._db.one(FIND, account=account_id)
        if row is None:
            return None
        return VoiceRecord(
            template=SealedTemplate(row.key_sealed, row.template_sealed),
            model_id=row.model_id,
            version=row.version,
            spoken=row.spoken,
            consent=VoiceConsent(
                row.consent_version, row.consent_text_hash, from_milliseconds(row.consented_at)
            ),
        )
