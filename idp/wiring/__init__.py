"""The only place where ports meet adapters: builds the frozen `Services` once for each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.accounts.contacts import Contacts
from idp.adapters.keyring import Keyring
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
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret
from idp.oidc.acr import AcrNames
from idp.oidc.discovery import metadata
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.ports import ClientDirectory, TokenVerifier
from idp.oidc.proofs import Property
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.web.locale import LANGUAGES
from idp.wiring.factors import (
    Factors,
    account_recovery_of,
    faces_of,
    gestures_of,
    listening_of,
    messengers_of,
    passkeys_of,
)
from idp.wiring.protocol import Protocol, key_policy


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
    protocol = Protocol(settings, stores, keyring, entropy, acr)
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


def unprovable(settings: Settings) -> frozenset[Property]:
    """What nobody can prove in this region, because the operator did not set up what it takes."""
    can = {
        Property.ATTESTED: settings.passkey_metadata_file is not None,
        Property.DECLARED_ENGINE: settings.face and bool(settings.face_engine_declared),
    }
    return frozenset(word for word, is_possible in can.items() if not is_possible)
