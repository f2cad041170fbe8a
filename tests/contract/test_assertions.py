"""Client assertions: none counts twice (RFC 7523 §3)."""

from __future__ import annotations

import pytest

from tests.contract.region import MINUTE, NOW, Region, at_once


def claim(region: Region, client_id: str, jti: str) -> bool:
    return region.stores.assertions.claim(client_id, jti, NOW + MINUTE, now=NOW)


def test_an_assertion_counts_once(region: Region) -> None:
    assert claim(region, "tax", "jti")
    assert not claim(region, "tax", "jti")


def test_of_twenty_who_present_one_assertion_at_once_one_wins(region: Region) -> None:
    answers = at_once(20, lambda _: claim(region, "tax", "jti"))

    assert answers.count(True) == 1


def test_clients_do_not_use_up_each_others_assertions(region: Region) -> None:
    assert claim(region, "tax", "1jti")
    assert claim(region, "tax1", "jti")
    assert claim(region, "ta", "x1jti")


@pytest.mark.parametrize("jti", ["𠮷\0", "x" * 100_000, " "])
def test_any_text_can_be_the_name_of_an_assertion(region: Region, jti: str) -> None:
    assert claim(region, "tax", jti)
    assert not claim(region, "tax", jti)


def test_what_was_claimed_is_known_until_it_expires(region: Region) -> None:
    claim(region, "tax", "jti")

    assertions = region.stores.assertions
    assert assertions.was_claimed("tax", "jti", now=NOW)
    assert not assertions.was_claimed("tax", "another", now=NOW)
    assert not assertions.was_claimed("health", "jti", now=NOW)
    assert not assertions.was_claimed("tax", "jti", now=NOW + MINUTE)
