"""A person's history: their lines of the audit trail, latest first, with the sessions these speak of."""

from __future__ import annotations

from dataclasses import replace

from idp.authn.history import Visit
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Method, Proof, Property
from tests.contract.region import MINUTE, NOW, Region

PASSWORD = Proof(Method.PASSWORD, NOW, frozenset({Property.KNOWLEDGE}))
CODE = Proof(Method.TOTP, NOW + MINUTE, frozenset({Property.POSSESSION}))


def note(
    region: Region, kind: EventKind, account_id: str, subject: str | None = None, minutes: int = 0
) -> Event:
    event = Event(kind, NOW + minutes * MINUTE, account_id=account_id, subject=subject)
    region.stores.events.record(event)
    return event


def test_a_line_comes_with_the_session_it_speaks_of(region: Region) -> None:
    account = region.add_account()
    region.add_session(
        account, "here", proofs=(PASSWORD, CODE), user_agent="a telephone", address="192.0.2.9"
    )
    signed_in = note(region, EventKind.SIGNED_IN, account.id, "here")
    changed = note(region, EventKind.AUTHENTICATOR_REMOVED, account.id, "here and there")

    latest, first = region.stores.history.of(account.id, before=None, limit=10)

    assert (latest.event, latest.visit) == (changed, None)
    assert first.event == signed_in
    assert first.visit == Visit("a telephone", "192.0.2.9", (PASSWORD, CODE))
    assert first.visit.shown_by(NOW) == (PASSWORD,)
    assert first.visit.shown_by(NOW + MINUTE) == (PASSWORD, CODE)


def test_a_session_that_has_ended_is_still_known(region: Region) -> None:
    account = region.add_account()
    region.add_session(account, "here")
    note(region, EventKind.SIGNED_IN, account.id, "here")
    region.stores.sessions.end("here", account.id, now=NOW)

    (line,) = region.stores.history.of(account.id, before=None, limit=10)

    assert line.visit is not None


def test_nobody_sees_anything_of_anybody_else(region: Region) -> None:
    """Not even the device of a session whose name stands in one's own line."""
    account, other = region.add_account(), region.add_account("bo")
    region.add_session(other, "theirs", user_agent="their telephone")
    note(region, EventKind.SIGNED_IN, other.id, "theirs")
    note(region, EventKind.AUTHENTICATOR_RENAMED, account.id, "theirs")

    (line,) = region.stores.history.of(account.id, before=None, limit=10)

    assert (line.event.kind, line.visit) == (EventKind.AUTHENTICATOR_RENAMED, None)
    assert region.stores.history.of("acct_nobody", before=None, limit=10) == ()


def test_page_by_page_nothing_is_missed_and_nothing_said_twice(region: Region) -> None:
    """Also when something happens while somebody is reading."""
    account = region.add_account()
    told = [note(region, EventKind.SIGNED_OUT, account.id, f"line {number}") for number in range(7)]
    read, before = [], None

    while page := region.stores.history.of(account.id, before=before, limit=3):
        read += [line.event for line in page]
        before = page[-1].key
        note(region, EventKind.SIGNED_IN, account.id, "meanwhile")

    assert read == told[::-1]


def test_a_place_beyond_every_number_is_the_beginning(region: Region) -> None:
    account = region.add_account()
    event = note(region, EventKind.SIGNED_OUT, account.id)

    for before in (2**63 - 1, 2**63, 10**30):
        (line,) = region.stores.history.of(account.id, before=before, limit=3)
        assert line.event == replace(event)
    assert region.stores.history.of(account.id, before=0, limit=3) == ()
