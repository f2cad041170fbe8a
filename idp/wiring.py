"""The only place where ports meet adapters: builds the frozen `Services` once for each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from idp.accounts.contacts import Contacts
from idp.accounts.names import normalise_identifier
from idp.adapters.argon2 import Argon2Hasher
from idp.adapters.device_keys import DeviceKeySignatures
from idp.adapters.dlib_face import DlibFaceEngine, missing_packages
from idp.adapters.face_pool import FacePool
from idp.adapters.file_messages import FolderMessenger
from idp.adapters.jose import JoseSigner, JoseVerifier
from idp.adapters.keyring import Keyring
from idp.adapters.py_webauthn import PyWebauthn
from idp.adapters.pyotp_engine import PyotpEngine
from idp.adapters.qr import qr_svg
from idp.adapters.sealing import Sealer
from idp.adapters.sms_command import CommandMessenger
from idp.adapters.smtp_mail import MailServer, SmtpMessenger
from idp.adapters.template_vault import KeyedVault, RotatingVault
from idp.authn.account_recovery import AccountRecovery
from idp.authn.assurance import Assurance
from idp.authn.assurance_policy import AssurancePolicy
from idp.authn.code_guesses import CodeGuesses
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.factors.face import Faces
from idp.authn.factors.gesture import Gestures
from idp.authn.factors.hotp import Hotp
from idp.authn.factors.passkey import Passkeys
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_values import Makers
from idp.authn.factors.password import PasswordPolicy, Passwords
from idp.authn.factors.qr import QrSignIns
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.text_message import TextMessages
from idp.authn.factors.totp import Totp
from idp.authn.factors.voice import Voices
from idp.authn.factors.voice_enrolment import VoiceEnrolments
from idp.authn.message_codes import MessageCodes
from idp.authn.message_limits import MessageLimits
from idp.authn.messages import Channel, Messenger
from idp.authn.post import Post
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.foundation.clock import Clock, SystemClock
from idp.foundation.entropy import Entropy, SystemEntropy
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret
from idp.oidc.acr import AcrNames
from idp.oidc.bearer import BearerTokens
from idp.oidc.discovery import USERINFO_PATH, metadata
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.key_schedule import KeyPolicy
from idp.oidc.ports import ClientDirectory, TokenVerifier
from idp.oidc.proofs import Property
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay, Redemption
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.context import GrantServices, ReuseListener
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.token.issue import Lifetimes, Mint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.web.locale import LANGUAGES


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
    verifier: TokenVerifier
    acr: AcrNames
    assurance: Assurance
    form_key: Secret
    issuer_host: str
    metadata: Mapping[str, Any]
    token_endpoint: TokenEndpoint
    userinfo: UserinfoEndpoint
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


def build_services(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> Services:
    """Join everything. Opens the database and the keys; makes no tables.

    Raises: whatever the database says when it is missing or not migrated; BrokenSeal — another secret key sealed it;
    BadPolicy — the assurance policy cannot be read.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    database = Database(settings.database_url, settings.database_sync)
    stores = Stores.on(database, settings)
    sealer = Sealer(settings.secret_key, entropy)
    keyring = Keyring(stores.keys, sealer, key_policy(settings), clock)
    assurance = Assurance(AssurancePolicy.load(settings.assurance_policy).without(unprovable(settings)))
    acr = AcrNames(settings.acr_prefix, assurance.highest)
    protocol = _Protocol(settings, stores, keyring, entropy, acr)
    factors = _Factors(settings, stores, sealer, entropy)
    listening = _listening(settings, stores, factors.throttle, entropy)
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
    return Services(
        settings=settings,
        clock=clock,
        entropy=entropy,
        database=database,
        stores=stores,
        clients=stores.clients,
        keyring=keyring,
        verifier=protocol.verifier,
        acr=acr,
        assurance=assurance,
        form_key=Secret(keyed_digest(settings.secret_key.reveal(), "form tokens")),
        issuer_host=urlsplit(settings.issuer).netloc.lower(),
        metadata=metadata(settings.issuer, acr, [language.tag for language in LANGUAGES]),
        token_endpoint=protocol.token_endpoint(),
        userinfo=UserinfoEndpoint(protocol.audience, protocol.tokens),
        introspection=IntrospectionEndpoint(
            settings.issuer, protocol.authenticator, protocol.tokens, stores.grants
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
    )


def account_recovery_of(
    settings: Settings, stores: Stores, factors: _Factors, entropy: Entropy
) -> AccountRecovery:
    """The ways back into an account."""
    return AccountRecovery(
        stores.recoveries,
        stores.accounts,
        factors.recovery_codes,
        factors.second_factor,
        factors.throttle,
        normalise_identifier,
        wait=settings.recovery_wait,
        secret=settings.secret_key,
        entropy=entropy,
    )


def gestures_of(settings: Settings, stores: Stores, entropy: Entropy) -> Gestures:
    """The patterns of this region; they belong to the issuer's origin."""
    place = urlsplit(settings.issuer)
    origin = f"{place.scheme}://{place.netloc.lower()}"
    return Gestures(stores.device_keys, stores.challenges, DeviceKeySignatures(), origin, entropy)


def unprovable(settings: Settings) -> frozenset[Property]:
    """What nobody can prove in this region, because the operator did not set up what it takes."""
    can = {
        Property.ATTESTED: settings.passkey_metadata_file is not None,
        Property.DECLARED_ENGINE: settings.face and bool(settings.face_engine_declared),
    }
    return frozenset(word for word, is_possible in can.items() if not is_possible)


def key_policy(settings: Settings) -> KeyPolicy:
    """The key schedule that the settings ask for."""
    return KeyPolicy(
        lifetime=settings.key_lifetime,
        publish_ahead=settings.key_publish_ahead,
        keep_published=settings.key_keep_published,
    )


def passkeys_of(settings: Settings, stores: Stores, entropy: Entropy) -> Passkeys:
    """The passkeys of this region. Raises: BadMetadata — the makers' list cannot be believed."""
    place = urlsplit(settings.issuer)
    rp_id = settings.rp_id or place.hostname or ""
    name = next(iter(settings.region_name.values()), rp_id)
    return Passkeys(
        RpIdentity(rp_id, name, settings.issuer),
        stores.passkeys,
        stores.authenticators,
        stores.challenges,
        stores.accounts,
        PyWebauthn(rp_id, f"{place.scheme}://{place.netloc.lower()}"),
        _makers(settings),
        entropy,
    )


def faces_of(
    settings: Settings, stores: Stores, sealer: Sealer, throttle: Throttle, entropy: Entropy
) -> Faces | None:
    """The face check; None where it is off, or its extra is not installed (`idp doctor` says so)."""
    if not settings.face or missing_packages():
        return None
    # Half of the threads at most are ever with faces, so that the others go on answering.
    at_once = max(1, settings.threads // 2)
    return Faces(
        stores.faces,
        stores.challenges,
        FacePool(DlibFaceEngine, processes=settings.face_processes, at_once=at_once),
        RotatingVault(settings.secret_key, entropy),
        sealer,
        throttle,
        entropy,
        is_declared=bool(settings.face_engine_declared),
    )


class _Listening:
    """The voice check. Needs numpy, an extra of the installation."""

    def __init__(self, settings: Settings, stores: Stores, throttle: Throttle, entropy: Entropy) -> None:
        from idp.adapters.numpy_voice import NumpyListener

        listener, vault = NumpyListener(), KeyedVault(settings.secret_key, entropy)
        self.voices = Voices(
            stores.voices, stores.authenticators, stores.challenges, vault, listener, throttle, entropy
        )
        self.enrolments = VoiceEnrolments(
            stores.voices, stores.challenges, vault, listener, throttle, entropy
        )


def _listening(settings: Settings, stores: Stores, throttle: Throttle, entropy: Entropy) -> _Listening | None:
    """None where the voice check is off, or its extra is not installed (`idp doctor` says so)."""
    if not settings.voice or find_spec("numpy") is None:
        return None
    return _Listening(settings, stores, throttle, entropy)


def messengers_of(settings: Settings, clock: Clock, entropy: Entropy) -> dict[Channel, Messenger]:
    """How messages are sent here. Raises: BadMailServer, BadCommand."""
    if settings.message_folder is not None:
        return dict.fromkeys(Channel, FolderMessenger(settings.message_folder, clock, entropy))
    found: dict[Channel, Messenger] = {}
    if settings.mail_server:
        server = MailServer.parse(settings.mail_server)
        found[Channel.EMAIL] = SmtpMessenger(server, settings.mail_from, clock)
    if settings.text_message_command:
        found[Channel.SMS] = CommandMessenger(settings.text_message_command)
    return found


def _makers(settings: Settings) -> Makers | None:
    if settings.passkey_metadata_file is None:
        return None
    # A list of hundreds of models and the library to read it: only where an operator has one.
    from idp.adapters.fido_mds import FidoMetadata

    return FidoMetadata.load(settings.passkey_metadata_file, settings.passkey_metadata_root)


class _Protocol:
    """The protocol side: who calls, what they get."""

    def __init__(
        self, settings: Settings, stores: Stores, keyring: Keyring, entropy: Entropy, acr: AcrNames
    ) -> None:
        self.audience = settings.issuer + USERINFO_PATH
        self.verifier = JoseVerifier(keyring)
        self.tokens = BearerTokens(settings.issuer, self.verifier, stores.clients, stores.grants)
        self.authenticator = ClientAuthenticator(
            settings.issuer, stores.clients, stores.assertions, self.verifier
        )
        self.code_display = CodeDisplay(settings.issuer, stores.shown_codes, settings.secret_key, entropy)
        self._guesses = CodeGuesses(stores.throttles, settings.secret_key)
        self._acr, self._entropy = acr, entropy
        self._stores = stores
        self._mint = Mint(
            settings.issuer, self.audience, acr, _lifetimes(settings), JoseSigner(keyring), entropy
        )

    def token_endpoint(self) -> TokenEndpoint:
        grants = GrantServices(
            self._mint,
            self._stores.codes,
            self._stores.grants,
            on_code_reuse=self._on_reuse(EventKind.CODE_REUSED),
            on_refresh_reuse=self._on_reuse(EventKind.REFRESH_TOKEN_REUSED),
        )
        return TokenEndpoint(self.authenticator, grants)

    def show_code(self) -> ShowCodeEndpoint:
        return ShowCodeEndpoint(
            self.tokens.issuer,
            self._acr,
            self.authenticator,
            self.code_display,
            self._stores.shown_codes,
            self._guesses,
            self._stores.subjects,
            self._entropy,
            self._on_code_redeemed,
        )

    def _on_code_redeemed(self, account_id: str, redemption: Redemption) -> None:
        told = " ".join(redemption.released)
        kind, at = EventKind.SHOWN_CODE_REDEEMED, redemption.at
        self._stores.events.record(Event(kind, at, account_id, redemption.client_id, told))

    def _on_reuse(self, kind: EventKind) -> ReuseListener:
        def record(grant_id: str, client_id: str, now: datetime) -> None:
            self._stores.events.record(Event(kind, now, client_id=client_id, subject=grant_id))

        return record


class _Factors:
    """The sign-in side: what proves who somebody is."""

    def __init__(self, settings: Settings, stores: Stores, sealer: Sealer, entropy: Entropy) -> None:
        hasher = Argon2Hasher(
            memory_kib=settings.argon2_memory_kib,
            passes=settings.argon2_passes,
            concurrency=settings.argon2_concurrency,
        )
        policy = PasswordPolicy(
            settings.password_min_length,
            Blocklist.load(settings.password_blocklist_file),
            tuple(settings.region_name.values()),
        )
        self.throttle = Throttle(stores.throttles, settings.secret_key)
        self.passwords = Passwords(stores.credentials, hasher, policy)
        self.totp = Totp(stores.credentials, sealer, PyotpEngine(), entropy)
        self.recovery_codes = RecoveryCodes(stores.credentials, settings.secret_key, entropy)
        self.password_sign_in = PasswordSignIn(
            stores.accounts, stores.credentials, hasher, self.throttle, normalise_identifier
        )
        self.second_factor = SecondFactor(self.totp, self.recovery_codes, self.throttle)


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        access_token=settings.access_token_lifetime,
        id_token=settings.id_token_lifetime,
        refresh_token=settings.refresh_token_lifetime,
    )
