"""Trust chains with one defect each, and beside each the chain that is the same without it.

A defect does something to a good chain of four statements: 0 is what the mini-app Health says of itself, 1 what its
region West says of it, 2 what the hub says of West, 3 what the hub says of itself. The twin does as nearly the same as
can be honest, so that nothing but the defect is what refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import trust_chain
from idp.federation.trust_chain import ChainFault, TrustChain
from tests.support.federation import NOW, Chain, Draft, Entity, Json, Key, jwks_of, new_key, public_jwk

ANCHOR = ChainFault.TRUST_ANCHOR
METADATA = ChainFault.METADATA
NEW_KEY = new_key()


@dataclass
class World:
    """A hub with two regions, a mini-app of West, and somebody who is nobody's."""

    hub: Entity = field(default_factory=lambda: Entity("https://hub.example"))
    stranger: Entity = field(default_factory=lambda: Entity("https://stranger.example"))
    chain: Chain = field(init=False)
    anchors: dict[str, Json] = field(init=False)
    signatures: StatementSignatures = field(default_factory=StatementSignatures)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.west = Entity("https://west.example/fed", self.hub)
        self.east = Entity("https://east.example/fed", self.hub)
        self.health = Entity(
            "https://health.west.example",
            self.west,
            metadata={
                "openid_relying_party": {"token_endpoint_auth_method": "private_key_jwt", "alg": "ES256"}
            },
        )
        self.chain = self.health.chain()
        self.anchors = self.hub.pinned()

    def validate(self) -> TrustChain:
        """Ask for the chain as it now is."""
        return trust_chain.validate(
            self.chain.tokens(), self.anchors, self.signatures, now=NOW, **self.settings
        )


Change = Callable[[World], object]


def untouched(_: World) -> None:
    """The good chain."""


@dataclass(frozen=True)
class Case:
    """One defect. `refusal` are words of the error, so that it is refused for this reason and no other."""

    name: str
    defect: Change
    refusal: str
    reason: ChainFault = ChainFault.TRUST_CHAIN
    twin: Change = untouched


def claim(index: int, **claims: Any) -> Change:
    """Other claims in one statement; `...` takes one out."""
    return lambda world: _set(world.chain[index].claims, claims)


def header(index: int, **members: Any) -> Change:
    """Other members in the header of one statement."""
    return lambda world: _set(world.chain[index].header, members)


def raw(index: int, old: str, new: str) -> Change:
    """One statement's JSON with a piece replaced, for what no library writes."""

    def change(world: World) -> None:
        draft = world.chain[index]
        text = json.dumps(draft.claims)
        assert old in text
        draft.raw_payload = text.replace(old, new, 1).encode()

    return change


def signed_by(index: int, key_of: Callable[[World], Key], *, kid: str | None = None) -> Change:
    """One statement signed with another key, under its own name or under `kid`."""

    def change(world: World) -> None:
        key = key_of(world)
        world.chain[index].key = key
        world.chain[index].header["kid"] = kid or key.thumbprint()

    return change


def signed(index: int, algorithm: str) -> Change:
    """One statement signed by another algorithm, with a key that its issuer is said to have."""

    def change(world: World) -> None:
        draft, key = world.chain[index], new_key(algorithm)
        draft.key, draft.algorithm = key, algorithm
        draft.header.update(alg=algorithm, kid=key.thumbprint())
        for statement in (world.chain[index], world.chain[index + 1]):
            if statement.claims["sub"] == draft.claims["iss"]:
                statement.claims["jwks"] = jwks_of(key)

    return change


def order(*places: int) -> Change:
    """The statements in another order, some of them left out or twice."""

    def change(world: World) -> None:
        world.chain[:] = [world.chain[place] for place in places]

    return change


def all_of(*changes: Change) -> Change:
    """Several things that make one defect together."""

    def change(world: World) -> None:
        for each in changes:
            each(world)

    return change


def settings(**arguments: Any) -> Change:
    """Asked with other arguments."""
    return lambda world: world.settings.update(arguments)


def hub_policy(**parameters: Any) -> Change:
    """A policy of the hub's for mini-apps."""
    return claim(2, metadata_policy={"openid_relying_party": parameters})


def west_policy(**parameters: Any) -> Change:
    """A policy of West's for mini-apps."""
    return claim(1, metadata_policy={"openid_relying_party": parameters})


def health_says(**parameters: Any) -> Change:
    """Other metadata of Health's."""
    return lambda world: world.chain[0].claims["metadata"]["openid_relying_party"].update(parameters)


def named(entity_id: str) -> Change:
    """Health under another name."""

    def change(world: World) -> None:
        health = Entity(entity_id, world.west, metadata=world.health.metadata)
        world.chain[:] = health.chain()

    return change


def under(*regions: str) -> Change:
    """A chain through these regions, the one nearest to Health first; a name that comes again is the same region."""

    def change(world: World) -> None:
        known = {"hub": world.hub, "health": world.health, "west": world.west, "east": world.east}
        above = [known[name] for name in regions]
        world.health.superior = above[0]
        world.chain[:] = [world.health.configuration()]
        for lower, upper in zip([world.health, *above], above, strict=False):
            world.chain.append(upper.statement_about(lower))
        world.chain.append(above[-1].configuration())

    return change


def deep(intermediates: int) -> Change:
    """A chain with so many authorities between Health and the hub."""

    def change(world: World) -> None:
        above = world.hub
        for number in range(intermediates):
            above = Entity(f"https://level{number}.west.example", above)
        world.health.superior = above
        world.chain[:] = world.health.chain()

    return change


def put(index: int, draft_of: Callable[[World], Draft]) -> Change:
    """Another statement in the place of one."""

    def change(world: World) -> None:
        world.chain[index] = draft_of(world)

    return change


def insert(index: int, draft_of: Callable[[World], Draft]) -> Change:
    """One statement more."""
    return lambda world: world.chain.insert(index, draft_of(world))


def forget(*indexes: int) -> Change:
    """Statements left out."""
    return lambda world: [world.chain.pop(index) for index in sorted(indexes, reverse=True)]


def also_knows(index: int, key_of: Callable[[World], Key]) -> Change:
    """One more key in the `jwks` of one statement."""

    def change(world: World) -> None:
        world.chain[index].claims["jwks"]["keys"].append(public_jwk(key_of(world)))

    return change


def impostor(*, with_anchor: bool = True) -> Change:
    """The whole chain made by somebody with the same names and none of the keys."""

    def change(world: World) -> None:
        other = World()
        world.chain[:] = other.health.chain(with_anchor=with_anchor)

    return change


def fresh(_: World) -> Key:
    """A key that nobody has yet."""
    return NEW_KEY


def of_stranger(world: World) -> Key:
    """The key of somebody who belongs to nobody."""
    return world.stranger.key


def raw_token(index: int, token: str | Callable[[World], str]) -> Change:
    """Anything at all in the place of one statement."""

    def change(world: World) -> None:
        world.chain[index].token = token if isinstance(token, str) else token(world)

    return change


def _set(target: Json, changes: Json) -> None:
    target.update(changes)
    for name in [name for name, value in changes.items() if value is ...]:
        del target[name]
