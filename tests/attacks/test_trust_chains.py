"""Chains that must not hold, each for one reason, and their twins that must. OpenID Federation 1.0 §3, §4, §10.2.

The rows are in `tests/attacks/chains/`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import trust_chain
from idp.federation.federation_jwt import ALGORITHMS
from idp.federation.trust_chain import MAX_LENGTH, ChainError
from tests.attacks.chains.authority import AUTHORITY
from tests.attacks.chains.keys import KEYS
from tests.attacks.chains.kinds import KINDS
from tests.attacks.chains.order import ORDER
from tests.attacks.chains.texts import TEXTS
from tests.attacks.chains.times import TIMES
from tests.attacks.chains.types import TYPES
from tests.attacks.chains.world import Case, World, claim, hub_policy, signed, untouched
from tests.support.federation import NOW, seconds

CORPUS = [*KEYS, *ORDER, *TIMES, *KINDS, *TYPES, *TEXTS, *AUTHORITY]


def _refused(case: Case) -> None:
    world = World()
    case.defect(world)

    with pytest.raises(ChainError, match=case.refusal) as refused:
        world.validate()

    assert refused.value.reason is case.reason


def _named(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@_named(KEYS)
def test_only_keys_that_the_chain_and_the_pins_give_an_issuer_sign_for_it(case: Case) -> None:
    _refused(case)


@_named(ORDER)
def test_statements_stand_in_one_order_and_none_comes_twice(case: Case) -> None:
    _refused(case)


@_named(TIMES)
def test_every_statement_is_current(case: Case) -> None:
    _refused(case)


@_named(KINDS)
def test_a_claim_stands_only_where_it_belongs(case: Case) -> None:
    _refused(case)


@_named(TYPES)
def test_type_algorithm_and_key_are_to_the_letter(case: Case) -> None:
    _refused(case)


@_named(TEXTS)
def test_what_two_readers_could_read_differently_is_not_read(case: Case) -> None:
    _refused(case)


@_named(AUTHORITY)
def test_what_stands_above_an_entity_holds_for_it(case: Case) -> None:
    _refused(case)


@pytest.mark.parametrize(
    "twin",
    {case.twin: case for case in CORPUS if case.twin is not untouched}.values(),
    ids=lambda case: case.name,
)
def test_without_its_defect_each_chain_holds(twin: Case) -> None:
    world = World()
    twin.twin(world)

    assert world.validate().subject == world.chain[0].claims["sub"]


def test_the_chain_that_all_defects_are_made_from_holds() -> None:
    world = World()

    chain = world.validate()

    assert (chain.subject, chain.superior, chain.anchor) == (world.health.id, world.west.id, world.hub.id)


def test_no_two_rows_have_one_name() -> None:
    """A row that says the same as another would be counted and show nothing."""
    names = [case.name for case in CORPUS]

    assert len(set(names)) == len(names)


def test_keys_from_one_chain_are_unknown_to_the_next() -> None:
    """Another anchor, trusted too, gives West other keys: they count below that anchor and nowhere else."""
    world, other = World(), World()
    other.hub.id = "https://hub.elsewhere.example"
    poison = other.health.chain()
    world.anchors |= other.hub.pinned()

    trust_chain.validate(poison.tokens(), world.anchors, world.signatures, now=NOW)
    world.chain[0:2] = poison[0:2]

    with pytest.raises(ChainError, match="statement 1 is not signed"):
        world.validate()


def test_a_long_chain_is_not_even_read() -> None:
    world = World()

    with pytest.raises(ChainError, match=f"1 to {MAX_LENGTH}"):
        trust_chain.validate(["…"] * 1_000, world.anchors, StatementSignatures(), now=NOW)


def test_what_one_evaluation_gives_out_the_next_does_not_see() -> None:
    world = World()
    hub_policy(contacts={"add": ["help@hub.example"]})(world)
    tokens = world.chain.tokens()
    chain = trust_chain.validate(tokens, world.anchors, world.signatures, now=NOW)
    before = chain.metadata

    chain.metadata["openid_relying_party"]["contacts"].append("thief@evil.example")
    chain.metadata["openid_relying_party"]["redirect_uris"] = ["https://evil.example"]
    chain.jwks["keys"].clear()

    assert chain.metadata == before
    assert chain.jwks == world.health.jwks
    assert trust_chain.validate(tokens, world.anchors, world.signatures, now=NOW).metadata == before


def test_a_type_that_a_superior_does_not_allow_is_gone_before_policy_sees_it() -> None:
    """And no superior gives an entity a type that it does not have."""
    world = World()
    world.chain[0].claims["metadata"]["openid_provider"] = {"issuer": world.health.id}
    claim(1, constraints={"allowed_entity_types": ["openid_relying_party"]})(world)
    claim(
        2,
        metadata_policy={
            "openid_provider": {"jwks": {"essential": True}},
            "oauth_client": {"scope": {"default": "a"}},
        },
        constraints={"allowed_entity_types": ["openid_relying_party", "openid_provider"]},
    )(world)
    world.chain[1].claims["metadata"] = {"oauth_client": {"scope": "all"}, "openid_relying_party": {"x": 1}}

    metadata = world.validate().metadata

    assert list(metadata) == ["openid_relying_party"]
    assert metadata["openid_relying_party"]["x"] == 1


def test_a_chain_holds_no_longer_than_the_first_of_its_statements() -> None:
    for index in range(4):
        world = World()
        claim(index, exp=seconds(NOW) + 600)(world)

        assert world.validate().expires_at == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_every_algorithm_that_is_accepted_signs(algorithm: str) -> None:
    """Else a row could be refused because nothing of its kind is ever accepted."""
    world = World()
    signed(1, algorithm)(world)

    assert world.validate().subject == world.health.id
