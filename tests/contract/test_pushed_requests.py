"""Pushed authorization requests: kept as they were, and claimed by exactly one answer (RFC 9126 §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from idp.foundation.identifiers import digest
from idp.oidc.authorization.transaction import TransactionState
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, race, swept

PUSHED = digest("pushed")


def codes_among(region: Region, number: int) -> int:
    """How many of the codes called 0, 1, 2 … were kept."""
    return sum(region.stores.codes.find(digest(str(index))) is not None for index in range(number))


def test_a_request_is_found_as_it_was_kept(region: Region) -> None:
    region.add_client()
    kept = region.add_pushed()

    assert region.stores.pushed_requests.find(PUSHED) == kept
    assert region.stores.pushed_requests.find(digest("unknown")) is None


def test_its_parameters_keep_their_order_and_repetitions(region: Region) -> None:
    region.add_client()
    region.add_pushed()

    found = region.stores.pushed_requests.find(PUSHED)

    assert found is not None
    assert found.parameters.pairs() == [("client_id", "tax"), ("resource", "a"), ("resource", "b")]


def test_it_is_consumed_once_whoever_tries(region: Region) -> None:
    region.add_client()
    kept = region.add_pushed()

    answers = at_once(20, lambda _: region.stores.pushed_requests.consume(PUSHED, now=NOW))

    assert answers.count(True) == 1
    assert region.stores.pushed_requests.find(PUSHED) == replace(kept, is_consumed=True)
    assert not region.stores.pushed_requests.consume(digest("unknown"), now=NOW)


def test_who_came_in_time_may_be_answered_late(region: Region) -> None:
    region.add_client()
    region.add_pushed()

    assert region.stores.pushed_requests.consume(PUSHED, now=NOW + 10 * MINUTE)


def test_one_of_many_immediate_answers_keeps_its_code(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_pushed()

    answers = at_once(
        20,
        lambda index: region.stores.pushed_requests.answer(
            PUSHED, digest(str(index)), code_for(session, str(index)), now=NOW
        ),
    )

    assert answers.count(True) == 1
    assert codes_among(region, 20) == 1


def test_of_many_tabs_with_one_request_one_gets_a_code(region: Region) -> None:
    """Each tab has a transaction of its own; they share the pushed request."""
    _, _, session = region.signed_in()
    region.add_pushed()
    for index in range(20):
        region.add_transaction(f"tx_{index}", pushed_digest=PUSHED)

    answers = at_once(
        20,
        lambda index: region.stores.transactions.fulfil(
            f"tx_{index}", digest(str(index)), code_for(session, str(index)), PUSHED, now=NOW
        ),
    )

    assert answers.count(True) == 1
    assert codes_among(region, 20) == 1


def test_a_tab_that_lost_stays_as_it_was(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_pushed()
    lost = region.add_transaction(pushed_digest=PUSHED)
    assert region.stores.pushed_requests.consume(PUSHED, now=NOW)

    assert not region.stores.transactions.fulfil(lost.id, digest("0"), code_for(session), PUSHED, now=NOW)
    assert not region.stores.transactions.cancel(lost.id, PUSHED, now=NOW)

    assert region.stores.transactions.find(lost.id) == lost
    assert codes_among(region, 1) == 0


def test_a_transaction_that_is_over_leaves_its_request_alone(region: Region) -> None:
    """Both or neither: the claim is undone when the transaction was left meanwhile."""
    _, _, session = region.signed_in()
    kept = region.add_pushed()
    over = region.add_transaction(pushed_digest=PUSHED)
    assert region.stores.transactions.cancel(over.id, now=NOW)

    assert not region.stores.transactions.fulfil(over.id, digest("0"), code_for(session), PUSHED, now=NOW)

    assert region.stores.pushed_requests.find(PUSHED) == kept
    assert codes_among(region, 1) == 0


def test_of_finishing_and_cancelling_in_different_tabs_one_wins(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_pushed()
    first = region.add_transaction("tx_first", pushed_digest=PUSHED)
    second = region.add_transaction("tx_second", pushed_digest=PUSHED)
    stores = region.stores

    answers = race(
        partial(stores.transactions.fulfil, first.id, digest("0"), code_for(session), PUSHED, now=NOW),
        partial(stores.transactions.cancel, second.id, PUSHED, now=NOW),
        partial(stores.pushed_requests.consume, PUSHED, now=NOW),
    )

    assert answers.count(True) == 1


def test_what_began_with_a_pushed_request_is_never_fulfilled_without_it(region: Region) -> None:
    """Nor with another one."""
    _, _, session = region.signed_in()
    region.add_pushed()
    region.add_pushed("another")
    begun = region.add_transaction(pushed_digest=PUSHED)
    transactions = region.stores.transactions

    assert not transactions.fulfil(begun.id, digest("0"), code_for(session), now=NOW)
    assert not transactions.fulfil(begun.id, digest("0"), code_for(session), digest("another"), now=NOW)

    assert codes_among(region, 1) == 0


def test_fulfilling_leaves_the_transaction_and_uses_the_request_up(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_pushed()
    begun = region.add_transaction(pushed_digest=PUSHED)

    assert region.stores.transactions.fulfil(begun.id, digest("0"), code_for(session), PUSHED, now=NOW)

    found, request = region.stores.transactions.find(begun.id), region.stores.pushed_requests.find(PUSHED)
    assert found is not None
    assert found.state is TransactionState.FULFILLED
    assert request is not None
    assert request.is_consumed


def test_a_request_goes_a_day_after_it_lapsed(region: Region) -> None:
    region.add_client()
    region.add_pushed()
    lapsed = NOW + MINUTE + timedelta(days=1)

    early = region.stores.housekeeping.sweep(now=lapsed)
    late = region.stores.housekeeping.sweep(now=lapsed + timedelta(milliseconds=1))

    assert swept(early) == {}
    assert swept(late) == {"pushed_requests": 1}
