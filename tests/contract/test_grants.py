"""Grants and refresh tokens: one winner, and revoking kills everything (RFC 9700 §4.14.2)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import digest
from tests.contract.region import NOW, Region, at_once, new_refresh, race

LATER = NOW + timedelta(hours=12)


def test_a_revoked_grant_is_not_in_force(region: Region) -> None:
    grant = region.add_grant(refresh="first")

    assert region.stores.grants.revoke(grant.id, now=NOW)

    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None
    found = region.stores.grants.find_refresh_token(digest("first"), now=NOW)
    assert found is not None
    assert not found.is_grant_live


def test_a_grant_is_revoked_once(region: Region) -> None:
    grant = region.add_grant()

    answers = at_once(10, lambda _: region.stores.grants.revoke(grant.id, now=NOW))

    assert answers.count(True) == 1
    assert not region.stores.grants.revoke("gr_unknown", now=NOW)


def test_of_many_that_revoke_a_grant_at_once_one_says_why(region: Region) -> None:
    account, _, session = region.signed_in()
    grant = region.add_grant(session=session)
    line = Event(EventKind.CODE_REUSED, NOW, account_id=account.id, client_id="tax", subject=grant.id)

    answers = at_once(10, lambda _: region.stores.grants.revoke(grant.id, now=NOW, saying=line))

    assert answers.count(True) == 1
    assert region.stores.events.of_account(account.id, 10) == (line,)


def test_a_grant_ends_by_itself(region: Region) -> None:
    grant = region.add_grant(refresh="first")

    assert region.stores.grants.find_live(grant.id, "jti", now=LATER - timedelta(milliseconds=1))
    assert region.stores.grants.find_live(grant.id, "jti", now=LATER) is None
    assert not region.stores.grants.rotate(digest("first"), new_refresh("second"), now=LATER)


def test_a_grant_of_a_disabled_account_is_not_in_force(region: Region) -> None:
    account, _, session = region.signed_in()
    grant = region.add_grant(session=session, refresh="first", offline=True)

    region.stores.accounts.set_active(account.id, False, now=NOW)

    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None
    assert not region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)


def test_one_access_token_can_be_revoked_by_itself(region: Region) -> None:
    grant = region.add_grant()

    region.stores.grants.revoke_access_token("jti", LATER)
    region.stores.grants.revoke_access_token("jti", LATER)

    assert region.stores.grants.is_access_token_revoked("jti")
    assert not region.stores.grants.is_access_token_revoked("another")
    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None
    assert region.stores.grants.find_live(grant.id, "another", now=NOW) is not None


def test_rotating_uses_up_a_refresh_token_and_keeps_its_successor(region: Region) -> None:
    grant = region.add_grant(refresh="first")

    assert region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)

    first = region.stores.grants.find_refresh_token(digest("first"), now=NOW)
    second = region.stores.grants.find_refresh_token(digest("second"), now=NOW)
    assert first is not None
    assert second is not None
    assert (first.is_consumed, second.is_consumed) == (True, False)
    assert first.grant == second.grant == grant


def test_a_used_refresh_token_is_not_rotated_again(region: Region) -> None:
    region.add_grant(refresh="first")
    region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)

    assert not region.stores.grants.rotate(digest("first"), new_refresh("third"), now=NOW)

    assert region.stores.grants.find_refresh_token(digest("third"), now=NOW) is None


def test_an_expired_or_unknown_refresh_token_is_not_rotated(region: Region) -> None:
    region.add_grant(refresh="first", expires_at=NOW + timedelta(days=90))

    assert not region.stores.grants.rotate(
        digest("first"), new_refresh("second"), now=NOW + timedelta(days=14)
    )
    assert not region.stores.grants.rotate(digest("unknown"), new_refresh("second"), now=NOW)


def test_of_twenty_who_rotate_at_once_one_wins_and_reuse_ends_the_family(region: Region) -> None:
    grant = region.add_grant(refresh="first")

    answers = at_once(
        20, lambda index: region.stores.grants.rotate(digest("first"), new_refresh(str(index)), now=NOW)
    )

    assert answers.count(True) == 1
    (winner,) = (
        index
        for index in map(str, range(20))
        if region.stores.grants.find_refresh_token(digest(index), now=NOW)
    )
    assert region.stores.grants.revoke(grant.id, now=NOW)
    found = region.stores.grants.find_refresh_token(digest(winner), now=NOW)
    assert found is not None
    assert not found.is_grant_live
    assert not region.stores.grants.rotate(digest(winner), new_refresh("next"), now=NOW)


def test_revoking_wins_against_a_rotation_under_way(region: Region) -> None:
    """A successor may still be kept; nobody can use it."""
    _, _, session = region.signed_in()
    for attempt in map(str, range(10)):
        grant = region.add_grant(attempt, session, refresh=attempt)

        race(
            partial(region.stores.grants.revoke, grant.id, now=NOW),
            partial(region.stores.grants.rotate, digest(attempt), new_refresh(f"{attempt}+"), now=NOW),
        )

        assert not region.stores.grants.rotate(digest(f"{attempt}+"), new_refresh(f"{attempt}++"), now=NOW)
        assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None
