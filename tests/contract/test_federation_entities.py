"""Whom an entity vouches for, and trust marks: kept whole, changed once, and seen by every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.federation.roll import Delegation, HeldMark, MarkType, Subordinate, SubordinateState
from idp.storage.generations import Remembered
from idp.storage.housekeeping import KEEP_MARKS
from tests.contract.region import MINUTE, NOW, Region, at_once, swept

APP = "https://health.west.example"
FED = "https://west.example/fed"
TYPE = "https://hub.example/marks/inspected"
JWKS: dict[str, Any] = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "x": "x", "y": "y"}]}
ACTIVE, SUSPENDED, REMOVED = SubordinateState


def subordinate(**changes: Any) -> Subordinate:
    one = Subordinate(
        entity_id=APP,
        entity_types=("openid_relying_party", "oauth_resource"),
        jwks=JWKS,
        enrolled_at=NOW,
        changed_at=NOW,
        is_intermediate=False,
        metadata={"openid_relying_party": {"client_name": "健康𠮷"}},
        metadata_policy={"openid_relying_party": {"scope": {"subset_of": ["openid"]}}},
        constraints={"max_path_length": 0},
    )
    return replace(one, **changes)


def mark(token: str = "a.b.c", **changes: Any) -> HeldMark:
    held = HeldMark(token, "1", FED, TYPE, APP, issued_at=NOW, expires_at=NOW + timedelta(days=30))
    return replace(held, **changes)


def test_everything_comes_back_as_it_was_entered(region: Region) -> None:
    store = region.stores.federation_entities
    kind = MarkType(TYPE, (FED, "https://east.example/fed"), "https://owner.example", JWKS)
    delegation = Delegation(TYPE, "https://owner.example", "d.e.f", NOW + MINUTE)

    store.put(subordinate())
    store.add_mark(mark())
    store.put_mark_type(kind)
    store.put_delegation(delegation)

    roll = store.roll(ended_before=NOW)
    assert roll.subordinates == {APP: subordinate()}
    assert roll.marks == (mark(),)
    assert roll.mark_types == (kind,)
    assert roll.delegations == {TYPE: delegation}
    assert store.find_mark("a.b.c") == mark()
    assert store.find_mark("another") is None


def test_whoever_is_enrolled_again_is_what_was_said_last(region: Region) -> None:
    store = region.stores.federation_entities
    store.put(subordinate())

    store.put(subordinate(is_intermediate=True, metadata={}))

    assert store.roll(ended_before=NOW).subordinates == {APP: subordinate(is_intermediate=True, metadata={})}


def test_only_the_active_ones_are_vouched_for(region: Region) -> None:
    store = region.stores.federation_entities
    for number, state in enumerate(SubordinateState):
        store.put(subordinate(entity_id=f"{APP}/{number}", state=state))

    roll = store.roll(ended_before=NOW)
    assert [one.entity_id for one in roll.active()] == [f"{APP}/0"]
    assert [roll.find(f"{APP}/{number}") is not None for number in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("stands", "before", "after", "moves"),
    [
        (ACTIVE, [ACTIVE], SUSPENDED, True),
        (SUSPENDED, [SUSPENDED], ACTIVE, True),
        (SUSPENDED, [ACTIVE, SUSPENDED], REMOVED, True),
        (REMOVED, [SUSPENDED], ACTIVE, False),
        (REMOVED, [ACTIVE, SUSPENDED], REMOVED, False),
    ],
)
def test_states_change_only_from_where_they_may(
    region: Region,
    stands: SubordinateState,
    before: list[SubordinateState],
    after: SubordinateState,
    moves: bool,
) -> None:
    store = region.stores.federation_entities
    store.put(subordinate(state=stands))

    assert store.move(APP, before, after, now=NOW + MINUTE) is moves

    found = store.roll(ended_before=NOW).subordinates[APP]
    assert found.state is (after if moves else stands)
    assert found.changed_at == (NOW + MINUTE if moves else NOW)


def test_nobody_unknown_is_moved(region: Region) -> None:
    assert not region.stores.federation_entities.move(APP, [ACTIVE], REMOVED, now=NOW)


def test_of_twenty_who_suspend_at_once_one_did_it(region: Region) -> None:
    store = region.stores.federation_entities
    store.put(subordinate())

    won = at_once(20, lambda _: store.move(APP, [ACTIVE], SUSPENDED, now=NOW))

    assert sum(won) == 1


def test_marks_of_a_type_are_taken_back_together_and_once(region: Region) -> None:
    store = region.stores.federation_entities
    store.add_mark(mark("old"))
    store.add_mark(mark("new", issued_at=NOW + MINUTE))
    store.add_mark(mark("of another type", mark_type=f"{TYPE}/other"))
    store.add_mark(mark("of another issuer", issuer="https://east.example/fed"))

    assert store.revoke_marks(FED, TYPE, APP, "inspection failed", now=NOW + MINUTE) == 2
    assert store.revoke_marks(FED, TYPE, APP, "again", now=NOW + 2 * MINUTE) == 0

    found = {one.token: one for one in store.roll(ended_before=NOW).marks}
    assert {token for token, one in found.items() if one.revoked_at} == {"old", "new"}
    assert found["new"].reason == "inspection failed"
    assert found["new"].revoked_at == NOW + MINUTE


def test_marks_long_over_are_not_carried_in_memory_but_can_be_asked_about(region: Region) -> None:
    store = region.stores.federation_entities
    store.add_mark(mark(expires_at=NOW))

    assert store.roll(ended_before=NOW).marks == ()
    assert store.find_mark("a.b.c") is not None


def test_marks_can_be_asked_about_for_a_year_after_their_end(region: Region) -> None:
    region.stores.federation_entities.add_mark(mark(expires_at=NOW))

    assert swept(region.stores.housekeeping.sweep(now=NOW + KEEP_MARKS)) == {}
    assert swept(region.stores.housekeeping.sweep(now=NOW + KEEP_MARKS + MINUTE)) == {"trust_marks": 1}

    assert region.stores.federation_entities.find_mark("a.b.c") is None


def test_every_change_is_noticed_elsewhere_and_nothing_else_is(region: Region) -> None:
    store, generations = region.stores.federation_entities, region.stores.generations
    seen = [generations.of(Remembered.FEDERATION)]
    changes = [
        lambda: store.put(subordinate()),
        lambda: store.move(APP, [ACTIVE], SUSPENDED, now=NOW),
        lambda: store.add_mark(mark()),
        lambda: store.revoke_marks(FED, TYPE, APP, "", now=NOW),
        lambda: store.put_mark_type(MarkType(TYPE, (FED,))),
        lambda: store.put_delegation(Delegation(TYPE, APP, "t", NOW)),
    ]

    for change in changes:
        change()
        seen.append(generations.of(Remembered.FEDERATION))
    store.move(APP, [ACTIVE], SUSPENDED, now=NOW)
    store.revoke_marks(FED, TYPE, APP, "", now=NOW)

    assert seen == sorted(set(seen))
    assert generations.of(Remembered.FEDERATION) == seen[-1]
