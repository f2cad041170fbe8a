"""Password hashing by Argon2id."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from idp.adapters.argon2 import Argon2Hasher
from idp.authn.factors.password import Busy, WrongPassword
from idp.settings import Settings
from tests.unit.authn.people import SECRET, cheap_hasher


def test_hashes_are_argon2id_with_the_parameters_of_the_settings() -> None:
    settings = Settings(issuer="https://id.example.org", secret_key=SECRET)

    hasher = Argon2Hasher(
        memory_kib=settings.argon2_memory_kib,
        passes=settings.argon2_passes,
        concurrency=settings.argon2_concurrency,
    )

    assert hasher.hash("lotus pond").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_password_itself_matches_its_hash() -> None:
    hasher = cheap_hasher()
    encoded = hasher.hash("lotus pond")

    hasher.verify(encoded, "lotus pond")
    for wrong in ("lotus ponds", "Lotus pond", ""):
        with pytest.raises(WrongPassword):
            hasher.verify(encoded, wrong)


def test_the_same_password_is_never_hashed_alike() -> None:
    hasher = cheap_hasher()

    assert hasher.hash("lotus pond") != hasher.hash("lotus pond")


def test_a_hash_of_other_parameters_asks_to_be_made_anew() -> None:
    old, new = cheap_hasher(), Argon2Hasher(memory_kib=16, passes=1, concurrency=1)

    assert new.needs_rehash(old.hash("lotus pond"))
    assert not new.needs_rehash(new.hash("lotus pond"))


def test_whoever_finds_no_place_in_time_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """One long hash holds the only place; the next one waits no longer than it may."""
    slow = Argon2Hasher(memory_kib=8, passes=1, concurrency=1, longest_wait=timedelta(milliseconds=20))
    encoded = slow.hash("lotus pond")
    inside, leave = threading.Event(), threading.Event()

    def hash_slowly(_: str) -> None:
        inside.set()
        leave.wait()

    monkeypatch.setattr(slow, "_argon2", SimpleNamespace(hash=hash_slowly, verify=slow._argon2.verify))
    working = threading.Thread(target=slow.hash, args=("lotus pond",))
    working.start()
    inside.wait()
    try:
        with pytest.raises(Busy):
            slow.verify(encoded, "lotus pond")
    finally:
        leave.set()
        working.join()

    slow.verify(encoded, "lotus pond")


def test_a_wrong_password_gives_its_place_back() -> None:
    hasher = Argon2Hasher(memory_kib=8, passes=1, concurrency=1, longest_wait=timedelta(0))

    for _ in range(3):
        with pytest.raises(WrongPassword):
            hasher.verify_absent("guess")
