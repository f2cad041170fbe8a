"""The steps of a recovery: those that exist, and all the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from idp.authn import recovery as rules
from idp.authn.permit import Ground, Permit
from idp.authn.recovery import (
    Anchor,
    Approved,
    Begun,
    Cancelled,
    Expired,
    Finished,
    IllegalMove,
    OneProved,
    Ready,
    Recovery,
    Requested,
    SameOfficer,
    State,
    TwoProved,
    Waiting,
)

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOTH = frozenset({Anchor.EMAIL, Anchor.TEXT_MESSAGE})
WAITING = Waiting(BOTH, NOW + HOUR)
APPROVED = Approved("Li", "Wang")

STATES: tuple[State, ...] = (
    Begun(),
    OneProved(Anchor.EMAIL),
    TwoProved(BOTH),
    WAITING,
    Requested("Li"),
    APPROVED,
    Ready(WAITING),
    Ready(APPROVED),
    Finished(),
    Cancelled(),
    Expired(),
)


def named(value: object) -> str:
    return value if isinstance(value, str) else type(value).__name__


MOVES: dict[str, Callable[[Recovery], object]] = {
    "prove": lambda one: rules.prove(one, Anchor.TEXT_MESSAGE),
    "wait": lambda one: rules.wait(one, until=NOW, expires_at=NOW + HOUR),
    "approve": lambda one: rules.approve(one, "Wang", expires_at=NOW + HOUR),
    "take over": lambda one: rules.take_over(one, expires_at=NOW + HOUR),
    "finish": rules.finish,
    "permit": rules.permit_of,
}
LEGAL = {
    ("prove", Begun()),
    ("prove", OneProved(Anchor.EMAIL)),
    ("wait", TwoProved(BOTH)),
    ("approve", Requested("Li")),
    ("take over", APPROVED),
    ("finish", Ready(WAITING)),
    ("finish", Ready(APPROVED)),
    ("permit", Finished()),
}


def recovery(state: State, account_id: str | None = "acct_ada") -> Recovery:
    return Recovery("r1", account_id, state, NOW - HOUR, NOW + HOUR)


@pytest.mark.parametrize(("move", "state"), list(product(MOVES, STATES)), ids=named)
def test_only_the_next_step_can_be_taken(move: str, state: State) -> None:
    """Every step from every state: what is not drawn raises (CVE-2026-18963)."""
    if (move, state) in LEGAL:
        assert MOVES[move](recovery(state))
    else:
        with pytest.raises(IllegalMove):
            MOVES[move](recovery(state))


@pytest.mark.parametrize("move", ["prove", "finish", "permit"])
@pytest.mark.parametrize("state", STATES, ids=named)
def test_nobodys_recovery_leads_nowhere(move: str, state: State) -> None:
    with pytest.raises(IllegalMove):
        MOVES[move](recovery(state, account_id=None))


def test_two_anchors_are_of_two_kinds() -> None:
    """Whoever finds the sheet of recovery codes has two of them, so two of them are one anchor."""
    one = rules.prove(recovery(Begun()), Anchor.RECOVERY_CODE)

    with pytest.raises(IllegalMove):
        rules.prove(one, Anchor.RECOVERY_CODE)


def test_an_authenticator_app_is_never_the_first_anchor() -> None:
    with pytest.raises(IllegalMove):
        rules.prove(recovery(Begun()), Anchor.TOTP)

    one = rules.prove(recovery(Begun()), Anchor.EMAIL)
    assert rules.prove(one, Anchor.TOTP).state == TwoProved(frozenset({Anchor.EMAIL, Anchor.TOTP}))


def test_waiting_is_over_when_its_time_has_come_and_not_before() -> None:
    waiting = Recovery("r1", "acct_ada", WAITING, NOW, NOW + 2 * HOUR)

    assert rules.at(waiting, NOW + HOUR - timedelta(seconds=1)).state == WAITING
    assert rules.at(waiting, NOW + HOUR).state == Ready(WAITING)
    assert rules.at(waiting, NOW + 2 * HOUR).state == Expired()


@pytest.mark.parametrize("state", STATES, ids=named)
def test_time_opens_nothing_that_was_closed(state: State) -> None:
    late = rules.at(recovery(state), NOW + 10 * HOUR)

    assert late.state == (state if isinstance(state, Finished | Cancelled | Expired) else Expired())


@pytest.mark.parametrize("name", ["Li", "li", " LI ", "\uff2c\uff49"])
def test_one_officer_is_not_two(name: str) -> None:
    with pytest.raises(SameOfficer):
        rules.approve(recovery(Requested("Li")), name, expires_at=NOW + HOUR)


def test_what_is_over_cannot_be_stopped() -> None:
    for state in (Finished(), Cancelled(), Expired()):
        with pytest.raises(IllegalMove):
            rules.cancel(recovery(state))
    assert rules.cancel(recovery(WAITING)).state == Cancelled()


def test_the_permit_names_the_account_that_was_recovered() -> None:
    finished = rules.finish(recovery(Ready(WAITING)))

    assert rules.permit_of(finished) == Permit("acct_ada", Ground.RECOVERY)


@pytest.mark.parametrize(
    ("state", "shows"),
    [
        pytest.param(Ready(Waiting(BOTH, NOW)), False, id="two messages"),
        pytest.param(
            Ready(Waiting(frozenset({Anchor.EMAIL, Anchor.RECOVERY_CODE}), NOW)), True, id="a paper"
        ),
        pytest.param(Ready(Waiting(frozenset({Anchor.EMAIL, Anchor.TOTP}), NOW)), True, id="an app"),
        pytest.param(Ready(APPROVED), True, id="a counter visit"),
        pytest.param(Begun(), False, id="begun"),
    ],
)
def test_two_messages_are_no_second_factor(state: State, shows: bool) -> None:
    """A mailbox and a telephone number replace a password; a factor beyond it they do not (ASVS 6.4.3)."""
    assert recovery(state).shows_second_factor is shows
