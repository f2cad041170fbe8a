"""The server dies without a word: what it answered is kept, and nothing is accepted a second time (N1, N2, N4)."""

from __future__ import annotations

import pytest

from idp.storage.statement import Statement
from tests.fire.ledger import Ledger
from tests.fire.verdicts import statuses
from tests.fire.visits import visit
from tests.fire.volley import Connection, Volley
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider, wait_until_gone
from tests.support.waiting import wait_until

CODES = 50
TOKENS = 50


def start_again(provider: RunningProvider, *meanwhile: Statement) -> None:
    """Start the killed server once more, on the same database and port, when the last of it is over.

    `meanwhile`: what time would have done to the database until then.
    """
    provider.listen()
    wait_until_gone(provider.process.pid)
    wait_until(
        Ledger(provider.services).is_ours_alone, lambda: "the database still works for the killed server"
    )
    for change in meanwhile:
        provider.services.database.run(change, now=0)
    provider.start_again()


def cut_short(
    provider: RunningProvider, volley: Volley, requests: dict[str, bytes], answers_before: int
) -> dict[str, Answer]:
    """Send everything at once, and kill the server after so many answers. Whatever was answered all the same."""
    connections = dict(zip(requests, volley.send(requests.values()), strict=True))
    answered: dict[str, Answer] = {}
    for number, (value, connection) in enumerate(connections.items()):
        if number == answers_before:
            provider.kill()
        if answer := answer_or_none(connection):
            answered[value] = answer
    return answered


def answer_or_none(connection: Connection) -> Answer | None:
    try:
        return connection.read()
    except ConnectionError:
        return None


def test_a_used_refresh_token_stays_dead_and_its_successor_alive(own_region: RunningProvider) -> None:
    here = visit(own_region, "ada")
    used = here.tokens().refresh_token
    successor = here.app.refresh(used).refresh_token

    own_region.kill()
    start_again(own_region)

    after = here.app.refresh(successor)
    assert (after.status, here.app.userinfo(after.access_token).status) == (200, 200)
    assert here.app.refresh(used).error == "invalid_grant"
    assert here.app.userinfo(after.access_token).status == 401


@pytest.mark.parametrize("answers_before", [1, 30])
def test_amid_redemptions_everything_is_left_unused_or_used_once(
    own_region: RunningProvider, answers_before: int
) -> None:
    here, ledger = visit(own_region, "ada"), Ledger(own_region.services)
    codes = [here.another_code() for _ in range(CODES)]
    tokens = [here.another_refresh_token() for _ in range(TOKENS)]
    requests: dict[str, bytes] = {}
    for code, token in zip(codes, tokens, strict=True):
        requests |= {code: here.redemption(code), token: here.refresh(token)}

    with Volley(own_region, len(requests)) as volley:
        won = cut_short(own_region, volley, requests, answers_before)
    start_again(own_region)

    assert set(statuses([*won.values()])) == {200}
    used = {value for value in requests if ledger.is_used(value)}
    assert used >= won.keys()
    assert not any(ledger.is_used(answer.refresh_token) for answer in won.values())
    for code in codes:
        assert ledger.grants_from(code) == (1 if code in used else 0)
        assert ledger.family_of(code) == ([False] if code in used else [])
    for token in tokens:
        assert ledger.family_of(token) == ([True, False] if token in used else [False])

    with Volley(own_region, len(requests)) as volley:
        looks = volley.fire(here.userinfo(answer.access_token) for answer in won.values())
        again = dict(zip(requests, volley.fire(requests.values()), strict=True))
        later = volley.fire(here.userinfo(answer.access_token) for answer in won.values())
    assert statuses(looks) == {200: len(won)}
    assert {value for value, answer in again.items() if answer.status == 200} == requests.keys() - used
    assert {again[value].error for value in used} == {"invalid_grant"}
    assert statuses(later) == {401: len(won)}
