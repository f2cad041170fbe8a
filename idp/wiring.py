"""The only place where ports meet adapters: builds the frozen `Services` once for each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from idp.accounts.names import normalise_identifier
from idp.adapters.argon2 import Argon2Hasher
from idp.adapters.jose import JoseSigner, JoseVerifier
from idp.adapters.keyring import Keyring
from idp.adapters.pyotp_totp import PyotpEngine
from idp.adapters.qr import qr_svg
from idp.adapters.sealing import Sealer
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.factors.password import PasswordPolicy, Passwords
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.totp import Totp
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
from idp.oidc.revocation import RevocationEndpoint
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
    form_key: Secret
    issuer_host: str
    metadata: Mapping[str, Any]
    token_endpoint: TokenEndpoint
    userinfo: UserinfoEndpoint
    introspection: IntrospectionEndpoint
    revocation: RevocationEndpoint
    password_sign_in: PasswordSignIn
    second_factor: SecondFactor
    throttle: Throttle
    passwords: Passwords
    totp: Totp
    recovery_codes: RecoveryCodes
    draw_qr: Callable[[str], str]


def build_services(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> Services:
    """Join everything. Opens the database and the keys; makes no tables.

    Raises: whatever the database says when it is missing or not migrated; BrokenSeal — another secret key sealed it.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    database = Database(settings.database_url, settings.database_sync)
    stores = Stores.on(database, settings)
    sealer = Sealer(settings.secret_key, entropy)
    keyring = Keyring(stores.keys, sealer, key_policy(settings), clock)
    acr = AcrNames(settings.acr_prefix)
    protocol = _Protocol(settings, stores, keyring, entropy, acr)
    factors = _Factors(settings, stores, sealer, entropy)
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
        form_key=Secret(keyed_digest(settings.secret_key.reveal(), "form tokens")),
        issuer_host=urlsplit(settings.issuer).netloc.lower(),
        metadata=metadata(settings.issuer, acr, [language.tag for language in LANGUAGES]),
        token_endpoint=protocol.token_endpoint(),
        userinfo=UserinfoEndpoint(protocol.audience, protocol.tokens),
        introspection=IntrospectionEndpoint(
            settings.issuer, protocol.authenticator, protocol.tokens, stores.grants
        ),
        revocation=RevocationEndpoint(protocol.authenticator, protocol.verifier, stores.grants),
        password_sign_in=factors.password_sign_in,
        second_factor=factors.second_factor,
        throttle=factors.throttle,
        passwords=factors.passwords,
        totp=factors.totp,
        recovery_codes=factors.recovery_codes,
        draw_qr=qr_svg,
    )


def key_policy(settings: Settings) -> KeyPolicy:
    """The key schedule that the settings ask for."""
    return KeyPolicy(
        lifetime=settings.key_lifetime,
        publish_ahead=settings.key_publish_ahead,
        keep_published=settings.key_keep_published,
    )


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
