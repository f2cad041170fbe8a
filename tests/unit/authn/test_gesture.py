"""Gesture: a pattern unlocks a key, and only the provider can tell whether it was the right one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.adapters.device_keys import DeviceKeySignatures
from idp.authn.assurance import amr_of
from idp.authn.authenticators import Authenticator
from idp.authn.challenges import Challenge, ChallengePurpose
from idp.authn.factors.gesture import (
    CHALLENGE_LIFETIME,
    MOST_MISSES,
    BadDeviceKey,
    DeviceKey,
    GestureOff,
    Gestures,
    KeyAlgorithm,
    MadeKey,
    QuestionOver,
    WrongGesture,
)
from idp.authn.permit import Ground, Permit
from tests.support.gesture import OTHER_PATTERN, PATTERN, PatternKey, new_key
from tests.unit.authn.memory import RepeatableEntropy

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ORIGIN = "https://id.east.example"
HERE = b"this browser and transaction"
ADA = Permit("acct_ada", Ground.SESSION)
BO = Permit("acct_bo", Ground.SESSION)


@dataclass
class MemoryChallenges:
    """Keeps the promises of `ChallengeStore` that are used here."""

    open: dict[str, Challenge] = field(default_factory=dict)

    def add(self, challenge: Challenge) -> None:
        self.open[challenge.id] = challenge

    def find(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> Challenge | None:
        found = self.open.get(challenge_id)
        return found if found and found.purpose is purpose and now < found.expires_at else None

    def consume(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> bool:
        if self.find(challenge_id, purpose, now=now) is None:
            return False
        del self.open[challenge_id]
        return True


@dataclass
class MemoryKeys:
    """Keeps the promises of `DeviceKeyStore`."""

    keys: dict[str, DeviceKey] = field(default_factory=dict)
    lines: list[Authenticator] = field(default_factory=list)
    misses: dict[str, int] = field(default_factory=dict)

    def add(self, key: DeviceKey, authenticator: Authenticator) -> None:
        self.keys[key.id] = key
        self.lines.append(authenticator)
        self.misses[key.id] = 0

    def find(self, key_id: str) -> DeviceKey | None:
        return self.keys.get(key_id)

    def charge(self, key_id: str, *, most: int) -> int | None:
        if self.misses[key_id] >= most:
            return None
        self.misses[key_id] += 1
        return self.misses[key_id]

    def forgive(self, key_id: str, *, count: int) -> None:
        if self.misses[key_id] == count:
            self.misses[key_id] = 0


class Bench:
    """The factor over stores in memory, and a browser."""

    def __init__(self) -> None:
        self.keys, self.challenges = MemoryKeys(), MemoryChallenges()
        store: object = self.challenges
        self.gestures = Gestures(
            self.keys,
            store,  # type: ignore[arg-type]  # it keeps those promises that are used
            DeviceKeySignatures(),
            ORIGIN,
            RepeatableEntropy(),
        )

    def enrol(self, permit: Permit = ADA, algorithm: KeyAlgorithm = KeyAlgorithm.ED25519) -> PatternKey:
        question = self.gestures.begin_enrolment(permit, HERE, now=NOW)
        key = new_key(question.key_id, ORIGIN, algorithm)
        made = self.made(key, question.challenge)
        checked = self.gestures.check_made(permit, HERE, made, now=NOW)
        self.gestures.enrol(permit, checked, label="Chrome on Android", now=NOW)
        return key

    def made(self, key: PatternKey, challenge: str) -> MadeKey:
        return MadeKey(challenge, key.algorithm, key.public_key(), key.sign(challenge))

    def draw(
        self, key: PatternKey, pattern: tuple[int, ...] = PATTERN, *, account_id: str | None = None
    ) -> str:
        """Whose pattern it was."""
        asked = self.gestures.begin_sign_in(HERE, account_id, now=NOW)
        signature = key.sign(asked.challenge, pattern)
        found, _ = self.gestures.verify(asked.challenge, HERE, key.id, signature, now=NOW)
        return found.account_id


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_the_right_pattern_tells_whose_it_is(bench: Bench, algorithm: KeyAlgorithm) -> None:
    key = bench.enrol(algorithm=algorithm)

    assert bench.draw(key) == "acct_ada"
    assert bench.draw(key, account_id="acct_ada") == "acct_ada"


def test_it_is_a_key_of_the_device_and_a_pin() -> None:
    bench = Bench()
    key = bench.enrol()
    asked = bench.gestures.begin_sign_in(HERE, None, now=NOW)

    _, proof = bench.gestures.verify(asked.challenge, HERE, key.id, key.sign(asked.challenge), now=NOW)

    assert amr_of([proof]) == ("swk", "pin", "mfa")
    (line,) = bench.keys.lines
    assert line.properties == proof.properties


def test_every_wrong_pattern_unlocks_a_key_that_signs(bench: Bench) -> None:
    """So whoever stole the blob has to ask us, each time."""
    key = bench.enrol()

    with pytest.raises(WrongGesture) as refused:
        bench.draw(key, OTHER_PATTERN)

    assert refused.value.left == MOST_MISSES - 1
    assert len(key.sign("ch_any", OTHER_PATTERN)) == len(key.sign("ch_any", PATTERN))


def test_ten_misses_end_it_and_the_right_pattern_comes_too_late(bench: Bench) -> None:
    key = bench.enrol()
    for left in reversed(range(MOST_MISSES)):
        with pytest.raises(WrongGesture) as refused:
            bench.draw(key, OTHER_PATTERN)
        assert refused.value.left == left

    with pytest.raises(GestureOff):
        bench.draw(key)


def test_nine_misses_are_forgiven_by_the_right_pattern(bench: Bench) -> None:
    key = bench.enrol()
    for _ in range(2):
        for _ in range(MOST_MISSES - 1):
            with pytest.raises(WrongGesture):
                bench.draw(key, OTHER_PATTERN)

        assert bench.draw(key) == "acct_ada"


def test_a_question_is_answered_once_right_or_wrong(bench: Bench) -> None:
    key = bench.enrol()
    for pattern in (PATTERN, OTHER_PATTERN):
        asked = bench.gestures.begin_sign_in(HERE, None, now=NOW)
        signature = key.sign(asked.challenge, pattern)
        with suppress(WrongGesture):
            bench.gestures.verify(asked.challenge, HERE, key.id, signature, now=NOW)

        with pytest.raises(QuestionOver):
            bench.gestures.verify(asked.challenge, HERE, key.id, key.sign(asked.challenge), now=NOW)


def test_a_question_put_to_another_browser_is_not_answered_here(bench: Bench) -> None:
    key = bench.enrol()
    asked = bench.gestures.begin_sign_in(b"another browser", None, now=NOW)

    with pytest.raises(QuestionOver):
        bench.gestures.verify(asked.challenge, HERE, key.id, key.sign(asked.challenge), now=NOW)

    assert bench.keys.misses[key.id] == 0


def test_a_question_lapses(bench: Bench) -> None:
    key = bench.enrol()
    asked = bench.gestures.begin_sign_in(HERE, None, now=NOW)
    late = NOW + CHALLENGE_LIFETIME + timedelta(seconds=1)

    with pytest.raises(QuestionOver):
        bench.gestures.verify(asked.challenge, HERE, key.id, key.sign(asked.challenge), now=late)


@pytest.mark.parametrize("challenge", ["", "ch_", "ch_unknown", "tx_unknown", "c" * 300])
def test_no_other_value_is_a_question(bench: Bench, challenge: str) -> None:
    key = bench.enrol()

    with pytest.raises(QuestionOver):
        bench.gestures.verify(challenge, HERE, key.id, key.sign(challenge), now=NOW)


def test_a_signature_got_on_another_origin_is_a_miss(bench: Bench) -> None:
    key = bench.enrol()

    with pytest.raises(WrongGesture):
        bench.draw(key.on("https://id.east.example.evil.example"))


def test_a_key_answers_under_its_own_name_only(bench: Bench) -> None:
    mine, theirs = bench.enrol(), bench.enrol(BO)

    with pytest.raises(WrongGesture):
        bench.draw(replace(mine, id=theirs.id))


def test_somebody_elses_key_is_no_further_proof(bench: Bench) -> None:
    theirs = bench.enrol(BO)

    with pytest.raises(GestureOff):
        bench.draw(theirs, account_id="acct_ada")

    assert bench.keys.misses[theirs.id] == 0


def test_an_unknown_key_is_off(bench: Bench) -> None:
    with pytest.raises(GestureOff):
        bench.draw(new_key("gesture-unknown", ORIGIN))


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 65, b"x" * 1000])
def test_whatever_is_no_signature_is_a_miss(bench: Bench, signature: bytes) -> None:
    for algorithm in KeyAlgorithm:
        key = bench.enrol(algorithm=algorithm)
        asked = bench.gestures.begin_sign_in(HERE, None, now=NOW)

        with pytest.raises(WrongGesture):
            bench.gestures.verify(asked.challenge, HERE, key.id, signature, now=NOW)


def test_whoever_enrols_a_key_holds_it(bench: Bench) -> None:
    question = bench.gestures.begin_enrolment(ADA, HERE, now=NOW)
    key = new_key(question.key_id, ORIGIN)
    made = replace(bench.made(key, question.challenge), signature=key.sign("ch_another"))

    with pytest.raises(BadDeviceKey):
        bench.gestures.check_made(ADA, HERE, made, now=NOW)


@pytest.mark.parametrize(
    ("algorithm", "public_key"),
    [
        (KeyAlgorithm.ED25519, b""),
        (KeyAlgorithm.ED25519, b"\x04" + b"\1" * 64),
        (KeyAlgorithm.P256, b"\1" * 32),
        (KeyAlgorithm.P256, b"\x04" + b"\0" * 64),
        (KeyAlgorithm.P256, b"\x02" + b"\1" * 32),
    ],
)
def test_what_is_no_public_key_is_not_enrolled(
    bench: Bench, algorithm: KeyAlgorithm, public_key: bytes
) -> None:
    question = bench.gestures.begin_enrolment(ADA, HERE, now=NOW)
    made = MadeKey(question.challenge, algorithm, public_key, b"\0" * 64)

    with pytest.raises(BadDeviceKey):
        bench.gestures.check_made(ADA, HERE, made, now=NOW)


def test_an_enrolment_belongs_to_whoever_began_it(bench: Bench) -> None:
    question = bench.gestures.begin_enrolment(ADA, HERE, now=NOW)
    made = bench.made(new_key(question.key_id, ORIGIN), question.challenge)

    with pytest.raises(QuestionOver):
        bench.gestures.check_made(BO, HERE, made, now=NOW)


def test_a_question_of_one_purpose_is_none_of_another(bench: Bench) -> None:
    key = bench.enrol()
    question = bench.gestures.begin_enrolment(ADA, HERE, now=NOW)

    with pytest.raises(QuestionOver):
        bench.gestures.verify(question.challenge, HERE, key.id, key.sign(question.challenge), now=NOW)
