"""Everything a view or a command works with, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.accounts.contacts import Contacts
from idp.adapters.egress import Egress
from idp.adapters.encryption_keys import EncryptionKeys, PublishedKeys
from idp.adapters.keyring import Keyring
from idp.adapters.logout_posts import LogoutPosts
from idp.authn.account_recovery import AccountRecovery
from idp.authn.assurance import Assurance
from idp.authn.counter_visits import CounterVisits
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
from idp.authn.post import Post
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.foundation.board import Board, Memory
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.foundation.secret import Secret
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.arrival import Arrivals
from idp.oidc.dpop_nonces import DpopNonces
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.keys import KeyPurpose
from idp.oidc.par import PushedAuthorizationEndpoint
from idp.oidc.ports import ClientDirectory, TokenVerifier
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.settings import Settings
from idp.signals.telling import Telling
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.transparency.leaves import LogName
from idp.wiring.brokering.broker import Broker
from idp.wiring.figures import Figures
from idp.wiring.following.following import Following
from idp.wiring.following.trust import Trust
from idp.wiring.governing.app_desk import AppDesk
from idp.wiring.governing.change_desk import ChangeDesk
from idp.wiring.governing.staff_desk import StaffDesk
from idp.wiring.governing.support_desk import SupportDesk
from idp.wiring.hub.hub import Hub
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements
from idp.wiring.readiness import Readiness
from idp.wiring.registering.chains import Chains
from idp.wiring.signalling.home_streams import HomeStreams
from idp.wiring.signalling.sending import Sending
from idp.wiring.witnessing.audit import Audit
from idp.wiring.witnessing.log import Log
from idp.wiring.witnessing.witness_desk import WitnessDesk


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
    counter_visits: CounterVisits
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

    def close(self) -> None:
        """Give back every connection: to other servers, and to the database."""
        self.egress.close()
        self.database.close()
