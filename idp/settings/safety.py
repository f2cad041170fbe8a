"""What must not be run, and why: each rule with the sentence that the operator reads."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from idp.foundation.secret import Secret
from idp.settings.values import DatabaseSync, Mode, Role, Settings


def unsafe(settings: Settings) -> list[str]:
    """What must not be run like this, one sentence each; empty when all is well."""
    return [
        *_issuer_problems(settings),
        *_passkey_problems(settings),
        *_federation_problems(settings),
        *_problems_anywhere(settings),
        *(_problems_in_production(settings) if settings.mode is Mode.PRODUCTION else ()),
    ]


def _problems_anywhere(settings: Settings) -> list[str]:
    return _said(
        (
            _is_guessable(settings.secret_key),
            "IDP_SECRET_KEY is too short or too regular: use 32 random characters or more",
        ),
        (
            settings.watch_bind == settings.bind,
            "IDP_WATCH_BIND is an address of its own: what is shown there is not for everybody",
        ),
        (
            bool(settings.mail_server) and not settings.mail_from,
            "IDP_MAIL_FROM is needed with IDP_MAIL_SERVER: the address that e-mails come from",
        ),
        (settings.code_lifetime > timedelta(seconds=60), "IDP_CODE_LIFETIME is at most 60 seconds"),
        (settings.staff_calls_per_minute < 1, "IDP_STAFF_CALLS_PER_MINUTE is at least 1"),
    )


def _problems_in_production(settings: Settings) -> list[str]:
    return _said(
        (
            settings.debug,
            "IDP_DEBUG is on: it shows internals to every visitor and is refused in production",
        ),
        (
            settings.database_sync is not DatabaseSync.FULL,
            "IDP_DATABASE_SYNC must be full in production: a used code must stay used after a power cut",
        ),
        (
            settings.change_delay < timedelta(hours=1),
            "IDP_CHANGE_DELAY is at least 1h in production: somebody must be able to notice and cancel",
        ),
        (
            settings.message_folder is not None,
            "IDP_MESSAGE_FOLDER keeps codes in files and sends nothing: refused in production",
        ),
        (
            settings.argon2_memory_kib < 19_456,
            "IDP_ARGON2_MEMORY_KIB is at least 19456 in production",
        ),
    )


def _federation_problems(settings: Settings) -> list[str]:
    return _said(
        (
            settings.role is Role.HUB and settings.trust_anchor not in ("", settings.issuer),
            "IDP_TRUST_ANCHOR is for regions: a hub is its own anchor",
        ),
        (
            settings.role is Role.REGION and bool(settings.trust_anchor) and settings.trust_keys_file is None,
            "IDP_TRUST_KEYS_FILE is needed with IDP_TRUST_ANCHOR: the hub's keys, brought by another way",
        ),
    )


def _passkey_problems(settings: Settings) -> list[str]:
    """Spec: WebAuthn Level 3 §5.1.3 step 8 (RP ID), §5.11 (related origins)."""
    host = urlsplit(settings.issuer).hostname or ""
    rp_id = settings.rp_id or host
    is_above = host == rp_id or host.endswith(f".{rp_id}")
    return _said(
        (
            not is_above and settings.issuer not in settings.passkey_origins,
            "IDP_RP_ID is the issuer's host or a domain above it, or IDP_PASSKEY_ORIGINS lists the issuer",
        ),
        *(
            (
                not _is_origin(address),
                "IDP_PASSKEY_ORIGINS has addresses such as https://id.example.org, without a path",
            )
            for address in settings.passkey_origins
        ),
    )


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


def _said(*rules: tuple[bool, str]) -> list[str]:
    """The sentences of the rules that are broken."""
    return [sentence for is_broken, sentence in rules if is_broken]


def _is_guessable(secret: Secret) -> bool:
    return len(secret) < 32 or len(set(secret.reveal())) < 10


def _is_origin(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("https", "http") and address == f"{parts.scheme}://{parts.netloc}"
