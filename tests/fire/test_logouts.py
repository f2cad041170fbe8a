"""No sign-out is lost on its way to a mini-app, whichever process dies when; and none is told twice without need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from idp.storage.rows import NOW
from idp.storage.schema import logouts
from idp.storage.statement import Statement
from tests.fire.test_power_cuts import answer_or_none, start_again
from tests.fire.visits import Visit, visit
from tests.fire.volley import Volley, written_by_browser
from tests.support.logout_receiver import LogoutReceiver, logout_receiver
from tests.support.relying_party import claims_of
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

SIGN_OUTS = 20
LET_LEASES_LAPSE = Statement(update(logouts).values(due_at=NOW))
"""What half a minute would do."""


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as listening:
        yield listening


def visits(region: RunningProvider, receiver: LogoutReceiver, number: int) -> dict[str, Visit]:
    """So many people, each signed in to the mini-app; by the `sid` of their session."""
    app = region.client(backchannel_logout_uri=receiver.address)
    people = (visit(region, f"person{count}", app) for count in range(number))
    return {sid_of(here): here for here in people}


def sid_of(here: Visit) -> str:
    """By what name the mini-app knows the session."""
    sid: str = claims_of(here.tokens().id_token)["sid"]
    return sid


def sign_out(here: Visit) -> bytes:
    """The request of the button that signs out."""
    page = here.browser.get("/logout")
    return written_by_browser(here.browser, lambda browser: browser.submit(page, "/logout", "logout-confirm"))


def test_sign_outs_at_once_are_each_told_once_by_two_workers(
    own_region: RunningProvider, receiver: LogoutReceiver
) -> None:
    here = visits(own_region, receiver, SIGN_OUTS)
    requests = [sign_out(one) for one in here.values()]

    with Volley(own_region, len(requests)) as volley:
        volley.fire(requests)
    wait_until(lambda: receiver.sids >= here.keys())

    own_region.stop()
    assert receiver.sids == here.keys()
    told = Counter(claims["jti"] for claims in receiver.claims)
    # With need: where no answer came within some seconds, it is told again.
    unheard = own_region.output.read_text().count("no answer to a logout token")
    assert told.total() <= SIGN_OUTS + unheard
    assert len(told) == SIGN_OUTS


@pytest.mark.parametrize("answers_before", [0, 10])
def test_a_server_killed_amid_sign_outs_tells_of_each_that_happened(
    own_region: RunningProvider, receiver: LogoutReceiver, answers_before: int
) -> None:
    """Whoever saw the page that says so is signed out everywhere; and nobody is told of what did not happen."""
    here = visits(own_region, receiver, SIGN_OUTS)
    requests = [sign_out(one) for one in here.values()]

    with Volley(own_region, len(requests)) as volley:
        connections = volley.send(requests)
        answered = []
        for number, (sid, connection) in enumerate(zip(here, connections, strict=True)):
            if number == answers_before:
                own_region.kill()
            if answer := answer_or_none(connection):
                assert answer.status == 303
                answered.append(sid)
    start_again(own_region, LET_LEASES_LAPSE)

    over = {sid for sid, one in here.items() if one.browser.get("/account").path == "/login"}
    # By session, not by request: what was told just before the end may be told once more.
    wait_until(lambda: receiver.sids >= over)
    own_region.stop()
    assert over >= set(answered)
    assert receiver.sids == over


def test_what_was_committed_by_a_process_that_died_is_told_by_the_next(
    own_region: RunningProvider, receiver: LogoutReceiver
) -> None:
    """Between the commit and the sending."""
    ((sid, here),) = visits(own_region, receiver, 1).items()
    own_region.kill()
    account = own_region.services.stores.accounts.find_by_identifier("person0")
    assert account is not None
    now = own_region.clock.now()
    assert own_region.services.stores.sessions.end_all(account.id, keep=None, now=now) == 1

    start_again(own_region)

    (claims,) = receiver.wait_for(1)
    assert claims["sid"] == sid
    assert here.browser.get("/account").path == "/login"


def test_what_was_sent_but_not_acknowledged_is_sent_again_with_the_same_jti(
    own_region: RunningProvider, receiver: LogoutReceiver
) -> None:
    """Between the sending and the acknowledging: at least once, and the mini-app can tell that it is the same."""
    ((sid, here),) = visits(own_region, receiver, 1).items()
    receiver.before_answer = own_region.kill
    with Volley(own_region, 1) as volley:
        volley.send([sign_out(here)])
        receiver.wait_for(1)
    own_region.process.wait()
    receiver.before_answer = lambda: None

    start_again(own_region, LET_LEASES_LAPSE)

    first, second = receiver.wait_for(2)
    assert (first["sid"], first["jti"]) == (second["sid"], second["jti"]) == (sid, first["jti"])
    own_region.stop()
    assert len(receiver.requests) == 2
