"""Pairwise subjects: given once, kept for ever, nobody else's (OpenID Connect Core §8.1)."""

from __future__ import annotations

import pytest

from idp.storage.failures import RuleBroken
from tests.contract.region import Region, at_once


def test_the_first_candidate_stays_the_subject(region: Region) -> None:
    account = region.add_account()

    assert region.stores.subjects.find_or_add(account.id, "tax.example", "first") == "first"
    assert region.stores.subjects.find_or_add(account.id, "tax.example", "second") == "first"


def test_each_sector_knows_another_subject(region: Region) -> None:
    account = region.add_account()

    assert region.stores.subjects.find_or_add(account.id, "tax.example", "first") == "first"
    assert region.stores.subjects.find_or_add(account.id, "parking.example", "second") == "second"


def test_twenty_who_ask_at_once_all_get_the_same_subject(region: Region) -> None:
    account = region.add_account()

    answers = at_once(
        20, lambda index: region.stores.subjects.find_or_add(account.id, "tax.example", f"candidate {index}")
    )

    assert len(set(answers)) == 1


def test_two_people_never_share_a_subject(region: Region) -> None:
    ada, bo = region.add_account(), region.add_account("bo")
    region.stores.subjects.find_or_add(ada.id, "tax.example", "the same")

    with pytest.raises(RuleBroken):
        region.stores.subjects.find_or_add(bo.id, "tax.example", "the same")

    assert region.stores.subjects.find_or_add(bo.id, "tax.example", "another") == "another"
