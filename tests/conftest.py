"""Fixtures that most tests stand on."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.compiled_once import compile_routes_once
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, build_provider, settings_for

# Two shared cores: how long one example takes says nothing about the code. And the same examples every time: a run
# judges what was changed. `--hypothesis-profile wandering` goes looking for new ones.
hypothesis.settings.register_profile("wandering", deadline=None)
hypothesis.settings.register_profile("tongxing", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tongxing")
compile_routes_once()

pytest_plugins = ["tests.support.postgres", "tests.support.published", "tests.support.two_regions"]


@pytest.fixture
def clock() -> FakeClock:
    """Time that moves only when told to."""
    return FakeClock()


@pytest.fixture(autouse=True)
def leak_guard() -> Iterator[LeakGuard]:
    """Fails any test in which a secret reaches a log, an error body or a page."""
    guard = LeakGuard()
    loggers = [logging.getLogger(), logging.getLogger("idp")]
    for logger in loggers:
        logger.addHandler(guard)
    yield guard
    for logger in loggers:
        logger.removeHandler(guard)
    assert guard.leaks() == []


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with signing keys, made once and copied for each test."""
    from idp.storage import management

    path = tmp_path_factory.mktemp("template") / "template.db"
    settings = settings_for(f"sqlite:///{path}")
    management.upgrade(settings.database_url)
    services = build_services(settings, clock=FakeClock())
    services.open_keys()
    services.close()
    return path


@pytest.fixture
def provider(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Provider]:
    """A provider in this process, on SQLite."""
    settings = settings_for(f"sqlite:///{tmp_path / 'idp.db'}")
    built = build_provider(settings, clock, leak_guard, sqlite_template)
    yield built
    built.services.close()


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    """A hub in this process whose list is out, and is empty."""
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    built.hub.publish(now=clock.now())
    yield built
    built.services.close()
