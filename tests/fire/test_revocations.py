"""What one process ends, every other one refuses: grants and people at once, mini-apps and keys within a second.

Spec: RFC 7009 §2; RFC 9700 §2.2.2. A second is what workers may remember; the tests ask again for a little longer,
because two shared cores promise nothing about time.
"""

from __future__ import annotations

import time

from tests.fire.commands import run
from tests.fire.verdicts import outcomes, statuses
from tests.fire.visits import visit
from tests.fire.volley import SIZE, Volley, written_by_app
from tests.support.server import RunningProvider

PATIENCE_SECONDS = 5.0
PAUSE_SECONDS = 0.1


def becomes(volley: Volley, request: bytes, outcome: tuple[int, str | None]) -> bool:
    """Whether every connection to every worker gives this answer to what is asked before patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        # When it was asked counts: answers may be long in coming.
        asked_at = time.monotonic()
        if outcomes(volley.fire([request] * SIZE)) == {outcome: SIZE}:
            return True
        if asked_at > deadline:
            return False
        time.sleep(PAUSE_SECONDS)


def test_every_worker_refuses_a_revoked_grant_at_once(region: RunningProvider, volley: Volley) -> None:
    here = visit(region, "revoking")
    tokens = here.tokens()
    look, use = here.userinfo(tokens.access_token), here.refresh(tokens.refresh_token)
    assert statuses(volley.fire([look] * SIZE)) == {200: SIZE}

    here.app.revoke(tokens.refresh_token)

    assert statuses(volley.fire([look] * SIZE)) == {401: SIZE}
    assert outcomes(volley.fire([use] * SIZE)) == {(400, "invalid_grant"): SIZE}
    assert here.app.introspect(tokens.access_token).members == {"active": False}


def test_every_worker_refuses_a_person_who_was_switched_off_at_once(
    region: RunningProvider, volley: Volley
) -> None:
    here = visit(region, "switched-off")
    waiting, tokens = here.another_code(), here.tokens()
    look, use = here.userinfo(tokens.access_token), here.refresh(tokens.refresh_token)
    assert statuses(volley.fire([look] * SIZE)) == {200: SIZE}

    run(region, "account", "disable", "switched-off")

    assert statuses(volley.fire([look] * SIZE)) == {401: SIZE}
    refused = volley.fire([use, here.redemption(waiting)] * (SIZE // 2))
    assert outcomes(refused) == {(400, "invalid_grant"): SIZE}
    assert here.browser.get(here.arrival.pending.url).path == "/login"


def test_every_worker_refuses_a_mini_app_that_was_switched_off(
    region: RunningProvider, volley: Volley
) -> None:
    here = visit(region, "user-of-a-closed-app")
    waiting, tokens = here.another_code(), here.tokens()
    look = here.userinfo(tokens.access_token)
    assert statuses(volley.fire([look] * SIZE)) == {200: SIZE}

    run(region, "client", "disable", here.app.client_id)

    assert becomes(volley, here.refresh("rt_any"), (401, "invalid_client"))
    assert becomes(volley, here.redemption(waiting), (401, "invalid_client"))
    assert becomes(volley, look, (401, "invalid_token"))
    page = here.browser.get(here.arrival.pending.url)
    assert (page.status, page.is_outside) == (400, False)


def test_every_worker_stops_believing_a_withdrawn_key(own_region: RunningProvider) -> None:
    here = visit(own_region, "ada")
    tokens = here.tokens()
    header, _ = here.app.verified(tokens.access_token)
    with Volley(own_region) as volley:
        look = here.userinfo(tokens.access_token)
        assert statuses(volley.fire([look] * SIZE)) == {200: SIZE}

        run(own_region, "keys", "revoke", "--yes", "--", header["kid"])

        assert becomes(volley, look, (401, "invalid_token"))
        documents = volley.fire([written_by_app(here.app, lambda app: app.send("GET", "/jwks.json"))] * SIZE)
        assert header["kid"] not in {key["kid"] for document in documents for key in document.members["keys"]}
        fresh = volley.fire(here.redemption(here.another_code()) for _ in range(SIZE))
        assert statuses(fresh) == {200: SIZE}
        kids = {here.app.verified(answer.access_token)[0]["kid"] for answer in fresh}
        assert len(kids) == 1
        assert statuses(volley.fire(here.userinfo(answer.access_token) for answer in fresh)) == {200: SIZE}
