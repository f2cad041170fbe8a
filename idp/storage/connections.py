"""Connections of the driver's own: one for each thread, closed when the thread or the database goes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import Table
from sqlalchemy.engine import Dialect

from idp.storage.failures import StorageError, StorageUnavailable
from idp.storage.statement import Cursor, Statement


class Driver(Protocol):
    """What differs between databases."""

    dialect: Dialect
    errors: tuple[type[Exception], ...]
    begin: Statement
    claims_at_once: bool
    """Whether a whole `Claim` can be one statement."""
    one_writer: bool
    """Whether only one connection can write at a time, so that writers do better to line up."""

    @property
    def insert(self) -> Callable[[Table], Any]: ...
    def connect(self) -> Any: ...
    def cursor(self, connection: Any) -> Any: ...
    def is_broken(self, connection: Any) -> bool: ...
    def explain(self, error: Exception) -> StorageError: ...


class Link:
    """One thread's connection."""

    def __init__(self, driver: Driver) -> None:
        self.connection = driver.connect()
        self.cursor: Cursor = driver.cursor(self.connection)
        self.in_transaction = False
        self.is_spoilt = False
        """Whether a part of the open transaction failed."""
        self.close = weakref.finalize(self, self.connection.close)


class Connections:
    """The links of all threads. Made anew in each process: a connection does not survive a fork."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._thread = threading.local()
        self._links: weakref.WeakSet[Link] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_closed = False

    def mine(self) -> Link:
        """This thread's link. Raises: StorageUnavailable."""
        if self._is_closed:
            raise StorageUnavailable("The database has been closed.")
        link: Link | None = getattr(self._thread, "link", None)
        return link or self._connect()

    def drop_if_broken(self, link: Link) -> bool:
        """Let go of this thread's link when it is of no more use; True when it was."""
        if not self._driver.is_broken(link.connection):
            return False
        self.drop(link)
        return True

    def drop(self, link: Link) -> None:
        """Close this thread's link; the next call of `mine` makes another one."""
        link.close()
        self._thread.link = None

    def close(self) -> None:
        """Close every thread's link, for good."""
        with self._lock:
            self._is_closed = True
            for link in list(self._links):
                link.close()

    def __len__(self) -> int:
        return len(self._links)

    def _connect(self) -> Link:
        link = Link(self._driver)
        with self._lock:
            if self._is_closed:
                link.close()
                raise StorageUnavailable("The database has been closed.")
            self._links.add(link)
        self._thread.link = link
        return link
