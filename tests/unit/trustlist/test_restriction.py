"""Whether a bundle only takes trust away: everything that is not known to, is taken to give some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idp.foundation.compact_jws import encode_segment
from idp.trustlist.bundle import Bundle
from idp.trustlist.narrowing import left_of, narrow, narrowed
from idp.trustlist.reading import read_bundle
from idp.trustlist.restriction import only_restricts, says_no_more
from tests.verifier.nation import ACR, EAST, FRESHNESS, NOW, WEST, Nation, ec_key, public

Json = dict[str, Any]
Edit = Callable[[Json], Json]

LADDER = tuple(f"{ACR}{level}" for level in (1, 2, 3))
NATION = Nation()
OLD = NATION.claims(
    regions=[NATION.region(EAST), NATION.region(WEST, acr_ceiling=f"{ACR}2")],
    revoked=[{"issuer": EAST, "kid": "gone", "at": NOW, "reason": "superseded"}],
    witnesses={"quorum": 0, "keys": []},
    log_keys=["a key"],
)


def statement(**claims: Any) -> str:
    import json

    said = {
        "iss": "hub",
        "sub": EAST,
        "iat": 1,
        "exp": 2,
        "jwks": {"keys": [{"kid": "a"}, {"kid": "b"}]},
        **claims,
    }
    return ".".join(
        encode_segment(part).decode() for part in (b"{}", json.dumps(said).encode(), b"signature")
    )


def region(op: str = EAST, **changes: Any) -> Edit:
    """Another entry for one region."""

    def edited(claims: Json) -> Json:
        entries = [{**one, **changes} if one["op"] == op else one for one in claims["regions"]]
        return {**claims, "regions": entries}

    return edited


def other(**changes: Any) -> Edit:
    return lambda claims: {**claims, **changes}


def with_key(claims: Json) -> Json:
    metadata = claims["regions"][0]["op_metadata"]
    keys = [*metadata["jwks"]["keys"], public(ec_key())]
    return region(op_metadata={**metadata, "jwks": {"keys": keys}})(claims)


def without_keys(claims: Json) -> Json:
    return region(op_metadata={**claims["regions"][0]["op_metadata"], "jwks": {"keys": []}})(claims)


def read(claims: Json) -> Bundle:
    return read_bundle(claims)


INACTIVE: Json = {"op_metadata": {}, "rp_metadata": {}}
RESTRICTING = {
    "nothing": other(),
    "a suspension": region(status="suspended", reason="review", **INACTIVE),
    "a removal": region(status="removed", reason="review", **INACTIVE),
    "a region less": other(regions=OLD["regions"][1:]),
    "a lower ceiling": region(acr_ceiling=f"{ACR}1"),
    "no keys": without_keys,
    "no metadata but the issuer": region(op_metadata={"issuer": EAST, "jwks": {"keys": []}}),
    "another revoked key": other(
        revoked=[*OLD["revoked"], {"issuer": WEST, "kid": "a", "at": NOW, "reason": "compromised"}]
    ),
    "a key revoked from earlier on": other(revoked=[{**OLD["revoked"][0], "at": NOW - 9}]),
}
GIVING = {
    "a new region": other(regions=[*OLD["regions"], NATION.region(EAST, op="https://id.north.example")]),
    "a higher ceiling": region(WEST, acr_ceiling=f"{ACR}3"),
    "an unknown ceiling": region(acr_ceiling="urn:other"),
    "a key more": with_key,
    "another name": region(name={"en": "Another"}),
    "other metadata": region(op_metadata={**OLD["regions"][0]["op_metadata"], "scopes_supported": ["all"]}),
    "a statement": region(statement=statement()),
    "a key revoked no more": other(revoked=[]),
    "a key revoked from later on": other(revoked=[{**OLD["revoked"][0], "at": NOW + 9}]),
    "a longer freshness": other(freshness={**FRESHNESS, f"{ACR}3": 86_400}),
    "another anchor": other(anchor_jwks={"keys": [public(ec_key())]}),
    "another key of the hub": other(bundle_jwks={"keys": [public(ec_key())]}),
    "other witnesses": other(witnesses={"quorum": 0, "keys": ["somebody"]}),
    "another key of the log": other(log_keys=["another key"]),
    "another hub": other(iss="https://hub.other.example"),
    "something unknown": other(delegates=["somebody"]),
    "something unknown of a region": region(delegates=["somebody"]),
    "something unknown of a region that goes": region(status="suspended", reason="review", delegates=["x"]),
}


@pytest.mark.parametrize("edit", RESTRICTING.values(), ids=RESTRICTING.keys())
def test_what_takes_away_is_seen_to(edit: Edit) -> None:
    assert only_restricts(read(OLD), read(edit(OLD)), LADDER)


@pytest.mark.parametrize("edit", GIVING.values(), ids=GIVING.keys())
def test_what_gives_is_seen_to(edit: Edit) -> None:
    claims = edit(OLD)
    if len(claims["regions"]) > 2:
        north = "https://id.north.example"
        metadata = {"issuer": north, "jwks": {"keys": []}}
        claims["regions"][2] |= {"id": f"{north}/fed", "rp": f"{north}/rp", "op_metadata": metadata}

    assert not only_restricts(read(OLD), read(claims), LADDER)


def test_who_is_off_the_list_comes_back_only_as_something_given() -> None:
    suspended = region(status="suspended", reason="review", **INACTIVE)(OLD)
    removed = region(status="removed", reason="review", **INACTIVE)(OLD)

    assert only_restricts(read(suspended), read(removed), LADDER)
    assert not only_restricts(read(removed), read(suspended), LADDER)
    assert not only_restricts(read(suspended), read(OLD), LADDER)


@pytest.mark.parametrize(
    ("before", "after", "is_narrower"),
    [
        (statement(), statement(iat=5, exp=9), True),
        (statement(), "", True),
        ("", statement(), False),
        (statement(), statement(jwks={"keys": [{"kid": "a"}]}), True),
        (statement(), statement(jwks={"keys": [{"kid": "a"}, {"kid": "c"}]}), False),
        (statement(), statement(constraints={"max_path_length": 5}), False),
        (policy := statement(metadata_policy={"a": {"b": {"subset_of": ["x", "y"]}}}), policy, True),
        (policy, statement(metadata_policy={"a": {"b": {"subset_of": ["x"]}}}), True),
        (policy, statement(metadata_policy={"a": {"b": {"subset_of": []}}}), False),
        (policy, statement(metadata_policy={"a": {"b": {"subset_of": ["x", "z"]}}}), False),
        (policy, statement(metadata_policy={"a": {"b": {"one_of": ["x"]}}}), False),
        (policy, statement(), False),
        (statement(), "no statement", False),
    ],
)
def test_a_statement_may_say_less_and_not_more(before: str, after: str, is_narrower: bool) -> None:
    assert says_no_more(before, after) is is_narrower


@pytest.mark.parametrize("taken", RESTRICTING.values(), ids=RESTRICTING.keys())
@pytest.mark.parametrize("given", [with_key, GIVING["a higher ceiling"], GIVING["another name"]])
def test_what_is_taken_away_is_told_apart_from_what_is_given(given: Edit, taken: Edit) -> None:
    """The hub publishes the one at once, and the other with its witnesses."""
    said = taken(given(OLD))

    less = {**narrowed(OLD, said, LADDER), "seq": 2, "lineage": {}}

    assert only_restricts(read(OLD), read(less), LADDER)


@pytest.mark.parametrize("taken", RESTRICTING.values(), ids=RESTRICTING.keys())
@pytest.mark.parametrize("given", [with_key, *GIVING.values()], ids=["a key", *GIVING.keys()])
def test_what_is_left_of_a_bundle_is_never_more_than_it_was(given: Edit, taken: Edit) -> None:
    """A region obeys what a bundle takes away that it cannot admit."""
    held, new = read(OLD), taken(given(OLD))
    new["regions"] = [one for one in new["regions"] if one["id"] == f"{one['op']}/fed"]

    left = left_of(held, read(new), LADDER)

    less = held if left is None else narrow(held, left)
    assert only_restricts(held, less, LADDER)
    assert left_of(less, read(new), LADDER) is None
    assert (less.seq, less.content_hash) == (held.seq, held.content_hash)


def test_of_what_only_gives_everything_is_left() -> None:
    assert left_of(read(OLD), read(GIVING["another name"](OLD)), LADDER) is None
    assert left_of(read(OLD), read(OLD), LADDER) is None


def test_a_key_that_was_revoked_stays_so_from_the_earliest_moment_on() -> None:
    first, later = OLD["revoked"][0], {**OLD["revoked"][0], "at": OLD["revoked"][0]["at"] + 9}
    earlier, another = {**first, "at": first["at"] - 9}, {**first, "kid": "another"}

    assert left_of(read(OLD), read(other(revoked=[later])(OLD)), LADDER) is None
    left = left_of(read(OLD), read(other(revoked=[earlier, another])(OLD)), LADDER)

    assert left is not None
    assert left["revoked"] == [earlier, *OLD["revoked"][1:], another]


def test_what_is_only_taken_away_is_all_there_is_to_say() -> None:
    said = RESTRICTING["a suspension"](OLD)

    less = narrowed(OLD, said, LADDER)

    assert less["regions"] == said["regions"]
