"""Every repository of one database, built once for each process."""

from __future__ import annotations

from dataclasses import dataclass

from idp.settings import Role, Settings
from idp.storage.accounts import AccountRepository
from idp.storage.app_appeals import AppAppeals
from idp.storage.app_endings import AppEndings
from idp.storage.app_figures import AppFigures
from idp.storage.app_logos import AppLogoRepository
from idp.storage.app_lookups import AppLookups
from idp.storage.apps import AppRepository
from idp.storage.assertions import AssertionRepository
from idp.storage.audit_log import AuditLog
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.cached_clients import CachedClients
from idp.storage.challenges import ChallengeRepository
from idp.storage.changes import ChangeRepository
from idp.storage.clients import ClientRegistry
from idp.storage.codes import CodeRepository
from idp.storage.consents import ConsentRepository
from idp.storage.consents_on_behalf import ConsentOnBehalfRepository
from idp.storage.credentials import CredentialRepository
from idp.storage.db import Database
from idp.storage.device_keys import DeviceKeyRepository
from idp.storage.directory import Directory
from idp.storage.event_pushes import EventPushes
from idp.storage.event_search import EventSearchRepository
from idp.storage.events import EventRepository
from idp.storage.faces import FaceRepository
from idp.storage.federated_clients import FederatedClients
from idp.storage.federation_entities import FederationEntities
from idp.storage.figures import FigureRepository
from idp.storage.generations import GenerationRepository
from idp.storage.grants import GrantRepository
from idp.storage.history import HistoryRepository
from idp.storage.home_regions import (
    HomeSessionRepository,
    LinkedSubjectRepository,
    UpstreamAttemptRepository,
)
from idp.storage.hotp import HotpRepository
from idp.storage.housekeeping import Housekeeping
from idp.storage.keys import KeyRepository
from idp.storage.log_entries import LogEntries
from idp.storage.logouts import LogoutRepository
from idp.storage.outbox import OutboxRepository
from idp.storage.passkeys import PasskeyOfferRepository, PasskeyRepository
from idp.storage.pushed_requests import PushedRequestRepository
from idp.storage.qr_sign_ins import QrSignInRepository
from idp.storage.recoveries import RecoveryRepository
from idp.storage.sessions import SessionRepository
from idp.storage.shown_codes import ShownCodeRepository
from idp.storage.signal_sources import SignalSources
from idp.storage.staff_stores import StaffStores
from idp.storage.standing import StandingRepository
from idp.storage.streams import StreamRepository
from idp.storage.subjects import SubjectRepository
from idp.storage.text_messages import TextMessageRepository
from idp.storage.throttles import ThrottleRepository
from idp.storage.told_visitors import ToldVisitorsRepository
from idp.storage.transactions import TransactionRepository
from idp.storage.trust_bundles import TrustBundles
from idp.storage.trust_list import TrustListRepository
from idp.storage.trust_reports import TrustReportRepository
from idp.storage.visitor_counts import VisitorCounts
from idp.storage.voices import VoiceRepository
from idp.storage.withdrawals import Withdrawals
from idp.storage.witnessed_logs import WitnessedLogs
from idp.storage.witnesses import WitnessHeads
from idp.transparency.leaves import LogName


@dataclass(frozen=True, slots=True)
class Stores:
    """What the rest of the product asks of storage, by name."""

    clients: CachedClients
    """For the protocol: at most a second out of date."""
    registry: ClientRegistry
    """For editing: always up to date."""
    apps: AppRepository
    """Mini-apps on their way from submission to retirement."""
    app_logos: AppLogoRepository
    """Their pictures."""
    app_appeals: AppAppeals
    app_endings: AppEndings
    app_figures: AppFigures
    app_lookups: AppLookups
    directory: Directory
    """The mini-apps that citizens find."""
    federated_clients: FederatedClients
    """Entities of the federation that registered, straight from the database."""
    federation_entities: FederationEntities
    """Whom our entities vouch for, and trust marks, straight from the database."""
    codes: CodeRepository
    grants: GrantRepository
    transactions: TransactionRepository
    pushed_requests: PushedRequestRepository
    assertions: AssertionRepository
    accounts: AccountRepository
    credentials: CredentialRepository
    authenticators: AuthenticatorRepository
    challenges: ChallengeRepository
    recoveries: RecoveryRepository
    passkeys: PasskeyRepository
    passkey_offers: PasskeyOfferRepository
    hotp: HotpRepository
    text_messages: TextMessageRepository
    outbox: OutboxRepository
    logouts: LogoutRepository
    streams: StreamRepository
    event_pushes: EventPushes
    """Which stream is pushed to next."""
    signal_sources: SignalSources
    """Whose events we hear."""
    throttles: ThrottleRepository
    qr_sign_ins: QrSignInRepository
    sessions: SessionRepository
    home_sessions: HomeSessionRepository
    linked_subjects: LinkedSubjectRepository
    upstream_attempts: UpstreamAttemptRepository
    shown_codes: ShownCodeRepository
    subjects: SubjectRepository
    consents: ConsentRepository
    consents_on_behalf: ConsentOnBehalfRepository
    """Of mini-apps of other regions, that a broker asks for."""
    keys: KeyRepository
    device_keys: DeviceKeyRepository
    faces: FaceRepository
    events: EventRepository
    event_search: EventSearchRepository
    audit_log: AuditLog
    log_entries: LogEntries
    trust_bundles: TrustBundles
    """The trust bundle that was received, and whose turn it is to look for the next."""
    withdrawals: Withdrawals
    voices: VoiceRepository
    trust_list: TrustListRepository
    """Of the hub."""
    trust_reports: TrustReportRepository
    told_visitors: ToldVisitorsRepository
    visitor_counts: VisitorCounts
    """Of a region, for its hub."""
    witness_heads: WitnessHeads
    """What was cosigned here for the logs of others."""
    witnessed_logs: WitnessedLogs
    """Of the hub: who cosigned its log."""
    staff: StaffStores
    history: HistoryRepository
    changes: ChangeRepository
    """Change requests, and who approved them."""
    figures: FigureRepository
    standing: StandingRepository
    generations: GenerationRepository
    housekeeping: Housekeeping

    @classmethod
    def on(cls, database: Database, settings: Settings) -> Stores:
        """The repositories of `database`. Touches nothing yet."""
        registry, generations = ClientRegistry(database), GenerationRepository(database)
        return cls(
            clients=CachedClients(registry, generations),
            registry=registry,
            apps=AppRepository(database),
            app_logos=AppLogoRepository(database),
            app_appeals=AppAppeals(database),
            app_endings=AppEndings(database),
            app_figures=AppFigures(database),
            app_lookups=AppLookups(database),
            directory=Directory(database),
            federated_clients=FederatedClients(database),
            federation_entities=FederationEntities(
                database, LogName.TRUST if settings.role is Role.HUB else None
            ),
            codes=CodeRepository(database),
            grants=GrantRepository(database),
            transactions=TransactionRepository(database),
            pushed_requests=PushedRequestRepository(database),
            assertions=AssertionRepository(database),
            accounts=AccountRepository(database),
            credentials=CredentialRepository(database),
            authenticators=AuthenticatorRepository(database),
            challenges=ChallengeRepository(database),
            recoveries=RecoveryRepository(database),
            passkeys=PasskeyRepository(database, AuthenticatorRepository(database)),
            passkey_offers=PasskeyOfferRepository(database),
            hotp=HotpRepository(database, AuthenticatorRepository(database)),
            text_messages=TextMessageRepository(database, AuthenticatorRepository(database)),
            outbox=OutboxRepository(database),
            logouts=LogoutRepository(database),
            streams=StreamRepository(database),
            event_pushes=EventPushes(database),
            signal_sources=SignalSources(database),
            throttles=ThrottleRepository(database),
            qr_sign_ins=QrSignInRepository(database),
            sessions=SessionRepository(database, settings.session_idle),
            home_sessions=HomeSessionRepository(database),
            linked_subjects=LinkedSubjectRepository(database),
            upstream_attempts=UpstreamAttemptRepository(database),
            shown_codes=ShownCodeRepository(database),
            subjects=SubjectRepository(database),
            consents=ConsentRepository(database),
            consents_on_behalf=ConsentOnBehalfRepository(database),
            keys=KeyRepository(database, generations),
            device_keys=DeviceKeyRepository(database),
            faces=FaceRepository(database, AuthenticatorRepository(database)),
            events=EventRepository(database),
            event_search=EventSearchRepository(database),
            audit_log=AuditLog(database),
            log_entries=LogEntries(database),
            trust_bundles=TrustBundles(database),
            withdrawals=Withdrawals(database),
            voices=VoiceRepository(database, AuthenticatorRepository(database)),
            trust_list=TrustListRepository(database, generations),
            trust_reports=TrustReportRepository(database),
            told_visitors=ToldVisitorsRepository(database),
            visitor_counts=VisitorCounts(database),
            witness_heads=WitnessHeads(database),
            witnessed_logs=WitnessedLogs(database),
            staff=StaffStores.on(database),
            history=HistoryRepository(database),
            changes=ChangeRepository(database),
            figures=FigureRepository(database),
            standing=StandingRepository(database),
            generations=generations,
            housekeeping=Housekeeping(database),
        )
