"""Every setting, once: its type, its default, and what it means."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from idp.foundation.secret import Secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Mode(StrEnum):
    """What the installation is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    DEMO = "demo"


class Role(StrEnum):
    """What this installation is in the federation."""

    REGION = "region"
    """Signs its citizens in: provider, intermediate for its mini-apps, broker towards other regions."""
    HUB = "hub"
    """Anchors trust: the list of regions. It never sees a citizen."""


class DatabaseSync(StrEnum):
    """What a commit waits for."""

    FULL = "full"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration of one provider. Immutable after start."""

    issuer: str
    """The provider's public address, without a trailing slash. It is the `iss` of every token: choose it once."""
    secret_key: Secret
    """32 or more random characters that seal private keys and TOTP seeds and sign form tokens. Lost, they are lost."""
    mode: Mode = Mode.PRODUCTION
    """`production`, `development` (http on names under localhost) or `demo` (the same, with the demo's people)."""
    role: Role = Role.REGION
    """`region` (signs citizens in) or `hub` (anchors trust between the regions, and signs nobody in)."""
    trust_anchor: str = ""
    """The hub of the federation: its entity id, such as `https://hub.example.org`. Empty: a region by itself."""
    trust_keys_file: Path | None = None
    """The hub's keys for bundles (a JWK Set), brought here by another way than the network. Needed with a hub."""
    trust_mirrors: tuple[str, ...] = ()
    """Where else the trust bundle can be fetched, beside the hub: addresses of the document. It proves itself."""
    trust_poll: timedelta = timedelta(seconds=30)
    """How often the trust bundle is looked for, a fifth more or less; a push from the hub comes on top."""
    signal_poll: timedelta = timedelta(seconds=10)
    """How often each region that visitors come from is asked what has ended there; a sign-out is told at once."""
    witness_memory_file: Path | None = None
    """Where this region remembers what it cosigned as a witness. Empty: it is none. Outside of every backup."""
    witness_logs: tuple[str, ...] = ()
    """Keys of further logs to cosign beside the hub's, as C2SP vkeys: the name in a key is the origin of its log."""
    mini_app_domains: tuple[str, ...] = ()
    """Domains of the region's mini-apps beside its own host (`.apps.example.org`): where its statements may reach."""
    compat: bool = False
    """Accept what older clients and certification need of entities of the federation: signed requests without PKCE,
    keys by `jwks_uri`, no `token_endpoint_auth_method`, RSA-OAEP, the token endpoint as the audience of an assertion
    that is sent there. Decision 39 says what it costs."""
    region: str = "region"
    """Short name of the region, in every client row."""
    region_name: Mapping[str, str] = field(default_factory=lambda: {"en": "Tongxing", "zh-CN": "通行"})
    """What pages call the region: language tag to name. In the environment: `en=East,zh-CN=东区`."""
    default_locale: str = "zh-CN"
    """The language of a page when the visitor asks for none we have."""
    support_contact: str = ""
    """Shown on the help and error pages: a telephone number or an address."""
    database_url: str = "sqlite:///tongxing.db"
    """SQLAlchemy address of the database: `sqlite:///file` or `postgresql+psycopg://user@host/name`."""
    database_sync: DatabaseSync = DatabaseSync.FULL
    """`full`: an acknowledged commit survives a power cut. `normal`: faster, may lose the last moments (tests)."""
    acr_prefix: str = "urn:tongxing:acr:"
    """Prefix of the `acr` values; levels 1, 2 and 3 follow it."""
    code_lifetime: timedelta = timedelta(seconds=60)
    """How long an authorization code may wait to be redeemed. Longer helps slow clients and thieves alike."""
    access_token_lifetime: timedelta = timedelta(minutes=5)
    """How long an access token is good for. Resources that verify offline learn of a revocation only after it."""
    id_token_lifetime: timedelta = timedelta(minutes=5)
    """How long an ID token may be presented as fresh."""
    refresh_token_lifetime: timedelta = timedelta(days=14)
    """How long a refresh token may wait unused."""
    offline_grant_lifetime: timedelta = timedelta(days=90)
    """How long a grant with `offline_access` lives; without it a grant ends with the browser session."""
    session_lifetime: timedelta = timedelta(hours=12)
    """How long a browser stays signed in at most."""
    session_idle: timedelta = timedelta(hours=1)
    """How long a browser stays signed in without being used."""
    transaction_lifetime: timedelta = timedelta(minutes=15)
    """How long a person may take from arriving to agreeing."""
    recent_sign_in: timedelta = timedelta(minutes=10)
    """How fresh a sign-in must be to change passwords, TOTP or recovery codes."""
    assurance_policy: str = "strict"
    """The ladder behind `acr`: `strict` (NIST SP 800-63B-4), `cn-gov`, or the path of a file of the region's own."""
    rp_id: str = ""
    """The name that passkeys belong to: a domain above every region's host. Never change it. Empty: the issuer's."""
    passkey_origins: tuple[str, ...] = ()
    """Further addresses where passkeys of `rp_id` may be used: `https://id.example.org,https://id.example.com`."""
    passkey_metadata_file: Path | None = None
    """The FIDO Metadata Service blob, downloaded by the operator: with it passkeys may prove who made them."""
    passkey_metadata_root: Path | None = None
    """A certificate (PEM) to believe for that blob, in place of the one behind the FIDO Alliance's own."""
    face: bool = False
    """Offer the face check. Needs the extra `face`, and an impact assessment (`docs/how-to/face.md`)."""
    face_engine_declared: str = ""
    """Where the test report of the face engine can be read. Without one a face never raises a level."""
    face_processes: int = 1
    """Processes that compare faces, for each server process; they start with the first face."""
    voice: bool = False
    """Offer the voice check. Needs the extra `voice`; it never raises a level."""
    mail_server: str = ""
    """Where e-mails are handed over, by TLS: `smtps://user:password@mail.example.org:465` or `smtp://…:587`."""
    mail_from: str = ""
    """The address that e-mails come from. Needed with a mail server."""
    text_message_command: str = ""
    """A program that sends one text message: it reads `{"to": …, "text": …}` from its input and ends with 0."""
    message_folder: Path | None = None
    """Write e-mails and text messages into this folder instead of sending them (development and demo)."""
    recovery_wait: timedelta = timedelta(days=1)
    """How long a recovery waits, after notice on every channel, before a new credential may be set."""
    key_lifetime: timedelta = timedelta(days=90)
    """How long a signing key signs before its successor takes over."""
    key_publish_ahead: timedelta = timedelta(days=1)
    """How long a key is published before it signs, so that every verifier has it by then."""
    key_keep_published: timedelta = timedelta(days=1)
    """How long a key stays published for verification after it stopped signing."""
    change_delay: timedelta = timedelta(days=1)
    """How long an approved change that widens trust waits, and can be cancelled. At least an hour in production."""
    staff_calls_per_minute: int = 600
    """Calls of the staff's API with one token in a minute. Whoever makes more is told how long to wait.

    Each worker process takes a sixtieth at a time: who calls many of them is told earlier, by less than that for each.
    """
    argon2_memory_kib: int = 19_456
    """Memory of one password hash, KiB (OWASP's 19 MiB set). More is stronger and slower."""
    argon2_passes: int = 2
    """Passes of one password hash."""
    argon2_concurrency: int = 2
    """Password hashes computed at once in one process; further sign-ins wait their turn."""
    password_min_length: int = 15
    """Shortest password accepted, in characters: 15 where a password alone opens an account (NIST SP 800-63B-4)."""
    password_blocklist_file: Path | None = None
    """Further refused passwords, one a line, beside the built-in list."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose X-Forwarded-For, -Proto and -Host are believed: `10.0.0.0/8,127.0.0.1/32`. None by default."""
    bind: str = "127.0.0.1:8000"
    """Where `idp serve` listens: an IP address and a port, `127.0.0.1:8000`."""
    watch_bind: str = ""
    """Where `idp serve` answers probes and shows its figures: an address of its own, which no proxy leads to. Empty:
    `127.0.0.1:9464` in production, nowhere in other modes."""
    stop_notice: timedelta = timedelta(seconds=5)
    """How long a production server says at `/readyz` that it stops, before it does: balancers must hear it."""
    workers: int = 2
    """Server processes; one a core."""
    threads: int = 4
    """Requests handled at once in each process."""
    debug: bool = False
    """Show tracebacks in the browser. Refused in production."""
