"""Every repository of one database, built once for each process."""

from __future__ import annotations

from dataclasses import dataclass

from idp.settings import Settings
from idp.storage.accounts import AccountRepository
from idp.storage.assertions import AssertionRepository
from idp.storage.cached_clients import CachedClients
from idp.storage.clients import ClientRegistry
from idp.storage.codes import CodeRepository
from idp.storage.consents import ConsentRepository
from idp.storage.credentials import CredentialRepository
from idp.storage.db import Database
from idp.storage.events import EventRepository
from idp.storage.generations import GenerationRepository
from idp.storage.grants import GrantRepository
from idp.storage.housekeeping import Housekeeping
from idp.storage.keys import KeyRepository
from idp.storage.sessions import SessionRepository
from idp.storage.subjects import SubjectRepository
from idp.storage.throttles import ThrottleRepository
from idp.storage.transactions import TransactionRepository


@dataclass(frozen=True, slots=True)
class Stores:
    """What the rest of the product asks of storage, by name."""

    clients: CachedClients
    """For the protocol: at most a second out of date."""
    registry: ClientRegistry
    """For editing: always up to date."""
    codes: CodeRepository
    grants: GrantRepository
    transactions: TransactionRepository
    assertions: AssertionRepository
    accounts: AccountRepository
    credentials: CredentialRepository
    throttles: ThrottleRepository
    sessions: SessionRepository
    subjects: SubjectRepository
    consents: ConsentRepository
    keys: KeyRepository
    events: EventRepository
    generations: GenerationRepository
    housekeeping: Housekeeping

    @classmethod
    def on(cls, database: Database, settings: Settings) -> Stores:
        """The repositories of `database`. Touches nothing yet."""
        registry, generations = ClientRegistry(database), GenerationRepository(database)
        return cls(
            clients=CachedClients(registry, generations),
            registry=registry,
            codes=CodeRepository(database),
            grants=GrantRepository(database),
            transactions=TransactionRepository(database),
            assertions=AssertionRepository(database),
            accounts=AccountRepository(database),
            credentials=CredentialRepository(database),
            throttles=ThrottleRepository(database),
            sessions=SessionRepository(database, settings.session_idle),
            subjects=SubjectRepository(database),
            consents=ConsentRepository(database),
            keys=KeyRepository(database, generations),
            events=EventRepository(database),
            generations=generations,
            housekeeping=Housekeeping(database),
        )
