"""What every other part of a process stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.adapters.egress import Egress
from idp.adapters.sealing import Sealer
from idp.authn.assurance import Assurance
from idp.foundation.board import Board
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.foundation.figures import DATABASE_FAILURE
from idp.oidc.acr import AcrNames
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.wiring.assurance import assurance_of
from idp.wiring.signalling.level_watch import LevelWatch


@dataclass(frozen=True, slots=True)
class Ground:
    """Settings, time and chance, the database, the way out, and the ladder of the region."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    egress: Egress
    database: Database
    stores: Stores
    sealer: Sealer
    assurance: Assurance
    acr: AcrNames

    @classmethod
    def of(cls, settings: Settings, clock: Clock, entropy: Entropy, egress: Egress, board: Board) -> Ground:
        """Opens the database. Raises: BadPolicy; whatever the database says when it is missing or not migrated."""
        database = Database(
            settings.database_url,
            settings.database_sync,
            on_failure=lambda: board.count(DATABASE_FAILURE),
        )
        stores = Stores.on(database, settings)
        assurance = assurance_of(settings, stores)
        acr = AcrNames(settings.acr_prefix, assurance.highest)
        # Whoever takes an authenticator away by this tells the receivers when somebody's level falls with it.
        watched = LevelWatch(database, stores.streams, assurance, acr)
        return cls(
            settings=settings,
            clock=clock,
            entropy=entropy,
            egress=egress,
            database=database,
            stores=replace(stores, authenticators=watched),
            sealer=Sealer(settings.secret_key, entropy),
            assurance=assurance,
            acr=acr,
        )
