"""The provider that the tests start: it comes up, tells nothing, is seeded from outside, and ends when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.settings import load
from tests.support.leak_guard import LeakGuard
from tests.support.postgres import PostgresCluster
from tests.support.provider import PASSWORD, settings_for
from tests.support.relying_party import answer_of
from tests.support.server import RunningProvider, environment_for, running_provider


def sign_in_once(provider: RunningProvider) -> None:
    """A citizen of this very test signs in over the wire, and the mini-app gets its tokens."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    pending = app.begin()
    page = browser.allow(browser.sign_in(browser.get(pending.url), "gulbahar", PASSWORD))
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)
    assert app.userinfo(tokens.access_token).status == 200


def test_two_workers_on_one_sqlite_file_end_when_asked(tmp_path: Path, leak_guard: LeakGuard) -> None:
    with running_provider(f"sqlite:///{tmp_path / 'idp.db'}", leak_guard, workers=2) as provider:
        sign_in_once(provider)

    assert provider.process.returncode == 0


@pytest.mark.postgres
def test_it_runs_on_postgresql(postgres_cluster: PostgresCluster, leak_guard: LeakGuard) -> None:
    with running_provider(postgres_cluster.create_database(), leak_guard, workers=2) as provider:
        sign_in_once(provider)


def test_settings_written_as_variables_are_read_back_the_same() -> None:
    chosen = settings_for("sqlite:///idp.db", workers=3, support_contact="12345")

    read = load(environment_for(chosen))

    assert read.secret_key.matches(chosen.secret_key.reveal())
    assert environment_for(read) == environment_for(chosen)
