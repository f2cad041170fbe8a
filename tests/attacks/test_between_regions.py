"""What one region gave is worth nothing in another, and what happens in one is not undone by the order of messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.egress import Answer as Reply
from idp.oidc.keys import KeyPurpose
from idp.web.cookies import SESSION
from idp.wiring import build_services
from tests.attacks.test_broker import (
    assert_nobody_came_in,
    at_the_callback,
    id_token_of,
    links_of,
    put,
    saying,
    signed,
)
from tests.attacks.test_region_sign_outs import LOGOUT, logout_claims, tell_west
from tests.flows.test_cross_region_sign_out import carry_errands, is_signed_in
from tests.support.browser import Browser
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD, Provider, settings_for
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.two_regions import EAST, HUB, WEST, Call, Federation, Traveller, Visit

SOUTH = "http://south.id.localhost:8003"
PASSWORD_PAGE = "/account/security/password"
OFFLINE = "openid profile offline_access"


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app."""
    regions.east.person("gulbahar")
    return regions.health()


@pytest.fixture
def south(
    regions: Federation,
    tmp_path: Path,
    sqlite_template: Path,
    leak_guard: LeakGuard,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Provider]:
    """A third region, which is not on the list yet."""
    path = tmp_path / "south.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = settings_for(
        f"sqlite:///{path}",
        issuer=SOUTH,
        region="south",
        region_name={"en": "Region South", "zh-CN": "南区"},
        trust_anchor=HUB,
        rp_id="id.localhost",
    )
    egress: Any = regions.network.egress(SOUTH)
    services = build_services(settings, clock=regions.clock, trust=regions.trust, egress=egress)
    services.open_keys()
    built = Provider(settings, services, regions.clock, leak_guard)
    regions.network.apps[SOUTH] = built.app
    yield built
    services.close()


class TestTokensOfAnotherRegion:
    """What an app of East holds, brought to West by whoever got hold of it. None of it is bound to a key."""

    def test_they_open_nothing_here(self, regions: Federation, health: RelyingParty) -> None:
        tax = regions.tax()
        held = regions.east.tokens(regions.east.browser(), tax, scope=OFFLINE)
        assert tax.userinfo(held.access_token).status == 200

        assert health.userinfo(held.access_token).error == "invalid_token"
        for token in (held.access_token, held.refresh_token, held.id_token):
            assert health.introspect(token).members == {"active": False}
        assert health.refresh(held.refresh_token).error == "invalid_grant"
        # And what was tried there has not hurt them at home.
        assert tax.refresh(held.refresh_token).status == 200

    def test_a_code_of_one_is_no_code_of_the_other(self, regions: Federation, health: RelyingParty) -> None:
        tax = regions.tax()
        arrival = regions.east.arrive(regions.east.browser(), tax)

        assert health.redeem(arrival.code, arrival.pending.verifier).error == "invalid_grant"
        assert tax.redeem(arrival.code, arrival.pending.verifier).status == 200

    @pytest.mark.parametrize("purpose", [KeyPurpose.PROTOCOL, KeyPurpose.FEDERATION, KeyPurpose.BROKER])
    @pytest.mark.parametrize("says", [{}, {"iss": EAST}, {"iss": EAST, "aud": [WEST, EAST]}], ids=str)
    def test_a_region_signs_nothing_in_the_name_of_another(
        self, regions: Federation, health: RelyingParty, says: dict[str, object], purpose: KeyPurpose
    ) -> None:
        """West's own token to the letter, but for the signature: East is trusted, and not to speak for West."""
        regions.west.person("bo")
        genuine = regions.west.tokens(regions.west.browser(), health, username="bo").access_token
        claims = claims_of(genuine) | says

        forged = signed(regions.east, claims, "at+jwt", purpose)

        assert health.userinfo(genuine).status == 200
        assert health.userinfo(forged).error == "invalid_token"
        assert health.introspect(forged).members == {"active": False}

    def test_another_regions_id_token_signs_nobody_out_unasked(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit = regions.visit(health, regions.east)
        east = regions.east.tokens(visit.traveller.at(EAST), regions.tax())

        west = visit.traveller.at(WEST)
        answer = regions.west.send(
            "GET", f"/logout?id_token_hint={east.id_token}", headers={"Cookie": west.cookie_header}
        )

        assert answer.status_code == 400
        assert is_signed_in(visit.traveller, regions.west)

    @pytest.mark.parametrize("home_iss", [EAST, SOUTH, WEST, ""])
    def test_where_somebody_comes_from_is_not_for_their_region_to_say(
        self, regions: Federation, health: RelyingParty, home_iss: str
    ) -> None:
        regions.network.tamper = saying(put(home_iss=home_iss), regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))


class TestOneSubjectInTwoRegions:
    """Subjects are made by each region for itself: a hostile one can make any."""

    def test_a_region_that_says_anothers_subject_gets_an_account_of_its_own(
        self, regions: Federation, health: RelyingParty, south: Provider
    ) -> None:
        theirs = id_token_of(health, regions.visit(health, regions.east, scope="openid"))
        (link,) = links_of(regions.west)
        regions.trust.list(south)
        south.person("mallory")
        regions.network.tamper = saying(put(sub=link.home_sub), south)

        visit = leave_for(south, regions, health, scope="openid")
        own = id_token_of(health, regions.finish(visit, "mallory"))

        links = links_of(regions.west)
        assert {one.home_iss for one in links} == {EAST, SOUTH}
        assert {one.home_sub for one in links} == {link.home_sub}
        assert len({one.account_id for one in links}) == 2
        assert own["sub"] != theirs["sub"]
        assert (theirs["home_iss"], own["home_iss"]) == (EAST, SOUTH)

    def test_nor_does_it_sign_out_whoever_has_that_subject_elsewhere(
        self, regions: Federation, health: RelyingParty, south: Provider
    ) -> None:
        visit = regions.visit(health, regions.east)
        claims = logout_claims(regions)
        regions.trust.list(south)

        statuses = [
            tell_west(regions, signed(south, {**claims, "iss": issuer, "jti": issuer}, LOGOUT))
            for issuer in (SOUTH, EAST)
        ]

        assert statuses == [200, 400]
        assert is_signed_in(visit.traveller, regions.west)


class TestOrderOfMessages:
    """Sign-outs that come late, early or not at all."""

    def test_a_sign_out_that_comes_late_leaves_a_later_sign_in_alone(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit = regions.visit(health, regions.east)
        sign_out(visit.traveller.at(EAST))
        regions.network.away.add(WEST)
        carry_errands(regions.east)
        regions.network.away.clear()
        again = regions.visit(health, regions.east, visit.traveller, prompt="login")
        regions.clock.advance(minutes=1)

        told = carry_errands(regions.east)

        assert told == [(f"{WEST}/rp", "heard")]
        assert is_signed_in(again.traveller, regions.west)

    @pytest.mark.parametrize(("path", "status"), [("/par", 201), ("/token", 200), ("/userinfo", 200)])
    def test_whoever_signs_out_at_home_while_another_window_is_on_the_way_does_not_come_in(
        self, regions: Federation, health: RelyingParty, path: str, status: int
    ) -> None:
        """The sign-out is told before the sign-in is finished: what came of the session is worth nothing by then."""
        traveller = regions.visit(health, regions.east).traveller
        forget_session(traveller.at(WEST))
        seen = []

        def signing_out(call: Call, answer: Reply) -> Reply:
            if call.path == path and not seen:
                seen.append(answer.status)
                sign_out(traveller.at(EAST))
                carry_errands(regions.east)
            return answer

        regions.network.tamper = signing_out
        visit = regions.leave(health, regions.east, traveller)

        assert seen == [status]
        assert not (visit.page.is_outside and "code" in visit.answer)
        assert not is_signed_in(traveller, regions.west)

    def test_a_code_of_a_session_that_ended_at_home_is_worth_nothing(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """Nobody is told of it: nothing had come of the session yet."""
        visit, url = at_the_callback(regions, health)
        sign_out(visit.traveller.at(EAST))
        carry_errands(regions.east)

        visit.page = visit.traveller.get(url)

        assert_nobody_came_in(visit)

    def test_a_region_that_hears_of_it_an_hour_late_ends_the_session_then(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """Lost again and again on the way: it is told until it is heard."""
        visit = regions.visit(health, regions.east)
        regions.network.away.add(WEST)
        sign_out(visit.traveller.at(EAST))
        for _ in range(5):
            assert carry_errands(regions.east) == [(f"{WEST}/rp", "no answer")]
            regions.clock.advance(minutes=11)
        regions.network.away.clear()

        assert carry_errands(regions.east) == [(f"{WEST}/rp", "heard")]

        assert not is_signed_in(visit.traveller, regions.west)
        assert carry_errands(regions.east) == []


class TestChangesAtHome:
    """What guards an account changes at home: sessions that came of the old state end elsewhere too."""

    def test_a_new_password_ends_what_other_sessions_opened_elsewhere(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        stolen, owner = regions.visit(health, regions.east), regions.visit(health, regions.east)
        east = owner.traveller.at(EAST)
        page = east.get(f"{EAST}{PASSWORD_PAGE}")

        east.submit(page, PASSWORD_PAGE, current_password=PASSWORD, new_password=f"{PASSWORD} again")
        carry_errands(regions.east)

        assert not is_signed_in(stolen.traveller, regions.west)
        assert is_signed_in(owner.traveller, regions.west)

    def test_an_account_that_is_switched_off_at_home_is_out_everywhere(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit = regions.visit(health, regions.east)
        answer = health.redeem(visit.answer["code"], visit.pending.verifier)
        accounts = regions.east.services.stores.accounts
        account = accounts.find_by_identifier("gulbahar")
        assert account is not None

        accounts.set_active(account.id, False, now=regions.clock.now())
        carry_errands(regions.east)

        assert not is_signed_in(visit.traveller, regions.west)
        assert health.userinfo(answer.access_token).status == 401

    @pytest.mark.parametrize("is_heard", [True, False])
    def test_no_app_stays_connected_to_it(
        self, regions: Federation, health: RelyingParty, is_heard: bool
    ) -> None:
        """Whatever it asked for, and whether or not the word of it arrived."""
        visit = regions.visit(health, regions.east, scope=OFFLINE)
        answer = health.redeem(visit.answer["code"], visit.pending.verifier)
        accounts = regions.east.services.stores.accounts
        account = accounts.find_by_identifier("gulbahar")
        assert account is not None
        accounts.set_active(account.id, False, now=regions.clock.now())
        if is_heard:
            carry_errands(regions.east)
        else:
            regions.clock.advance(hours=12)

        assert "offline_access" not in answer.scope
        assert health.refresh(answer.refresh_token).error == "invalid_grant"


def leave_for(third: Provider, regions: Federation, app: RelyingParty, **parameters: str) -> Visit:
    """From an app of West to a third region, by a browser that walks through all three."""
    traveller = Traveller({EAST: regions.east, WEST: regions.west, third.issuer: third})
    pending = app.begin(**parameters)
    page = traveller.get(pending.url)
    visit = Visit(traveller, pending, traveller.get(page.url.replace("/login?", "/login/region?")))
    visit.press("/login/region", home=third.issuer)
    return visit


def sign_out(browser: Browser) -> None:
    """On the account pages of East."""
    browser.submit(browser.get(f"{EAST}/logout"), "/logout")


def forget_session(browser: Browser) -> None:
    """As if the person came for the first time today: what was agreed to is known, and they have to sign in."""
    browser._client.delete_cookie(SESSION, domain="west.id.localhost")
