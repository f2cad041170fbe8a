"""What nearly every command begins with: the settings, and the services on a database that is ready for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from idp.cli.output import Refused
from idp.settings import BadSettings, Settings, load

if TYPE_CHECKING:
    from idp.wiring import Services


def load_settings() -> Settings:
    """The settings. Raises: Refused — with every problem found."""
    try:
        return load()
    except BadSettings as bad:
        raise Refused(*bad.problems) from bad


@contextmanager
def open_services() -> Iterator[Services]:
    """The services, for as long as the block runs.

    Raises: Refused — the database, the secret key, the assurance policy, the list of passkey makers or
    the file of the hub's keys is not right.
    """
    from idp.authn.assurance_policy import BadPolicy
    from idp.authn.factors.passkey_values import BadMetadata
    from idp.authn.factors.seal import BrokenSeal
    from idp.storage.failures import StorageError
    from idp.wiring import build_services

    settings = load_settings()
    try:
        services = build_services(settings)
        try:
            require_migrated(settings)
            yield services
        finally:
            services.close()
    except StorageError as error:
        raise Refused(f"the database cannot be used: {error}") from error
    except BadPolicy as error:
        raise Refused(f"the assurance policy (IDP_ASSURANCE_POLICY) cannot be used: {error}") from error
    except BadSettings as bad:
        raise Refused(*bad.problems) from bad
    except BadMetadata as error:
        raise Refused(f"{error} (IDP_PASSKEY_METADATA_FILE)") from error
    except BrokenSeal as error:
        raise Refused(
            "the secret key (IDP_SECRET_KEY) is not the one that sealed the keys in this database: set the right one"
        ) from error


def require_reachable(settings: Settings) -> None:
    """Raises: StorageUnavailable — with the reason in words, which the migrations would not give."""
    from idp.storage.db import Database
    from idp.storage.failures import SchemaOutdated
    from idp.storage.generations import GenerationRepository, Remembered

    database = Database(settings.database_url, settings.database_sync)
    try:
        GenerationRepository(database).of(Remembered.KEYS)
    except SchemaOutdated:
        pass  # it answers, which is all we ask
    finally:
        database.close()


def require_migrated(settings: Settings) -> None:
    """Raises: Refused — the tables are missing or of another version; StorageError."""
    from idp.storage import management

    require_reachable(settings)

    if management.current(settings.database_url) != management.head():
        raise Refused("the database is not up to date: run `idp db upgrade`")
