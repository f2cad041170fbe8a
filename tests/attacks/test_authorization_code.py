"""An authorization code is worth tokens once, to one client, for one minute, and to nobody who merely saw it."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from idp.web.cookies import BROWSER, SESSION
from tests.support.provider import Provider
from tests.support.relying_party import Answer, claims_of

AT_ONCE = 50


def test_of_fifty_redemptions_at_once_exactly_one_wins(provider: Provider) -> None:
    """RFC 6749 §4.1.2. Everybody else is refused, and the race itself is reuse: the winner's tokens die too."""
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)
    start = Barrier(AT_ONCE)

    def redeem(_: int) -> Answer:
        start.wait()
        return app.redeem(arrival.code, arrival.pending.verifier)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(redeem, range(AT_ONCE)))

    winners = [answer for answer in answers if answer.status == 200]
    assert len(winners) == 1
    assert {answer.error for answer in answers if answer.status != 200} == {"invalid_grant"}
    assert app.userinfo(winners[0].access_token).status == 401


def test_two_processes_never_both_redeem_a_code(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)

    with provider.twin() as other:
        there = dataclasses.replace(app, app=other.app)
        first = app.redeem(arrival.code, arrival.pending.verifier)
        second = there.redeem(arrival.code, arrival.pending.verifier)

    assert first.status == 200
    assert second.error == "invalid_grant"


def test_using_a_code_twice_revokes_everything_its_first_use_produced(provider: Provider) -> None:
    """RFC 6749 §4.1.2; RFC 9700 §4.5."""
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)
    first = app.redeem(arrival.code, arrival.pending.verifier)
    assert app.userinfo(first.access_token).status == 200

    second = app.redeem(arrival.code, arrival.pending.verifier)

    assert second.error == "invalid_grant"
    assert app.userinfo(first.access_token).status == 401
    assert app.refresh(first.refresh_token).error == "invalid_grant"
    assert app.introspect(first.access_token).members == {"active": False}


def test_a_code_of_one_app_is_nothing_to_another(provider: Provider) -> None:
    """Nor does the other app's attempt take it away from its owner."""
    provider.person()
    app, thief = provider.client(), provider.client("thief")
    arrival = provider.arrive(provider.browser(), app)

    stolen = thief.redeem(arrival.code, arrival.pending.verifier)
    rightful = app.redeem(arrival.code, arrival.pending.verifier)

    assert stolen.error == "invalid_grant"
    assert rightful.status == 200


def test_a_code_is_good_for_one_minute(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)

    provider.clock.advance(seconds=60)

    assert app.redeem(arrival.code, arrival.pending.verifier).error == "invalid_grant"


def test_a_code_dies_after_three_wrong_attempts(provider: Provider) -> None:
    """Whoever guesses at a verifier gets no fourth try, not even with the right one."""
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)

    for _ in range(3):
        assert app.redeem(arrival.code, "g" * 43).error == "invalid_grant"

    assert app.redeem(arrival.code, arrival.pending.verifier).error == "invalid_grant"


def test_two_wrong_attempts_do_not_take_a_code_from_its_owner(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    arrival = provider.arrive(provider.browser(), app)

    for _ in range(2):
        app.redeem(arrival.code, "g" * 43)

    assert app.redeem(arrival.code, arrival.pending.verifier).status == 200


def test_a_code_needs_the_redirect_address_it_was_sent_to(provider: Provider) -> None:
    """RFC 6749 §4.1.3."""
    provider.person()
    other = "https://tax.example/other"
    app = provider.client(redirect_uris=("https://tax.example/callback", other))
    browser = provider.browser()

    for redirect_uri in (other, None, "https://tax.example/callback/", ""):
        arrival = provider.arrive(browser, app)
        answer = app.redeem(arrival.code, arrival.pending.verifier, redirect_uri=redirect_uri)
        assert answer.error == "invalid_grant", redirect_uri


def test_a_code_from_somebody_elses_sign_in_cannot_be_injected(provider: Provider) -> None:
    """RFC 9700 §4.5: the attacker's browser returns to the app with the victim's code.

    The app redeems it with the verifier of the attacker's own session, which does not fit; and the ID token would
    carry the victim's nonce.
    """
    provider.person("victim")
    app = provider.client()
    stolen = provider.arrive(provider.browser(), app, "victim")
    attackers_session = app.begin()

    injected = app.redeem(stolen.code, attackers_session.verifier)
    rightful = app.redeem(stolen.code, stolen.pending.verifier)

    assert injected.error == "invalid_grant"
    assert claims_of(rightful.id_token)["nonce"] == stolen.pending.nonce != attackers_session.nonce


def test_an_app_can_tell_which_region_answered(provider: Provider) -> None:
    """RFC 9207: success and refusal both name the issuer, so that no other region can pass itself off as this one."""
    provider.person()
    app = provider.client()
    with provider.twin(issuer="http://west.id.localhost:8001") as west:
        there = dataclasses.replace(app, app=west.app, issuer=west.issuer)
        here_success = provider.arrive(provider.browser(), app)
        there_success = west.arrive(west.browser(), there)
        there_refusal = west.browser().get(there.begin(prompt="none").url)
        crossed = there.redeem(here_success.code, here_success.pending.verifier)

    assert here_success.answer["iss"] == provider.issuer
    assert there_success.answer["iss"] == "http://west.id.localhost:8001"
    assert "iss=http%3A%2F%2Fwest.id.localhost%3A8001" in there_refusal.url
    # One database stands behind both here, so what an app would be told is who issued the tokens.
    assert claims_of(crossed.id_token)["iss"] == "http://west.id.localhost:8001"


@pytest.mark.parametrize(
    "place", ["code", "refresh_token", "transaction", "session", "browser", "access_token"]
)
def test_no_value_of_one_kind_passes_for_another(provider: Provider, place: str) -> None:
    """A store shared by several kinds of value is how forged codes came about elsewhere."""
    provider.person()
    app = provider.client()
    browser = provider.browser()
    tokens = provider.tokens(browser, app)
    unused = provider.arrive(browser, app)
    waiting = provider.browser().get(app.begin().url)
    values = {
        "code": unused.code,
        "refresh_token": str(tokens.refresh_token),
        "transaction": waiting.url.partition("transaction=")[2],
        "session": browser.cookie(SESSION) or "",
        "browser": browser.cookie(BROWSER) or "",
        "access_token": str(tokens.access_token),
        "id_token": str(tokens.id_token),
        "client_secret": app.secret or "",
    }
    assert all(values.values())

    for kind, value in values.items():
        for disguised in (value, PREFIXES[place] + value, PREFIXES[place] + value.partition("_")[2]):
            if kind != place:
                assert is_refused_as(provider, place, disguised, unused.pending.verifier), (kind, disguised)


PREFIXES = {
    "code": "ac_",
    "refresh_token": "rt_",
    "transaction": "tx_",
    "session": "se_",
    "browser": "br_",
    "access_token": "",
}


def is_refused_as(provider: Provider, place: str, value: str, verifier: str) -> bool:
    """Whether `value`, presented where a value of the kind `place` belongs, gets nowhere."""
    app = provider.client(f"app-{provider.services.entropy.token(8)}", auth_method=ClientAuthMethod.NONE)
    browser = provider.browser()
    match place:
        case "code":
            return app.redeem(value, verifier).error == "invalid_grant"
        case "refresh_token":
            return app.refresh(value).error == "invalid_grant"
        case "access_token":
            return app.userinfo(value).error == "invalid_token"
        case "transaction":
            page = provider.send("GET", "/login", query_string={"transaction": value})
            return page.status_code == 400 and "page_expired" in page.get_data(as_text=True)
        case "session":
            browser.set_cookie(SESSION, value)
            return browser.get("/account").path == "/login"
        case _:
            page = provider.browser().get(app.begin().url)
            browser.set_cookie(BROWSER, value)
            return browser.get(page.url).status == 400
