"""A template opens for its owner alone, and with its key only; turned vectors keep their distances and nothing else."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from idp.adapters.rotation import from_bytes, rotated
from idp.adapters.template_vault import KeyedVault, RotatingVault
from idp.authn.factors.seal import BrokenSeal
from idp.authn.factors.vault import SealedTemplate, TemplateOwner
from idp.foundation.entropy import SystemEntropy
from idp.foundation.secret import Secret
from idp.oidc.proofs import Method

SECRET = Secret("a secret for tests only: 0123456789 abcdefghij")
OWNER = TemplateOwner("acct_ada", Method.FACE, "model-1", 1)
OTHERS = [
    replace(OWNER, account_id="acct_bo"),
    replace(OWNER, factor=Method.VOICE),
    replace(OWNER, model_id="model-2"),
    replace(OWNER, version=2),
    # The same letters, cut elsewhere.
    replace(OWNER, account_id="acct_adaface", model_id=""),
]


@pytest.fixture
def vault() -> KeyedVault:
    return KeyedVault(SECRET, SystemEntropy())


@pytest.fixture
def rotating() -> RotatingVault:
    return RotatingVault(SECRET, SystemEntropy())


def a_face(seed: int = 0) -> tuple[float, ...]:
    chance = random.Random(seed)
    return tuple(chance.gauss(0, 0.1) for _ in range(128))


def test_what_was_sealed_is_opened(vault: KeyedVault) -> None:
    assert vault.open(OWNER, vault.seal(OWNER, b"ten digits")) == b"ten digits"


@pytest.mark.parametrize("other", OTHERS)
def test_a_template_moved_to_another_owner_does_not_open(vault: KeyedVault, other: TemplateOwner) -> None:
    kept = vault.seal(OWNER, b"ten digits")

    with pytest.raises(BrokenSeal):
        vault.open(other, kept)


def test_one_template_under_the_key_of_another_does_not_open(vault: KeyedVault) -> None:
    mine, other = vault.seal(OWNER, b"mine"), vault.seal(OWNER, b"other")

    with pytest.raises(BrokenSeal):
        vault.open(OWNER, SealedTemplate(other.wrapped_key, mine.sealed))


def test_without_its_key_a_template_is_lost(vault: KeyedVault) -> None:
    kept = vault.seal(OWNER, b"ten digits")

    for destroyed in (b"", bytes(len(kept.wrapped_key))):
        with pytest.raises(BrokenSeal):
            vault.open(OWNER, SealedTemplate(destroyed, kept.sealed))


@pytest.mark.parametrize("place", [0, 1, 20, -1])
def test_a_changed_byte_breaks_the_seal(vault: KeyedVault, place: int) -> None:
    kept = vault.seal(OWNER, b"ten digits")
    changed = bytearray(kept.sealed)
    changed[place] ^= 1

    with pytest.raises(BrokenSeal):
        vault.open(OWNER, SealedTemplate(kept.wrapped_key, bytes(changed)))


def test_another_provider_opens_nothing(vault: KeyedVault) -> None:
    elsewhere = KeyedVault(Secret("another secret, of the region next door, 1234567890"), SystemEntropy())

    with pytest.raises(BrokenSeal):
        elsewhere.open(OWNER, vault.seal(OWNER, b"ten digits"))


def test_distances_survive_the_rotation(rotating: RotatingVault) -> None:
    enrolled, shown = a_face(1), a_face(2)

    distance = rotating.distance(OWNER, rotating.seal(OWNER, enrolled), shown)

    assert distance == pytest.approx(math.dist(enrolled, shown), abs=1e-9)


def test_what_is_sealed_is_not_the_face(rotating: RotatingVault, vault: KeyedVault) -> None:
    """Whoever opens the seal still holds a vector that fits no other enrolment."""
    face = a_face()

    opened = [from_bytes(vault.open(OWNER, rotating.seal(OWNER, face))) for _ in range(2)]

    assert math.dist(*opened) > 1.0
    assert all(math.dist(one, face) > 1.0 for one in opened)


def test_a_rotation_follows_from_its_key_alone() -> None:
    assert rotated(a_face(), b"k" * 32) == rotated(a_face(), b"k" * 32)
    assert math.dist(rotated(a_face(), b"k" * 32), rotated(a_face(), b"l" * 32)) > 1.0


def test_rotations_have_no_favourite_direction() -> None:
    """Uniform over all rotations: whatever goes in, no coordinate of what comes out is larger than another."""
    axis = (1.0, *([0.0] * 15))

    turned = [rotated(axis, number.to_bytes(32, "big")) for number in range(600)]

    for values in zip(*turned, strict=True):
        assert abs(sum(values)) / len(values) < 0.05
        assert sum(value**2 for value in values) / len(values) == pytest.approx(1 / 16, rel=0.25)
