"""Signing out ends what hangs from the session, also what is being made of it at that very moment."""

from __future__ import annotations

from tests.fire.verdicts import outcomes, statuses
from tests.fire.visits import Visit, visit
from tests.fire.volley import Volley, written_by_browser
from tests.support.provider import PASSWORD
from tests.support.relying_party import Answer, answer_of
from tests.support.server import RunningProvider

CODES = 50
TOKENS = 10
LINKS = 20
ROUNDS = 10


def link(here: Visit) -> bytes:
    """The request that asks for a code of the session without any page."""
    return written_by_browser(here.browser, lambda browser: browser.get(here.arrival.pending.url))


def sign_out(here: Visit) -> bytes:
    """The request of the button that signs out."""
    page = here.browser.get("/logout")
    return written_by_browser(here.browser, lambda browser: browser.submit(page, "/logout", "logout-confirm"))


def codes_in(answers: list[Answer]) -> list[str]:
    """The codes with which browsers were sent back to the mini-app."""
    places = [answer_of(answer.headers.get("Location", "")) for answer in answers]
    return [place["code"] for place in places if "code" in place]


def test_nothing_of_a_session_works_after_a_sign_out_amid_its_redemptions(region: RunningProvider) -> None:
    here = visit(region, "leaving")
    with Volley(region, CODES + TOKENS + 1) as volley:
        codes = codes_in(volley.fire([link(here)] * CODES))
        assert len(codes) == CODES
        redemptions = [here.redemption(code) for code in codes]
        refreshes = [here.refresh(here.another_refresh_token()) for _ in range(TOKENS)]
        half = CODES // 2

        answers = volley.fire([*redemptions[:half], sign_out(here), *refreshes, *redemptions[half:]])

        assert set(outcomes(answers)) <= {(200, None), (303, None), (400, "invalid_grant")}
        won = [answer for answer in answers if answer.status == 200]
        looks = volley.fire(here.userinfo(answer.access_token) for answer in won)
        uses = volley.fire(here.refresh(answer.refresh_token) for answer in won)
        again = volley.fire(redemptions)
    assert statuses(looks) == {401: len(won)}
    assert outcomes([*uses, *again]) == {(400, "invalid_grant"): len(won) + CODES}
    assert here.browser.get(here.arrival.pending.url).path == "/login"
    assert here.browser.get("/account").path == "/login"


def test_a_code_asked_for_amid_a_sign_out_is_worth_nothing(region: RunningProvider) -> None:
    here = visit(region, "leaving-often")
    with Volley(region, LINKS + 1) as volley:
        for _ in range(ROUNDS):
            links = [link(here)] * (LINKS // 2)

            answers = volley.fire([*links, sign_out(here), *links])

            assert statuses(answers) == {303: LINKS + 1}
            redemptions = volley.fire(here.redemption(code) for code in codes_in(answers))
            assert set(outcomes(redemptions)) <= {(400, "invalid_grant")}
            region.arrive(here.browser, here.app, "leaving-often", PASSWORD)
