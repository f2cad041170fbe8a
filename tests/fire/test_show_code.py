"""A shown code is redeemed by one office, however many scan it at once on however many workers."""

from __future__ import annotations

from collections import Counter

from tests.fire.verdicts import outcomes, winner_of
from tests.fire.volley import SIZE, Volley, written_by_app
from tests.support.counter import counter, digits_on, drawn, redeem, show
from tests.support.server import RunningProvider

CODES = 10


def test_each_code_has_one_winner_among_50(region: RunningProvider, volley: Volley) -> None:
    account = region.person("shown")
    office, browser = counter(region, "office-of-shown"), region.browser()
    show(browser, "name", username="shown")
    (session,) = region.services.stores.sessions.list_of(account.id, now=region.clock.now())

    for _ in range(CODES):
        value = drawn(region, account.id, session.id).value
        answers = volley.fire([written_by_app(office, lambda office, v=value: redeem(office, v))] * SIZE)  # type: ignore[misc]
        assert winner_of(answers).members["name"] == account.name

    assert len(region.services.stores.shown_codes.redemptions_of(account.id, 100)) == CODES


def test_of_two_offices_that_scan_two_codes_of_one_person_one_gets_an_answer(
    region: RunningProvider, volley: Volley
) -> None:
    """The code before still works for whoever is typing it: that must not make two redemptions of one showing."""
    account = region.person("twice-shown")
    offices = [counter(region, f"office-{name}") for name in ("a", "b")]
    browser = region.browser()
    show(browser, "name", username="twice-shown")
    (session,) = region.services.stores.sessions.list_of(account.id, now=region.clock.now())

    for _ in range(CODES):
        first = drawn(region, account.id, session.id)
        second = drawn(region, account.id, session.id, id=first.showing.id)
        requests = [
            written_by_app(office, lambda office, v=code.value: redeem(office, v))  # type: ignore[misc]
            for office, code in zip(offices, (first, second), strict=True)
        ]
        found = outcomes(volley.fire(requests * (SIZE // 2)))
        assert found == Counter({(200, None): 1, (400, "invalid_grant"): SIZE - 1}), found


def test_digits_have_one_winner_among_16(region: RunningProvider, volley: Volley) -> None:
    """Fewer than the twenty wrong ones an office may type before it has to wait."""
    region.person("typed")
    office, browser = counter(region, "office-of-typed"), region.browser()
    digits = digits_on(show(browser, "name", username="typed"))

    answers = volley.fire([written_by_app(office, lambda office: redeem(office, digits))] * 16)

    winner_of(answers)
