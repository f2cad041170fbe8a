"""The audit trail: kept in order, read by whom it concerns."""

from __future__ import annotations

from idp.foundation.events import Event, EventKind
from tests.contract.region import MINUTE, NOW, Region, at_once


def test_events_come_back_latest_first(region: Region) -> None:
    first = Event(EventKind.SIGNED_IN, NOW, account_id="ada", subject="session")
    second = Event(EventKind.CONSENT_GIVEN, NOW + MINUTE, account_id="ada", client_id="tax")
    for event in (first, Event(EventKind.SIGNED_IN, NOW, account_id="bo"), second):
        region.stores.events.record(event)

    assert region.stores.events.of_account("ada", 10) == (second, first)
    assert region.stores.events.of_account("ada", 1) == (second,)


def test_events_of_nobody_are_kept_too(region: Region) -> None:
    region.stores.events.record(Event(EventKind.KEY_STATE_CHANGED, NOW, subject="kid"))

    assert region.stores.events.of_account("ada", 10) == ()


def test_no_event_is_lost_when_many_happen_at_once(region: Region) -> None:
    event = Event(EventKind.SIGNED_IN, NOW, account_id="ada")

    at_once(20, lambda _: region.stores.events.record(event))

    assert region.stores.events.of_account("ada", 100) == (event,) * 20
