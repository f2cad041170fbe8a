"""Sign-outs that mini-apps are told of: kept with what ends the session or not at all, told by one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.authn.recovery import Approved, Ready, Recovery
from idp.foundation.identifiers import digest
from idp.oidc.vocabulary import Algorithm
from idp.signals.telling import TRIED_FOR, WaitingLogout
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, race, swept

ADDRESS = "https://tax.example/backchannel-logout"
SECOND = timedelta(seconds=1)


class Failed(Exception):
    pass


def visited(region: Region, *clients: str, session_id: str = "first") -> None:
    """Ada, signed in once, in every one of these mini-apps; `deaf` has no address."""
    account = region.stores.accounts.find_by_identifier("ada") or region.add_account()
    session = region.add_session(account, session_id)
    for client in clients:
        if region.stores.registry.find_by_id(client) is None:
            address = None if client == "deaf" else f"https://{client}.example/backchannel-logout"
            region.add_client(client, backchannel_logout_uri=address, signing_alg=Algorithm.PS256)
        region.add_grant(f"{client} {session_id}", session, client_id=client, subject=f"ada at {client}")


def waiting(region: Region, *, after: timedelta = timedelta(0), limit: int = 100) -> list[tuple[str, str]]:
    """Session and mini-app of all that is due."""
    due = region.stores.logouts.due(limit, 50, now=NOW + after)
    return [(one.session_id, one.client.client_id) for one in due]


def first(region: Region) -> WaitingLogout:
    return region.stores.logouts.due(1, 1, now=NOW)[0]


def end(region: Region) -> None:
    assert region.stores.sessions.end("first", "acct_ada", now=NOW)


def end_all(region: Region) -> None:
    assert region.stores.sessions.end_all("acct_ada", keep=None, now=NOW) == 1


def switch_off(region: Region) -> None:
    assert region.stores.accounts.set_active("acct_ada", False, now=NOW)


def recover(region: Region) -> None:
    recovery = Recovery(
        id="recovery",
        account_id="acct_ada",
        state=Ready(Approved("officer", "another")),
        created_at=NOW,
        expires_at=NOW + MINUTE,
    )
    region.stores.recoveries.add(recovery, digest("recovery"))
    assert region.stores.recoveries.finish(recovery, now=NOW)


ENDINGS = [end, end_all, switch_off, recover]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_tells_every_app_of_the_session_that_wants_to_know(
    region: Region, ending: Callable[[Region], None]
) -> None:
    visited(region, "tax", "health", "deaf")

    ending(region)

    assert sorted(waiting(region)) == [("first", "health"), ("first", "tax")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_undone_tells_nobody(region: Region, ending: Callable[[Region], None]) -> None:
    """The row and the ending are one transaction: both or neither."""
    visited(region, "tax")

    try:
        with region.database.transaction():
            ending(region)
            raise Failed
    except Failed:
        pass

    assert waiting(region) == []


def test_a_row_says_whom_to_tell_what(region: Region) -> None:
    visited(region, "tax")
    end(region)

    found = first(region)

    assert (found.session_id, found.subject, found.attempts) == ("first", "ada at tax", 0)
    assert found.client.backchannel_logout_uri == "https://tax.example/backchannel-logout"
    assert found.client.signing_alg is Algorithm.PS256
    assert found.ended_at == NOW


def test_an_app_with_many_grants_in_a_session_is_told_once(region: Region) -> None:
    visited(region, "tax")
    session = region.stores.sessions.list_of("acct_ada", now=NOW)[0]
    region.add_grant("again", session)
    region.add_grant("for good", session, offline=True)

    end(region)

    assert waiting(region) == [("first", "tax")]


def test_an_app_whose_grant_was_revoked_is_told_all_the_same(region: Region) -> None:
    visited(region, "tax")
    region.stores.grants.revoke("gr_tax first", now=NOW)

    end(region)

    assert waiting(region) == [("first", "tax")]


def test_a_switched_off_app_is_told_all_the_same(region: Region) -> None:
    """Entities of the federation have rows that are switched off, and any other may still hold sessions."""
    visited(region, "tax")
    region.stores.registry.set_enabled("tax", False)

    end(region)

    assert waiting(region) == [("first", "tax")]


def test_a_session_that_stays_is_not_told_of(region: Region) -> None:
    visited(region, "tax")
    visited(region, "tax", session_id="second")
    visited(region, "tax", session_id="third")
    end(region)

    region.stores.sessions.end_all("acct_ada", keep="second", now=NOW + MINUTE)

    assert waiting(region, after=MINUTE) == [("first", "tax"), ("third", "tax")]


def test_ending_what_has_ended_tells_nobody_again(region: Region) -> None:
    visited(region, "tax")
    end(region)

    assert not region.stores.sessions.end("first", "acct_ada", now=NOW)
    assert region.stores.sessions.end_all("acct_ada", keep=None, now=NOW) == 0

    assert waiting(region) == [("first", "tax")]


def test_a_withdrawn_agreement_is_told_to_that_app_alone(region: Region) -> None:
    visited(region, "tax", "health")
    region.stores.consents.agree("acct_ada", "tax", frozenset({"openid"}), frozenset(), now=NOW)

    region.stores.consents.withdraw("acct_ada", "tax", now=NOW)

    assert waiting(region) == [("first", "tax")]


def test_a_code_redeemed_amid_the_sign_out_is_told_of_or_worth_nothing(region: Region) -> None:
    """Whichever comes first: an app that got its tokens is told."""
    for number in range(10):
        visited(region, "tax", session_id=f"s{number}")
        session = next(
            one for one in region.stores.sessions.list_of("acct_ada", now=NOW) if one.id == f"s{number}"
        )
        region.add_client(f"late{number}", backchannel_logout_uri=ADDRESS)
        region.stores.codes.add(
            digest(f"code{number}"), code_for(session, f"code{number}", client_id=f"late{number}")
        )

        answers = race(
            lambda n=number: ("code", region.stores.codes.consume(digest(f"code{n}"), None, now=NOW)),  # type: ignore[misc]
            lambda n=number: ("end", region.stores.sessions.end(f"s{n}", "acct_ada", now=NOW)),  # type: ignore[misc]
        )

        got_tokens = ("code", True) in answers
        assert ((f"s{number}", f"late{number}") in waiting(region)) == got_tokens


def test_of_twenty_who_claim_one_row_one_wins(region: Region) -> None:
    visited(region, "tax")
    end(region)
    found = first(region)

    answers = at_once(20, lambda _: region.stores.logouts.claim(found, NOW + MINUTE))

    assert answers.count(True) == 1


def test_a_claimed_row_comes_back_when_the_lease_lapses(region: Region) -> None:
    """Whoever took it may have been killed."""
    visited(region, "tax")
    end(region)
    region.stores.logouts.claim(first(region), NOW + MINUTE)

    assert waiting(region, after=MINUTE - SECOND) == []
    assert waiting(region, after=MINUTE) == [("first", "tax")]
    (again,) = region.stores.logouts.due(1, 1, now=NOW + MINUTE)
    assert again.attempts == 1


def test_every_attempt_has_the_same_jti_and_every_row_its_own(region: Region) -> None:
    visited(region, "tax", "health")
    end(region)
    before = {one.client.client_id: one for one in region.stores.logouts.due(2, 1, now=NOW)}
    for one in before.values():
        region.stores.logouts.claim(one, NOW + MINUTE)

    after = {one.client.client_id: one for one in region.stores.logouts.due(2, 1, now=NOW + MINUTE)}

    assert {name: one.jti for name, one in before.items()} == {name: one.jti for name, one in after.items()}
    assert len({one.jti for one in after.values()}) == 2


def test_a_row_whose_number_comes_again_has_another_jti(region: Region) -> None:
    """SQLite gives the number of a deleted row to the next: a receiver must not take that for an old token."""
    visited(region, "tax")
    region.stores.consents.agree("acct_ada", "tax", frozenset({"openid"}), frozenset(), now=NOW)
    region.stores.consents.withdraw("acct_ada", "tax", now=NOW)
    before = first(region)
    region.stores.logouts.remove(before.id)

    region.stores.sessions.end("first", "acct_ada", now=NOW + SECOND)

    (after,) = region.stores.logouts.due(1, 1, now=NOW + SECOND)
    assert after.jti != before.jti


def test_what_was_heard_is_gone(region: Region) -> None:
    visited(region, "tax")
    end(region)
    found = first(region)

    region.stores.logouts.remove(found.id)

    assert waiting(region, after=TRIED_FOR) == []
    assert not region.stores.logouts.claim(found, NOW + MINUTE)


def test_what_was_refused_is_tried_no_more_and_kept_for_a_week(region: Region) -> None:
    visited(region, "tax")
    end(region)

    region.stores.logouts.refused(first(region).id)

    assert waiting(region, after=TRIED_FOR) == []
    sweep = region.stores.housekeeping.sweep
    assert "logouts" not in swept(sweep(now=NOW + timedelta(days=7)))
    assert swept(sweep(now=NOW + timedelta(days=9)))["logouts"] == 1


def test_what_still_waits_is_never_swept_out(region: Region) -> None:
    """However long every worker was down."""
    visited(region, "tax")
    end(region)

    assert "logouts" not in swept(region.stores.housekeeping.sweep(now=NOW + timedelta(days=90)))
    assert waiting(region, after=timedelta(days=90)) == [("first", "tax")]


def test_an_app_that_does_not_answer_is_left_in_peace_with_all_its_rows(region: Region) -> None:
    for number in range(3):
        visited(region, "tax", "health", session_id=f"s{number}")
        region.stores.sessions.end(f"s{number}", "acct_ada", now=NOW)
    tried = next(one for one in region.stores.logouts.due(50, 50, now=NOW) if one.client.client_id == "tax")
    assert region.stores.logouts.claim(tried, NOW + MINUTE)

    assert region.stores.logouts.postpone(tried, NOW + 5 * SECOND) == 0

    assert {client for _, client in waiting(region)} == {"health"}
    assert [client for _, client in waiting(region, after=5 * SECOND)].count("tax") == 3


def test_postponing_takes_no_lease_from_anybody(region: Region) -> None:
    for number in range(2):
        visited(region, "tax", session_id=f"s{number}")
        region.stores.sessions.end(f"s{number}", "acct_ada", now=NOW)
    mine, other = region.stores.logouts.due(2, 2, now=NOW)
    for one in (mine, other):
        assert region.stores.logouts.claim(one, NOW + MINUTE)

    region.stores.logouts.postpone(mine, NOW + 5 * SECOND)

    assert waiting(region, after=5 * SECOND) == [(mine.session_id, "tax")]
    assert len(waiting(region, after=MINUTE)) == 2


def test_a_lease_that_somebody_else_has_by_now_is_not_shortened(region: Region) -> None:
    """A worker that slept through its lease must not take back what another is telling."""
    visited(region, "tax")
    end(region)
    slept = first(region)
    region.stores.logouts.claim(slept, NOW + SECOND)
    (taken,) = region.stores.logouts.due(1, 1, now=NOW + SECOND)
    region.stores.logouts.claim(taken, NOW + MINUTE)

    region.stores.logouts.postpone(slept, NOW + 5 * SECOND)

    assert waiting(region, after=5 * SECOND) == []


def test_what_expires_while_its_app_rests_is_given_up(region: Region) -> None:
    visited(region, "tax")
    end(region)
    visited(region, "tax", session_id="second")
    region.stores.sessions.end("second", "acct_ada", now=NOW + TRIED_FOR)
    old = first(region)

    assert region.stores.logouts.postpone(old, NOW + TRIED_FOR + MINUTE) == 1

    assert waiting(region, after=TRIED_FOR + MINUTE) == [("second", "tax")]


def test_no_app_takes_the_turns_of_another(region: Region) -> None:
    """However much is due to one: each look finds some of every app's, the longest due first."""
    for number in range(10):
        visited(region, "slow", session_id=f"s{number}")
        region.stores.sessions.end(f"s{number}", "acct_ada", now=NOW)
    visited(region, "tax")
    region.stores.sessions.end("first", "acct_ada", now=NOW + SECOND)

    due = region.stores.logouts.due(100, 4, now=NOW + SECOND)

    assert [one.client.client_id for one in due] == ["slow"] * 4 + ["tax"]
    assert len(region.stores.logouts.due(3, 4, now=NOW + SECOND)) == 3


def test_an_app_that_took_its_address_back_is_found_without(region: Region) -> None:
    visited(region, "tax")
    end(region)
    client = region.stores.registry.find_by_id("tax")
    assert client is not None

    region.stores.registry.replace(replace(client, backchannel_logout_uri=None))

    assert first(region).client.backchannel_logout_uri is None


def test_an_app_is_told_even_when_the_row_of_the_session_is_gone(region: Region) -> None:
    visited(region, "tax")
    end(region)

    region.stores.housekeeping.sweep(now=NOW + timedelta(days=60))

    assert waiting(region, after=timedelta(days=60)) == [("first", "tax")]
