"""Looking for a chain: what is asked for, in which order, and that it ends whatever anybody answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.federation.addresses import configuration_of
from idp.federation.collecting import (
    MAX_FETCHES,
    MAX_HINTS,
    MAX_SUPERIORS,
    Fetch,
    NoChain,
    collect,
    nothing_held,
)
from idp.federation.entity_statement import parse
from tests.support.federation import NOW, STATEMENT, Json, compact, jwks_of, new_key, seconds

KEY = new_key()
HUB = "https://hub.example"
WEST = "https://west.example/fed"
EAST = "https://east.example/fed"
APP = "https://health.west.example"


@dataclass
class Graph:
    """Who names whom as a superior, and who says so of whom. Signed by one key: nobody looks here."""

    hints: dict[str, list[str]]
    vouched: set[tuple[str, str]]
    """(superior, subordinate)."""
    fetched: list[Fetch] = field(default_factory=list)

    def answer(self, fetch: Fetch) -> str | None:
        self.fetched.append(fetch)
        if fetch.url == configuration_of(fetch.issuer):
            return self.statement(fetch.issuer, fetch.issuer) if fetch.issuer in self.hints else None
        assert fetch.url.startswith(f"{fetch.issuer}/fetch?sub=https%3A%2F%2F")
        known = (fetch.issuer, fetch.subject) in self.vouched
        return self.statement(fetch.issuer, fetch.subject) if known else None

    def statement(self, issuer: str, subject: str, **changes: object) -> str:
        claims: Json = {"iss": issuer, "sub": subject, "iat": seconds(NOW), "exp": seconds(NOW) + 60}
        claims["jwks"] = jwks_of(KEY)
        if issuer == subject:
            claims["metadata"] = {"federation_entity": {"federation_fetch_endpoint": f"{issuer}/fetch"}}
            claims |= {"authority_hints": self.hints[issuer]} if self.hints[issuer] else {}
        header = {"alg": "ES256", "typ": STATEMENT, "kid": "k"}
        return compact(header, {**claims, **changes}, KEY, "ES256")

    def collect(
        self,
        subject: str = APP,
        anchors: Collection[str] = (HUB,),
        held: Callable[[str, str], str | None] = nothing_held,
        likely: Collection[str] = (),
        barred: Collection[str] = (),
    ) -> tuple[str, ...]:
        steps = collect(subject, anchors, held, likely, barred)
        try:
            fetch = next(steps)
            while True:
                fetch = steps.send(self.answer(fetch))
        except StopIteration as end:
            chain: tuple[str, ...] = end.value
            return chain

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(fetch.issuer, fetch.subject) for fetch in self.fetched]


def tree(*more: tuple[str, str]) -> Graph:
    """App, its region, the hub; and whoever else is named by whom."""
    hints: dict[str, list[str]] = {HUB: [], WEST: [HUB], EAST: [HUB], APP: [WEST]}
    for below, above in more:
        hints.setdefault(below, []).append(above)
        hints.setdefault(above, [])
    return Graph(hints, {(HUB, WEST), (HUB, EAST), (WEST, APP)})


def test_a_chain_of_four_takes_five_questions() -> None:
    graph = tree()

    chain = graph.collect()

    assert graph.asked == [(APP, APP), (WEST, WEST), (WEST, APP), (HUB, HUB), (HUB, WEST)]
    assert len(chain) == 4


def test_what_is_at_hand_is_not_fetched_and_the_anchor_not_asked() -> None:
    """With the hub's word in the trust bundle no sign-in calls the hub."""
    graph = tree()

    def held(issuer: str, subject: str) -> str | None:
        return graph.statement(HUB, WEST) if (issuer, subject) == (HUB, WEST) else None

    chain = graph.collect(held=held)

    assert graph.asked == [(APP, APP), (WEST, WEST), (WEST, APP)]
    assert len(chain) == 3


def test_the_shortest_way_is_taken() -> None:
    graph = tree((APP, HUB))
    graph.vouched.add((HUB, APP))

    assert len(graph.collect()) == 3


def test_a_superior_that_does_not_know_the_entity_is_passed_over() -> None:
    graph = tree()
    graph.hints[APP] = [EAST, WEST]

    assert len(graph.collect()) == 4
    assert (EAST, APP) in graph.asked


def test_of_many_superiors_the_known_ones_are_asked_first() -> None:
    graph = tree()
    graph.hints[APP] = [*(f"https://decoy{number}.example" for number in range(20)), WEST]

    assert len(graph.collect(likely=[WEST])) == 4
    assert (WEST, APP) in graph.asked


def test_a_superior_that_would_not_count_is_not_asked() -> None:
    graph = tree()

    with pytest.raises(NoChain):
        graph.collect(barred=[WEST])

    assert graph.asked == [(APP, APP)]


def test_an_anchor_is_its_own_chain() -> None:
    graph = tree()

    assert len(graph.collect(HUB)) == 1
    assert graph.asked == [(HUB, HUB)]


@pytest.mark.parametrize("missing", [(APP, APP), (WEST, WEST), (WEST, APP), (HUB, WEST), (HUB, HUB)])
def test_without_one_statement_there_is_no_chain(missing: tuple[str, str]) -> None:
    graph = tree()
    graph.vouched.discard(missing)
    if missing[0] == missing[1]:
        del graph.hints[missing[0]]

    with pytest.raises(NoChain):
        graph.collect()


@pytest.mark.parametrize(
    "instead",
    [
        pytest.param(lambda graph: graph.statement(EAST, EAST), id="another entity's"),
        pytest.param(lambda graph: graph.statement(WEST, APP, sub=EAST), id="about another"),
        pytest.param(lambda graph: "no statement", id="no statement"),
        pytest.param(lambda graph: graph.statement(APP, APP, authority_hints=[]), id="without superiors"),
        pytest.param(
            lambda graph: graph.statement(APP, APP, authority_hints=[WEST] * 1_000), id="a thousand superiors"
        ),
    ],
)
def test_another_answer_than_was_asked_for_counts_as_none(instead: Callable[[Graph], str]) -> None:
    graph = tree()
    steps = collect(APP, [HUB])
    next(steps)

    with pytest.raises(NoChain):
        steps.send(instead(graph))


@pytest.mark.parametrize("hint", ["http://10.0.0.1/", "https://a@b.example", "file:///etc/passwd", "", "x"])
def test_what_is_no_entity_id_is_not_asked(hint: str) -> None:
    graph = tree()
    graph.hints[APP] = [hint]

    with pytest.raises(NoChain):
        graph.collect()

    assert graph.asked == [(APP, APP)]


def test_entities_that_name_each_other_are_asked_once() -> None:
    graph = tree((APP, EAST), (EAST, APP), (EAST, EAST))
    graph.hints[APP] = [EAST]

    with pytest.raises(NoChain):
        graph.collect()

    assert graph.asked == [(APP, APP), (EAST, EAST), (EAST, APP)]


def test_a_chain_deeper_than_the_limit_is_not_climbed() -> None:
    levels = [f"https://level{number}.example" for number in range(50)]
    graph = tree(*zip([APP, *levels], levels, strict=False))
    graph.hints[APP] = [levels[0]]

    with pytest.raises(NoChain):
        graph.collect()

    assert len(graph.asked) == MAX_SUPERIORS


NAMES = [f"https://n{number}.example" for number in range(9)]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any entities, naming each other and vouching for each other at will; the first two are subject and anchor."""
    named = st.lists(st.sampled_from(NAMES), max_size=len(NAMES), unique=True)
    hints = {name: draw(named) for name in NAMES}
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
    vouched = draw(st.sets(pairs, max_size=40))
    return Graph(hints, {(above, below) for above, below in vouched if above != below})


@settings(max_examples=150)
@given(graphs())
def test_no_statement_is_asked_for_twice_and_never_more_than_the_budget(graph: Graph) -> None:
    try:
        chain = graph.collect(NAMES[0], [NAMES[1]])
    except NoChain:
        chain = ()

    assert len(graph.asked) <= MAX_FETCHES
    assert len(set(graph.asked)) == len(graph.asked)
    assert len(chain) <= MAX_SUPERIORS + 2


@st.composite
def trees(draw: st.DrawFn) -> tuple[Graph, int]:
    """A chain of entities under a hub, each with as many decoys beside its true superior as the budget bears; and how
    many answers are needed."""
    depth = draw(st.integers(min_value=1, max_value=MAX_SUPERIORS))
    line = [APP, *(f"https://level{number}.example" for number in range(depth - 1)), HUB]
    decoys, spare = [], MAX_FETCHES - (2 * depth + 1)
    for _ in line[1:-1]:
        decoys.append(draw(st.integers(min_value=0, max_value=min(MAX_HINTS - 1, spare))))
        spare -= decoys[-1]
    # Those beside the hub cost nothing: an anchor is asked before anybody else.
    decoys.append(draw(st.integers(min_value=0, max_value=MAX_HINTS - 1)))
    hints: dict[str, list[str]] = {HUB: []}
    for number, (below, above) in enumerate(pairwise(line)):
        beside = [f"https://decoy{number}-{each}.example" for each in range(decoys[number])]
        hints[below] = draw(st.permutations([above, *beside]))
    vouched = set(zip(line[1:], line, strict=False))
    needed = 2 * depth + 1 + sum(decoys[:-1])
    return Graph(hints, vouched), needed


@settings(max_examples=150)
@given(trees())
def test_a_chain_that_can_be_found_within_the_limits_is_found(drawn: tuple[Graph, int]) -> None:
    graph, needed = drawn

    chain = graph.collect()

    statements = [parse(token) for token in chain]
    assert (statements[0].subject, statements[-1].issuer) == (APP, HUB)
    assert all(lower.issuer == upper.subject for lower, upper in pairwise(statements))
    assert len(graph.asked) <= needed
