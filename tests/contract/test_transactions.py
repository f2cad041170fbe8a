"""Transactions: what survives between two pages, and one way out."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from idp.foundation.identifiers import digest
from idp.oidc.authorization.transaction import Proved, TransactionPurpose, TransactionState
from idp.oidc.proofs import Method, Proof, Property
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, race

ID = "tx_first"
LATER = NOW + 15 * MINUTE


def test_a_transaction_is_found_as_it_was_kept(region: Region) -> None:
    account = region.add_account()
    kept = region.add_transaction(
        purpose=TransactionPurpose.ACCOUNT,
        return_path="/account/security",
        username="𠮷野家",
        proved=Proved(account.id, (password_at(NOW + MINUTE),)),
        wrong_answers=2,
    )

    assert region.stores.transactions.find(ID) == kept
    assert region.stores.transactions.find("tx_unknown") is None


def test_its_parameters_keep_their_order_and_repetitions(region: Region) -> None:
    region.add_transaction()

    found = region.stores.transactions.find(ID)

    assert found is not None
    assert found.parameters.pairs() == [("client_id", "tax"), ("resource", "a"), ("resource", "b")]


def test_another_username_forgets_the_first_factor(region: Region) -> None:
    account = region.add_account()
    region.add_transaction(username="ada", proved=Proved(account.id, (password_at(NOW),)))

    region.stores.transactions.set_username(ID, "ada")
    same = region.stores.transactions.find(ID)
    region.stores.transactions.set_username(ID, "bo")
    other = region.stores.transactions.find(ID)

    assert same is not None
    assert same.proved == Proved(account.id, (password_at(NOW),))
    assert other is not None
    assert (other.username, other.proved) == ("bo", None)


def test_proving_oneself_takes_the_place_of_the_first_factor(region: Region) -> None:
    account, _, session = region.signed_in()
    region.add_transaction()
    region.stores.transactions.set_proved(ID, Proved(account.id, (password_at(NOW),)))

    region.stores.transactions.set_session(ID, session.id)

    found = region.stores.transactions.find(ID)
    assert found is not None
    assert (found.session_id, found.proved) == (session.id, None)


def test_consent_is_remembered_with_the_session_that_gave_it(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_transaction(session_id=session.id)
    region.stores.transactions.set_consented(ID)
    region.stores.transactions.set_session(ID, session.id)

    found = region.stores.transactions.find(ID)

    assert found is not None
    assert found.consented


def test_consent_of_one_person_does_not_bind_the_next(region: Region) -> None:
    _, _, session = region.signed_in()
    another = region.add_session(region.add_account("bo"), "second")
    region.add_transaction(session_id=session.id)
    region.stores.transactions.set_consented(ID)

    region.stores.transactions.set_session(ID, another.id)

    found = region.stores.transactions.find(ID)
    assert found is not None
    assert not found.consented


def test_wrong_answers_of_parallel_attempts_are_all_counted(region: Region) -> None:
    region.add_transaction()

    answers = at_once(10, lambda _: region.stores.transactions.count_wrong_answer(ID))

    assert sorted(answers) == list(range(1, 11))
    with pytest.raises(LookupError):
        region.stores.transactions.count_wrong_answer("tx_unknown")


def test_fulfilling_keeps_the_code(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_transaction()
    code = code_for(session)

    assert region.stores.transactions.fulfil(ID, digest("code"), code, now=NOW)

    kept, transaction = region.stores.codes.find(digest("code")), region.stores.transactions.find(ID)
    assert kept is not None
    assert kept.code == code
    assert transaction is not None
    assert transaction.state is TransactionState.FULFILLED


def test_a_transaction_is_fulfilled_once_whoever_tries(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_transaction()

    answers = at_once(
        20,
        lambda index: region.stores.transactions.fulfil(
            ID, digest(str(index)), code_for(session, str(index)), now=NOW
        ),
    )

    assert answers.count(True) == 1
    assert len([index for index in range(20) if region.stores.codes.find(digest(str(index)))]) == 1


def test_of_fulfilling_finishing_and_cancelling_one_wins(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_transaction()
    transactions = region.stores.transactions

    answers = race(
        partial(transactions.fulfil, ID, digest("code"), code_for(session), now=NOW),
        partial(transactions.finish, ID, now=NOW),
        partial(transactions.cancel, ID, now=NOW),
    )

    assert answers.count(True) == 1


def test_a_transaction_that_is_over_remembers_nothing_new(region: Region) -> None:
    account, _, session = region.signed_in()
    region.add_transaction(username="ada")
    assert region.stores.transactions.cancel(ID, now=NOW)
    cancelled = region.stores.transactions.find(ID)

    region.stores.transactions.set_username(ID, "bo")
    region.stores.transactions.set_proved(ID, Proved(account.id, (password_at(NOW),)))
    region.stores.transactions.set_session(ID, session.id)
    region.stores.transactions.set_consented(ID)

    assert region.stores.transactions.find(ID) == cancelled


def test_an_expired_transaction_cannot_be_left(region: Region) -> None:
    _, _, session = region.signed_in()
    region.add_transaction()
    transactions = region.stores.transactions

    assert not transactions.fulfil(ID, digest("code"), code_for(session), now=LATER)
    assert not transactions.finish(ID, now=LATER)
    assert not transactions.cancel(ID, now=LATER)

    assert region.stores.codes.find(digest("code")) is None
    assert transactions.finish(ID, now=LATER - timedelta(milliseconds=1))


def password_at(at: datetime) -> Proof:
    """A right password."""
    return Proof(Method.PASSWORD, at, frozenset({Property.KNOWLEDGE}))
