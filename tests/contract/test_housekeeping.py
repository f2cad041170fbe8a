"""Housekeeping: what can matter to nobody goes, everything else stays."""

from __future__ import annotations

from datetime import timedelta

from idp.authn.challenges import Challenge, ChallengePurpose
from idp.authn.credentials import Schedule
from idp.foundation.identifiers import digest
from idp.storage.housekeeping import BATCH, MOST_BATCHES
from tests.contract.region import MINUTE, NOW, Region, at_once, new_refresh, swept

DAY = timedelta(days=1)


def sweep(region: Region, after: timedelta) -> dict[str, int]:
    return swept(region.stores.housekeeping.sweep(now=NOW + after))


def test_nothing_that_can_still_be_used_is_swept(region: Region) -> None:
    region.add_grant(refresh="first")
    region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)
    region.add_transaction()
    region.stores.assertions.claim("tax", "jti", NOW + MINUTE, now=NOW)
    region.stores.grants.revoke_access_token("jti", NOW + MINUTE)

    assert sweep(region, MINUTE) == {}


def test_a_lapsed_code_or_transaction_is_kept_for_a_day_to_answer_for_itself(region: Region) -> None:
    region.add_code()
    region.add_transaction()

    assert sweep(region, DAY) == {}
    assert sweep(region, DAY + 16 * MINUTE) == {"authorization_codes": 1, "transactions": 1}

    assert region.stores.codes.find(digest("code")) is None
    assert region.stores.transactions.find("tx_first") is None


def test_seen_assertions_and_revoked_tokens_go_when_they_would_have_expired(region: Region) -> None:
    region.stores.assertions.claim("tax", "jti", NOW + MINUTE, now=NOW)
    region.stores.grants.revoke_access_token("jti", NOW + MINUTE)

    assert sweep(region, 2 * MINUTE) == {"client_assertions": 1, "revoked_access_tokens": 1}

    assert region.stores.assertions.claim("tax", "jti", NOW + MINUTE, now=NOW)


def test_lapsed_questions_for_passkeys_of_the_staff_do_not_heap_up(region: Region) -> None:
    """A program may ask hundreds of times a minute."""
    question = Challenge(
        "ch_" + "a" * 43, ChallengePurpose.PASSKEY_SIGN_IN, None, digest("here"), {}, NOW, NOW + 2 * MINUTE
    )
    region.stores.staff.challenges.add(question)

    assert sweep(region, 2 * MINUTE) == {}
    assert sweep(region, 3 * MINUTE) == {"staff_challenges": 1}


def test_used_refresh_tokens_stay_as_long_as_their_grant(region: Region) -> None:
    """Their reuse must be noticed (RFC 9700 §4.14.2)."""
    region.add_grant(refresh="first", offline=True, expires_at=NOW + 90 * DAY)
    region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)

    sweep(region, 60 * DAY)

    first = region.stores.grants.find_refresh_token(digest("first"), now=NOW + 60 * DAY)
    assert first is not None
    assert first.is_consumed


def test_a_grant_goes_with_its_refresh_tokens_and_then_its_session(region: Region) -> None:
    grant = region.add_grant(refresh="first", offline=True, expires_at=NOW + 90 * DAY)
    region.stores.grants.rotate(digest("first"), new_refresh("second"), now=NOW)

    assert sweep(region, 89 * DAY) == {"authorization_codes": 1}
    assert sweep(region, 91 * DAY) == {"refresh_tokens": 2, "grants": 1, "sessions": 1}

    assert region.stores.grants.find_refresh_token(digest("second"), now=NOW) is None
    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None


def test_sessions_are_kept_for_a_month(region: Region) -> None:
    account = region.add_account()
    region.add_session(account)

    assert sweep(region, 30 * DAY) == {}
    assert sweep(region, 31 * DAY) == {"sessions": 1}


def test_idle_throttles_go_but_what_is_closed_stays_closed(region: Region) -> None:
    strict = Schedule(free=1, first_delay=MINUTE, longest_delay=MINUTE, disable_after=1)
    patient = Schedule(free=5, first_delay=MINUTE, longest_delay=MINUTE)
    region.stores.throttles.charge("closed", strict, now=NOW)
    region.stores.throttles.charge("idle", patient, now=NOW)

    assert sweep(region, 31 * DAY) == {"throttles": 1}

    assert region.stores.throttles.charge("closed", strict, now=NOW + 31 * DAY).disabled


def test_a_sweep_has_an_end_and_the_next_one_goes_on(region: Region) -> None:
    account = region.add_account()
    most = BATCH * MOST_BATCHES
    with region.database.transaction():
        for number in range(most + 1):
            region.stores.assertions.claim(account.id, str(number), NOW, now=NOW)

    assert sweep(region, MINUTE) == {"client_assertions": most}
    assert sweep(region, MINUTE) == {"client_assertions": 1}


def test_several_may_sweep_at_once(region: Region) -> None:
    for number in range(50):
        region.stores.assertions.claim("tax", str(number), NOW, now=NOW)

    counts = at_once(4, lambda _: sweep(region, MINUTE))

    assert sum(count.get("client_assertions", 0) for count in counts) == 50
