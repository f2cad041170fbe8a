"""Event streams: what happens to people is written with it or not at all, and waits in order until it was heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.authn.authenticators import Authenticator
from idp.foundation.clock import to_milliseconds
from idp.oidc.proofs import Method as Factor
from idp.oidc.proofs import Property
from idp.signals.event_types import ABOUT_PEOPLE, EventType
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import MISSED, SILENT_FOR, VERIFIED_APART, Method, Stream, StreamStatus
from idp.storage.schema import stream_exclusions
from idp.storage.statement import Statement
from tests.contract.region import MINUTE, NOW, Region, at_once, swept
from tests.contract.test_logouts import ENDINGS, Failed, end, end_all, recover, switch_off, visited

SECOND = timedelta(seconds=1)
REVOKED, CHANGED = EventType.SESSION_REVOKED, EventType.CREDENTIAL_CHANGE
HOME = "https://east.example"


def a_stream(client: str = "tax", **changes: object) -> Stream:
    stream = Stream(
        id=f"stream of {client}",
        client_id=client,
        events_requested=tuple(str(event) for event in ABOUT_PEOPLE),
        method=Method.POLL,
        created_at=NOW,
        heard_at=NOW,
    )
    return replace(stream, **changes)  # type: ignore[arg-type]


def pushed(client: str = "tax") -> Stream:
    address = "https://receiver.example/events"
    return a_stream(client, method=Method.PUSH, endpoint_url=address, authorization_sealed=b"sealed")


def listening(region: Region, *clients: str) -> None:
    """Ada in each of these mini-apps, which hear of everything."""
    visited(region, *clients)
    for client in clients:
        assert region.stores.streams.add(a_stream(client))


def waiting(region: Region, client: str = "tax") -> list[QueuedEvent]:
    return list(region.stores.streams.window(f"stream of {client}", 100))


def said(region: Region, client: str = "tax") -> list[tuple[EventType, str | None, str | None]]:
    return [(one.type, one.subject, one.session_id) for one in waiting(region, client)]


@pytest.mark.parametrize(
    ("ending", "session"), [(end, "first"), (end_all, None), (switch_off, None), (recover, None)]
)
def test_every_ending_tells_every_receiver_that_knew_the_person(
    region: Region, ending: Callable[[Region], None], session: str | None
) -> None:
    listening(region, "tax", "health")
    region.add_client("stranger")
    assert region.stores.streams.add(a_stream("stranger"))

    ending(region)

    assert said(region) == [(REVOKED, "ada at tax", session)]
    assert said(region, "health") == [(REVOKED, "ada at health", session)]
    assert said(region, "stranger") == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_undone_is_told_to_nobody(region: Region, ending: Callable[[Region], None]) -> None:
    """The event and the ending are one transaction: both or neither."""
    listening(region, "tax")

    try:
        with region.database.transaction():
            ending(region)
            raise Failed
    except Failed:
        pass

    assert waiting(region) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_not_asked_for_or_is_about_somebody_removed_is_not_kept(
    region: Region, ending: Callable[[Region], None]
) -> None:
    visited(region, "tax", "health", "works")
    assert region.stores.streams.add(a_stream("tax", events_requested=(str(CHANGED),)))
    assert region.stores.streams.add(a_stream("health"))
    assert region.stores.streams.add(a_stream("works", status=StreamStatus.DISABLED))
    region.stores.streams.exclude("stream of health", "ada at health", now=NOW)

    ending(region)

    assert [waiting(region, client) for client in ("tax", "health", "works")] == [[], [], []]


def test_every_change_of_an_authenticator_is_told(region: Region) -> None:
    listening(region, "tax")
    password = Authenticator(
        "acct_ada", "password", Factor.PASSWORD, frozenset({Property.KNOWLEDGE}), "", NOW
    )
    passkey = Authenticator(
        "acct_ada", "passkey-1", Factor.PASSKEY, frozenset({Property.USER_VERIFIED}), "Key", NOW
    )
    store = region.stores.authenticators

    store.add(password)
    store.add(passkey)
    store.add(password)
    assert store.suspend("acct_ada", "passkey-1", now=NOW)
    assert store.resume("acct_ada", "passkey-1", now=NOW)
    assert store.remove("acct_ada", "passkey-1", now=NOW)

    told = [(one.detail["credential_type"], one.detail["change_type"]) for one in waiting(region)]
    assert told == [
        ("password", "create"),
        ("fido2-platform", "create"),
        ("password", "update"),
        ("fido2-platform", "revoke"),
        ("fido2-platform", "create"),
        ("fido2-platform", "delete"),
    ]


def test_new_recovery_codes_are_told(region: Region) -> None:
    listening(region, "tax")
    codes = region.stores.credentials

    codes.replace_recovery_codes("acct_ada", (), now=NOW)
    codes.replace_recovery_codes("acct_ada", (b"1" * 32,), now=NOW)
    codes.replace_recovery_codes("acct_ada", (b"2" * 32,), now=NOW)
    codes.replace_recovery_codes("acct_ada", (), now=NOW)

    assert [one.detail["change_type"] for one in waiting(region)] == ["create", "update", "delete"]


def test_of_many_creations_one_makes_the_stream(region: Region) -> None:
    region.add_client("tax")

    made = at_once(8, lambda number: region.stores.streams.add(a_stream(id=f"stream {number}")))

    assert sorted(made) == [False] * 7 + [True]


def test_a_stream_is_found_by_its_client_alone(region: Region) -> None:
    listening(region, "tax", "health")
    streams = region.stores.streams

    assert streams.find("stream of tax", "tax") == a_stream()
    assert streams.find("stream of tax", "health") is None
    assert streams.find("\0", "tax") is None
    assert not streams.remove("stream of tax", "health")
    assert not streams.change(replace(a_stream(), client_id="health"), now=NOW)
    assert streams.of_client("tax") == a_stream()


def test_a_change_is_kept_and_what_waits_stays(region: Region) -> None:
    listening(region, "tax")
    end(region)
    wanted = replace(
        pushed(), events_requested=(str(CHANGED), "https://elsewhere.example"), description="Tax"
    )

    assert region.stores.streams.change(wanted, now=NOW)

    assert region.stores.streams.of_client("tax") == wanted
    assert len(waiting(region)) == 1


def test_a_stream_that_is_removed_takes_along_what_waits(region: Region) -> None:
    listening(region, "tax")
    end(region)

    assert [region.stores.streams.remove("stream of tax", "tax") for _ in range(2)] == [True, False]

    assert waiting(region) == []
    assert region.stores.streams.add(a_stream())
    assert waiting(region) == []


def test_what_was_acknowledged_goes_and_nothing_else(region: Region) -> None:
    listening(region, "tax", "health")
    end(region)
    first = waiting(region)

    region.stores.streams.drop((replace(first[0], stream_id="stream of health"),))
    kept = waiting(region)
    region.stores.streams.drop(tuple(first))

    assert kept == first
    assert waiting(region) == []
    assert len(waiting(region, "health")) == 1


def test_a_jti_is_the_same_each_time_and_another_for_each_event(region: Region) -> None:
    listening(region, "tax", "health")
    end(region)

    (here,), (there,) = waiting(region), waiting(region, "health")

    assert here.jti == waiting(region)[0].jti
    assert here.jti != there.jti


def test_verification_events_keep_their_distance(region: Region) -> None:
    listening(region, "tax")
    streams = region.stores.streams

    tries = at_once(6, lambda number: streams.verify("stream of tax", "tax", str(number), now=NOW))
    soon = streams.verify("stream of tax", "tax", None, now=NOW + VERIFIED_APART - SECOND)
    later = streams.verify("stream of tax", "tax", "later", now=NOW + VERIFIED_APART)
    others = streams.verify("stream of tax", "health", "of others", now=NOW + timedelta(days=1))

    assert sorted(tries) == [False] * 5 + [True]
    assert (soon, later, others) == (False, True, False)
    assert [one.detail.get("state") for one in waiting(region)][1:] == ["later"]


def test_a_pause_holds_back_and_says_why(region: Region) -> None:
    listening(region, "tax")
    end(region)
    streams = region.stores.streams

    streams.set_status("stream of tax", StreamStatus.PAUSED, "by hand", tell=True, now=NOW)
    paused = waiting(region)
    streams.set_status("stream of tax", StreamStatus.ENABLED, "", tell=True, now=NOW)
    enabled = waiting(region)
    streams.set_status("stream of tax", StreamStatus.DISABLED, "", tell=True, now=NOW)

    updated = EventType.STREAM_UPDATED
    assert [(one.type, one.detail) for one in paused] == [
        (updated, {"status": "paused", "reason": "by hand"})
    ]
    assert [one.type for one in enabled] == [REVOKED, updated]
    assert enabled[1].detail == {"status": "enabled"}
    assert waiting(region) == []


def test_what_an_operator_holds_its_receiver_neither_lifts_nor_removes(region: Region) -> None:
    listening(region, "tax")
    streams = region.stores.streams
    streams.set_status("stream of tax", StreamStatus.PAUSED, "by hand", tell=True, now=NOW)

    tries = at_once(
        4,
        lambda number: streams.set_status(
            "stream of tax", list(StreamStatus)[number % 3], "", tell=False, now=NOW
        ),
    )
    held = streams.of_client("tax")
    removed = streams.remove("stream of tax", "tax")
    streams.set_status("stream of tax", StreamStatus.ENABLED, "", tell=True, now=NOW)
    lifted = streams.set_status("stream of tax", StreamStatus.PAUSED, "", tell=False, now=NOW)

    assert tries == [False] * 4
    assert held == a_stream(status=StreamStatus.PAUSED, reason="by hand", is_held=True)
    assert not removed
    assert lifted
    assert streams.remove("stream of tax", "tax")


def filled(region: Region) -> None:
    """Three sessions have ended, where two may wait."""
    listening(region, "tax")
    for number in range(3):
        visited(region, "tax", session_id=f"session {number}")
        assert region.stores.sessions.end(f"session {number}", "acct_ada", now=NOW)


def test_a_stream_on_which_too_much_waits_is_paused_and_grows_no_more(region: Region) -> None:
    filled(region)
    streams, pushes = region.stores.streams, region.stores.event_pushes

    early = pushes.pause_full("full", 3, now=NOW)
    paused = [pushes.pause_full("full", 2, now=NOW) for _ in range(2)]
    end(region)
    assert streams.verify("stream of tax", "tax", "more", now=NOW)
    told = waiting(region)
    streams.set_status("stream of tax", StreamStatus.ENABLED, "", tell=False, now=NOW)
    kept = waiting(region)
    streams.verify("stream of tax", "tax", "again", now=NOW + MINUTE)

    assert (early, paused) == ((), [("stream of tax",), ()])
    assert [(one.type, one.detail) for one in told] == [
        (EventType.STREAM_UPDATED, {"status": "paused", "reason": "full"})
    ]
    assert [one.session_id for one in kept[:3]] == ["session 0", "session 1", "session 2"]
    assert [(one.type, one.detail) for one in kept[3:]] == [
        (EventType.STREAM_UPDATED, {"status": "enabled", "reason": MISSED})
    ]
    assert waiting(region)[-1].type is EventType.VERIFICATION, "it takes events again"


@pytest.mark.parametrize("status", [StreamStatus.PAUSED, StreamStatus.DISABLED])
def test_a_full_stream_whose_receiver_stops_it_is_told_when_it_is_back(
    region: Region, status: StreamStatus
) -> None:
    """Who switched it off wanted nothing of what happened meanwhile; who paused it did."""
    filled(region)
    streams, pushes = region.stores.streams, region.stores.event_pushes
    pushes.pause_full("full", 2, now=NOW)

    streams.set_status("stream of tax", status, "", tell=False, now=NOW)
    streams.set_status("stream of tax", StreamStatus.ENABLED, "", tell=False, now=NOW)

    is_paused = status is StreamStatus.PAUSED
    assert [one.type for one in waiting(region)] == [REVOKED] * 3 * is_paused + [
        EventType.STREAM_UPDATED
    ] * is_paused


def test_a_full_stream_stays_held_for_the_operators_reason(region: Region) -> None:
    filled(region)
    streams, pushes = region.stores.streams, region.stores.event_pushes
    streams.set_status("stream of tax", StreamStatus.PAUSED, "by hand", tell=True, now=NOW)

    pushes.pause_full("full", 2, now=NOW)
    held, told = streams.of_client("tax"), waiting(region)
    streams.set_status("stream of tax", StreamStatus.ENABLED, "", tell=True, now=NOW)

    assert held is not None
    assert (held.status, held.reason, held.is_held) == (StreamStatus.PAUSED, "by hand", True)
    assert [one.detail["reason"] for one in told] == ["full"]
    assert waiting(region)[-1].detail == {"status": "enabled", "reason": MISSED}


def test_nobody_is_excluded_who_never_came(region: Region) -> None:
    """A receiver makes up names without end; the rows are counted, since no answer shows them."""
    listening(region, "tax", "health")
    streams = region.stores.streams

    for subject in ("made up", "ada at health", "ada at tax", "ada at tax"):
        streams.exclude("stream of tax", subject, now=NOW)

    rows = region.database.all(Statement(select(stream_exclusions)))
    assert [(row.stream_id, row.subject, row.created_at) for row in rows] == [
        ("stream of tax", "ada at tax", to_milliseconds(NOW))
    ]


def test_a_mini_app_that_is_switched_off_is_not_pushed_to_and_misses_nothing(region: Region) -> None:
    visited(region, "tax")
    assert region.stores.streams.add(pushed())
    assert region.stores.registry.set_enabled("tax", False)
    end(region)

    off = region.stores.event_pushes.due(10, now=NOW)
    assert region.stores.registry.set_enabled("tax", True)

    assert off == ()
    (due,) = region.stores.event_pushes.due(10, now=NOW)
    assert due.event.session_id == "first"


def test_an_entity_is_due_though_its_row_says_nothing(region: Region) -> None:
    """Entities stand in the registry switched off; whether they are trusted is asked elsewhere."""
    visited(region, "tax")
    name = "https://app.example"
    region.add_client(name, enabled=False)
    assert region.stores.streams.add(pushed(name))
    assert region.stores.streams.verify(f"stream of {name}", name, None, now=NOW)

    assert [one.stream.client_id for one in region.stores.event_pushes.due(10, now=NOW)] == [name]


def test_a_silent_receiver_is_paused_once_and_only_while_events_wait(region: Region) -> None:
    listening(region, "tax", "health")
    end(region)
    streams, pushes = region.stores.streams, region.stores.event_pushes
    later = NOW + SILENT_FOR + MINUTE
    streams.drop(tuple(waiting(region, "health")))

    early = pushes.pause_silent("silent", now=NOW + SILENT_FOR - MINUTE)
    paused = [pushes.pause_silent("silent", now=later) for _ in range(2)]

    assert early == ()
    assert paused == [("stream of tax",), ()]
    found = streams.of_client("tax")
    assert found is not None
    assert (found.status, found.reason) == (StreamStatus.PAUSED, "silent")


def test_a_sign_of_life_is_noted_once_an_hour(region: Region) -> None:
    listening(region, "tax")
    streams = region.stores.streams

    streams.hear("stream of tax", now=NOW + MINUTE)
    soon = streams.of_client("tax")
    streams.hear("stream of tax", now=NOW + 61 * MINUTE)
    later = streams.of_client("tax")

    assert soon is not None
    assert later is not None
    assert (soon.heard_at, later.heard_at) == (NOW, NOW + 61 * MINUTE)


def two_events_wait(region: Region) -> None:
    """Of the ends of two sessions, to be pushed to one receiver."""
    visited(region, "tax")
    visited(region, "tax", session_id="second")
    assert region.stores.streams.add(pushed())
    for session in ("first", "second"):
        assert region.stores.sessions.end(session, "acct_ada", now=NOW)


def test_one_push_at_a_time_goes_to_each_receiver_in_order(region: Region) -> None:
    two_events_wait(region)
    pushes, later = region.stores.event_pushes, NOW + MINUTE

    (due,) = pushes.due(10, now=NOW)
    won = at_once(6, lambda _: pushes.claim(due, later, now=NOW))
    under_way = pushes.due(10, now=NOW)
    pushes.heard(due, now=NOW)
    (following,) = pushes.due(10, now=NOW)

    assert sorted(won) == [False] * 5 + [True]
    assert under_way == ()
    assert due.event.session_id == "first"
    assert (following.event.session_id, following.attempts) == ("second", 0)
    assert following.stream.authorization_sealed == b"sealed"


def test_an_event_that_was_heard_since_it_was_seen_is_not_pushed_after_the_next(region: Region) -> None:
    """Two workers see the same event; one of them is slow, and the stream is free again when it wants to push."""
    two_events_wait(region)
    pushes, later = region.stores.event_pushes, NOW + MINUTE
    (seen_by_both,) = pushes.due(10, now=NOW)
    assert pushes.claim(seen_by_both, later, now=NOW)
    pushes.heard(seen_by_both, now=NOW)

    assert not pushes.claim(seen_by_both, later, now=NOW)

    (following,) = pushes.due(10, now=NOW)
    assert (following.event.session_id, following.attempts) == ("second", 0)
    assert pushes.claim(following, later, now=NOW)


def test_a_push_whose_worker_died_is_made_again(region: Region) -> None:
    visited(region, "tax")
    assert region.stores.streams.add(pushed())
    end(region)
    pushes = region.stores.event_pushes
    (due,) = pushes.due(10, now=NOW)
    assert pushes.claim(due, NOW + MINUTE, now=NOW)

    (again,) = pushes.due(10, now=NOW + MINUTE)

    assert (again.event.jti, again.attempts) == (due.event.jti, 1)


def test_a_receiver_rests_when_it_failed(region: Region) -> None:
    visited(region, "tax")
    assert region.stores.streams.add(pushed())
    end(region)
    pushes = region.stores.event_pushes
    (due,) = pushes.due(10, now=NOW)
    assert pushes.claim(due, NOW + SECOND, now=NOW)

    pushes.postpone(due, NOW + MINUTE)

    assert pushes.due(10, now=NOW + 59 * SECOND) == ()
    assert len(pushes.due(10, now=NOW + MINUTE)) == 1


def test_who_fetches_is_not_pushed_to(region: Region) -> None:
    listening(region, "tax")
    end(region)

    assert region.stores.event_pushes.due(10, now=NOW) == ()


def test_operators_see_what_waits_where(region: Region) -> None:
    listening(region, "tax", "health")
    end(region)
    region.stores.streams.drop(tuple(waiting(region, "health")))

    health, tax = region.stores.streams.lines("", 10)

    assert (health.stream.client_id, health.waiting, health.oldest_at) == ("health", 0, None)
    assert (tax.stream.client_id, tax.waiting, tax.oldest_at) == ("tax", 1, NOW)
    assert [one.stream.client_id for one in region.stores.streams.lines("health", 10)] == ["tax"]


def test_endings_and_events_at_once_do_not_block_each_other(region: Region) -> None:
    for number in range(6):
        visited(region, "tax", session_id=f"session {number}")
    assert region.stores.streams.add(a_stream())

    at_once(6, lambda number: region.stores.sessions.end(f"session {number}", "acct_ada", now=NOW))

    assert {one.session_id for one in waiting(region)} == {f"session {number}" for number in range(6)}


# What other regions tell


def test_one_of_many_processes_asks_a_region(region: Region) -> None:
    sources = region.stores.signal_sources

    first = at_once(6, lambda _: sources.claim(HOME, MINUTE, now=NOW))
    again = at_once(6, lambda _: sources.claim(HOME, MINUTE, now=NOW + MINUTE))

    assert sorted(first) == sorted(again) == [False] * 5 + [True]


def test_a_source_remembers_its_stream_and_how_it_went(region: Region) -> None:
    sources = region.stores.signal_sources
    assert sources.find(HOME) is None
    assert sources.claim(HOME, MINUTE, now=NOW)

    sources.keep(HOME, f"{HOME}/ssf/stream", f"{HOME}/ssf/poll")
    sources.note(HOME, "", heard_at=NOW)
    sources.note(HOME, "down", heard_at=None)

    (found,) = sources.all()
    assert found == sources.find(HOME)
    assert (found.poll_url, found.heard_at, found.trouble) == (f"{HOME}/ssf/poll", NOW, "down")


def test_what_has_ended_in_another_region_never_goes_back(region: Region) -> None:
    sources = region.stores.signal_sources
    assert sources.ended_before(HOME, "ada") is None

    sources.note_ending(HOME, "ada", NOW, now=NOW)
    sources.note_ending(HOME, "ada", NOW - MINUTE, now=NOW)

    assert sources.ended_before(HOME, "ada") == NOW
    assert sources.ended_before(HOME, "bo") is None


def test_what_nobody_came_for_goes_after_three_months(region: Region) -> None:
    listening(region, "tax")
    end(region)
    region.stores.signal_sources.note_ending(HOME, "ada", NOW, now=NOW)

    early = swept(region.stores.housekeeping.sweep(now=NOW + timedelta(hours=23)))
    soon = swept(region.stores.housekeeping.sweep(now=NOW + timedelta(days=2)))
    late = region.stores.housekeeping.sweep(now=NOW + timedelta(days=91))

    assert not {"home_endings", "stream_events"} & early.keys()
    assert soon["home_endings"] == 1
    assert late["stream_events"] == 1
