"""While an installation is served, each line of the audit trail gets its entry by itself."""

from __future__ import annotations

import sqlite3

import pytest

from idp.cli import rounds
from idp.foundation.events import Event, EventKind
from idp.transparency.leaves import LogName
from tests.support.provider import Provider


def record(provider: Provider) -> None:
    provider.services.stores.events.record(Event(EventKind.KEY_STATE_CHANGED, provider.clock.now()))


def test_a_round_gives_lines_their_entries(provider: Provider) -> None:
    before = provider.services.stores.log_entries.head(LogName.AUDIT).size
    record(provider)

    rounds.once(provider.services, rounds.SEQUENCING)
    rounds.once(provider.services, rounds.SEQUENCING)

    assert provider.services.stores.log_entries.head(LogName.AUDIT).size == before + 1


def test_while_the_log_cannot_be_written_lines_wait(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    path = provider.settings.database_url.removeprefix("sqlite:///")
    record(provider)

    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE log_heads RENAME TO gone")
    rounds.once(provider.services, rounds.SEQUENCING)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE gone RENAME TO log_heads")
    assert "wait for their entries" in caplog.text

    rounds.once(provider.services, rounds.SEQUENCING)

    assert provider.services.stores.log_entries.head(LogName.AUDIT).size >= 1
