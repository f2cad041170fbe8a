"""Whatever we issue, our own parser accepts, and the chain made of it says what it was made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import entity_statement, trust_chain
from idp.federation.issuing import configuration_claims, subordinate_claims
from idp.federation.statement_claims import StatementError
from tests.support.federation import NOW, Key, compact, jwks_of, new_key

HUB, LEAF = "https://hub.example", "https://leaf.example"
HUB_KEY, LEAF_KEY = new_key(), new_key()
ANSWERS = {
    "federation_entity": {
        "federation_fetch_endpoint": f"{HUB}/fetch",
        "federation_list_endpoint": f"{HUB}/list",
    }
}

words = st.text(max_size=20)
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words
json = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
)
parameters = st.dictionaries(words, json, max_size=4)
metadata = st.dictionaries(st.sampled_from(["openid_relying_party", "oauth_client", "x"]) | words, parameters)
operators = st.sampled_from(
    ["value", "add", "default", "one_of", "subset_of", "superset_of", "essential", "mine"]
)
policies = st.dictionaries(
    st.sampled_from(["openid_relying_party", "x"]),
    st.dictionaries(words, st.dictionaries(operators, json, max_size=3), max_size=3),
    max_size=2,
)
constraints = st.fixed_dictionaries(
    {},
    optional={
        "max_path_length": json,
        "allowed_entity_types": st.lists(words, max_size=3) | json,
        "naming_constraints": json,
    },
)
lifetimes = st.timedeltas(timedelta(seconds=-5), timedelta(days=40))


def signed(claims: dict[str, Any], key: Key) -> str:
    header = {"alg": "ES256", "typ": "entity-statement+jwt", "kid": key.thumbprint()}
    return compact(header, claims, key, "ES256")


@given(metadata, lifetimes)
def test_a_configuration_is_refused_or_can_be_read(says: dict[str, Any], lifetime: timedelta) -> None:
    try:
        claims = configuration_claims(
            entity=LEAF,
            jwks=jwks_of(LEAF_KEY),
            now=NOW,
            metadata=says,
            authority_hints=[HUB],
            lifetime=lifetime,
        )
    except StatementError:
        return

    read = entity_statement.parse(signed(claims, LEAF_KEY))

    assert read.metadata == says
    assert read.expires_at - read.issued_at == timedelta(seconds=int(lifetime.total_seconds()))


@given(metadata, policies, constraints)
def test_a_word_about_a_subordinate_is_refused_or_can_be_read(
    says: dict[str, Any], policy: dict[str, Any], limits: dict[str, Any]
) -> None:
    try:
        claims = subordinate_claims(
            issuer=HUB,
            subject=LEAF,
            jwks=jwks_of(LEAF_KEY),
            now=NOW,
            metadata=says,
            metadata_policy=policy,
            constraints=limits,
        )
    except StatementError:
        return

    read = entity_statement.parse(signed(claims, HUB_KEY))

    assert (read.metadata, read.metadata_policy, read.constraints) == (says, policy, limits)


@given(policies, constraints)
def test_no_terms_that_we_sign_make_a_chain_fall_for_an_entity_that_says_nothing(
    policy: dict[str, Any], limits: dict[str, Any]
) -> None:
    """A leaf without metadata passes every sound policy: what stops it is a fault of ours."""
    try:
        about = subordinate_claims(
            issuer=HUB,
            subject=LEAF,
            jwks=jwks_of(LEAF_KEY),
            now=NOW,
            metadata_policy=policy,
            constraints=limits,
        )
    except StatementError:
        return
    leaf = configuration_claims(
        entity=LEAF, jwks=jwks_of(LEAF_KEY), now=NOW, metadata={}, authority_hints=[HUB]
    )
    hub = configuration_claims(entity=HUB, jwks=jwks_of(HUB_KEY), now=NOW, metadata=ANSWERS)
    chain = [signed(leaf, LEAF_KEY), signed(about, HUB_KEY), signed(hub, HUB_KEY)]

    trusted = trust_chain.validate(chain, {HUB: jwks_of(HUB_KEY)}, StatementSignatures(), now=NOW)

    assert trusted.metadata == {}
