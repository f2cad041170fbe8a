"""Order: who speaks about whom, and nobody twice."""

from __future__ import annotations

from idp.federation.trust_chain import MAX_LENGTH
from tests.attacks.chains.world import (
    ANCHOR,
    Case,
    World,
    all_of,
    claim,
    deep,
    forget,
    insert,
    order,
    put,
    under,
)
from tests.support.federation import Draft, Entity


def _hub_about_east(world: World) -> Draft:
    return world.hub.statement_about(world.east)


def _west_about_another(world: World) -> Draft:
    return world.west.statement_about(Entity("https://tax.west.example", world.west))


def _east_about_health(world: World) -> Draft:
    return world.east.statement_about(world.health)


def _configuration_of_west(world: World) -> Draft:
    return world.west.configuration()


def _foreign_anchor_at_the_end(world: World) -> None:
    other = Entity("https://hub.elsewhere.example")
    world.anchors |= other.pinned()
    world.chain[3] = other.configuration()


ORDER = [
    Case("the hub's word on another region", put(2, _hub_about_east), "not about the issuer"),
    Case("the region's word on another entity", put(1, _west_about_another), "not about the issuer"),
    Case(
        "another region's word, with the hub's on the first",
        all_of(claim(0, authority_hints=["https://east.example/fed"]), put(1, _east_about_health)),
        "not about the issuer",
        twin=all_of(
            claim(0, authority_hints=["https://east.example/fed"]),
            put(1, _east_about_health),
            put(2, _hub_about_east),
        ),
    ),
    Case("another anchor's configuration, pinned too", _foreign_anchor_at_the_end, "not about the issuer"),
    Case(
        "a superior that the subject does not name",
        claim(0, authority_hints=["https://east.example/fed"]),
        "does not name its superior",
        twin=claim(0, authority_hints=["https://east.example/fed", "https://west.example/fed"]),
    ),
    Case(
        "a superior named in another spelling",
        claim(0, authority_hints=["https://West.example/fed"]),
        "does not name its superior",
    ),
    Case("no superior named at all", claim(0, authority_hints=...), "does not name its superior"),
    Case(
        "a loop between regions",
        under("west", "east", "west", "hub"),
        "somebody it has passed",
        twin=under("west", "east", "hub"),
    ),
    Case("a loop by way of the anchor", under("west", "hub", "east", "hub"), "somebody it has passed"),
    Case("a subject above its own superior", under("west", "health", "hub"), "somebody it has passed"),
    Case(
        "a subject for its own superior",
        insert(1, lambda world: world.health.configuration()),
        "only the first",
    ),
    Case("a region that speaks for itself", insert(2, _configuration_of_west), "only the first and the last"),
    Case("no superior in between", forget(1, 2), "only the first and the last"),
    Case("the other way round", order(3, 2, 1, 0), "no anchor that is trusted", ANCHOR),
    Case("two statements swapped", order(0, 2, 1, 3), "not about the issuer"),
    Case("the subject's configuration missing", order(1, 2, 3), "begins with what its subject says"),
    Case("the region's statement missing", order(0, 2, 3), "not about the issuer"),
    Case("the hub's statement missing", order(0, 1, 3), "not about the issuer"),
    Case("the subject's configuration twice", order(0, 0, 1, 2, 3), "only the first and the last"),
    Case("the region's statement twice", order(0, 1, 1, 2, 3), "not about the issuer"),
    Case("the hub's statement twice", order(0, 1, 2, 2, 3), "not about the issuer"),
    Case("the hub's configuration twice", order(0, 1, 2, 3, 3), "only the first and the last"),
    Case(
        "one authority more than a chain may have",
        deep(MAX_LENGTH - 2),
        f"1 to {MAX_LENGTH}",
        twin=deep(MAX_LENGTH - 3),
    ),
    Case("no statement", lambda world: world.chain.clear(), f"1 to {MAX_LENGTH}"),
]
