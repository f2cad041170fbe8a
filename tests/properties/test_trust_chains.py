"""Trust chains out of trees of every shape: each honest one holds, and no single change to one goes unseen.

OpenID Federation 1.0 §4, §10.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import trust_chain
from idp.federation.trust_chain import LEEWAY, MAX_LENGTH, ChainError, TrustChain
from tests.support.federation import NOW, Chain, Entity, Json, jwks_of, new_key, seconds

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SCOPE = "openid profile"
DEEPEST = MAX_LENGTH - 2
"""Steps from an entity to the hub, when the chain has the hub's configuration too."""

lifetimes = st.integers(1, 86_400).map(lambda left: seconds(NOW) + left)
policies = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.sampled_from([["openid", "profile"], ["openid", "profile", "email"]]).map(
            lambda words: {"subset_of": words}
        ),
        "contacts": st.sampled_from(["help@hub.example", "help@west.example"]).map(
            lambda address: {"add": [address]}
        ),
        "alg": st.just({"one_of": ["ES256", "PS256"], "essential": True}),
    },
)
constraints = st.fixed_dictionaries(
    {},
    optional={
        "max_path_length": st.integers(DEEPEST - 1, 20),
        "naming_constraints": st.just({"permitted": [".example"], "excluded": [".evil.example"]}),
        "allowed_entity_types": st.just(["openid_relying_party"]),
    },
)
terms = st.fixed_dictionaries(
    {"exp": lifetimes},
    optional={
        "constraints": constraints,
        "metadata_policy": policies.map(lambda policy: {"openid_relying_party": policy}),
    },
)
"""What a superior may honestly say of somebody below it."""


@dataclass
class Tree:
    """A federation, and one of its entities with its chain."""

    nodes: list[Entity]
    leaf: Entity
    chain: Chain
    has_anchors_word: bool

    @property
    def hub(self) -> Entity:
        return self.nodes[0]

    def others(self, but: str) -> st.SearchStrategy[Entity]:
        """Anybody below the hub but one; somebody from outside where there is nobody."""
        rest = [node for node in self.nodes[1:] if node.id != but]
        return st.sampled_from(rest or [Entity("https://stranger.example", self.hub)])


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Up to eight entities under a hub; each below anybody who was there before and may have somebody below it."""
    nodes = [Entity("https://hub.example", claims={"exp": draw(lifetimes)})]
    for number in range(1, draw(st.integers(2, 9))):
        may_have = [node for node in nodes if len(list(node.superiors())) < DEEPEST]
        superior = draw(st.sampled_from(may_have))
        metadata = {"openid_relying_party": {"scope": SCOPE, "alg": "ES256"}}
        about, claims = draw(terms), {"exp": draw(lifetimes)}
        nodes.append(Entity(f"https://n{number}.example", superior, metadata, claims, about))
    leaf = draw(st.sampled_from(nodes[1:]))
    with_anchor = draw(st.booleans())
    return Tree(nodes, leaf, leaf.chain(with_anchor=with_anchor), with_anchor)


def validated(tokens: list[str], anchors: Mapping[str, Json], now: datetime = NOW) -> TrustChain:
    return trust_chain.validate(tokens, anchors, StatementSignatures(), now=now)


@settings(max_examples=60)
@given(trees())
def test_every_honest_chain_holds_and_says_what_it_was_made_of(tree: Tree) -> None:
    chain = validated(tree.chain.tokens(), tree.hub.pinned())

    assert (chain.subject, chain.anchor) == (tree.leaf.id, tree.hub.id)
    assert tree.leaf.superior is not None
    assert chain.superior == tree.leaf.superior.id
    assert seconds(chain.expires_at) == min(draft.claims["exp"] for draft in tree.chain)
    assert chain.jwks == tree.leaf.jwks
    assert chain.metadata["openid_relying_party"]["scope"] == SCOPE


@settings(max_examples=40)
@given(trees(), st.data())
def test_whichever_superior_is_pinned_is_an_anchor_and_nobody_else_is(
    tree: Tree, data: st.DataObject
) -> None:
    superiors = list(tree.leaf.superiors())
    above = data.draw(st.integers(0, len(superiors) - 1))
    anchor = superiors[above]
    tokens = [*Chain(tree.chain[: above + 2]).tokens(), anchor.configuration().sign()]

    assert validated(tokens, anchor.pinned()).anchor == anchor.id
    other = data.draw(tree.others(but=anchor.id))
    with pytest.raises(ChainError):
        validated(tokens, other.pinned())


@settings(max_examples=40)
@given(trees(), st.integers(0, 2 * 86_400))
def test_a_chain_holds_until_the_first_of_its_statements_ends_and_no_longer(tree: Tree, later: int) -> None:
    ends = min(draft.claims["exp"] for draft in tree.chain)
    now = NOW + timedelta(seconds=later)

    if seconds(now - LEEWAY) < ends:
        assert validated(tree.chain.tokens(), tree.hub.pinned(), now).subject == tree.leaf.id
    else:
        with pytest.raises(ChainError):
            validated(tree.chain.tokens(), tree.hub.pinned(), now)


Draw = Callable[[st.SearchStrategy[Any]], Any]
Mutation = Callable[[Tree, Draw], list[str]]


def another_key(tree: Tree, draw: Draw) -> list[str]:
    draft, key = draw(st.sampled_from(tree.chain)), new_key()
    draft.key = key
    if draw(st.booleans()):
        draft.header["kid"] = key.thumbprint()
    return tree.chain.tokens()


def one_character(tree: Tree, draw: Draw) -> list[str]:
    tokens = tree.chain.tokens()
    which = draw(st.integers(0, len(tokens) - 1))
    token = tokens[which]
    place = draw(st.integers(0, len(token) - 1))
    other = draw(st.sampled_from([each for each in f"{BASE64URL}.=" if each != token[place]]))
    tokens[which] = token[:place] + other + token[place + 1 :]
    return tokens


def left_out(tree: Tree, draw: Draw) -> list[str]:
    """Any but the anchor's own, which may be left out."""
    tokens = tree.chain.tokens()
    del tokens[draw(st.integers(0, len(tokens) - 1 - tree.has_anchors_word))]
    return tokens


def swapped(tree: Tree, draw: Draw) -> list[str]:
    tokens = tree.chain.tokens()
    one, two = draw(st.lists(st.integers(0, len(tokens) - 1), min_size=2, max_size=2, unique=True))
    tokens[one], tokens[two] = tokens[two], tokens[one]
    return tokens


def twice(tree: Tree, draw: Draw) -> list[str]:
    tokens = tree.chain.tokens()
    again = draw(st.sampled_from(tokens))
    tokens.insert(draw(st.integers(0, len(tokens))), again)
    return tokens


def spliced(tree: Tree, draw: Draw) -> list[str]:
    """Somebody else's statement of the same kind, true and signed, in the place of one."""
    which = draw(st.integers(0, len(tree.chain) - 1))
    claims = tree.chain[which].claims
    other: Entity = draw(tree.others(but=claims["sub"]))
    assert other.superior is not None
    is_own = claims["iss"] == claims["sub"]
    tree.chain[which] = other.configuration() if is_own else other.superior.statement_about(other)
    return tree.chain.tokens()


def renamed(tree: Tree, draw: Draw) -> list[str]:
    draft, name = draw(st.sampled_from(tree.chain)), draw(st.sampled_from(["iss", "sub"]))
    draft.claims[name] = draw(tree.others(but=draft.claims[name])).id
    return tree.chain.tokens()


def out_of_time(tree: Tree, draw: Draw) -> list[str]:
    draft = draw(st.sampled_from(tree.chain))
    away = draw(st.integers(1, 10**6))
    if draw(st.booleans()):
        draft.claims["exp"] = seconds(NOW - LEEWAY) - away + 1
    else:
        draft.claims["iat"] = seconds(NOW + LEEWAY) + away
    return tree.chain.tokens()


def other_keys(tree: Tree, draw: Draw) -> list[str]:
    """In any statement but the anchor's own: its keys are the pinned ones, whatever it says."""
    draft = draw(st.sampled_from(tree.chain[:-1] if tree.has_anchors_word else tree.chain))
    draft.claims["jwks"] = jwks_of(new_key())
    return tree.chain.tokens()


def unnamed_superior(tree: Tree, draw: Draw) -> list[str]:
    own = tree.chain[0].claims
    own["authority_hints"] = [draw(tree.others(but=own["authority_hints"][0])).id]
    return tree.chain.tokens()


def forbidden_below(tree: Tree, draw: Draw) -> list[str]:
    about = tree.chain[1:-1] if tree.has_anchors_word else tree.chain[1:]
    which = draw(st.integers(1, len(about)))
    bans: list[Json] = [
        {"constraints": {"naming_constraints": {"excluded": [".example"]}}},
        {"constraints": {"naming_constraints": {"permitted": [".elsewhere.example"]}}},
        {"metadata_policy": {"openid_relying_party": {"alg": {"value": "RS256", "one_of": ["ES256"]}}}},
        {"metadata_policy": {"openid_relying_party": {"sector": {"essential": True}}}},
        {"metadata_policy_crit": ["an-operator-of-nobody"]},
    ]
    if which > 1:
        bans.append({"constraints": {"max_path_length": which - 2}})
    tree.chain[which].claims.update(draw(st.sampled_from(bans)))
    return tree.chain.tokens()


def misplaced(tree: Tree, draw: Draw) -> list[str]:
    draft = draw(st.sampled_from(tree.chain))
    is_own = draft.claims["iss"] == draft.claims["sub"]
    wrong: Json = {"metadata_policy": {}} if is_own else {"authority_hints": [tree.hub.id]}
    draft.claims.update(draw(st.sampled_from([wrong, {"crit": ["x"], "x": 1}, {"aud": tree.hub.id}])))
    return tree.chain.tokens()


def mistyped(tree: Tree, draw: Draw) -> list[str]:
    header = draw(st.sampled_from(tree.chain)).header
    header.update(
        draw(
            st.sampled_from(
                [{"typ": "JWT"}, {"typ": "trust-mark+jwt"}, {"alg": "none"}, {"alg": "HS256"}, {"kid": ""}]
            )
        )
    )
    return tree.chain.tokens()


MUTATIONS: list[Mutation] = [
    another_key,
    one_character,
    left_out,
    swapped,
    twice,
    spliced,
    renamed,
    out_of_time,
    other_keys,
    unnamed_superior,
    forbidden_below,
    misplaced,
    mistyped,
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@settings(max_examples=30)
@given(tree=trees(), data=st.data())
def test_no_single_change_to_an_honest_chain_goes_unseen(
    mutation: Mutation, tree: Tree, data: st.DataObject
) -> None:
    tokens = mutation(tree, data.draw)

    with pytest.raises(ChainError):
        validated(tokens, tree.hub.pinned())


@settings(max_examples=30)
@given(tree=trees(), is_other_hub=st.booleans())
def test_no_chain_holds_for_whoever_pinned_something_else(tree: Tree, is_other_hub: bool) -> None:
    anchors = (
        {"https://hub.elsewhere.example": tree.hub.jwks}
        if is_other_hub
        else {tree.hub.id: jwks_of(new_key())}
    )

    with pytest.raises(ChainError):
        validated(tree.chain.tokens(), anchors)
