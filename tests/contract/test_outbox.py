"""Messages that wait: found when due, tried by one at a time, gone once they were sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from idp.authn.messages import Channel, WaitingMessage
from tests.contract.region import MINUTE, NOW, Region, at_once, swept


def waiting(name: str = "first", **changes: object) -> WaitingMessage:
    message = WaitingMessage(name, Channel.SMS, b"\0sealed\xff", NOW, NOW + 10 * MINUTE)
    return replace(message, **changes)  # type: ignore[arg-type]


def test_what_is_due_is_found_by_channel_the_longest_waiting_first(region: Region) -> None:
    outbox = region.stores.outbox
    for message in (
        waiting("late", due_at=NOW + MINUTE),
        waiting("second", due_at=NOW - MINUTE),
        waiting("first", due_at=NOW - 2 * MINUTE),
        waiting("mail", channel=Channel.EMAIL),
    ):
        outbox.add(message)

    assert [one.id for one in outbox.due(Channel.SMS, 10, now=NOW)] == ["first", "second"]
    assert [one.id for one in outbox.due(Channel.SMS, 1, now=NOW)] == ["first"]
    assert outbox.due(Channel.EMAIL, 10, now=NOW) == (waiting("mail", channel=Channel.EMAIL),)


def test_a_claimed_message_waits_for_its_next_attempt(region: Region) -> None:
    outbox = region.stores.outbox
    outbox.add(waiting())

    assert outbox.claim(waiting(), NOW + MINUTE)

    assert outbox.due(Channel.SMS, 10, now=NOW) == ()
    assert outbox.due(Channel.SMS, 10, now=NOW + MINUTE) == (waiting(due_at=NOW + MINUTE, attempts=1),)


def test_of_twenty_who_claim_one_attempt_one_wins(region: Region) -> None:
    region.stores.outbox.add(waiting())

    answers = at_once(20, lambda _: region.stores.outbox.claim(waiting(), NOW + MINUTE))

    assert answers.count(True) == 1


def test_a_sent_message_is_gone(region: Region) -> None:
    region.stores.outbox.add(waiting())
    region.stores.outbox.remove("first")

    assert region.stores.outbox.due(Channel.SMS, 10, now=NOW) == ()
    assert not region.stores.outbox.claim(waiting(), NOW + MINUTE)


def test_a_message_is_kept_only_with_what_it_tells_of(region: Region) -> None:
    """Within a transaction that fails nobody is told of what did not happen."""

    class Failed(Exception):
        pass

    try:
        with region.database.transaction():
            region.stores.outbox.add(waiting())
            raise Failed
    except Failed:
        pass

    assert region.stores.outbox.due(Channel.SMS, 10, now=NOW) == ()


def test_what_nobody_could_send_is_swept_out_in_the_end(region: Region) -> None:
    region.stores.outbox.add(waiting())

    assert swept(region.stores.housekeeping.sweep(now=NOW + timedelta(hours=1))) == {}
    assert swept(region.stores.housekeeping.sweep(now=NOW + timedelta(days=2))) == {"outgoing_messages": 1}
