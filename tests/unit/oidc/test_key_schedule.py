"""When keys are made, sign and go (invariant N9: a key signs only inside its published window)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.key_schedule import (
    KeyPolicy,
    UnknownKey,
    force_rotate,
    is_revoked,
    plan,
    revoke,
    signing_record,
    stop_signing,
)
from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
POLICY = KeyPolicy(lifetime=90 * DAY, publish_ahead=DAY, keep_published=2 * DAY)
ES256 = Algorithm.ES256


@dataclass
class Region:
    """A region's keys and its clock."""

    policy: KeyPolicy = POLICY
    algorithms: tuple[Algorithm, ...] = (ES256,)
    now: datetime = START
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def make_key(
        self,
        algorithm: Algorithm,
        *,
        created_at: datetime,
        signs_from: datetime,
        signs_until: datetime,
        published_until: datetime,
    ) -> KeyRecord:
        return KeyRecord(
            kid=f"{algorithm}-{next(self.numbers)}",
            purpose=KeyPurpose.PROTOCOL,
            algorithm=algorithm,
            state=KeyState.PENDING,
            public_jwk={},
            private_sealed=b"sealed",
            created_at=created_at,
            signs_from=signs_from,
            signs_until=signs_until,
            published_until=published_until,
        )

    @property
    def records(self) -> tuple[KeyRecord, ...]:
        return tuple(self.keys.values())

    def at(self, moment: datetime) -> KeyPlan:
        """Move the clock and take the step that is due."""
        self.now = moment
        return self.carry_out(plan(self.records, self.policy, self.algorithms, moment, self.make_key))

    def rotate(self, *, immediately: bool = False) -> None:
        self.carry_out(
            force_rotate(
                self.records, self.policy, self.algorithms, self.now, self.make_key, immediately=immediately
            )
        )

    def revoke(self, kid: str) -> None:
        self.carry_out(revoke(self.records, kid, self.policy, self.algorithms, self.now, self.make_key))

    def stop_signing(self, kid: str) -> None:
        due = stop_signing(self.records, kid, self.policy, self.algorithms, self.now, self.make_key)
        self.carry_out(due)

    def carry_out(self, due: KeyPlan) -> KeyPlan:
        assert not {record.kid for record in due.add} & self.keys.keys()
        assert {record.kid for record in due.change} <= self.keys.keys()
        self.keys |= {record.kid: record for record in (*due.add, *due.change)}
        return due

    def states(self) -> list[str]:
        return [str(record.state) for record in self.records]

    def signing(self, algorithm: Algorithm = ES256, now: datetime | None = None) -> KeyRecord:
        record = signing_record(self.records, algorithm, now or self.now)
        assert record is not None, "no key to sign with"
        return record

    def published(self) -> set[str]:
        return {record.kid for record in self.records if record.state is not KeyState.RETIRED}


def test_the_first_start_has_a_signing_key_of_every_algorithm_at_once() -> None:
    region = Region(algorithms=tuple(Algorithm))

    due = region.at(START)

    assert len(due.add) == 4
    assert not due.change
    assert {region.signing(algorithm).algorithm for algorithm in Algorithm} == set(Algorithm)
    assert set(region.states()) == {"signing"}


def test_nothing_is_due_between_two_steps() -> None:
    region = Region()
    region.at(START)

    assert region.at(START + 89 * DAY - HOUR) == KeyPlan()


@pytest.mark.parametrize(
    ("after", "states"),
    [
        (timedelta(0), ["signing"]),
        (89 * DAY - HOUR, ["signing"]),
        (89 * DAY, ["signing", "pending"]),
        (90 * DAY - HOUR, ["signing", "pending"]),
        (90 * DAY, ["verify_only", "signing"]),
        (92 * DAY - HOUR, ["verify_only", "signing"]),
        (92 * DAY, ["retired", "signing"]),
        (179 * DAY, ["retired", "signing", "pending"]),
        (180 * DAY, ["retired", "verify_only", "signing"]),
    ],
)
def test_a_key_is_published_then_signs_then_verifies_then_goes(after: timedelta, states: list[str]) -> None:
    region = Region()
    moment = START
    while moment <= START + after:
        region.at(moment)
        moment += HOUR

    assert region.states() == states


def test_the_successor_takes_over_the_moment_its_forerunner_ends() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)

    old, new = region.records

    assert new.signs_from == old.signs_until == START + 90 * DAY
    assert new.created_at == START + 89 * DAY


def test_a_key_that_will_never_sign_again_loses_its_private_half() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    region.at(START + 90 * DAY)

    old, new = region.records

    assert old.private_sealed == b""
    assert new.private_sealed == b"sealed"


def test_a_late_successor_makes_the_change_of_keys_wait_until_verifiers_know_it() -> None:
    region = Region()
    region.at(START)

    region.at(START + 90 * DAY - HOUR)

    old, new = region.records
    assert old.state is KeyState.SIGNING
    assert old.signs_until == new.signs_from == START + 91 * DAY - HOUR
    assert old.published_until == old.signs_until + 2 * DAY


@pytest.mark.parametrize(
    ("asleep", "states"),
    [
        (90 * DAY, ["verify_only", "signing"]),
        (91 * DAY, ["verify_only", "signing"]),
        (93 * DAY, ["retired", "signing"]),
        (2_000 * DAY, ["retired", "signing"]),
    ],
)
def test_after_a_long_sleep_a_new_key_signs_and_no_old_window_is_reopened(
    asleep: timedelta, states: list[str]
) -> None:
    region = Region()
    region.at(START)
    window = region.signing().signs_until

    region.at(START + asleep)

    assert region.states() == states
    assert region.records[0].signs_until == window
    assert region.signing().signs_from == START + asleep


def test_a_successor_that_waited_through_the_sleep_is_used() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)

    due = region.at(START + 120 * DAY)

    assert not due.add
    assert region.states() == ["retired", "signing"]


def test_a_process_that_cannot_reach_the_store_changes_keys_in_time() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    old, new = region.records

    assert region.signing(now=START + 90 * DAY - timedelta(microseconds=1)) == old
    assert region.signing(now=START + 90 * DAY) == new
    assert signing_record(region.records, ES256, START + 180 * DAY) is None


def test_a_clock_that_runs_behind_signs_with_the_key_of_the_others() -> None:
    region = Region()
    region.at(START)

    late = START - 5 * timedelta(minutes=1)
    due = plan(region.records, POLICY, (ES256,), late, region.make_key)

    assert due == KeyPlan()
    assert region.signing(now=late) == region.records[0]


def test_a_clock_that_runs_ahead_takes_the_others_along_and_nobody_goes_back() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    region.at(START + 90 * DAY + timedelta(minutes=5))

    due = region.at(START + 90 * DAY - timedelta(minutes=1))

    assert due == KeyPlan()
    assert region.signing() == region.records[1]


def test_two_signing_keys_of_clocks_that_disagreed_become_one() -> None:
    region = Region()
    region.at(START)
    other = Region(now=START + HOUR, numbers=itertools.count(100))
    other.at(START + HOUR)
    region.keys |= other.keys

    region.at(START + HOUR)

    assert region.states() == ["verify_only", "signing"]


def test_a_forced_rotation_waits_until_verifiers_know_the_successor() -> None:
    region = Region()
    region.at(START)
    region.at(START + 10 * DAY)
    first = region.signing()

    region.rotate()

    assert region.states() == ["signing", "pending"]
    assert region.signing().kid == first.kid
    region.at(START + 11 * DAY)
    assert region.states() == ["verify_only", "signing"]


def test_a_forced_rotation_brings_a_waiting_successor_forward_as_far_as_it_is_known() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    region.now = START + 89 * DAY + HOUR

    region.rotate()

    old, new = region.records
    assert new.signs_from == old.signs_until == START + 90 * DAY


def test_a_forced_rotation_may_be_immediate() -> None:
    region = Region(algorithms=tuple(Algorithm))
    region.at(START)
    region.now = START + 10 * DAY

    region.rotate(immediately=True)

    assert sorted(region.states()) == ["signing"] * 4 + ["verify_only"] * 4
    assert all(region.signing(algorithm).signs_from == region.now for algorithm in Algorithm)


def test_an_immediate_rotation_prefers_the_key_that_is_already_published() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)

    region.rotate(immediately=True)

    assert region.states() == [
        "verify_only",
        "signing",
    ]


def test_an_immediate_rotation_works_on_a_machine_whose_clock_runs_behind() -> None:
    region = Region()
    region.at(START)
    region.now = START - timedelta(minutes=5)

    region.rotate(immediately=True)

    assert region.states() == ["verify_only", "signing"]


def test_a_revoked_signing_key_is_replaced_at_once_and_leaves_the_published_keys() -> None:
    region = Region()
    region.at(START)
    region.now = START + DAY
    stolen = region.signing().kid

    region.revoke(stolen)

    assert region.signing().kid != stolen
    assert stolen not in region.published()
    assert is_revoked(region.keys[stolen])
    assert region.keys[stolen].private_sealed == b""


def test_the_successor_of_a_revoked_key_is_the_one_that_verifiers_know_already() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    stolen, pending = (record.kid for record in region.records)

    region.revoke(stolen)

    assert region.signing().kid == pending
    assert region.states() == ["retired", "signing"]


def test_a_revoked_pending_key_never_signs() -> None:
    region = Region()
    region.at(START)
    region.at(START + 89 * DAY)
    pending = region.records[1].kid

    region.revoke(pending)

    assert is_revoked(region.keys[pending])
    assert region.states() == ["signing", "retired", "pending"]


@pytest.mark.parametrize("age", [91 * DAY, 500 * DAY])
def test_a_key_that_no_longer_signs_can_still_be_revoked(age: timedelta) -> None:
    region = Region()
    region.at(START)
    region.at(START + age)
    old = region.records[0]
    assert not is_revoked(old)

    region.revoke(old.kid)

    assert is_revoked(region.keys[old.kid])


@pytest.mark.parametrize("age", [DAY, 89 * DAY], ids=["alone", "its successor is published"])
def test_a_key_that_stops_signing_is_believed_while_its_successor_signs(age: timedelta) -> None:
    region = Region()
    region.at(START)
    region.at(START + age)
    old = region.signing().kid

    region.stop_signing(old)

    ended = region.keys[old]
    assert (ended.state, ended.private_sealed) == (KeyState.VERIFY_ONLY, b"")
    assert ended.published_until == region.now + POLICY.keep_published
    assert not is_revoked(ended)
    assert region.signing().kid != old
    assert region.states() == ["verify_only", "signing"]


def test_only_a_known_key_can_be_revoked() -> None:
    region = Region()
    region.at(START)

    with pytest.raises(UnknownKey):
        region.revoke("somebody-elses")


@pytest.mark.parametrize("name", ["lifetime", "publish_ahead", "keep_published"])
def test_a_policy_of_no_time_is_refused(name: str) -> None:
    lengths = {"lifetime": DAY, "publish_ahead": DAY, "keep_published": DAY, name: timedelta(0)}

    with pytest.raises(ValueError, match="above zero"):
        KeyPolicy(**lengths)


lengths = st.integers(1, 200).map(lambda hours: hours * HOUR)
policies = st.builds(KeyPolicy, lifetime=lengths, publish_ahead=lengths, keep_published=lengths)
pauses = st.integers(1, 24 * 60 * 60).map(lambda seconds: timedelta(seconds=seconds))
acts = st.sampled_from(["wait", "wait", "wait", "rotate", "rotate now", "revoke"])


@given(policies, st.lists(st.tuples(st.one_of(pauses, lengths), acts), max_size=40))
def test_whatever_happens_exactly_one_key_signs_and_only_inside_its_published_window(
    policy: KeyPolicy, story: list[tuple[timedelta, str]]
) -> None:
    region = Region(policy=policy, algorithms=(Algorithm.ES256, Algorithm.RS256))
    region.at(START)
    for pause, act in story:
        before = dict(region.keys)
        region.at(region.now + pause)
        if act.startswith("rotate"):
            region.rotate(immediately=act == "rotate now")
        elif act == "revoke":
            region.revoke(region.signing().kid)

        for algorithm in region.algorithms:
            signing = [
                key for key in region.records if key.algorithm is algorithm and key.state is KeyState.SIGNING
            ]
            assert [region.signing(algorithm)] == signing
            assert signing[0].signs_from <= region.now < signing[0].signs_until < signing[0].published_until
            assert signing[0].private_sealed
        assert plan(region.records, policy, region.algorithms, region.now, region.make_key) == KeyPlan()
        for kid, earlier in before.items():
            assert list(KeyState).index(region.keys[kid].state) >= list(KeyState).index(earlier.state)


@given(policies, st.lists(st.one_of(pauses, lengths), max_size=30), st.booleans())
def test_a_verifier_that_fetched_the_keys_in_time_knows_every_key_it_meets(
    policy: KeyPolicy, pauses: list[timedelta], rotates: bool
) -> None:
    """As long as the region is awake; it may be asked at any moments and be rotated by hand in between."""
    region = Region(policy=policy)
    region.at(START)
    fetched = [(START, region.published())]
    for pause in pauses:
        step = min(pause, policy.publish_ahead, policy.lifetime / 2)
        region.at(region.now + step)
        if rotates:
            region.rotate()
        fetched.append((region.now, region.published()))

        known = [kids for moment, kids in fetched if moment <= max(region.now - policy.publish_ahead, START)]
        assert region.signing().kid in known[-1]


@given(policies, st.lists(pauses, min_size=1, max_size=30))
def test_what_a_key_signed_can_be_verified_for_as_long_as_was_promised(
    policy: KeyPolicy, pauses: list[timedelta]
) -> None:
    region = Region(policy=policy)
    region.at(START)
    signed: list[tuple[datetime, str]] = []
    for pause in pauses:
        signed.append((region.now, region.signing().kid))
        region.at(region.now + pause)

        young = {kid for moment, kid in signed if region.now < moment + policy.keep_published}
        assert young <= region.published()
