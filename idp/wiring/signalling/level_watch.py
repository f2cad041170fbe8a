"""What a person can still prove when an authenticator is taken from them, told in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.authn.assurance import Assurance
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from idp.signals.level_changes import lowered
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.db import Database
from idp.storage.streams import StreamRepository


class LevelWatch(AuthenticatorRepository):
    """The authenticators of a region, and an eye on the level that they reach together."""

    def __init__(
        self, database: Database, streams: StreamRepository, assurance: Assurance, acr: AcrNames
    ) -> None:
        super().__init__(database)
        self._database, self._streams = database, streams
        self._assurance, self._acr = assurance, acr

    def suspend(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        with self._watched(account_id, now):
            return super().suspend(account_id, authenticator_id, now=now)

    def remove(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        with self._watched(account_id, now):
            return super().remove(account_id, authenticator_id, now=now)

    @contextmanager
    def _watched(self, account_id: str, now: datetime) -> Iterator[None]:
        with self._database.transaction():
            before = self._reach(account_id, now)
            yield
            after = self._reach(account_id, now)
            if after < before:
                namespace = self._acr.prefix.removesuffix(":")
                detail = lowered(namespace, self._acr.name(before), self._acr.name(after))
                self._streams.signal_level(account_id, detail, now=now)

    def _reach(self, account_id: str, now: datetime) -> AcrLevel:
        return self._assurance.reachable((), self.of(account_id), now=now)
