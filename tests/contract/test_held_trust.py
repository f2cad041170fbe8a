"""The trust that a process holds: read once a second at most, kept while the database is away, never younger again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from idp.foundation.clock import from_seconds
from idp.storage.failures import StorageUnavailable
from idp.storage.generations import GenerationRepository, Remembered
from idp.storage.trust_bundles import AdmittedBundle
from idp.trustlist.bundle import content_hash
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring.following.trust import LOOK_AGAIN_AFTER, RETRY_AFTER, HeldTrust
from tests.contract.region import Region, at_once
from tests.verifier.nation import ACR, HUB, NOW, WEST, Nation

LADDER = tuple(f"{ACR}{level}" for level in (1, 2, 3))
START = from_seconds(NOW)


@dataclass
class Stopwatch:
    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Counting(GenerationRepository):
    """Counts the looks, and fails when told to."""

    looks = 0
    is_away = False

    def of(self, what: Remembered) -> int:
        self.looks += 1
        if self.is_away:
            raise StorageUnavailable("away")
        return super().of(what)


@dataclass
class Held:
    """A process's trust, and everything around it."""

    region: Region
    nation: Nation
    stopwatch: Stopwatch
    generations: Counting
    root_version: int = 1

    def __post_init__(self) -> None:
        self.trust = HeldTrust(
            self.region.stores.trust_bundles, self.generations, HUB, self.root_version, LADDER, self.stopwatch
        )

    def admit(self, claims: dict[str, Any]) -> None:
        """Keep a bundle as another process would."""
        admitted = AdmittedBundle(
            issuer=HUB,
            root_version=self.root_version,
            seq=claims["seq"],
            content_hash=content_hash(claims),
            issued_at=from_seconds(claims["iat"]),
            expires_at=from_seconds(claims["exp"]),
            next_update=from_seconds(claims["next_update"]),
            admitted_at=from_seconds(claims["iat"]),
        )
        bundles = self.region.stores.trust_bundles
        assert bundles.put(admitted, self.nation.bundle(claims), bundles.find(HUB))

    def later(self, seconds: float) -> None:
        self.stopwatch.seconds += seconds

    def why_not(self, now: datetime, acr: str = LADDER[0]) -> Distrust | None:
        try:
            self.trust().require_acr(WEST, acr, now=now)
        except NotTrusted as error:
            return error.why
        return None

    def restarted(self, **changes: Any) -> Held:
        return Held(
            **{
                "region": self.region,
                "nation": self.nation,
                "stopwatch": Stopwatch(5.0),
                "generations": Counting(self.region.database),
                **changes,
            }
        )


@pytest.fixture
def held(region: Region) -> Held:
    return Held(region, Nation(), Stopwatch(), Counting(region.database))


def test_before_the_first_bundle_nobody_is_trusted(held: Held) -> None:
    assert held.why_not(START) is Distrust.NO_BUNDLE


def test_a_bundle_is_seen_within_a_second(held: Held) -> None:
    held.trust()
    held.admit(held.nation.claims())
    held.later(LOOK_AGAIN_AFTER)

    assert held.why_not(START) is None


def test_decisions_within_a_second_ask_the_database_nothing(held: Held) -> None:
    """Nor anybody else: what answers has a stopwatch and a snapshot, and no way out."""
    held.admit(held.nation.claims())
    held.trust()
    before = held.generations.looks

    for _ in range(1_000):
        held.trust().provider(WEST, now=START)
        held.trust().require_acr(WEST, LADDER[2], now=START)
        held.trust().strongest(WEST, now=START)

    assert held.generations.looks == before


def test_many_threads_look_once(held: Held) -> None:
    held.admit(held.nation.claims())
    held.trust()
    held.later(LOOK_AGAIN_AFTER)
    before = held.generations.looks

    at_once(16, lambda _: held.trust())

    assert held.generations.looks == before + 1


def test_signing_again_does_not_read_the_document_again(held: Held) -> None:
    claims = held.nation.claims()
    held.admit(claims)
    regions = held.trust().by_entity
    held.admit({**claims, "iat": NOW + 60, "exp": NOW + 86_460, "next_update": NOW + 120})
    held.later(LOOK_AGAIN_AFTER)

    renewed = held.trust()

    assert renewed.by_entity is regions
    assert renewed.bundle is not None
    assert renewed.bundle.issued_at == from_seconds(NOW + 60)
    assert renewed.bundle.expires_at == from_seconds(NOW + 86_460)


def test_while_the_database_is_away_what_is_held_stays(held: Held) -> None:
    held.admit(held.nation.claims())
    assert held.why_not(START) is None
    held.generations.is_away = True
    held.later(60)
    before = held.generations.looks

    for _ in range(10):
        assert held.why_not(START) is None
    assert held.generations.looks == before + 1

    held.generations.is_away = False
    held.later(RETRY_AFTER)
    held.trust()
    assert held.generations.looks == before + 2


def test_a_clock_set_back_revives_nothing(held: Held) -> None:
    held.admit(held.nation.claims())
    assert held.why_not(START, LADDER[2]) is None

    held.later(11 * 60)

    assert held.why_not(START, LADDER[2]) is Distrust.STALE
    assert held.why_not(START, LADDER[1]) is None


def test_a_restart_with_a_clock_set_back_revives_nothing(held: Held) -> None:
    held.admit(held.nation.claims())
    held.trust()
    held.later(11 * 60)
    earliest = held.trust().earliest_now
    assert earliest is not None
    held.region.stores.trust_bundles.note_latest(HUB, earliest)

    restarted = held.restarted()

    assert restarted.why_not(START, LADDER[2]) is Distrust.STALE
    assert restarted.why_not(START, LADDER[1]) is None


def test_a_clock_that_ran_ahead_for_a_while_spoils_nothing(held: Held) -> None:
    held.admit(held.nation.claims())
    assert held.why_not(START + timedelta(days=400)) is Distrust.STALE
    held.later(LOOK_AGAIN_AFTER)

    assert held.why_not(START, LADDER[2]) is None


def test_newer_keys_forget_what_was_held_under_older_ones(held: Held) -> None:
    held.admit(held.nation.claims())

    assert held.restarted(root_version=2).why_not(START) is Distrust.NO_BUNDLE
    assert held.why_not(START) is None


def test_a_document_that_cannot_be_read_is_none_and_is_told(
    held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    claims = held.nation.claims()
    bundles = held.region.stores.trust_bundles
    held.admit(claims)
    known = bundles.find(HUB)
    assert known is not None
    bundles.put(replace(known, seq=2, content_hash="another"), "not a document", known)

    assert held.why_not(START) is Distrust.NO_BUNDLE
    assert "cannot be read" in caplog.text
