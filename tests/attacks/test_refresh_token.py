"""A refresh token is used once; whoever comes second ends the whole family, thief and owner alike."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import Provider
from tests.support.relying_party import Answer

AT_ONCE = 50


def test_of_fifty_uses_at_once_exactly_one_wins(provider: Provider) -> None:
    """RFC 9700 §4.14.2: and the others, being reuse, end the family."""
    provider.person()
    app = provider.client()
    tokens = provider.tokens(provider.browser(), app)
    start = Barrier(AT_ONCE)

    def refresh(_: int) -> Answer:
        start.wait()
        return app.refresh(tokens.refresh_token)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(refresh, range(AT_ONCE)))

    winners = [answer for answer in answers if answer.status == 200]
    assert len(winners) == 1
    assert {answer.error for answer in answers if answer.status != 200} == {"invalid_grant"}
    assert app.refresh(winners[0].refresh_token).error == "invalid_grant"
    assert app.userinfo(winners[0].access_token).status == 401


def test_reuse_ends_the_whole_family(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    first = provider.tokens(provider.browser(), app)
    second = app.refresh(first.refresh_token)
    third = app.refresh(second.refresh_token)
    assert app.userinfo(third.access_token).status == 200

    reused = app.refresh(first.refresh_token)

    assert reused.error == "invalid_grant"
    assert app.refresh(third.refresh_token).error == "invalid_grant"
    for tokens in (first, second, third):
        assert app.userinfo(tokens.access_token).status == 401
        assert app.introspect(tokens.refresh_token).members == {"active": False}


def test_reuse_in_one_app_leaves_other_families_alone(provider: Provider) -> None:
    provider.person()
    app, other, browser = provider.client(), provider.client("health"), provider.browser()
    tokens, others = provider.tokens(browser, app), provider.tokens(browser, other)
    again = provider.tokens(browser, app)
    app.refresh(tokens.refresh_token)

    app.refresh(tokens.refresh_token)

    assert other.refresh(others.refresh_token).status == 200
    assert app.refresh(again.refresh_token).status == 200


def test_a_used_token_stays_dead_after_a_restart(provider: Provider) -> None:
    """What was consumed is in the database, not in the memory of a process."""
    provider.person()
    app = provider.client()
    tokens = provider.tokens(provider.browser(), app)
    fresh = app.refresh(tokens.refresh_token)

    with provider.twin() as restarted:
        there = dataclasses.replace(app, app=restarted.app)
        reused = there.refresh(tokens.refresh_token)
        afterwards = there.refresh(fresh.refresh_token)

    assert reused.error == "invalid_grant"
    assert afterwards.error == "invalid_grant"


def test_another_apps_refresh_token_is_refused_and_unharmed(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    thief = provider.client("thief", auth_method=ClientAuthMethod.NONE)
    tokens = provider.tokens(provider.browser(), app)

    stolen = thief.refresh(tokens.refresh_token)

    assert stolen.error == "invalid_grant"
    assert app.refresh(tokens.refresh_token).status == 200


def test_a_refused_refresh_does_not_use_the_token_up(provider: Provider) -> None:
    """Everything is checked before anything is consumed: a client's mistake costs it nothing."""
    provider.person()
    app = provider.client()
    tokens = provider.tokens(provider.browser(), app)

    assert app.refresh(tokens.refresh_token, scope="openid admin").error == "invalid_scope"
    assert app.refresh(tokens.refresh_token, resource="https://other.example").error == "invalid_target"

    assert app.refresh(tokens.refresh_token).status == 200


def test_a_refresh_token_lapses_when_it_is_not_used(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    offline = {"scope": "openid offline_access", "prompt": "consent"}
    tokens = provider.tokens(provider.browser(), app, **offline)

    provider.clock.advance(days=14, seconds=1)

    assert app.refresh(tokens.refresh_token).error == "invalid_grant"
