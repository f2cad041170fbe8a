"""The console's page about security events: who receives ours, and whose we hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A receiver of our events."""

    client_id: str
    state: str
    mark: Mark
    reason: str
    delivery: str
    """In words."""
    waiting: str
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A region whose events we hear."""

    name: str
    state: str
    mark: Mark
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class StreamsPage:
    """Every stream, by key, and every region that is heard."""

    template: ClassVar[str] = "console/streams.html"
    frame: ConsoleFrame
    streams: tuple[StreamRow, ...]
    sources: tuple[SourceRow, ...]
    earlier_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[StreamsPage, ...]:
        streams = (
            StreamRow("tax", "Flows", Mark.GOOD, "", "Fetched", "0", None),
            StreamRow("health", "Paused", Mark.WAITING, "No sign of life.", "Pushed", "1,204", EARLIER),
            StreamRow(LONG_NAME * 2, "Disabled", Mark.NOTHING, "", "Pushed", "0", None),
        )
        sources = (
            SourceRow("West", "Heard", Mark.GOOD, LATER),
            SourceRow("North", "Not heard", Mark.BAD, None),
        )
        return (
            cls(FRAME, streams, sources, "/console/streams", "/console/streams?after=health"),
            cls(LOUD_FRAME, (), ()),
        )
