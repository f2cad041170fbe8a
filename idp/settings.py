"""Every setting, once: its type, its default, and what it means.

Read from the environment (`IDP_…`) and, below it, from a TOML file named by `IDP_SETTINGS_FILE` with the same names in
lower case. Start-up lists every problem at once and refuses what would be unsafe in production.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


class BadSettings(Exception):
    """The settings cannot be used; `problems` has one sentence for each fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


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
    keys by `jwks_uri`, no `token_endpoint_auth_method`, RSA-OAEP. Decision 39 says what it costs."""
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


_NOT_SETTINGS = frozenset({"IDP_SETTINGS_FILE", "IDP_STAFF_TOKEN_FILE"})
"""Where the settings are, and who runs a command: neither is about the installation."""


class _Unreadable(ValueError):
    pass


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read, check and freeze the settings.

    Raises: BadSettings — with every problem found.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    raw = _from_file(environment, problems) | _from_environment(environment, problems)
    values: dict[str, Any] = {}
    for name, value in raw.items():
        try:
            values[name] = _READERS[name](value)
        except (_Unreadable, ValueError, TypeError, KeyError) as error:
            problems.append(f"{_variable(name)}: {error}")
    for name in ("issuer", "secret_key"):
        if name not in raw:
            problems.append(f"{_variable(name)} is not set: {_HELP[name]}")
    if not {"issuer", "secret_key"} <= values.keys():
        raise BadSettings(tuple(problems))
    settings = Settings(**values)
    problems.extend(unsafe(settings))
    if problems:
        raise BadSettings(tuple(problems))
    return settings


def unsafe(settings: Settings) -> list[str]:
    """What must not be run like this, one sentence each; empty when all is well."""
    problems = [*_issuer_problems(settings), *_passkey_problems(settings), *_federation_problems(settings)]
    if len(settings.secret_key) < 32 or len(set(settings.secret_key.reveal())) < 10:
        problems.append("IDP_SECRET_KEY is too short or too regular: use 32 random characters or more")
    if settings.mode is Mode.PRODUCTION:
        if settings.debug:
            problems.append(
                "IDP_DEBUG is on: it shows internals to every visitor and is refused in production"
            )
        if settings.database_sync is not DatabaseSync.FULL:
            problems.append(
                "IDP_DATABASE_SYNC must be full in production: a used code must stay used after a power cut"
            )
        if settings.change_delay < timedelta(hours=1):
            problems.append(
                "IDP_CHANGE_DELAY is at least 1h in production: somebody must be able to notice and cancel"
            )
        if settings.message_folder is not None:
            problems.append(
                "IDP_MESSAGE_FOLDER keeps codes in files and sends nothing: refused in production"
            )
    if settings.watch_bind == settings.bind:
        problems.append("IDP_WATCH_BIND is an address of its own: what is shown there is not for everybody")
    if settings.mail_server and not settings.mail_from:
        problems.append("IDP_MAIL_FROM is needed with IDP_MAIL_SERVER: the address that e-mails come from")
    if settings.code_lifetime > timedelta(seconds=60):
        problems.append("IDP_CODE_LIFETIME is at most 60 seconds")
    if settings.argon2_memory_kib < 19_456 and settings.mode is Mode.PRODUCTION:
        problems.append("IDP_ARGON2_MEMORY_KIB is at least 19456 in production")
    return problems


def _federation_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.role is Role.HUB and settings.trust_anchor not in ("", settings.issuer):
        problems.append("IDP_TRUST_ANCHOR is for regions: a hub is its own anchor")
    if settings.role is Role.REGION and settings.trust_anchor and settings.trust_keys_file is None:
        problems.append(
            "IDP_TRUST_KEYS_FILE is needed with IDP_TRUST_ANCHOR: the hub's keys, brought by another way"
        )
    return problems


def _passkey_problems(settings: Settings) -> list[str]:
    """Spec: WebAuthn Level 3 §5.1.3 step 8 (RP ID), §5.11 (related origins)."""
    host = urlsplit(settings.issuer).hostname or ""
    rp_id = settings.rp_id or host
    problems = []
    is_above = host == rp_id or host.endswith(f".{rp_id}")
    if not is_above and settings.issuer not in settings.passkey_origins:
        problems.append(
            "IDP_RP_ID is the issuer's host or a domain above it, or IDP_PASSKEY_ORIGINS lists the issuer"
        )
    for origin in settings.passkey_origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("https", "http") or origin != f"{parts.scheme}://{parts.netloc}":
            problems.append(
                "IDP_PASSKEY_ORIGINS has addresses such as https://id.example.org, without a path"
            )
    return problems


def _issuer_problems(settings: Settings) -> list[str]:
    parts = urlsplit(settings.issuer)
    host = parts.hostname or ""
    if (
        parts.scheme not in ("https", "http")
        or not host
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        return ["IDP_ISSUER must be an address such as https://id.example.org, without query or fragment"]
    if parts.path:
        return ["IDP_ISSUER has no path and no trailing slash: the provider lives at the root of its host"]
    if parts.scheme == "https":
        return []
    if settings.mode is Mode.PRODUCTION:
        return ["IDP_ISSUER must be https in production: over http everyone on the way could read the tokens"]
    if host not in ("localhost", "127.0.0.1", "::1") and not host.endswith(".localhost"):
        return ["IDP_ISSUER may be http only on this machine (a name under localhost)"]
    return []


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, value in environment.items():
        if not variable.startswith("IDP_") or variable in _NOT_SETTINGS:
            continue
        name = variable.removeprefix("IDP_").lower()
        if name == "secret_key_file":
            _read_secret_file(value, found, problems)
        elif name in _READERS:
            found[name] = value
        else:
            problems.append(f"{variable} is not a setting")
    return found


def _from_file(environment: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    path = environment.get("IDP_SETTINGS_FILE")
    if not path:
        return {}
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"IDP_SETTINGS_FILE cannot be read: {error}")
        return {}
    found: dict[str, Any] = {}
    for name, value in content.items():
        if name == "secret_key_file":
            _read_secret_file(str(value), found, problems)
        elif name in _READERS:
            found[name] = value
        else:
            problems.append(f"{name} in {path} is not a setting")
    return found


def _read_secret_file(path: str, found: dict[str, Any], problems: list[str]) -> None:
    try:
        found["secret_key"] = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"IDP_SECRET_KEY_FILE cannot be read: {error}")


def _variable(name: str) -> str:
    return f"IDP_{name.upper()}"


def _duration(value: Any) -> timedelta:
    """Seconds as a number, or a number with s, m, h or d: `90`, `15m`, `12h`."""
    text = str(value).strip()
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:], 0)
    number = text[:-1] if unit else text
    if not number.isdecimal() or int(number) == 0:
        raise _Unreadable("write a length of time such as 90s, 15m, 12h or 30d")
    return timedelta(seconds=int(number) * (unit or 1))


def _number(value: Any) -> int:
    if not str(value).isdecimal() or int(value) == 0:
        raise _Unreadable("write a whole number above zero")
    return int(value)


def _flag(value: Any) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    answer = known.get(str(value).lower())
    if answer is None:
        raise _Unreadable("write true or false")
    return answer


def _texts(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(tag): str(text) for tag, text in value.items()}
    pairs = [part.partition("=") for part in str(value).split(",")]
    if not all(tag and text for tag, _, text in pairs):
        raise _Unreadable("write language=name pairs: en=East,zh-CN=东区")
    return {tag.strip(): text.strip() for tag, _, text in pairs}


def _list(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _networks(value: Any) -> tuple[Network, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(ipaddress.ip_network(str(part).strip()) for part in parts if str(part).strip())


_BY_TYPE: Mapping[str, Callable[[Any], Any]] = {
    "str": str,
    "Secret": Secret,
    "Mode": Mode,
    "Role": Role,
    "DatabaseSync": DatabaseSync,
    "Mapping[str, str]": _texts,
    "timedelta": _duration,
    "int": _number,
    "Path | None": Path,
    "tuple[Network, ...]": _networks,
    "tuple[str, ...]": _list,
    "bool": _flag,
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    item.name: _BY_TYPE[item.type] for item in fields(Settings) if isinstance(item.type, str)
}
_HELP = {
    "issuer": "the provider's public address, such as https://id.example.org",
    "secret_key": "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
}
