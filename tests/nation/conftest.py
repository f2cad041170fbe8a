"""One country for the tests that leave it as they found it, and a country of one's own for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.leak_guard import LeakGuard
from tests.support.nation import Nation, nation
from tests.support.server import RunningProvider

_numbers = count(1)


@pytest.fixture(scope="session")
def running_nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with nation(tmp_path_factory.mktemp("nation"), workers=2) as running:
        yield running


@pytest.fixture
def country(running_nation: Nation) -> Nation:
    """Everybody, on the list and up to date."""
    running_nation.wait_until_honoured()
    return running_nation


@pytest.fixture
def own_country(tmp_path: Path, leak_guard: LeakGuard) -> Iterator[Nation]:
    """Everybody, for one test that stops, starts and changes them."""
    with nation(tmp_path, leak_guard) as running:
        yield running


@pytest.fixture
def citizen() -> Callable[[RunningProvider], str]:
    """Registers somebody new with a region; returns the name they sign in with."""

    def register(region: RunningProvider) -> str:
        username = f"citizen{next(_numbers)}"
        region.person(username)
        return username

    return register
