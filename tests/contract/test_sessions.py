"""Sessions: found in one read with all that a page needs, and ended with all that hangs from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from idp.authn.session import ClientStanding, SessionOwner
from idp.foundation.identifiers import digest
from idp.oidc.vocabulary import AcrLevel
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, cookie, new_refresh, race

IDLE = timedelta(hours=1)


def test_a_session_is_found_with_its_owner(region: Region) -> None:
    account = region.add_account("ada", birthdate="1815-12-10")
    session = region.add_session(account)

    found = region.stores.sessions.find(cookie("first"), now=NOW)

    assert found is not None
    assert found.session == session
    assert found.owner == SessionOwner(account.id, "ada", "ada", person=account.claims)
    assert found.standing is None


def test_a_person_without_a_name_is_called_by_username(region: Region) -> None:
    account = region.add_account()
    region.stores.accounts.set_claims(replace(account, claims={}), ())
    region.add_session(account)

    found = region.stores.sessions.find(cookie("first"), now=NOW)

    assert found is not None
    assert found.owner.name == "ada"


def test_a_session_is_found_with_what_stands_between_its_owner_and_a_client(region: Region) -> None:
    account, client, _ = region.signed_in()
    find = partial(
        region.stores.sessions.find, cookie("first"), now=NOW, client_id="tax", sector=client.sector
    )
    before = find()

    subject = region.stores.subjects.find_or_add(account.id, client.sector, "a subject")
    region.stores.consents.agree(account.id, "tax", frozenset({"openid"}), frozenset({"name"}), now=NOW)

    after = find()
    assert before is not None
    assert before.standing == ClientStanding(None, frozenset(), frozenset())
    assert after is not None
    assert after.standing == ClientStanding(subject, frozenset({"openid"}), frozenset({"name"}))


def test_what_stands_between_a_person_and_another_client_is_not_seen(region: Region) -> None:
    account, client, _ = region.signed_in()
    region.add_client("parking")
    region.stores.subjects.find_or_add(account.id, client.sector, "a subject")
    region.stores.consents.agree(account.id, "tax", frozenset({"openid"}), frozenset(), now=NOW)

    found = region.stores.sessions.find(
        cookie("first"), now=NOW, client_id="parking", sector="parking.example"
    )

    assert found is not None
    assert found.standing == ClientStanding(None, frozenset(), frozenset())


def test_a_withdrawn_agreement_is_not_seen(region: Region) -> None:
    account, client, _ = region.signed_in()
    region.stores.consents.agree(account.id, "tax", frozenset({"openid"}), frozenset({"name"}), now=NOW)

    region.stores.consents.withdraw(account.id, "tax", now=NOW)

    found = region.stores.sessions.find(cookie("first"), now=NOW, client_id="tax", sector=client.sector)
    assert found is not None
    assert found.standing == ClientStanding(None, frozenset(), frozenset())


def test_a_session_that_was_not_used_for_long_is_not_found(region: Region) -> None:
    region.signed_in()

    assert region.stores.sessions.find(cookie("first"), now=NOW + IDLE) is None
    assert region.stores.sessions.find(cookie("first"), now=NOW + IDLE - timedelta(milliseconds=1))


def test_use_keeps_a_session_alive_but_not_beyond_its_end(region: Region) -> None:
    _, _, session = region.signed_in()
    just_before_the_end = session.expires_at - MINUTE

    region.stores.sessions.touch(session.id, now=just_before_the_end)
    region.stores.sessions.touch(session.id, now=NOW)

    found = region.stores.sessions.find(cookie("first"), now=just_before_the_end)
    assert found is not None
    assert found.session.last_seen_at == just_before_the_end
    assert region.stores.sessions.find(cookie("first"), now=session.expires_at) is None


def test_a_session_of_a_disabled_account_is_not_found(region: Region) -> None:
    account, _, _ = region.signed_in()

    region.stores.accounts.set_active(account.id, False, now=NOW)

    assert region.stores.sessions.find(cookie("first"), now=NOW) is None


def test_renewing_replaces_the_cookie_and_keeps_the_session(region: Region) -> None:
    _, _, session = region.signed_in()
    grant = region.add_grant(session=session)
    stronger = replace(session, auth_time=NOW + MINUTE, level=AcrLevel.TWO_FACTORS, amr=("pwd", "otp", "mfa"))

    assert region.stores.sessions.renew(session.id, cookie("fresh"), stronger)

    assert region.stores.sessions.find(cookie("first"), now=NOW) is None
    found = region.stores.sessions.find(cookie("fresh"), now=NOW)
    assert found is not None
    assert found.session == stronger
    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is not None


def test_a_session_that_has_ended_is_not_renewed(region: Region) -> None:
    account, _, session = region.signed_in()
    region.stores.sessions.end(session.id, account.id, now=NOW)

    assert not region.stores.sessions.renew(session.id, cookie("fresh"), session)
    assert region.stores.sessions.find(cookie("fresh"), now=NOW) is None


def test_a_session_of_another_person_is_not_renewed(region: Region) -> None:
    _, _, session = region.signed_in()

    assert not region.stores.sessions.renew(
        session.id, cookie("fresh"), replace(session, account_id="acct_bo")
    )


def test_sessions_are_listed_latest_first(region: Region) -> None:
    account, _, first = region.signed_in()
    second = region.add_session(account, "second", created_at=NOW + MINUTE)
    region.add_session(account, "idle", last_seen_at=NOW - IDLE)
    region.add_session(region.add_account("bo"), "of bo")

    assert region.stores.sessions.list_of(account.id, now=NOW) == (second, first)


def test_ending_a_session_ends_what_hangs_from_it_but_not_what_is_offline(region: Region) -> None:
    account, _, session = region.signed_in()
    online = region.add_grant("online", session, refresh="online")
    offline = region.add_grant("offline", session, refresh="offline", offline=True)
    region.stores.codes.add(digest("waiting"), code_for(session, "waiting"))

    assert region.stores.sessions.end(session.id, account.id, now=NOW)

    assert region.stores.sessions.find(cookie("first"), now=NOW) is None
    assert region.stores.codes.find(digest("waiting")) is None
    assert region.stores.grants.find_live(online.id, "jti", now=NOW) is None
    assert not region.stores.grants.rotate(digest("online"), new_refresh("next"), now=NOW)
    assert region.stores.grants.find_live(offline.id, "jti", now=NOW) is not None
    assert region.stores.grants.rotate(digest("offline"), new_refresh("next"), now=NOW)


def test_a_session_ends_once_and_only_for_its_owner(region: Region) -> None:
    account, _, session = region.signed_in()

    assert not region.stores.sessions.end(session.id, "acct_bo", now=NOW)
    answers = at_once(5, lambda _: region.stores.sessions.end(session.id, account.id, now=NOW))

    assert answers.count(True) == 1


def test_ending_all_sessions_keeps_the_one_that_asks(region: Region) -> None:
    account, _, session = region.signed_in()
    second = region.add_session(account, "second")
    idle = region.add_session(account, "idle", last_seen_at=NOW - IDLE)
    kept, lost, forgotten = (
        region.add_grant(each.id, each, refresh=each.id) for each in (session, second, idle)
    )
    region.stores.codes.add(digest("waiting"), code_for(second, "waiting"))

    assert region.stores.sessions.end_all(account.id, keep=session.id, now=NOW) == 1

    assert region.stores.sessions.list_of(account.id, now=NOW) == (session,)
    assert region.stores.codes.find(digest("waiting")) is None
    assert region.stores.grants.find_live(kept.id, "jti", now=NOW) is not None
    assert region.stores.grants.find_live(lost.id, "jti", now=NOW) is None
    assert region.stores.grants.find_live(forgotten.id, "jti", now=NOW) is None


def test_ending_all_sessions_of_nobody_ends_none(region: Region) -> None:
    _, _, session = region.signed_in()

    assert region.stores.sessions.end_all("acct_bo", keep=None, now=NOW) == 0
    assert region.stores.sessions.end_all(session.account_id, keep=None, now=NOW) == 1


def test_ending_one_session_while_ending_all_gets_stuck_nowhere(region: Region) -> None:
    account = region.add_account()
    region.add_client()
    for attempt in range(5):
        names = [f"{attempt}.{number}" for number in range(4)]
        for name in names:
            region.add_grant(name, region.add_session(account, name))

        race(
            partial(region.stores.sessions.end_all, account.id, keep=None, now=NOW),
            *(partial(region.stores.sessions.end, name, account.id, now=NOW) for name in names),
        )

        assert region.stores.sessions.list_of(account.id, now=NOW) == ()
        assert all(region.stores.grants.find_live(f"gr_{name}", "jti", now=NOW) is None for name in names)


@pytest.mark.parametrize("session_id", ["a\0b", "\ud800", "x" * 100_000])
def test_ending_a_session_that_cannot_exist_ends_none(region: Region, session_id: str) -> None:
    assert not region.stores.sessions.end(session_id, "acct_ada", now=NOW)
