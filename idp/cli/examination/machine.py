"""What could be wrong with the machine: files, its clock, who can reach it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from idp.cli.examination.looking import sqlite_file
from idp.cli.finding import Finding, advice, fault, good
from idp.foundation.resources import Folder, folder
from idp.settings import Mode, Settings

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows an earlier day than this release."""
WIDE_PREFIX = {4: 8, 6: 16}
"""A trusted network wider than this is somebody's mistake."""


def shipped_folders() -> Iterator[Finding]:
    """Pages, styles, migrations and translations are part of the installation."""
    names: tuple[Folder, ...] = ("templates", "static", "migrations", "translations")
    for name in names:
        try:
            found = folder(name)
        except FileNotFoundError as missing:
            yield fault(str(missing))
            continue
        if name == "translations" and not any(found.rglob("*.mo")):
            yield fault(
                f"the translations in {found} are not compiled, so every page is in English: install again"
            )
    yield good("pages, styles, migrations and translations are here")


def clock(now: datetime) -> Iterator[Finding]:
    """Tokens live for minutes, so that a wrong clock refuses or admits everybody."""
    if now < RELEASED:
        yield fault(
            f"the clock shows {now:%Y-%m-%d}, before this release was made: set it and keep it by NTP"
        )
    else:
        yield good(f"the clock shows {now:%Y-%m-%d %H:%M:%S} UTC")


def network(settings: Settings) -> Iterator[Finding]:
    """Who is believed about addresses, and what stands before the server."""
    for trusted in settings.trusted_proxies:
        if trusted.prefixlen < WIDE_PREFIX[trusted.version]:
            yield fault(
                f"IDP_TRUSTED_PROXIES has {trusted}, so anybody may claim any address: name the proxies alone"
            )
    if settings.issuer.startswith("https://") and not settings.trusted_proxies:
        yield advice(
            "the issuer is https and the server itself speaks http: name the proxy before it in IDP_TRUSTED_PROXIES"
        )
    if settings.watch_bind.rpartition(":")[0] in ("0.0.0.0", "[::]"):
        yield advice(
            "IDP_WATCH_BIND listens everywhere: whoever reaches that port reads the figures, so name one address "
            "or keep others away from it"
        )
    host = settings.bind.rpartition(":")[0]
    if host in ("0.0.0.0", "[::]") and settings.mode is not Mode.PRODUCTION:
        yield fault(f"IDP_BIND opens the {settings.mode} installation to the network: bind it to 127.0.0.1")


def secret_files(settings: Settings) -> Iterator[Finding]:
    """Files that nobody else may read."""
    key_file = os.environ.get("IDP_SECRET_KEY_FILE")
    for path in (Path(key_file) if key_file else None, sqlite_file(settings)):
        if path is not None and path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield advice(f"{path} can be read by others on this machine: chmod 600 {path}")
