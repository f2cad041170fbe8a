"""A citizen of one region, apps of another, and a service of a third that takes the token."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from idp_verifier import Refused, Verifier

from idp.trustlist.changes import Restore, Suspend
from tests.support.nation import RECORDS, Nation, heading
from tests.support.relying_party import Answer, RelyingParty
from tests.support.server import RunningProvider
from tests.support.two_regions import Visit
from tests.support.waiting import wait_until

MakeCitizen = Callable[[RunningProvider], str]


def verifier_of(country: Nation) -> Verifier:
    """What the back end of a service in any region has: the hub's keys, an audience, and the bundle."""
    verifier = Verifier(country.hub.issuer, orjson.loads(country.registry.bundle_keys.jwks().body), RECORDS)
    verifier.load(country.bundle())
    return verifier


def tokens_of(country: Nation, app: RelyingParty, home: RunningProvider, username: str) -> Answer:
    visit = country.visit(app, home, username, resource=RECORDS)
    answer = app.redeem(visit.answer["code"], visit.pending.verifier, resource=RECORDS)
    assert answer.status == 200, answer.members
    return answer


def test_a_service_of_a_third_region_accepts_the_tokens_of_the_others(
    country: Nation, citizen: MakeCitizen
) -> None:
    username = citizen(country.east)
    verifier = verifier_of(country)
    at_home, abroad = country.app("tax", country.east), country.app("health", country.west)

    issued = [tokens_of(country, app, country.east, username) for app in (at_home, abroad)]
    read = [verifier.verify(answer.access_token) for answer in issued]

    assert [token.issuer for token in read] == [country.east.issuer, country.west.issuer]
    assert read[1].claims["home_iss"] == country.east.issuer
    assert read[0].subject != read[1].subject


def test_a_suspended_region_is_honoured_nowhere_and_comes_back(country: Nation, citizen: MakeCitizen) -> None:
    """Its sessions end, its tokens die, people read why; nobody else notices anything."""
    visitor, local = citizen(country.east), citizen(country.west)
    app = country.app("clinic", country.west)
    verifier = verifier_of(country)
    visit = country.visit(app, country.east, visitor)
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    home = tokens_of(country, country.app("office", country.east), country.east, visitor)
    assert app.userinfo(answer.access_token).status == 200

    country.change(Suspend(country.east.issuer, "review"))
    try:
        country.wait_until_honoured(country.west, country.south)
        # A process of theirs goes on with what it holds while a thread of it looks for what is new.
        wait_until(lambda: app.userinfo(answer.access_token).status == 401)
        wait_until(lambda: is_refused(verifier, country.bundle(), home.access_token))
        wait_until(lambda: is_told_of(country.east, country.visit(app, country.east, visitor)))
        assert country.visit(app, country.west, local).page.is_outside
        assert country.east.send("GET", "/").status_code == 200
    finally:
        country.change(Restore(country.east.issuer))
    country.wait_until_honoured()

    wait_until(lambda: country.visit(app, country.east, visitor).page.is_outside)


def is_refused(verifier: Verifier, bundle: str, token: str) -> bool:
    """Whether a token is worth nothing to who has this bundle."""
    verifier.load(bundle)
    try:
        verifier.verify(token)
    except Refused:
        return True
    return False


def is_told_of(home: RunningProvider, visit: Visit) -> bool:
    """Whether somebody reads, where regions are chosen, about the one they chose."""
    name = home.settings.region_name["en"]
    return (visit.page.is_outside, visit.page.path) == (False, "/login/region") and name in heading(
        visit.page
    )


def test_what_was_ended_by_a_removal_stays_ended(country: Nation, citizen: MakeCitizen) -> None:
    visitor = citizen(country.south)
    app = country.app("library", country.west)
    visit = country.visit(app, country.south, visitor)
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)

    country.change(Suspend(country.south.issuer, "operator_request"))
    country.wait_until_honoured(country.west, country.east)
    country.change(Restore(country.south.issuer))
    country.wait_until_honoured()

    assert app.userinfo(answer.access_token).status == 401
