"""When keys are made, when they sign and when they go: from what exists and what time it is to what changes.

Pure, so that any worker may ask at any moment: the store applies one answer and tells the others that they
came second. States only move forward, whatever the clock of one machine says. A key whose turn is over loses
its private half: nobody can make it sign again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from idp.oidc.keys import KeyPlan, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm

_ORDER = tuple(KeyState)


class UnknownKey(LookupError):
    """No key has this kid."""


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How long keys live. All three must be longer than nothing."""

    lifetime: timedelta
    """How long a key signs."""
    publish_ahead: timedelta
    """How long it is published before: whoever fetches the keys this often never meets an unknown one."""
    keep_published: timedelta
    """How long it stays published after its last signature: longer than any token lives."""

    def __post_init__(self) -> None:
        if min(self.lifetime, self.publish_ahead, self.keep_published) <= timedelta(0):
            raise ValueError("every length of time in a key policy is above zero")


class MakeKey(Protocol):
    """Makes a key pair and the record of it. Slow for RSA, so called only for keys that are really added."""

    def __call__(
        self,
        algorithm: Algorithm,
        *,
        created_at: datetime,
        signs_from: datetime,
        signs_until: datetime,
        published_until: datetime,
    ) -> KeyRecord:
        """A fresh record, PENDING, with a kid of its own."""
        ...


def plan(
    records: Sequence[KeyRecord],
    policy: KeyPolicy,
    algorithms: Iterable[Algorithm],
    now: datetime,
    make_key: MakeKey,
) -> KeyPlan:
    """What is due at `now`; empty when nothing is.

    `records` are all of one purpose. Afterwards every algorithm has exactly one signing key, inside its
    window. A successor is made `publish_ahead` before the change of keys; when nobody asked in time, the
    change waits for it.
    """
    return _difference(records, _advanced(records, policy, algorithms, now, make_key))


def force_rotate(
    records: Sequence[KeyRecord],
    policy: KeyPolicy,
    algorithms: Iterable[Algorithm],
    now: datetime,
    make_key: MakeKey,
    *,
    immediately: bool = False,
) -> KeyPlan:
    """Change keys ahead of time: as soon as verifiers know the successor, or at once with `immediately`."""
    algorithms = tuple(algorithms)
    after: list[KeyRecord] = list(_advanced(records, policy, algorithms, now, make_key))
    for algorithm in algorithms:
        keys = [key for key in after if key.algorithm is algorithm]
        pending = _in_state(keys, KeyState.PENDING)
        known_from = now + policy.publish_ahead
        successor = pending[0] if pending else _new(algorithm, known_from, policy, now, make_key)
        at = now if immediately else _earliest_start(successor, policy, now)
        ended = [_ended(key, at, policy) for key in _in_state(keys, KeyState.SIGNING)]
        after = _replaced(after, [*ended, _timed(successor, at, at + policy.lifetime, policy)])
    return _difference(records, _advanced(after, policy, algorithms, now, make_key))


def stop_signing(
    records: Sequence[KeyRecord],
    kid: str,
    policy: KeyPolicy,
    algorithms: Iterable[Algorithm],
    now: datetime,
    make_key: MakeKey,
) -> KeyPlan:
    """Let a key's successor sign from now on; what the key signed is believed as before.

    Raises: UnknownKey.
    """
    ended = _aged(_ended(_found(records, kid), now, policy), now)
    after = _replaced(records, (ended,))
    return _difference(records, _advanced(after, policy, algorithms, now, make_key))


def revoke(
    records: Sequence[KeyRecord],
    kid: str,
    policy: KeyPolicy,
    algorithms: Iterable[Algorithm],
    now: datetime,
    make_key: MakeKey,
) -> KeyPlan:
    """Withdraw a key that is no longer secret: trusted for nothing from now on, its successor signs at once.

    Raises: UnknownKey.
    """
    found = _found(records, kid)
    end = min(found.signs_until, now)
    withdrawn = replace(
        found,
        state=KeyState.RETIRED,
        private_sealed=b"",
        signs_from=min(found.signs_from, end),
        signs_until=end,
        published_until=end,
    )
    after = _replaced(records, (withdrawn,))
    return _difference(records, _advanced(after, policy, algorithms, now, make_key))


def _found(records: Iterable[KeyRecord], kid: str) -> KeyRecord:
    found = next((record for record in records if record.kid == kid), None)
    if found is None:
        raise UnknownKey(kid)
    return found


def is_revoked(record: KeyRecord) -> bool:
    """Whether the key was withdrawn as compromised: one that grew old stayed published after it signed."""
    return record.state is KeyState.RETIRED and record.published_until <= record.signs_until


def signing_record(records: Iterable[KeyRecord], algorithm: Algorithm, now: datetime) -> KeyRecord | None:
    """The key to sign with at `now`, or None when none is inside its window.

    Chosen by its window and not by its state alone: who cannot reach the store still changes keys in time.
    """
    able = [
        record
        for record in records
        if record.algorithm is algorithm
        and record.state in (KeyState.PENDING, KeyState.SIGNING)
        and now < record.signs_until
    ]
    begun = [record for record in able if record.signs_from <= now]
    if not begun:
        # A clock that runs behind sees the others' signing key begin in the future; it is published already.
        begun = [record for record in able if record.state is KeyState.SIGNING]
    return max(begun, key=_beginning, default=None)


def _advanced(
    records: Sequence[KeyRecord],
    policy: KeyPolicy,
    algorithms: Iterable[Algorithm],
    now: datetime,
    make_key: MakeKey,
) -> Sequence[KeyRecord]:
    after: Sequence[KeyRecord] = [_aged(record, now) for record in records]
    for algorithm in algorithms:
        keys = [record for record in after if record.algorithm is algorithm]
        after = _replaced(after, _settled(keys, algorithm, policy, now, make_key))
    return after


def _settled(
    keys: Sequence[KeyRecord], algorithm: Algorithm, policy: KeyPolicy, now: datetime, make_key: MakeKey
) -> list[KeyRecord]:
    """What must become of one algorithm's keys, which are in the states that time alone gives them."""
    signing, pending = _in_state(keys, KeyState.SIGNING), _in_state(keys, KeyState.PENDING)
    # Two at once can only come from clocks that disagree: the younger one signs.
    changed = [_aged(_ended(elder, now, policy), now) for elder in signing[:-1]]
    if signing:
        current = signing[-1]
    elif pending:
        current = _aged(_timed(pending.pop(0), now, now + policy.lifetime, policy), now)
    else:
        current = _aged(_new(algorithm, now, policy, now, make_key), now)
    if not pending and current.signs_until - now <= policy.publish_ahead:
        takes_over = max(current.signs_until, now + policy.publish_ahead)
        current = _timed(current, current.signs_from, takes_over, policy)
        changed.append(_new(algorithm, takes_over, policy, now, make_key))
    return [*changed, current]


def _earliest_start(pending: KeyRecord, policy: KeyPolicy, now: datetime) -> datetime:
    """When a published key may start to sign without surprising a verifier."""
    return min(pending.signs_from, max(now, pending.created_at + policy.publish_ahead))


def _new(
    algorithm: Algorithm, signs_from: datetime, policy: KeyPolicy, now: datetime, make_key: MakeKey
) -> KeyRecord:
    signs_until = signs_from + policy.lifetime
    return make_key(
        algorithm,
        created_at=now,
        signs_from=signs_from,
        signs_until=signs_until,
        published_until=signs_until + policy.keep_published,
    )


def _timed(record: KeyRecord, signs_from: datetime, signs_until: datetime, policy: KeyPolicy) -> KeyRecord:
    return replace(
        record,
        signs_from=signs_from,
        signs_until=signs_until,
        published_until=signs_until + policy.keep_published,
    )


def _ended(record: KeyRecord, at: datetime, policy: KeyPolicy) -> KeyRecord:
    # A clock that runs behind may end a key before it began.
    return _timed(record, min(record.signs_from, at), at, policy)


def _aged(record: KeyRecord, now: datetime) -> KeyRecord:
    state = max(record.state, _state_by_time(record, now), key=_ORDER.index)
    if state is record.state:
        return record
    over = state in (KeyState.VERIFY_ONLY, KeyState.RETIRED)
    return replace(record, state=state, private_sealed=b"" if over else record.private_sealed)


def _state_by_time(record: KeyRecord, now: datetime) -> KeyState:
    if now < record.signs_from:
        return KeyState.PENDING
    if now < record.signs_until:
        return KeyState.SIGNING
    return KeyState.VERIFY_ONLY if now < record.published_until else KeyState.RETIRED


def _in_state(keys: Iterable[KeyRecord], state: KeyState) -> list[KeyRecord]:
    return sorted((key for key in keys if key.state is state), key=_beginning)


def _beginning(record: KeyRecord) -> tuple[datetime, str]:
    return record.signs_from, record.kid


def _replaced(records: Iterable[KeyRecord], newer: Iterable[KeyRecord]) -> list[KeyRecord]:
    return list({record.kid: record for record in (*records, *newer)}.values())


def _difference(before: Iterable[KeyRecord], after: Iterable[KeyRecord]) -> KeyPlan:
    known = {record.kid: record for record in before}
    return KeyPlan(
        add=tuple(record for record in after if record.kid not in known),
        change=tuple(record for record in after if record.kid in known and record != known[record.kid]),
    )
