"""The bundle that a region holds: replaced only by a newer one, whoever tries, and read again after a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.storage.generations import Remembered
from idp.storage.trust_bundles import AdmittedBundle, TrustBundles
from tests.contract.region import MINUTE, NOW, Region, at_once

HUB = "https://hub.example"
EVERY = timedelta(seconds=30)
FIRST = AdmittedBundle(
    issuer=HUB,
    root_version=1,
    seq=7,
    content_hash="seven",
    issued_at=NOW,
    expires_at=NOW + timedelta(days=1),
    next_update=NOW + MINUTE,
    admitted_at=NOW,
)
SIGNED_AGAIN = replace(FIRST, issued_at=NOW + MINUTE, admitted_at=NOW + MINUTE)
NEXT = replace(FIRST, seq=8, content_hash="eight", issued_at=NOW + MINUTE)


@pytest.fixture
def bundles(region: Region) -> TrustBundles:
    return region.stores.trust_bundles


def test_the_first_bundle_is_kept_and_read_back(bundles: TrustBundles) -> None:
    assert bundles.find(HUB) is None
    assert bundles.read(HUB) is None

    assert bundles.put(FIRST, "a document", None)

    assert bundles.find(HUB) == FIRST
    assert bundles.read(HUB) == (FIRST, "a document")


@pytest.mark.parametrize("newer", [SIGNED_AGAIN, NEXT], ids=["signed again", "changed"])
def test_a_newer_bundle_takes_the_place_and_every_process_is_told(
    bundles: TrustBundles, region: Region, newer: AdmittedBundle
) -> None:
    bundles.put(FIRST, "a document", None)
    before = region.stores.generations.of(Remembered.TRUST)

    assert bundles.put(newer, "a newer one", FIRST)

    assert bundles.read(HUB) == (newer, "a newer one")
    assert region.stores.generations.of(Remembered.TRUST) == before + 1


@pytest.mark.parametrize(
    "older",
    [
        FIRST,
        replace(FIRST, seq=6, content_hash="six", issued_at=NOW + MINUTE),
        replace(FIRST, issued_at=NOW - MINUTE),
        replace(FIRST, content_hash="another seven", issued_at=NOW + MINUTE),
        replace(NEXT, root_version=0),
    ],
    ids=["the same", "a lower number", "signed before", "another content", "under older keys"],
)
def test_what_is_held_never_goes_back(bundles: TrustBundles, region: Region, older: AdmittedBundle) -> None:
    bundles.put(FIRST, "a document", None)
    before = region.stores.generations.of(Remembered.TRUST)

    assert not bundles.put(older, "an older one", FIRST)

    assert bundles.read(HUB) == (FIRST, "a document")
    assert region.stores.generations.of(Remembered.TRUST) == before


def test_a_higher_root_version_begins_again_whatever_the_number(bundles: TrustBundles) -> None:
    bundles.put(FIRST, "a document", None)
    anew = replace(FIRST, root_version=2, seq=1, content_hash="one")

    assert bundles.put(anew, "anew", FIRST)

    assert bundles.find(HUB) == anew


def test_who_decided_on_something_older_has_to_decide_again(bundles: TrustBundles) -> None:
    bundles.put(FIRST, "a document", None)
    bundles.put(NEXT, "a newer one", FIRST)

    assert not bundles.put(replace(NEXT, seq=9, content_hash="nine"), "the newest", FIRST)
    assert not bundles.put(FIRST, "a first one", None)

    assert bundles.find(HUB) == NEXT


def test_of_many_who_put_at_once_one_wins(bundles: TrustBundles) -> None:
    bundles.put(FIRST, "a document", None)
    rivals = [replace(NEXT, seq=8 + number, content_hash=f"content {number}") for number in range(8)]

    tried = at_once(8, lambda number: (number, bundles.put(rivals[number], f"document {number}", FIRST)))

    (winner,) = [number for number, has_won in tried if has_won]
    assert bundles.read(HUB) == (rivals[winner], f"document {winner}")


def test_a_change_is_applied_once_and_signing_again_keeps_that(bundles: TrustBundles) -> None:
    bundles.put(FIRST, "a document", None)

    assert bundles.set_applied(HUB, "seven")
    bundles.put(SIGNED_AGAIN, "signed again", replace(FIRST, is_applied=True))
    assert bundles.find(HUB) == replace(SIGNED_AGAIN, is_applied=True)

    bundles.put(replace(NEXT, issued_at=NOW + 2 * MINUTE), "changed", SIGNED_AGAIN)
    found = bundles.find(HUB)
    assert found is not None
    assert not found.is_applied
    assert not bundles.set_applied(HUB, "seven")


def test_what_is_left_of_a_bundle_has_consequences_and_ends_with_the_next_one(
    bundles: TrustBundles, region: Region
) -> None:
    bundles.put(FIRST, "a document", None)
    bundles.set_applied(HUB, "seven")
    before = region.stores.generations.of(Remembered.TRUST)

    assert bundles.narrow(FIRST, '{"regions": []}', "less")

    narrowed = replace(FIRST, narrowing="less")
    assert bundles.read_narrowed(HUB) == (narrowed, "a document", '{"regions": []}')
    assert region.stores.generations.of(Remembered.TRUST) == before + 1
    assert not bundles.set_applied(HUB, "seven"), "who drew them from the whole one did not draw them all"
    assert bundles.set_applied(HUB, "seven", "less")
    assert not bundles.put(NEXT, "compared with the whole one", FIRST)
    assert bundles.put(NEXT, "the next one", narrowed)
    assert bundles.read_narrowed(HUB) == (NEXT, "the next one", "")


def test_of_two_that_narrow_a_bundle_the_slower_looks_again(bundles: TrustBundles) -> None:
    bundles.put(FIRST, "a document", None)

    tries = at_once(4, lambda number: bundles.narrow(FIRST, f'{{"by": {number}}}', f"less {number}"))

    assert sorted(tries) == [False, False, False, True]
    assert not bundles.narrow(NEXT, "{}", "of another one")


def test_of_many_processes_one_looks_for_news_at_a_time(bundles: TrustBundles) -> None:
    first = at_once(8, lambda _: bundles.claim_pull(HUB, EVERY, now=NOW))
    too_early = bundles.claim_pull(HUB, EVERY, now=NOW + EVERY - timedelta(seconds=1))
    again = at_once(8, lambda _: bundles.claim_pull(HUB, EVERY, now=NOW + EVERY))

    assert (first.count(True), too_early, again.count(True)) == (1, False, 1)


def test_a_clock_set_back_stops_nobody_from_looking(bundles: TrustBundles) -> None:
    assert bundles.claim_pull(HUB, EVERY, now=NOW + timedelta(days=1))

    assert bundles.claim_pull(HUB, EVERY, now=NOW)


def test_how_late_it_was_only_grows(bundles: TrustBundles) -> None:
    assert bundles.find_latest(HUB) is None

    bundles.note_latest(HUB, NOW)
    bundles.note_latest(HUB, NOW - MINUTE)
    bundles.claim_pull(HUB, EVERY, now=NOW)

    assert bundles.find_latest(HUB) == NOW
