"""Policy, constraints and metadata: what stands above an entity."""

from __future__ import annotations

from typing import Any

from tests.attacks.chains.world import (
    METADATA,
    Case,
    Change,
    World,
    all_of,
    claim,
    health_says,
    hub_policy,
    named,
    under,
    west_policy,
)


def _federation_entity(index: int, **parameters: Any) -> Change:
    def change(world: World) -> None:
        metadata = world.chain[index].claims.setdefault("metadata", {})
        metadata["federation_entity"] = parameters

    return change


def _provider(issuer: str) -> Change:
    def change(world: World) -> None:
        world.chain[0].claims["metadata"]["openid_provider"] = {"issuer": issuer}

    return change


AUTHORITY = [
    *(
        Case(
            f"{name} contradicts {name} above it",
            all_of(hub_policy(p=above), west_policy(p=below)),
            "the policies above",
            METADATA,
            twin=all_of(hub_policy(p=above), west_policy(p=above)),
        )
        for name, above, below in (
            ("value", {"value": "a"}, {"value": "b"}),
            ("default", {"default": "a"}, {"default": "b"}),
            ("one_of", {"one_of": ["a"], "default": "a"}, {"one_of": ["b"]}),
            ("subset_of", {"subset_of": ["a"]}, {"add": ["b"]}),
            ("superset_of", {"superset_of": ["a"]}, {"subset_of": ["b"]}),
            ("add", {"add": ["a"]}, {"value": ["b"]}),
            ("essential", {"essential": True, "default": "a"}, {"value": None}),
        )
    ),
    Case(
        "a region that allows more than the hub",
        all_of(
            hub_policy(alg={"one_of": ["ES256"]}),
            west_policy(alg={"one_of": ["ES256", "RS256"]}),
            health_says(alg="RS256"),
        ),
        "does not pass the policies",
        METADATA,
        twin=all_of(hub_policy(alg={"one_of": ["ES256"]}), west_policy(alg={"one_of": ["ES256", "RS256"]})),
    ),
    Case(
        "a superior's word that gets past policy",
        all_of(
            hub_policy(alg={"one_of": ["ES256"]}),
            claim(1, metadata={"openid_relying_party": {"alg": "RS256"}}),
        ),
        "does not pass the policies",
        METADATA,
        twin=all_of(
            hub_policy(alg={"one_of": ["ES256"]}),
            health_says(alg="RS256"),
            claim(1, metadata={"openid_relying_party": {"alg": "ES256"}}),
        ),
    ),
    Case(
        "an operator that must be understood",
        all_of(hub_policy(alg={"under": "x"}), claim(2, metadata_policy_crit=["under"])),
        "does not pass the policies",
        METADATA,
        twin=hub_policy(alg={"under": "x"}),
    ),
    Case(
        "an operator that must be understood, said by the region",
        claim(1, metadata_policy_crit=["under"]),
        "does not pass the policies",
        METADATA,
    ),
    *(
        Case(
            f"metadata_policy_crit {critical!r}",
            claim(1, metadata_policy_crit=critical),
            "metadata_policy_crit",
            METADATA,
        )
        for critical in ([], ["one_of"], ["under", "value"], None, "under", [7])
    ),
    *(
        Case(f"metadata_policy {policy!r}", claim(1, metadata_policy=policy), "polic", METADATA)
        for policy in (None, [], {"openid_relying_party": None}, {"openid_relying_party": {"alg": []}})
    ),
    Case("constraints that are no object", claim(1, constraints=[]), "constraints is an object"),
    Case(
        "one authority too many",
        claim(2, constraints={"max_path_length": 0}),
        "statement 2 does not allow",
        twin=claim(2, constraints={"max_path_length": 1}),
    ),
    Case(
        "one authority too many, three levels down",
        all_of(under("west", "east", "hub"), claim(3, constraints={"max_path_length": 1})),
        "statement 3 does not allow",
        twin=all_of(under("west", "east", "hub"), claim(3, constraints={"max_path_length": 2})),
    ),
    *(
        Case(
            f"max_path_length {length!r}",
            claim(1, constraints={"max_path_length": length}),
            "does not allow",
            twin=claim(1, constraints={"max_path_length": 0}),
        )
        for length in (-1, True, "1", None, 1.0)
    ),
    *(
        Case(
            f"a name outside the region: {name}",
            all_of(
                named(name),
                claim(
                    2, constraints={"naming_constraints": {"permitted": ["west.example", ".west.example"]}}
                ),
            ),
            "statement 2 does not allow",
            twin=all_of(
                named("https://a.west.example"),
                claim(
                    2, constraints={"naming_constraints": {"permitted": ["west.example", ".west.example"]}}
                ),
            ),
        )
        for name in ("https://evilwest.example", "https://west.example.evil.example", "https://east.example")
    ),
    Case(
        "the region itself outside its names",
        claim(2, constraints={"naming_constraints": {"permitted": [".west.example"]}}),
        "statement 2 does not allow",
        twin=claim(2, constraints={"naming_constraints": {"permitted": [".west.example", "west.example"]}}),
    ),
    Case(
        "a name that is excluded",
        claim(1, constraints={"naming_constraints": {"excluded": ["health.west.example"]}}),
        "statement 1 does not allow",
        twin=claim(1, constraints={"naming_constraints": {"excluded": [".health.west.example"]}}),
    ),
    *(
        Case(f"a subject under {name}", named(name), "no entity id")
        for name in (
            "https://west.example@evil.example",
            "https://west.example%2eevil.example",
            "https://127.0.0.1",
            "https://west.example.",
            "https://west.example\\.evil.example",
            "http://health.west.example",
        )
    ),
    Case(
        "types that are no list",
        claim(2, constraints={"allowed_entity_types": "openid_relying_party"}),
        "constraints are malformed",
        twin=claim(2, constraints={"allowed_entity_types": ["openid_relying_party"]}),
    ),
    Case(
        "a provider with another issuer",
        _provider("https://east.example"),
        "issuer of a provider",
        METADATA,
        twin=_provider("https://health.west.example"),
    ),
    *(
        Case(
            f"federation keys in {name}",
            _federation_entity(0, **{name: value}),
            "in jwks and nowhere else",
            METADATA,
        )
        for name, value in (
            ("jwks", {"keys": []}),
            ("jwks_uri", "https://west.example/jwks"),
            ("signed_jwks_uri", "https://west.example/jwks"),
        )
    ),
    *(
        Case(
            f"an endpoint at {address!r}",
            _federation_entity(3, federation_fetch_endpoint=address),
            "an https address without fragment",
            METADATA,
            twin=_federation_entity(3, federation_fetch_endpoint="https://hub.example/fetch"),
        )
        for address in (7, "", "http://hub.example/f", "https://hub.example/f#x", "https://h\tub.example/f")
    ),
    *(
        Case(
            f"a superior that moves {name}",
            _federation_entity(2, **{name: "https://hub.example/f"}),
            "only an authority itself",
            METADATA,
            twin=_federation_entity(3, **{name: "https://hub.example/f"}),
        )
        for name in ("federation_fetch_endpoint", "federation_list_endpoint")
    ),
]
