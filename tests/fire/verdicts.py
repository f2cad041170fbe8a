"""How a volley ended."""

from __future__ import annotations

from collections import Counter

from tests.support.relying_party import Answer


def outcomes(answers: list[Answer]) -> Counter[tuple[int, str | None]]:
    """How often each status was given with each error."""
    return Counter((answer.status, answer.error) for answer in answers)


def statuses(answers: list[Answer]) -> Counter[int]:
    """How often each status was given."""
    return Counter(answer.status for answer in answers)


def winner_of(answers: list[Answer]) -> Answer:
    """The one that got tokens, seen that all others were refused as they should be."""
    found = outcomes(answers)
    assert found == {(200, None): 1, (400, "invalid_grant"): len(answers) - 1}, found
    return next(answer for answer in answers if answer.status == 200)
