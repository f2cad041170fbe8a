"""Each test of this folder runs twice, on SQLite and on PostgreSQL, against a server of two worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.fire.ledger import Ledger
from tests.fire.volley import Volley
from tests.support.leak_guard import LeakGuard
from tests.support.postgres import PostgresCluster
from tests.support.server import RunningProvider, running_provider

WORKERS = 2


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes databases of one kind; each call returns the URL of a new one."""
    if request.param == "sqlite":
        folder, numbers = tmp_path_factory.mktemp("fire"), count(1)
        return lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}"
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster.create_database


@pytest.fixture(scope="session")
def region(new_database: Callable[[], str]) -> Iterator[RunningProvider]:
    """One provider for all tests of this folder that leave it as they found it: each brings its own people."""
    with running_provider(new_database(), workers=WORKERS) as provider:
        yield provider


@pytest.fixture
def own_region(new_database: Callable[[], str], leak_guard: LeakGuard) -> Iterator[RunningProvider]:
    """A provider for one test, which may kill it, change its keys or wear out its patience."""
    with running_provider(new_database(), leak_guard, workers=WORKERS) as provider:
        yield provider


@pytest.fixture
def volley(region: RunningProvider) -> Iterator[Volley]:
    """Fifty connections to `region`."""
    with Volley(region) as opened:
        yield opened


@pytest.fixture
def ledger(region: RunningProvider) -> Ledger:
    """What the database of `region` says."""
    return Ledger(region.services)
