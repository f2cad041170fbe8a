"""What can go wrong in storage, in our words. Messages never quote a stored or bound value."""

from __future__ import annotations


class StorageError(Exception):
    """The database refused or failed; the text says what, for the operator."""


class StorageUnavailable(StorageError):
    """It cannot be opened or reached, or the connection was lost: a write under way may or may not have happened."""


class StorageBusy(StorageError):
    """Somebody else held a lock too long. Nothing was changed; trying again may work."""


class SchemaOutdated(StorageError):
    """A table or column is missing: the migrations have not run."""


class RuleBroken(StorageError):
    """A constraint of the database refused the change. Nothing was changed."""
