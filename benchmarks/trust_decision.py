"""What it costs to decide from memory whom to trust: µs of CPU for one question, in this process, on one core."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from benchmarks.report import spread_of
from idp.adapters.egress import Egress
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation.trust_chain import TrustChain, validate
from idp.foundation.entropy import SystemEntropy
from idp.trustlist.bundle import Bundle, Region, RegionStatus
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust
from tests.support.federation import RELYING_PARTY, Entity

ROUNDS, QUESTIONS, CHAINS = 5, 20_000, 200
REGIONS = 34
NOW = datetime.now(UTC)
LADDER = tuple(f"urn:tongxing:acr:{level}" for level in (1, 2, 3))

HUB = Entity("https://hub.example", metadata={"federation_entity": {}})
WEST = Entity("https://r0.example/fed", superior=HUB, metadata={"federation_entity": {}})
APP = Entity("https://health.r0.example", superior=WEST, metadata=RELYING_PARTY)
ISSUER, BROKER = "https://r0.example", "https://r0.example/rp"


def rows(rounds: int = ROUNDS) -> list[list[str]]:
    """A table: the question, µs of CPU."""
    snapshot = TrustSnapshot.of(_bundle(), LADDER)
    collector, tokens = _collector(snapshot), APP.chain(now=NOW).tokens()
    signatures = StatementSignatures()
    collector.chain_of(APP.id, now=NOW)  # Collected once, and remembered.

    def check_chain() -> TrustChain:
        return validate(tokens, HUB.pinned(), signatures, now=NOW)

    check_chain()
    work: dict[str, tuple[Callable[[], object], int]] = {
        "a region's provider: active? its keys and addresses": (
            lambda: snapshot.provider(ISSUER, now=NOW),
            QUESTIONS,
        ),
        "a region's broker: the same": (lambda: snapshot.broker(BROKER, now=NOW), QUESTIONS),
        "may it say this acr today?": (
            lambda: snapshot.require_acr(ISSUER, LADDER[1], now=NOW),
            QUESTIONS,
        ),
        "a chain of 4 that is remembered": (lambda: collector.chain_of(APP.id, now=NOW), QUESTIONS),
        "a chain of 4 that is not: 4 signatures, policy": (check_chain, CHAINS),
    }
    figures: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, (ask, times) in work.items():
            figures[name].append(_cpu_of(ask, times))
    return [[f"whom to trust, of {REGIONS} regions", "µs CPU"], *([n, _words(f)] for n, f in figures.items())]


def _words(figures: list[float]) -> str:
    """As `spread_of`, with a digit more: these are small."""
    spread = spread_of(figures).partition(" ")[2]
    return f"{sorted(figures)[len(figures) // 2]:.1f} {spread}"


def _cpu_of(ask: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        ask()
    return (time.process_time() - started) * 1e6 / times


def _collector(snapshot: TrustSnapshot) -> ChainCollector:
    """One that has every statement at hand, so that it asks nobody."""
    entities = (APP, WEST, HUB)
    at_hand = {(one.id, one.id): one.configuration(now=NOW).sign() for one in entities}
    for one in entities:
        if one.superior is not None:
            at_hand[one.superior.id, one.id] = one.superior.statement_about(one, now=NOW).sign()
    judge = ChainTrust(lambda: snapshot, StatementSignatures())
    return ChainCollector(
        Egress(), judge, SystemEntropy(), lambda issuer, subject, _now: at_hand.get((issuer, subject))
    )


def _bundle() -> Bundle:
    return Bundle(
        issuer=HUB.id,
        seq=1,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        next_update=NOW + timedelta(minutes=1),
        lineage={},
        content_hash="",
        freshness=dict(
            zip(LADDER, (timedelta(days=1), timedelta(hours=1), timedelta(minutes=10)), strict=True)
        ),
        anchor_jwks=HUB.jwks,
        bundle_jwks={"keys": []},
        regions=tuple(_region(number) for number in range(REGIONS)),
        revoked=(),
    )


def _region(number: int) -> Region:
    issuer, keys = f"https://r{number}.example", WEST.jwks
    return Region(
        id=f"{issuer}/fed",
        op=issuer,
        rp=f"{issuer}/rp",
        name={"en": f"Region {number}"},
        status=RegionStatus.ACTIVE,
        since=NOW,
        reason="",
        acr_ceiling=LADDER[2],
        statement="",
        op_statement="",
        rp_statement="",
        op_metadata={"issuer": issuer, "jwks": keys},
        rp_metadata={"client_id": f"{issuer}/rp", "jwks": keys},
    )
