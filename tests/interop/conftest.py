"""One server on each database for all of these tests, and one Node.js."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from idp.accounts.person import Account
from idp.adapters import localhost
from tests.interop.openid_client import OpenidClient, openid_client
from tests.support.postgres import PostgresCluster
from tests.support.server import RunningProvider, running_provider

_numbers = count(1)


@pytest.fixture(scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('region') / 'idp.db'}"
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster.create_database()


@pytest.fixture(scope="package")
def running_region(database_url: str) -> Iterator[RunningProvider]:
    """The provider, for all tests on one database; names under localhost lead to it from this process."""
    with running_provider(database_url, workers=2) as region, localhost.installed():
        yield region


@pytest.fixture
def region(running_region: RunningProvider) -> Iterator[RunningProvider]:
    """The provider; whatever it says or shows during this test must be fit for anybody's eyes."""
    yield running_region
    running_region.listen()
    assert running_region.guard.leaks() == []
    running_region.guard.said.clear()


@pytest.fixture(scope="package")
def node_client() -> Iterator[OpenidClient]:
    """npm openid-client, waiting for commands."""
    with openid_client() as client:
        yield client


@pytest.fixture
def person(region: RunningProvider) -> Account:
    """A citizen of this test alone."""
    return region.person(f"citizen{next(_numbers)}")


@pytest.fixture
def client_id() -> str:
    """A name for a mini-app of this test alone."""
    return f"app{next(_numbers)}"
