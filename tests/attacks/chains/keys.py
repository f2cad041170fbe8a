"""Keys: whose they are, who says so, and which anchor is believed."""

from __future__ import annotations

from tests.attacks.chains.world import (
    ANCHOR,
    NEW_KEY,
    Case,
    World,
    all_of,
    also_knows,
    claim,
    forget,
    fresh,
    impostor,
    of_stranger,
    signed_by,
)
from tests.support.federation import Entity, jwks_of, public_jwk


def _hub_elsewhere(world: World) -> None:
    """A hub of the same shape that nobody here pinned."""
    world.west.superior = Entity("https://hub.elsewhere.example")
    world.chain[:] = world.health.chain()


def _stranger_for_hub(world: World) -> None:
    """The hub's two statements by somebody else, who says in the hub's name that this is the hub's key."""
    for index in (2, 3):
        signed_by(index, of_stranger)(world)
    claim(3, jwks=world.stranger.jwks)(world)


def _strangers_key_under_the_hubs_name(world: World) -> None:
    kid = world.hub.key.thumbprint()
    for index in (2, 3):
        signed_by(index, of_stranger, kid=kid)(world)
    claim(3, jwks={"keys": [public_jwk(world.stranger.key, kid=kid)]})(world)


def _another_key_of_the_same_name(world: World) -> None:
    """West's word on Health has Health's key id, and a key that is not Health's."""
    claim(1, jwks={"keys": [public_jwk(NEW_KEY, kid=world.health.key.thumbprint())]})(world)


def _signed_before_the_hub_changed_keys(world: World) -> None:
    world.anchors = {world.hub.id: jwks_of(NEW_KEY)}


def _while_the_hub_changes_keys(world: World) -> None:
    world.anchors = {world.hub.id: jwks_of(NEW_KEY, world.hub.key)}


def _west_pinned(world: World) -> None:
    """As one of West's own back ends may trust: its region, and nobody above it."""
    world.anchors = world.west.pinned()
    world.chain[:] = [*world.chain[:2], world.west.configuration()]


def _west_not_pinned(world: World) -> None:
    world.chain[:] = [*world.chain[:2], world.west.configuration()]


def _pinned_but_somebody_else(world: World) -> None:
    _west_pinned(world)
    world.anchors = {world.west.id: world.stranger.jwks}


KEYS = [
    Case(
        "the subject's new key, which its superior does not know",
        all_of(signed_by(0, fresh), also_knows(0, fresh)),
        "statement 0 is not signed by its issuer",
        twin=all_of(signed_by(0, fresh), also_knows(0, fresh), also_knows(1, fresh)),
    ),
    Case(
        "a key that the superior names and the subject does not",
        all_of(signed_by(0, fresh), also_knows(1, fresh)),
        "statement 0 is not signed by its issuer",
        twin=all_of(signed_by(0, fresh), also_knows(0, fresh), also_knows(1, fresh)),
    ),
    Case("another key of the same name", _another_key_of_the_same_name, "the signature is wrong"),
    Case("the subject's own statement by a stranger", signed_by(0, of_stranger), "statement 0 is not signed"),
    Case("the superior's statement by a stranger", signed_by(1, of_stranger), "statement 1 is not signed"),
    Case("the hub's statement by a stranger", signed_by(2, of_stranger), "statement 2 is not signed"),
    Case("the hub's configuration by a stranger", signed_by(3, of_stranger), "statement 3 is not signed"),
    Case(
        "the superior's statement by the subject itself",
        signed_by(1, lambda world: world.health.key),
        "statement 1 is not signed",
        twin=signed_by(1, lambda world: world.west.key),
    ),
    Case("a hub that is consistent and has no pinned key", _stranger_for_hub, "statement 2 is not signed"),
    Case(
        "a foreign key under the name of a pinned one",
        _strangers_key_under_the_hubs_name,
        "the signature is wrong",
    ),
    Case("everything by impostors, the hub too", impostor(), "statement 2 is not signed"),
    Case(
        "everything by impostors, without the hub's configuration",
        impostor(with_anchor=False),
        "statement 2 is not signed",
        twin=forget(3),
    ),
    Case("an anchor that nobody pinned", _hub_elsewhere, "no anchor that is trusted", ANCHOR),
    Case("a region for an anchor", _west_not_pinned, "no anchor that is trusted", ANCHOR, twin=_west_pinned),
    Case(
        "a region pinned with other keys",
        _pinned_but_somebody_else,
        "statement 1 is not signed",
        twin=_west_pinned,
    ),
    Case("a subject that is its own anchor", forget(1, 2, 3), "no anchor that is trusted", ANCHOR),
    Case("nobody pinned", lambda world: world.anchors.clear(), "no anchor that is trusted", ANCHOR),
    Case(
        "an anchor pinned without keys",
        lambda world: world.anchors.update({world.hub.id: {}}),
        "no set of keys",
    ),
    Case(
        "two pinned keys of one name",
        lambda world: world.anchors[world.hub.id]["keys"].append(
            public_jwk(NEW_KEY, kid=world.hub.key.thumbprint())
        ),
        "more than one has its name",
        twin=lambda world: world.anchors[world.hub.id]["keys"].append(public_jwk(NEW_KEY)),
    ),
    Case(
        "a key that the hub has taken from the region",
        claim(2, jwks=jwks_of(NEW_KEY)),
        "statement 1 is not signed",
        twin=also_knows(2, fresh),
    ),
    Case(
        "a key that the region has taken from the subject",
        claim(1, jwks=jwks_of(NEW_KEY)),
        "statement 0 is not signed",
        twin=also_knows(1, fresh),
    ),
    Case(
        "a key of the hub that is no longer pinned",
        _signed_before_the_hub_changed_keys,
        "statement 2 is not signed",
        twin=_while_the_hub_changes_keys,
    ),
]
