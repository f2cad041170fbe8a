"""Documents that are signed rarely: once for each version and half-life, whoever asks and however many."""

from __future__ import annotations

import threading
from datetime import timedelta

from idp.wiring.publishing.signed_documents import MAX_AGE, SignedDocuments
from tests.support.federation import DAY, NOW


class Signer:
    """Counts what it signs."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"document.{self.count}"


def test_one_is_kept_for_half_of_its_life() -> None:
    documents, sign = SignedDocuments(DAY), Signer()

    bodies = [
        documents.get("name", 1, sign, now=NOW + timedelta(hours=hour)).body
        for hour in (0, 6, 11, 12, 23, 24)
    ]

    assert bodies == [b"document.1"] * 3 + [b"document.2"] * 2 + [b"document.3"]


def test_another_version_or_another_name_is_another_document() -> None:
    documents, sign = SignedDocuments(DAY), Signer()

    found = {
        documents.get(name, version, sign, now=NOW).etag for name in ("one", "two") for version in (1, 2)
    }

    assert len(found) == sign.count == 4


def test_a_clock_set_back_signs_anew() -> None:
    """What was signed in the future would be refused by whoever reads it."""
    documents, sign = SignedDocuments(DAY), Signer()
    documents.get("name", 1, sign, now=NOW)

    documents.get("name", 1, sign, now=NOW - timedelta(minutes=1))

    assert sign.count == 2


def test_of_twenty_who_ask_at_once_one_has_it_signed() -> None:
    documents, sign, start = SignedDocuments(DAY), Signer(), threading.Barrier(20)

    def ask() -> None:
        start.wait()
        documents.get("name", 1, sign, now=NOW)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sign.count == 1


def test_memory_is_bounded() -> None:
    documents, sign = SignedDocuments(DAY, capacity=2), Signer()

    for name in ("one", "two", "three", "one"):
        documents.get(name, 1, sign, now=NOW)

    assert sign.count == 4


def test_nobody_keeps_a_copy_beyond_the_life_of_a_short_document() -> None:
    assert SignedDocuments(DAY).get("name", 1, Signer(), now=NOW).max_age == MAX_AGE
    short = SignedDocuments(timedelta(minutes=2)).get("name", 1, Signer(), now=NOW)
    assert short.max_age == timedelta(seconds=30)
