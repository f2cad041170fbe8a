"""A refresh token is accepted once; a second use ends its family (RFC 9700 §4.14.2)."""

from __future__ import annotations

from idp.foundation.events import EventKind
from tests.fire.ledger import Ledger
from tests.fire.verdicts import outcomes, statuses, winner_of
from tests.fire.visits import Visit, visit
from tests.fire.volley import SIZE, Volley
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider

TOKENS = 200
PEOPLE = 4
"""Whose first refresh tokens came through the pages."""


def test_each_of_200_refresh_tokens_has_one_winner_among_50_and_its_family_ends(
    region: RunningProvider, volley: Volley, ledger: Ledger
) -> None:
    visits: list[Visit] = []
    presented: list[str] = []
    won: list[tuple[Visit, Answer]] = []

    for number in range(TOKENS):
        through_pages = number < PEOPLE
        if through_pages:
            visits.append(visit(region, f"refresh-{number}"))
        presenter = visits[number % PEOPLE]
        presented.append(
            presenter.tokens().refresh_token if through_pages else presenter.another_refresh_token()
        )
        answers = volley.fire([presenter.refresh(presented[-1])] * SIZE)
        won.append((presenter, winner_of(answers)))

    looks = volley.fire(one.userinfo(tokens.access_token) for one, tokens in won)
    uses = volley.fire(one.refresh(tokens.refresh_token) for one, tokens in won)
    assert statuses(looks) == {401: TOKENS}
    assert outcomes(uses) == {(400, "invalid_grant"): TOKENS}
    reuses = ledger.events(EventKind.REFRESH_TOKEN_REUSED)
    assert {reuses[ledger.grant_of(token)] for token in presented} == {1}
    # The one that was presented and its one successor: nobody else left anything behind.
    assert all(ledger.family_of(token) == [True, False] for token in presented)
