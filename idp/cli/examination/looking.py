"""What several examinations look through: the services on the database, if it can be opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idp.authn.assurance_policy import BadPolicy
from idp.authn.factors.passkey_values import BadMetadata
from idp.cli.opening import require_reachable
from idp.settings import BadSettings, Settings
from idp.wiring import Services, build_services

SAID_ELSEWHERE = (BadPolicy, BadMetadata, BadSettings)
"""What keeps the services from being built and is told by the examination of the thing itself."""


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The services, migrated or not.

    Raises: StorageError; BrokenSeal; SAID_ELSEWHERE.
    """
    require_reachable(settings)
    services = build_services(settings)
    try:
        yield services
    finally:
        services.close()


def is_there(settings: Settings) -> bool:
    """False for a database file that nobody made yet, which opening it would make."""
    path = sqlite_file(settings)
    return path is None or path.exists()


def sqlite_file(settings: Settings) -> Path | None:
    """None on PostgreSQL."""
    scheme, _, path = settings.database_url.partition(":///")
    return Path(path.partition("?")[0]) if scheme.startswith("sqlite") else None
