"""`idp stream`: operators see who hears of what, and hold it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.signals.event_types import ABOUT_PEOPLE
from idp.signals.stream import Method, Stream
from idp.storage.db import Database
from idp.storage.stores import Stores
from tests.flows.cli_region import CliRegion
from tests.support.provider import settings_for

CLIENT = (
    *("client", "create", "--client-id", "tax", "--name", "en=Tax", "--organisation", "East Tax Office"),
    *("--redirect-uri", "https://tax.example/callback", "--grant-type", "authorization_code"),
    *("--grant-type", "client_credentials"),
    *("--scope", "openid", "--scope", "ssf.read", "--scope", "ssf.manage"),
)


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    made = CliRegion(tmp_path).migrated(sqlite_template)
    made.done(*CLIENT)
    return made


@pytest.fixture
def stream(region: CliRegion) -> Stream:
    now = datetime.now(UTC)
    made = Stream("a stream", "tax", tuple(map(str, ABOUT_PEOPLE)), Method.POLL, now, now)
    assert stores(region).streams.add(made)
    return made


def stores(region: CliRegion) -> Stores:
    settings = settings_for(f"sqlite:///{region.database}")
    return Stores.on(Database(settings.database_url, settings.database_sync), settings)


def test_streams_are_listed_shown_paused_and_resumed(region: CliRegion, stream: Stream) -> None:
    (listed,) = region.json("stream", "list")
    assert (listed["client_id"], listed["status"], listed["waiting"]) == ("tax", "enabled", 0)

    region.done("stream", "pause", "tax")
    paused = region.json("stream", "show", "tax")
    region.done("stream", "resume", "tax")
    resumed = region.json("stream", "show", "tax")

    assert (paused["status"], paused["waiting"]) == ("paused", 1), "the receiver is told"
    assert paused["reason"]
    assert (paused["held"], resumed["held"]) == (True, False)
    assert (resumed["status"], resumed["reason"]) == ("enabled", "")
    assert "tax" in region.done("stream", "list")
    assert stream.id in region.done("stream", "show", "tax")


def test_a_receiver_without_a_stream_is_named(region: CliRegion) -> None:
    for command in ("show", "pause", "resume"):
        refused = region.idp("stream", command, "tax")

        assert refused.exit_code == 1
        assert "no stream" in refused.output


def test_regions_that_are_heard_are_listed(region: CliRegion) -> None:
    assert region.json("stream", "sources") == []
    home, now = "https://west.example", datetime.now(UTC)
    sources = stores(region).signal_sources
    sources.claim(home, timedelta(seconds=10), now=now)
    sources.note(home, "status 500", heard_at=None)

    (found,) = region.json("stream", "sources")

    assert (found["issuer"], found["trouble"]) == (home, "status 500")
    assert "status 500" in region.done("stream", "sources")
