"""A code is accepted once, whoever presents it how often at the same moment (RFC 6749 §4.1.2; RFC 9700 §4.5)."""

from __future__ import annotations

from idp.foundation.events import EventKind
from tests.fire.ledger import Ledger
from tests.fire.verdicts import outcomes, statuses, winner_of
from tests.fire.visits import Visit, visit
from tests.fire.volley import SIZE, Volley
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider

CODES = 200
PEOPLE = 4
"""Whose first codes came through the pages."""


def test_each_of_200_codes_has_one_winner_among_50_and_loses_everything_to_the_others(
    region: RunningProvider, volley: Volley, ledger: Ledger
) -> None:
    """Whoever came second may be the owner, so what the first one got is revoked (RFC 6749 §4.1.2)."""
    visits: list[Visit] = []
    codes: list[str] = []
    won: list[tuple[Visit, Answer]] = []

    for number in range(CODES):
        if number < PEOPLE:
            visits.append(visit(region, f"code-{number}"))
        presenter = visits[number % PEOPLE]
        codes.append(presenter.code if number < PEOPLE else presenter.another_code())
        answers = volley.fire([presenter.redemption(codes[-1])] * SIZE)
        won.append((presenter, winner_of(answers)))

    looks = volley.fire(one.userinfo(tokens.access_token) for one, tokens in won)
    uses = volley.fire(one.refresh(tokens.refresh_token) for one, tokens in won)
    assert statuses(looks) == {401: CODES}
    assert outcomes(uses) == {(400, "invalid_grant"): CODES}
    reuses = ledger.events(EventKind.CODE_REUSED)
    assert {reuses[ledger.grant_of(code)] for code in codes} == {1}
