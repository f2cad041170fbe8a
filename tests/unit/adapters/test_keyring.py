"""What one process holds of the region's keys."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from joserfc.jwk import KeySet

from idp.adapters.keyring import Keyring
from idp.adapters.sealing import BrokenSeal, Sealer
from idp.foundation.entropy import SystemEntropy
from idp.foundation.secret import Secret
from idp.oidc.errors import ServerError
from idp.oidc.key_schedule import UnknownKey
from idp.oidc.keys import KeyPlan, KeyPurpose, KeyState
from idp.oidc.vocabulary import Algorithm
from tests.support.clock import FakeClock
from tests.unit.adapters.keys import keyring
from tests.unit.adapters.memory import MemoryKeyStore, StoreUnreachable

PATIENCE_SECONDS = 120


@pytest.fixture
def store() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keys(store: MemoryKeyStore, clock: FakeClock) -> Keyring:
    ring = keyring(store, clock)
    ring.open()
    return ring


def published_kids(ring: Keyring) -> set[str]:
    return {key["kid"] for key in orjson.loads(ring.jwks().body)["keys"]}


def signing_kids(ring: Keyring) -> set[str]:
    return {ring.signing_key(algorithm).kid for algorithm in Algorithm}


def test_the_first_start_makes_a_key_for_every_algorithm(keys: Keyring, store: MemoryKeyStore) -> None:
    assert {record.algorithm for record in store.records.values()} == set(Algorithm)
    assert signing_kids(keys) == set(store.records) == published_kids(keys)


def test_a_second_process_uses_the_keys_of_the_first(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    other = keyring(store, clock)

    other.open()

    assert signing_kids(other) == signing_kids(keys)
    assert len(store.records) == 4


def test_two_processes_that_start_at_once_agree_on_the_keys(store: MemoryKeyStore, clock: FakeClock) -> None:
    """Both look, both make keys, one is first: the other throws its own away."""
    elsewhere = MemoryKeyStore()
    keyring(elsewhere, clock).open()
    store.on_apply.append(KeyPlan(add=tuple(elsewhere.records.values())))
    late = keyring(store, clock)

    late.open()

    assert signing_kids(late) == set(elsewhere.records) == set(store.records)


def test_published_keys_are_public_named_and_made_for_one_use(keys: Keyring) -> None:
    published = orjson.loads(keys.jwks().body)["keys"]

    assert {(key["alg"], key["kty"]) for key in published} == {
        ("ES256", "EC"),
        ("EdDSA", "OKP"),
        ("PS256", "RSA"),
        ("RS256", "RSA"),
    }
    assert all(key["use"] == "sig" for key in published)
    assert len({key["kid"] for key in published}) == 4
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in published)
    assert len(KeySet.import_key_set({"keys": published}).keys) == 4


def test_a_kid_is_the_thumbprint_of_its_key(keys: Keyring) -> None:
    published = KeySet.import_key_set(orjson.loads(keys.jwks().body))

    assert all(key.kid == key.thumbprint() for key in published.keys)


def test_the_etag_changes_when_and_only_when_the_keys_do(keys: Keyring, clock: FakeClock) -> None:
    before = keys.jwks()
    clock.advance(days=1)
    assert keys.jwks() is before

    keys.rotate()

    assert keys.jwks().etag != before.etag
    assert before.etag.startswith('"')
    assert before.etag.endswith('"')


def test_private_keys_are_stored_sealed(keys: Keyring, store: MemoryKeyStore) -> None:
    private = [keys.view().signing_keys[kid] for kid in store.records]

    assert len(private) == 4
    for record in store.records.values():
        assert b"PRIVATE" not in record.private_sealed
        assert '"d"' not in str(record.public_jwk)


def test_a_sealed_key_cannot_be_put_in_anothers_place(store: MemoryKeyStore, clock: FakeClock) -> None:
    keyring(store, clock).open()
    one, other = list(store.records)[:2]
    store.records[one] = replace(store.records[one], private_sealed=store.records[other].private_sealed)

    with pytest.raises(BrokenSeal):
        keyring(store, clock).open()


def test_keys_sealed_under_another_secret_stop_the_start(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    stranger = Sealer(Secret("another secret key altogether, as after a bad restore"), SystemEntropy())

    with pytest.raises(BrokenSeal):
        keyring(store, clock, stranger).open()


def test_the_store_is_asked_at_most_once_a_second(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    keys.signing_key(Algorithm.ES256)
    store.calls.clear()

    for _ in range(1_000):
        keys.signing_key(Algorithm.ES256)
        clock.advance(microseconds=500)
    assert store.calls == []
    clock.advance(seconds=1)
    keys.signing_key(Algorithm.ES256)

    assert store.calls == ["generation"]


def test_a_change_by_another_process_is_seen_within_a_second(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    other = keyring(store, clock)
    other.open()
    stolen = keys.signing_key(Algorithm.ES256).kid

    other.revoke(stolen)
    clock.advance(seconds=1)

    assert keys.signing_key(Algorithm.ES256).kid == other.signing_key(Algorithm.ES256).kid != stolen
    assert stolen not in published_kids(keys)


def test_keys_rotate_by_themselves(keys: Keyring, clock: FakeClock) -> None:
    first = signing_kids(keys)

    clock.advance(days=89)
    assert len(published_kids(keys)) == 8
    assert signing_kids(keys) == first
    clock.advance(days=1)
    second = signing_kids(keys)
    assert first.isdisjoint(second)
    assert first < published_kids(keys)
    clock.advance(days=1)

    assert published_kids(keys) == signing_kids(keys) == second


def test_only_one_of_many_processes_takes_each_step(store: MemoryKeyStore, clock: FakeClock) -> None:
    processes = [keyring(store, clock) for _ in range(4)]
    for process in processes:
        process.open()

    clock.advance(days=89)
    for process in processes:
        process.jwks()

    assert len(store.records) == 8
    assert len({process.jwks().etag for process in processes}) == 1


def test_without_its_store_a_process_goes_on_signing_and_changes_keys_in_time(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    first = signing_kids(keys)
    clock.advance(days=89, seconds=1)
    keys.jwks()
    store.is_cut_off = True

    clock.advance(hours=23)
    assert signing_kids(keys) == first
    clock.advance(hours=1)

    assert signing_kids(keys).isdisjoint(first)
    assert "the key store cannot be read" in caplog.text


def test_without_its_store_a_process_never_signs_outside_a_window(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    store.is_cut_off = True
    clock.advance(days=90)

    with pytest.raises(ServerError):
        keys.signing_key(Algorithm.ES256)


def test_a_store_that_fails_is_left_alone_for_a_while_and_then_used_again(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.is_cut_off = True
    clock.advance(seconds=1)
    for _ in range(40):
        keys.jwks()
        clock.advance(milliseconds=100)
    assert len([line for line in caplog.records if line.levelno == logging.ERROR]) == 1

    store.is_cut_off = False
    store.calls.clear()
    clock.advance(seconds=5)
    keys.jwks()

    assert store.calls == ["generation"]


def test_without_keys_and_without_a_store_nothing_starts(store: MemoryKeyStore, clock: FakeClock) -> None:
    store.is_cut_off = True

    with pytest.raises(StoreUnreachable):
        keyring(store, clock).open()


class SlowStore(MemoryKeyStore):
    """Answers only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()

    def generation(self) -> int:
        self.asked.set()
        self.let_go.wait(PATIENCE_SECONDS)
        return super().generation()


def test_a_slow_store_holds_up_one_signature_and_no_other(clock: FakeClock) -> None:
    store = SlowStore()
    ring = keyring(store, clock)
    ring.open()
    clock.advance(seconds=1)
    store.asked.clear()
    store.let_go.clear()
    waiting = threading.Thread(target=ring.signing_key, args=(Algorithm.ES256,))
    waiting.start()
    assert store.asked.wait(PATIENCE_SECONDS)

    signed = ring.signing_key(Algorithm.ES256).sign("JWT", b"{}")

    still_waiting = waiting.is_alive()
    store.let_go.set()
    waiting.join()
    assert signed.count(".") == 2
    assert still_waiting


def test_a_clock_set_back_does_not_keep_a_process_from_looking(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    keys.jwks()
    store.calls.clear()

    clock.advance(days=-1)
    keys.jwks()

    assert store.calls == ["generation"]


def test_a_rotation_by_hand_publishes_first(keys: Keyring, clock: FakeClock) -> None:
    first = signing_kids(keys)

    keys.rotate()

    assert signing_kids(keys) == first
    assert len(published_kids(keys)) == 8
    clock.advance(days=1)
    assert signing_kids(keys).isdisjoint(first)


def test_a_rotation_by_hand_may_be_immediate_and_of_one_algorithm(keys: Keyring) -> None:
    first = signing_kids(keys)

    keys.rotate((Algorithm.EDDSA,), immediately=True)

    assert len(signing_kids(keys) & first) == 3
    assert first < published_kids(keys)


def test_a_revoked_key_is_not_published_and_does_not_sign(keys: Keyring, store: MemoryKeyStore) -> None:
    stolen = keys.signing_key(Algorithm.RS256).kid

    keys.revoke(stolen)

    assert stolen not in published_kids(keys) | signing_kids(keys)
    assert store.records[stolen].state is KeyState.RETIRED


def test_a_key_that_is_to_be_withdrawn_is_believed_until_no_process_signs_with_it(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    """One that has not heard of it yet signs what the others still believe: no sign-in under way fails."""
    late = keyring(store, clock)
    stolen = late.signing_key(Algorithm.ES256).kid

    assert keys.stop_signing(stolen)

    assert late.signing_key(Algorithm.ES256).kid == stolen
    assert stolen in published_kids(keys) - signing_kids(keys)
    clock.advance(seconds=1)
    assert stolen not in signing_kids(late)
    assert not keys.stop_signing(stolen)


def test_an_unknown_key_cannot_be_revoked(keys: Keyring) -> None:
    with pytest.raises(UnknownKey):
        keys.revoke("no-such-kid")


def test_a_rotation_that_loses_the_race_is_tried_again(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    first = signing_kids(keys)
    store.on_apply.append(KeyPlan())

    keys.rotate(immediately=True)

    assert signing_kids(keys).isdisjoint(first)
    assert len(store.records) == 8


def test_keys_of_other_purposes_are_neither_published_nor_used(
    keys: Keyring, store: MemoryKeyStore, clock: FakeClock
) -> None:
    elsewhere = MemoryKeyStore()
    keyring(elsewhere, clock).open()
    strangers = tuple(
        replace(record, purpose=purpose)
        for purpose, record in zip(
            (KeyPurpose.FEDERATION, KeyPurpose.BUNDLE, KeyPurpose.LOG),
            elsewhere.records.values(),
            strict=False,
        )
    )
    store.apply(KeyPlan(add=strangers), generation=store.generation())
    clock.advance(seconds=1)

    assert not {stranger.kid for stranger in strangers} & (published_kids(keys) | signing_kids(keys))
    with pytest.raises(UnknownKey):
        keys.revoke(strangers[0].kid)


def test_a_year_of_threads_and_rotations_never_leaves_a_signature_unverifiable(
    keys: Keyring, clock: FakeClock
) -> None:
    """Every key that signs is in the JWKS of the same moment, whoever asks first."""
    failures: list[str] = []

    def sign() -> None:
        for _ in range(50):
            kid = keys.signing_key(Algorithm.ES256).kid
            if kid not in published_kids(keys):
                failures.append(kid)

    for _ in range(30):
        clock.advance(days=12)
        threads = [threading.Thread(target=sign) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []


def test_a_step_is_due_to_the_instant(keys: Keyring, clock: FakeClock) -> None:
    first = keys.signing_key(Algorithm.ES256).kid
    clock.advance(days=89, seconds=1)
    keys.jwks()

    clock.advance(hours=23, minutes=59, seconds=59.999999)
    assert keys.signing_key(Algorithm.ES256).kid == first
    clock.advance(microseconds=timedelta(seconds=1).microseconds + 1)

    assert keys.signing_key(Algorithm.ES256).kid != first
