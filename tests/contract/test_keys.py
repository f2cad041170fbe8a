"""Signing keys: changed by one at a time, one signing key for each purpose and algorithm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm
from idp.storage.failures import RuleBroken
from tests.contract.region import NOW, Region, at_once


def key(kid: str, state: KeyState = KeyState.PENDING, **changes: object) -> KeyRecord:
    record = KeyRecord(
        kid=kid,
        purpose=KeyPurpose.PROTOCOL,
        algorithm=Algorithm.ES256,
        state=state,
        public_jwk={"kty": "EC", "kid": kid},
        private_sealed=b"\0sealed\xff",
        created_at=NOW,
        signs_from=NOW + timedelta(days=1),
        signs_until=NOW + timedelta(days=91),
        published_until=NOW + timedelta(days=92),
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def apply(region: Region, plan: KeyPlan) -> bool:
    return region.stores.keys.apply(plan, generation=region.stores.keys.generation())


def test_keys_come_back_as_they_were_kept_oldest_first(region: Region) -> None:
    older, newer = key("b"), key("a", created_at=NOW + timedelta(days=1))

    assert apply(region, KeyPlan(add=(newer, older)))

    assert region.stores.keys.every() == (older, newer)


def test_retired_keys_and_those_of_another_purpose_are_not_published(region: Region) -> None:
    pending, retired = key("a"), key("b", KeyState.RETIRED)
    federation = key("c", KeyState.SIGNING, purpose=KeyPurpose.FEDERATION)
    apply(region, KeyPlan(add=(pending, retired, federation)))

    assert region.stores.keys.published(KeyPurpose.PROTOCOL) == (pending,)
    assert region.stores.keys.published(KeyPurpose.FEDERATION) == (federation,)
    assert len(region.stores.keys.every()) == 3


def test_a_plan_made_on_old_knowledge_changes_nothing(region: Region) -> None:
    known = region.stores.keys.generation()
    assert region.stores.keys.apply(KeyPlan(add=(key("a"),)), generation=known)

    assert not region.stores.keys.apply(KeyPlan(add=(key("b"),)), generation=known)

    assert region.stores.keys.every() == (key("a"),)
    assert region.stores.keys.generation() == known + 1


def test_of_ten_plans_at_once_one_is_applied(region: Region) -> None:
    known = region.stores.keys.generation()

    answers = at_once(
        10, lambda index: region.stores.keys.apply(KeyPlan(add=(key(str(index)),)), generation=known)
    )

    assert answers.count(True) == 1
    assert len(region.stores.keys.every()) == 1


def test_a_successor_takes_over_in_one_step(region: Region) -> None:
    old, new = key("old", KeyState.SIGNING), key("new")
    apply(region, KeyPlan(add=(old, new)))

    assert apply(
        region,
        KeyPlan(change=(replace(new, state=KeyState.SIGNING), replace(old, state=KeyState.VERIFY_ONLY))),
    )

    states = {record.kid: record.state for record in region.stores.keys.every()}
    assert states == {"old": KeyState.VERIFY_ONLY, "new": KeyState.SIGNING}


def test_two_keys_never_sign_for_one_purpose_and_algorithm(region: Region) -> None:
    apply(region, KeyPlan(add=(key("a", KeyState.SIGNING),)))
    known = region.stores.keys.generation()

    with pytest.raises(RuleBroken):
        apply(region, KeyPlan(add=(key("b", KeyState.SIGNING),)))
    assert apply(region, KeyPlan(add=(key("c", KeyState.SIGNING, algorithm=Algorithm.EDDSA),)))

    assert region.stores.keys.generation() == known + 1
    assert {record.kid for record in region.stores.keys.every()} == {"a", "c"}


def test_changing_a_key_that_does_not_exist_changes_nothing(region: Region) -> None:
    known = region.stores.keys.generation()

    with pytest.raises(LookupError):
        apply(region, KeyPlan(add=(key("a"),), change=(key("unknown"),)))

    assert region.stores.keys.every() == ()
    assert region.stores.keys.generation() == known
