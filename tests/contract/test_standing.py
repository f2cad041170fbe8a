"""What waits where: counted on both databases, with nothing in it and with something."""

from __future__ import annotations

from idp.foundation.events import Event, EventKind
from tests.contract.region import NOW, Region


def test_nothing_waits_in_an_empty_region(region: Region) -> None:
    assert {one.name: (one.count, one.since) for one in region.stores.standing.queues()} == {
        "messages": (0, None),
        "logouts": (0, None),
        "signals": (0, None),
        "audit_log": (0, None),
    }
    assert {one.name: one.count for one in region.stores.standing.changes()} == {
        "proposed": 0,
        "approved": 0,
        "review_due": 0,
    }
    assert {one.cosigned_at for one in region.stores.standing.logs()} <= {None}


def test_a_line_that_is_not_logged_yet_waits_since_it_happened(region: Region) -> None:
    region.stores.events.record(Event(EventKind.SIGNED_IN, NOW))

    (waiting,) = (one for one in region.stores.standing.queues() if one.name == "audit_log")

    assert (waiting.count, waiting.since) == (1, NOW)
