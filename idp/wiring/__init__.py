"""The only place where ports meet adapters: builds the frozen `Services` once for each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from idp.accounts.contacts import Contacts
from idp.adapters.egress import Egress
from idp.adapters.encryption_keys import KINDS, EncryptionKeys, PublishedKeys
from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.adapters.logout_posts import LogoutPosts
from idp.adapters.pyotp_engine import PyotpEngine
from idp.adapters.qr import qr_svg
from idp.adapters.sealing import Sealer
from idp.authn.account_recovery import AccountRecovery
from idp.authn.assurance import Assurance
from idp.authn.assurance_policy import AssurancePolicy
from idp.authn.factors.face import Faces
from idp.authn.factors.gesture import Gestures
from idp.authn.factors.hotp import Hotp
from idp.authn.factors.passkey import Passkeys
from idp.authn.factors.password import Passwords
from idp.authn.factors.qr import QrSignIns
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.text_message import TextMessages
from idp.authn.factors.totp import Totp
from idp.authn.factors.voice import Voices
from idp.authn.factors.voice_enrolment import VoiceEnrolments
from idp.authn.message_codes import MessageCodes
from idp.authn.message_limits import MessageLimits
from idp.authn.post import Post
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.foundation.clock import Clock, SystemClock
from idp.foundation.entropy import Entropy, SystemEntropy
from idp.foundation.figures import DATABASE_FAILURE, FAMILIES, Board, Memory, Together
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.arrival import Arrivals
from idp.oidc.discovery import metadata
from idp.oidc.dpop_nonces import DpopNonces
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.keys import KeyPurpose
from idp.oidc.par import PushedAuthorizationEndpoint
from idp.oidc.ports import ClientDirectory, TokenVerifier
from idp.oidc.proofs import Property
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.oidc.vocabulary import Algorithm
from idp.settings import Mode, Role, Settings
from idp.signals.telling import Telling
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.transparency.leaves import LogName
from idp.web.locale import LANGUAGES
from idp.wiring.brokering.broker import Broker
from idp.wiring.factors import (
    Factors,
    account_recovery_of,
    faces_of,
    gestures_of,
    listening_of,
    messengers_of,
    passkeys_of,
)
from idp.wiring.figures import Figures, alone
from idp.wiring.following.believed_grants import BelievedGrants
from idp.wiring.following.following import Following, following_of
from idp.wiring.following.trust import Trust, ladder_of, nobody
from idp.wiring.governing.app_desk import AppDesk
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.change_desk import ChangeDesk
from idp.wiring.governing.kinds import kinds_of
from idp.wiring.governing.policy_changes import present_policy
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.governing.support_desk import SupportDesk
from idp.wiring.hub.governed_list import ListRules
from idp.wiring.hub.hub import Hub
from idp.wiring.protocol import Protocol, key_encryptions, key_policy
from idp.wiring.publishing.enrolment import Enrolment
from idp.wiring.publishing.mark_issuer import MarkIssuer
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.roll_memory import RollMemory
from idp.wiring.publishing.statements import Statements, federation_key_policy
from idp.wiring.publishing.superior import Superior
from idp.wiring.readiness import Readiness
from idp.wiring.registering.chains import Chains
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.federation import known_clients
from idp.wiring.registering.keys_by_address import KeysByAddress
from idp.wiring.signalling.hearing import hearing_of
from idp.wiring.signalling.home_streams import HomeStreams
from idp.wiring.signalling.level_watch import LevelWatch
from idp.wiring.signalling.sending import Sending
from idp.wiring.witnessing.audit import Audit
from idp.wiring.witnessing.log import Log
from idp.wiring.witnessing.logs import log_key_policy, logs_of
from idp.wiring.witnessing.witness_desk import WitnessDesk
from idp.wiring.witnessing.witness_of import witness_of


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a view or a command works with."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    database: Database
    stores: Stores
    clients: ClientDirectory
    keyring: Keyring
    keyrings: Mapping[KeyPurpose, Keyring]
    """Every keyring of this installation, by purpose: a hub signs no tokens, and a region no trust bundles."""
    encryption_keys: EncryptionKeys
    published_keys: PublishedKeys
    """Of the purposes PROTOCOL and ENCRYPTION, as `/jwks.json` shows them."""
    statements: Statements
    """Signs what our entities say to the federation."""
    own_entities: OwnEntities
    """What our entities say about themselves, about those below them, and by trust marks."""
    verifier: TokenVerifier
    acr: AcrNames
    assurance: Assurance
    form_key: Secret
    issuer_host: str
    metadata: Mapping[str, Any]
    arrivals: Arrivals
    pushed_authorization: PushedAuthorizationEndpoint
    token_endpoint: TokenEndpoint
    userinfo: UserinfoEndpoint
    dpop_nonces: DpopNonces
    introspection: IntrospectionEndpoint
    revocation: RevocationEndpoint
    code_display: CodeDisplay
    show_code: ShowCodeEndpoint
    password_sign_in: PasswordSignIn
    second_factor: SecondFactor
    throttle: Throttle
    passwords: Passwords
    totp: Totp
    hotp: Hotp
    text_messages: TextMessages
    message_codes: MessageCodes
    post: Post
    contacts: Contacts
    passkeys: Passkeys
    gestures: Gestures
    qr_sign_ins: QrSignIns
    faces: Faces | None
    """None where the region does not compare faces, or cannot."""
    voices: Voices | None
    """None where the region does not listen to voices, or cannot."""
    voice_enrolments: VoiceEnrolments | None
    recovery_codes: RecoveryCodes
    account_recovery: AccountRecovery
    draw_qr: Callable[[str], str]
    egress: Egress
    """The one way out: whatever is asked of another server."""
    telling: Telling
    """Which mini-apps are still to be told that a session has ended."""
    logout_posts: LogoutPosts
    signals: Sending
    """Security events for the receivers of streams."""
    hearing: HomeStreams | None
    """Security events of other regions; None where nobody comes from one."""
    broker: Broker | None
    """For people of other regions; None where the region joined no federation, and on a hub."""
    trust: Trust
    """Whom to trust now, from memory. By itself, without a `trust_anchor`, a region trusts nobody."""
    following: Following | None
    """How the trust bundle gets here; None where no hub is followed."""
    hub: Hub | None
    """Edits and publishes the trust list; None in a region."""
    chains: Chains
    """Judges, finds and answers with trust chains."""
    logs: Mapping[LogName, Log]
    """The transparency logs of this installation: the audit log, and on a hub that of the trust list."""
    witness: WitnessDesk | None
    """Cosigns the logs of others; None where no memory file is set, and on a hub."""
    audit: Audit
    """The audit trail, for who may read all of it."""
    staff: StaffDesk
    """Who runs this installation, and how they prove it."""
    support: SupportDesk | None
    """Looks at accounts to help their owners; None at a hub, which has none."""
    apps: AppDesk | None
    """Mini-apps from submission to retirement; None on a hub, which has none."""
    changes: ChangeDesk
    """Dangerous changes: proposed, approved by somebody else, carried out."""
    board: Board
    """What is counted while requests are answered: in memory, never in the database."""
    figure_memory: Memory
    """Where further boards of this process are laid out."""
    figures: Figures
    """What was counted, by the hour."""
    readiness: Readiness
    """Whether requests should come to this process."""

    def governed(self) -> bool:
        """Whether dangerous changes take two people here: since two administrators joined, and then for ever."""
        return self.staff.is_governed()

    def open_keys(self) -> None:
        """Read every key, making those that are missing: at start, so that no request waits for it."""
        for keyring in self.keyrings.values():
            keyring.open()


def build_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    egress: Egress | None = None,
    trust: Trust | None = None,
    together: Together | None = None,
) -> Services:
    """Join everything. Opens the database and the keys; makes no tables.

    Raises: whatever the database says when it is missing or not migrated; BrokenSeal — another secret key sealed it;
    BadPolicy — the assurance policy cannot be read;
    BadSettings — nor the hub's keys.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    together = together or alone()
    board = Board(FAMILIES, together.memory)
    database = Database(
        settings.database_url,
        settings.database_sync,
        on_failure=lambda: board.count(DATABASE_FAILURE),
    )
    stores = Stores.on(database, settings)
    sealer = Sealer(settings.secret_key, entropy)
    keyring = Keyring(stores.keys, sealer, key_policy(settings), clock)
    assurance = Assurance(_policy(settings, stores).without(unprovable(settings)))
    acr = AcrNames(settings.acr_prefix, assurance.highest)
    stores = replace(stores, authenticators=LevelWatch(database, stores.streams, assurance, acr))
    encryption = Keyring(stores.keys, sealer, key_policy(settings), clock, KeyPurpose.ENCRYPTION, KINDS)
    encryption_keys = EncryptionKeys(encryption)
    # One of our keys must never be refused because a verifier elsewhere does not know its kind: all know ES256.
    federation, broker_keys, bundle_keys = (
        Keyring(stores.keys, sealer, policy, clock, purpose, (Algorithm.ES256,))
        for purpose, policy in (
            (KeyPurpose.FEDERATION, federation_key_policy(key_policy(settings))),
            (KeyPurpose.BROKER, key_policy(settings)),
            (KeyPurpose.BUNDLE, key_policy(settings)),
        )
    )
    statements = Statements(federation)
    log_keys = Keyring(
        stores.keys, sealer, log_key_policy(key_policy(settings)), clock, KeyPurpose.LOG, (Algorithm.EDDSA,)
    )
    logs = logs_of(settings, stores, log_keys, entropy)
    roll = RollMemory(stores.federation_entities, stores.generations, clock)
    keyrings: tuple[Keyring, ...] = (federation, bundle_keys, log_keys)
    if settings.role is Role.REGION:
        keyrings = (keyring, encryption, federation, broker_keys, log_keys)
    egress = egress or Egress(is_development=settings.mode is not Mode.PRODUCTION)
    staff = StaffDesk(settings, database, stores.staff, stores.throttles, stores.events, entropy)
    hub = None
    if settings.role is Role.HUB:
        rules = ListRules(staff.is_governed, is_production=settings.mode is Mode.PRODUCTION)
        hub = Hub(
            settings,
            stores,
            acr,
            statements,
            bundle_keys,
            egress,
            clock,
            entropy,
            rules,
            logs[LogName.TRUST],
        )
    following = None
    if trust is None and hub is None:
        following = following_of(settings, stores, acr, federation, egress, clock, entropy)
    witness = None
    if settings.role is Role.REGION and settings.witness_memory_file is not None:
        witness_keys = Keyring(
            stores.keys,
            sealer,
            log_key_policy(key_policy(settings)),
            clock,
            KeyPurpose.WITNESS,
            (Algorithm.EDDSA,),
        )
        keyrings = (*keyrings, witness_keys)
        witness = witness_of(settings, stores, witness_keys, following.hub_log if following else None)
    if trust is None:
        trust = hub.snapshot if hub else following.trust if following else nobody(ladder_of(acr))
    locales = [language.tag for language in LANGUAGES]
    discovery = metadata(settings.issuer, acr, locales, key_encryptions(settings))
    published_keys = PublishedKeys(keyring, encryption_keys)
    superior = Superior(settings, statements, roll, trust)
    marks = MarkIssuer(superior.entity_id, statements, stores.federation_entities, roll)
    entities = EntityClients(settings, KeysByAddress(egress, at_once=max(settings.threads // 2, 1)))
    clients = known_clients(settings, stores, entities, trust, clock)
    own_entities = OwnEntities(
        settings, discovery, statements, published_keys, broker_keys, superior, marks, roll
    )
    chains = Chains.of(settings, stores, entities, trust, egress, entropy, own_entities, statements)
    protocol = Protocol(
        settings,
        stores,
        keyring,
        entropy,
        acr,
        encryption_keys,
        registrar=chains.registrar if settings.trust_anchor else None,
        clients=clients,
        peers=chains.peers if settings.trust_anchor else None,
        grants=BelievedGrants(stores.grants, trust, acr) if settings.trust_anchor else None,
    )
    factors = Factors(settings, stores, sealer, entropy)
    listening = listening_of(settings, stores, factors.throttle, entropy)
    contacts = Contacts(stores.accounts)
    post = Post(stores.outbox, sealer, messengers_of(settings, clock, entropy), clock, entropy)
    message_codes = MessageCodes(
        stores.challenges,
        post,
        MessageLimits(stores.throttles, settings.secret_key),
        factors.throttle,
        settings.secret_key,
        entropy,
    )
    changes = ChangeDesk(
        database,
        stores.changes,
        stores.events,
        kinds_of(
            settings,
            database,
            stores,
            staff,
            {one.purpose: one for one in keyrings},
            own_entities,
            statements,
            Enrolment(settings, own_entities, egress),
            hub,
            unprovable(settings),
            clock,
            entropy,
        ),
        entropy,
        delay=settings.change_delay,
    )
    broker = None
    if settings.role is Role.REGION and settings.trust_anchor:
        broker = Broker.of(
            settings, database, stores, clients, egress, broker_keys, sealer, trust, acr, clock, entropy
        )
    return Services(
        settings=settings,
        clock=clock,
        entropy=entropy,
        database=database,
        stores=stores,
        clients=clients,
        keyring=keyring,
        keyrings={one.purpose: one for one in keyrings},
        statements=statements,
        own_entities=own_entities,
        encryption_keys=encryption_keys,
        published_keys=published_keys,
        verifier=protocol.verifier,
        acr=acr,
        assurance=assurance,
        form_key=Secret(keyed_digest(settings.secret_key.reveal(), "form tokens")),
        issuer_host=urlsplit(settings.issuer).netloc.lower(),
        metadata=discovery,
        arrivals=protocol.arrivals(),
        pushed_authorization=protocol.pushed_authorization(),
        token_endpoint=protocol.token_endpoint(),
        userinfo=UserinfoEndpoint(protocol.audience, protocol.tokens, protocol.proofs),
        dpop_nonces=protocol.proofs.nonces,
        introspection=IntrospectionEndpoint(
            settings.issuer, protocol.authenticator, protocol.tokens, protocol.grants
        ),
        revocation=RevocationEndpoint(protocol.authenticator, protocol.verifier, stores.grants),
        code_display=protocol.code_display,
        show_code=protocol.show_code(),
        password_sign_in=factors.password_sign_in,
        second_factor=factors.second_factor,
        throttle=factors.throttle,
        passwords=factors.passwords,
        totp=factors.totp,
        hotp=Hotp(stores.hotp, sealer, PyotpEngine(), factors.throttle),
        text_messages=TextMessages(stores.text_messages, contacts, message_codes, settings.secret_key),
        message_codes=message_codes,
        post=post,
        contacts=contacts,
        passkeys=passkeys_of(settings, stores, entropy),
        gestures=gestures_of(settings, stores, entropy),
        qr_sign_ins=QrSignIns(
            stores.qr_sign_ins, stores.authenticators, stores.throttles, settings.secret_key, entropy
        ),
        faces=faces_of(settings, stores, sealer, factors.throttle, entropy),
        voices=listening.voices if listening else None,
        voice_enrolments=listening.enrolments if listening else None,
        recovery_codes=factors.recovery_codes,
        account_recovery=account_recovery_of(settings, stores, factors, entropy),
        draw_qr=qr_svg,
        egress=egress,
        telling=Telling(settings.issuer, stores.logouts, JoseSigner(keyring), stores.events, clock, entropy),
        logout_posts=LogoutPosts(egress),
        signals=Sending.of(settings, stores, protocol, keyring, sealer, egress, clock, entropy),
        trust=trust,
        broker=broker,
        hearing=(
            hearing_of(settings, database, stores, broker, egress, broker_keys, trust, acr, clock, entropy)
            if broker
            else None
        ),
        following=following,
        hub=hub,
        chains=chains,
        logs=logs,
        witness=witness,
        audit=Audit(stores.event_search, stores.audit_log, logs[LogName.AUDIT], entropy),
        staff=staff,
        changes=changes,
        support=SupportDesk(stores) if settings.role is Role.REGION else None,
        apps=(
            AppDesk(database, stores, AppParts.of(settings, database, stores, entropy), entropy)
            if settings.role is Role.REGION
            else None
        ),
        board=board,
        figure_memory=together.memory,
        figures=Figures(stores.figures, together.run),
        readiness=Readiness(database, stores.figures, keyrings, trust, together.is_stopping, clock),
    )


def _policy(settings: Settings, stores: Stores) -> AssurancePolicy:
    """The ladder that was agreed to last; before anybody agreed to one, that of the settings. Raises: BadPolicy."""
    return AssurancePolicy.read(present_policy(settings, stores.changes), settings.assurance_policy)


def unprovable(settings: Settings) -> frozenset[Property]:
    """What nobody can prove in this region, because the operator did not set up what it takes."""
    can = {
        Property.ATTESTED: settings.passkey_metadata_file is not None,
        Property.DECLARED_ENGINE: settings.face and bool(settings.face_engine_declared),
    }
    return frozenset(word for word, is_possible in can.items() if not is_possible)
