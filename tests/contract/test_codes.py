"""Authorization codes: used once, by one, and by nobody after their session (RFC 6749 §4.1.2)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from idp.foundation.identifiers import digest
from idp.oidc.grant import NewRefreshToken
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, new_refresh, race

CODE = digest("code")


def test_a_code_is_found_as_it_was_kept(region: Region) -> None:
    kept = region.add_code()

    found = region.stores.codes.find(CODE)

    assert found is not None
    assert found.code == kept
    assert found.person == {"name": "ada"}
    assert (found.is_consumed, found.is_account_active, found.failures) == (False, True, 0)


def test_a_code_without_a_challenge_is_found_without_one(region: Region) -> None:
    _, _, session = region.signed_in()
    kept = replace(code_for(session), code_challenge=None)

    region.stores.codes.add(CODE, kept)

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert found.code == kept


def test_a_code_that_never_was_is_not_found(region: Region) -> None:
    assert region.stores.codes.find(CODE) is None
    assert not region.stores.codes.consume(CODE, None, now=NOW)


def test_using_a_code_opens_its_grant(region: Region) -> None:
    kept = region.add_code()

    assert region.stores.codes.consume(CODE, None, now=NOW)

    live = region.stores.grants.find_live(kept.grant.id, "jti", now=NOW)
    assert live is not None
    assert live.grant == kept.grant
    assert live.person == {"name": "ada"}


def test_a_grant_is_not_in_force_before_its_code_is_used(region: Region) -> None:
    kept = region.add_code()

    assert region.stores.grants.find_live(kept.grant.id, "jti", now=NOW) is None
    assert not region.stores.grants.revoke(kept.grant.id, now=NOW)


def test_using_a_code_keeps_the_first_refresh_token(region: Region) -> None:
    kept = region.add_code()

    assert region.stores.codes.consume(CODE, new_refresh("first"), now=NOW)

    found = region.stores.grants.find_refresh_token(digest("first"), now=NOW)
    assert found is not None
    assert found.grant == kept.grant
    assert found.expires_at == new_refresh("first").expires_at
    assert (found.is_consumed, found.is_grant_live) == (False, True)


def test_a_code_knows_the_key_that_alone_redeems_it(region: Region) -> None:
    """And its grant begins without one until a key is proved."""
    _, _, session = region.signed_in()
    kept = replace(code_for(session), jkt="named")

    region.stores.codes.add(CODE, kept)

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert found.code == kept
    assert found.code.grant.jkt is None
    assert region.stores.codes.consume(CODE, None, now=NOW)
    live = region.stores.grants.find_live(kept.grant.id, "jti", now=NOW)
    assert live is not None
    assert live.grant.jkt is None


def test_a_grant_knows_the_key_that_was_proved(region: Region) -> None:
    """Of two at once, the winner's."""
    kept = region.add_code()

    won = [
        jkt
        for jkt in ("first", "second")
        if region.stores.codes.consume(CODE, new_refresh(jkt), jkt, now=NOW)
    ]

    live = region.stores.grants.find_live(kept.grant.id, "jti", now=NOW)
    found = region.stores.grants.find_refresh_token(digest("first"), now=NOW)
    assert won == ["first"]
    assert live is not None
    assert found is not None
    assert live.grant == found.grant == replace(kept.grant, jkt="first")


def test_a_code_is_used_once(region: Region) -> None:
    region.add_code()
    assert region.stores.codes.consume(CODE, new_refresh("first"), now=NOW)

    assert not region.stores.codes.consume(CODE, new_refresh("second"), now=NOW)

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert found.is_consumed
    assert region.stores.grants.find_refresh_token(digest("second"), now=NOW) is None


def test_a_code_is_dead_when_it_has_expired(region: Region) -> None:
    region.add_code()

    assert not region.stores.codes.consume(CODE, None, now=NOW + MINUTE)
    assert region.stores.codes.consume(CODE, None, now=NOW + 0.999 * MINUTE)


def test_a_code_is_dead_after_three_failures(region: Region) -> None:
    region.add_code()
    for _ in range(3):
        region.stores.codes.record_failure(CODE)

    assert not region.stores.codes.consume(CODE, None, now=NOW)

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert found.failures == 3
    assert not found.is_consumed


def test_failures_of_parallel_attempts_are_all_counted(region: Region) -> None:
    region.add_code()

    at_once(10, lambda _: region.stores.codes.record_failure(CODE))

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert found.failures == 10


def test_a_code_tells_when_its_person_has_been_disabled(region: Region) -> None:
    account, _, session = region.signed_in()
    region.add_code(session=session)
    assert region.stores.codes.consume(CODE, None, now=NOW)

    region.stores.accounts.set_active(account.id, False, now=NOW)

    found = region.stores.codes.find(CODE)
    assert found is not None
    assert not found.is_account_active


def test_no_code_is_kept_for_a_session_that_has_ended(region: Region) -> None:
    account, _, session = region.signed_in()
    region.stores.sessions.end(session.id, account.id, now=NOW)

    region.stores.codes.add(CODE, code_for(session))

    assert region.stores.codes.find(CODE) is None


def test_of_twenty_who_use_a_code_at_once_one_wins(region: Region) -> None:
    region.add_code()

    answers = at_once(20, lambda index: region.stores.codes.consume(CODE, refresh_of(index), now=NOW))

    assert answers.count(True) == 1
    kept = [
        index
        for index in range(20)
        if region.stores.grants.find_refresh_token(refresh_of(index).digest, now=NOW)
    ]
    assert len(kept) == 1


def test_of_twenty_who_use_a_code_without_refresh_at_once_one_wins(region: Region) -> None:
    region.add_code()

    answers = at_once(20, lambda _: region.stores.codes.consume(CODE, None, now=NOW))

    assert answers.count(True) == 1


def test_a_code_used_while_its_session_ends_leaves_nothing_in_force(region: Region) -> None:
    """Whoever is first: afterwards there is no waiting code and no live grant."""
    account, _, _ = region.signed_in()
    for attempt in map(str, range(10)):
        session = region.add_session(account, attempt)
        region.stores.codes.add(digest(attempt), code_for(session, attempt))

        race(
            partial(region.stores.sessions.end, attempt, account.id, now=NOW),
            partial(region.stores.codes.consume, digest(attempt), new_refresh(attempt), now=NOW),
        )

        found = region.stores.codes.find(digest(attempt))
        assert found is None or found.is_consumed
        assert region.stores.grants.find_live(f"gr_{attempt}", "jti", now=NOW) is None


def test_a_code_kept_while_its_session_ends_is_not_left_waiting(region: Region) -> None:
    account, _, _ = region.signed_in()
    for attempt in map(str, range(10)):
        session = region.add_session(account, attempt)

        race(
            partial(region.stores.sessions.end, attempt, account.id, now=NOW),
            partial(region.stores.codes.add, digest(attempt), code_for(session, attempt)),
        )

        assert region.stores.codes.find(digest(attempt)) is None


def refresh_of(index: int) -> NewRefreshToken:
    return new_refresh(f"refresh token {index}")
