"""Somebody of East signs in to an app of West: the whole way, in one process with both regions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from idp.adapters.egress import Answer
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm, Prompt
from idp.trustlist.bundle import RegionStatus
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.two_regions import EAST, HUB, LADDER, WEST, Call, Federation, Visit

WORDS = {"en": ("Health", "Region West"), "zh-CN": ("健康", "西区")}


def tokens(app: RelyingParty, visit: Visit) -> tuple[dict[str, object], dict[str, object]]:
    """What the app learns: the claims of its ID token, and userinfo."""
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    assert answer.status == 200, answer.members
    return app.verified(answer.id_token)[1], app.userinfo(answer.access_token).members


def test_a_citizen_of_one_region_signs_in_to_an_app_of_another(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health = regions.health()

    visit = regions.visit(health, regions.east)

    assert visit.answer["iss"] == WEST
    id_token, userinfo = tokens(health, visit)
    assert (id_token["iss"], id_token["aud"], id_token["home_iss"]) == (WEST, "health", EAST)
    assert (id_token["acr"], id_token["amr"]) == (LADDER[0], ["pwd"])
    assert userinfo["name"] == "古丽巴哈尔·阿卜杜热依木"
    assert userinfo["sub"] == id_token["sub"]


def test_it_works_the_other_way_round_as_well(regions: Federation) -> None:
    regions.west.person("gulbahar")
    tax = regions.tax()

    id_token, _userinfo = tokens(tax, regions.visit(tax, regions.west))

    assert (id_token["iss"], id_token["home_iss"]) == (EAST, WEST)


def test_a_person_of_the_region_itself_has_no_home_region_in_their_tokens(regions: Federation) -> None:
    regions.west.person("bo")
    health = regions.health()

    answer = regions.west.tokens(regions.west.browser(), health, username="bo")

    assert "home_iss" not in claims_of(answer.id_token)
    assert "home_iss" not in claims_of(answer.access_token)


def test_a_sign_in_takes_four_calls_between_the_regions_at_most_and_none_to_the_hub(
    regions: Federation,
) -> None:
    regions.east.person("gulbahar")
    health, first = regions.health(), regions.traveller()
    regions.visit(health, regions.east, first)
    cold = len(regions.network.calls)

    regions.visit(health, regions.east, prompt="login")

    warm = regions.network.calls[cold:]
    assert cold <= 4
    assert [call.path for call in warm] == ["/par", "/token", "/userinfo"]
    assert {call.origin for call in regions.network.calls} == {EAST}
    assert not any(call.url.startswith(HUB) for call in regions.network.calls)


def test_userinfo_is_not_called_when_no_claims_are_wanted(regions: Federation) -> None:
    regions.east.person("gulbahar")
    regions.visit(regions.health(), regions.east)
    before = len(regions.network.calls)

    regions.visit(regions.health("clinic"), regions.east, scope="openid")

    assert [call.path for call in regions.network.calls[before:]] == ["/par", "/token"]


def test_it_takes_at_most_three_presses_more_than_at_home(regions: Federation) -> None:
    regions.east.person("gulbahar")
    at_home = 3  # name, password, consent

    visit = regions.visit(regions.health(), regions.east)

    assert visit.presses <= at_home + 3
    assert visit.page.is_outside


def test_the_second_sign_in_remembers_everything(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    first, _ = tokens(health, regions.visit(health, regions.east, traveller))

    visit = regions.visit(health, regions.east, traveller)

    assert visit.presses == 0
    again, _ = tokens(health, visit)
    assert again["sub"] == first["sub"]


def test_in_another_browser_the_person_is_the_same_to_the_app(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health = regions.health()
    first, _ = tokens(health, regions.visit(health, regions.east))

    visit = regions.visit(health, regions.east)

    assert tokens(health, visit)[0]["sub"] == first["sub"]
    # Region, name, password; what was agreed once is not asked again.
    assert visit.presses == 3


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_home_region_names_the_app_and_its_region_and_what_they_get(
    regions: Federation, language: str
) -> None:
    regions.east.person("gulbahar")
    traveller, health = regions.traveller(), regions.health()
    for browser in traveller.browsers.values():
        browser.headers["Accept-Language"] = language
    visit = regions.leave(health, regions.east, traveller)
    page = traveller.at(EAST).sign_in(visit.page, "gulbahar", PASSWORD)

    assert page.path == "/consent"
    for word in WORDS[language]:
        assert word in page.text
    assert "Health Commission" in page.text


def test_agreeing_for_one_app_does_not_cover_another_of_the_same_region(regions: Federation) -> None:
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    regions.visit(regions.health(), regions.east, traveller)

    visit = regions.leave(regions.health("pension"), regions.east, traveller, prompt="login")
    page = traveller.at(EAST).sign_in(visit.page, "gulbahar", PASSWORD)

    assert page.path == "/consent"
    assert (page.url).startswith(EAST)


def test_the_other_region_does_not_ask_again_for_what_was_agreed_at_home(regions: Federation) -> None:
    regions.east.person("gulbahar")

    visit = regions.visit(regions.health(), regions.east)

    assert f"{EAST}/consent" in " ".join(visit.traveller.visited)
    assert f"{WEST}/consent" not in " ".join(visit.traveller.visited)


def test_what_an_app_may_do_there_is_asked_there(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health = regions.health()

    visit = regions.visit(health, regions.east, scope="openid profile tax.read offline_access")

    assert f"{WEST}/consent" in " ".join(visit.traveller.visited)
    assert visit.page.is_outside


def test_only_what_the_app_asks_for_crosses_the_border(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health = regions.health()
    said: list[bytes] = []

    def note(_call: Call, answer: Answer) -> Answer:
        said.append(answer.body)
        return answer

    regions.network.tamper = note

    visit = regions.visit(health, regions.east, scope="openid phone")

    assert tokens(health, visit)[1]["phone_number"] == "+8613800000001"
    assert not any(b"gulbahar@mail.example" in body or b"birthdate" in body for body in said)


def test_what_the_home_region_says_today_replaces_what_it_said_before(regions: Federation) -> None:
    account = regions.east.person("gulbahar")
    health = regions.health()
    regions.visit(health, regions.east, scope="openid phone email")
    changed = {**account.claims, "phone_number": "+8613900000002"}
    del changed["email"], changed["email_verified"]
    regions.east.services.stores.accounts.set_claims(replace(account, claims=changed), ("gulbahar",))

    _, userinfo = tokens(health, regions.visit(health, regions.east, scope="openid phone email"))

    assert userinfo["phone_number"] == "+8613900000002"
    assert "email" not in userinfo


def test_a_stronger_proof_is_asked_for_at_home(regions: Federation) -> None:
    account = regions.east.person("gulbahar")
    app = regions.east.enrol_totp(account)
    health = regions.health()

    visit = regions.visit(health, regions.east, totp=app.code(), acr_values=LADDER[1])

    id_token, _ = tokens(health, visit)
    assert id_token["acr"] == LADDER[1]
    assert set(id_token["amr"]) >= {"pwd", "otp"}  # type: ignore[call-overload]


def essential(*names: str) -> str:
    """The `claims` parameter that insists on one of these."""
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(names)}}})


def test_an_essential_level_that_the_person_cannot_reach_is_refused(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health = regions.health()

    visit = regions.visit(health, regions.east, claims=essential(LADDER[1]))

    # East explains; who goes back from there is told to the app.
    assert visit.page.url.startswith(EAST)
    page = visit.traveller.submit(visit.page, "/login/cancel")
    assert not page.is_outside or "error" in page.url


def test_a_session_from_home_goes_home_for_more(regions: Federation) -> None:
    account = regions.east.person("gulbahar")
    app = regions.east.enrol_totp(account)
    health, clinic, traveller = regions.health(), regions.health("clinic"), regions.traveller()
    regions.visit(health, regions.east, traveller, totp=app.code())
    regions.clock.advance(hours=12.5)
    regions.visit(health, regions.east, traveller, totp=app.code())
    regions.clock.advance(minutes=30)

    visit = regions.visit(clinic, regions.east, traveller, totp=app.code(), claims=essential(LADDER[1]))

    assert tokens(clinic, visit)[0]["acr"] == LADDER[1]


def test_max_age_and_prompt_login_reach_the_home_region(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    first, _ = tokens(health, regions.visit(health, regions.east, traveller))
    regions.clock.advance(minutes=10)

    wishes = ({"max_age": "60"}, {"prompt": "login"})
    for wish in wishes:
        regions.clock.advance(minutes=2)
        visit = regions.leave(health, regions.east, traveller, **wish)
        # Although East knows the browser, it asks for the password once more.
        assert visit.page.path == "/login"
        assert visit.page.url.startswith(EAST)
        id_token, _ = tokens(health, regions.finish(visit))
        assert id_token["auth_time"] == int(regions.clock.now().timestamp())
        assert id_token["sub"] == first["sub"]


def test_prompt_consent_is_asked_at_home(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)

    visit = regions.visit(health, regions.east, traveller, prompt=f"{Prompt.CONSENT} {Prompt.LOGIN}")

    addresses = [url.partition("?")[0] for url in visit.traveller.visited]
    assert addresses.count(f"{EAST}/consent") == 2
    assert f"{WEST}/consent" not in addresses
    assert "code" in visit.answer


def test_the_language_goes_along(regions: Federation) -> None:
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    traveller.at(WEST).headers["Accept-Language"] = "zh-CN"
    traveller.at(EAST).headers.pop("Accept-Language")

    visit = regions.leave(regions.health(), regions.east, traveller)

    assert 'lang="zh-CN"' in visit.page.text
    assert visit.page.url.startswith(EAST)


def test_signed_in_at_home_the_browser_needs_no_page(regions: Federation) -> None:
    """prompt=none goes home and back when this browser was there before."""
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    regions.clock.advance(minutes=5)
    traveller.at(WEST)._client.delete_cookie("__Host-idp_session", domain="west.id.localhost")

    visit = regions.visit(health, regions.east, traveller, prompt="none")

    assert visit.presses == 0
    assert "code" in visit.answer


def test_prompt_none_says_so_when_the_home_region_would_have_to_ask(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    for issuer in (EAST, WEST):
        host = issuer.partition("://")[2].partition(":")[0]
        traveller.at(issuer)._client.delete_cookie("__Host-idp_session", domain=host)

    visit = regions.visit(health, regions.east, traveller, prompt="none")

    assert visit.answer["error"] == "login_required"
    assert visit.answer["state"] == visit.pending.state


def test_prompt_none_asks_no_region_in_a_browser_that_chose_none(regions: Federation) -> None:
    visit = regions.visit(regions.health(), regions.east, prompt="none")

    assert visit.answer["error"] == "login_required"
    assert regions.network.calls == []


def test_prompt_none_shows_nothing_when_the_home_region_is_away(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    traveller.at(WEST)._client.delete_cookie("__Host-idp_session", domain="west.id.localhost")
    regions.network.away.add(EAST)

    visit = regions.visit(health, regions.east, traveller, prompt="none")

    assert visit.answer["error"] == "login_required"


def test_a_change_of_the_brokers_key_fails_nobody_who_is_on_the_way(regions: Federation) -> None:
    """Their request was signed with the old one; their code is redeemed with the new one."""
    regions.east.person("gulbahar")
    health = regions.health()
    visit = regions.leave(health, regions.east)
    broker_keys = regions.west.services.keyrings[KeyPurpose.BROKER]
    before = broker_keys.signing_key(Algorithm.ES256).kid

    broker_keys.rotate(immediately=True)
    regions.trust.list(regions.west)

    assert broker_keys.signing_key(Algorithm.ES256).kid != before
    assert "code" in regions.finish(visit).answer


def test_a_visitor_whose_account_was_switched_off_stays_out(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, stores = regions.health(), regions.west.services.stores
    regions.visit(health, regions.east)
    (visitor,) = stores.accounts.search("", 10)
    stores.accounts.set_active(visitor.id, False, now=regions.clock.now())

    visit = regions.visit(health, regions.east)

    assert visit.answer["error"] == "access_denied"


def test_people_can_visit_the_account_pages_of_another_region(regions: Federation) -> None:
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    page = traveller.get(f"{WEST}/account")
    page = traveller.submit(page, "/login/region", home=EAST)
    page = traveller.submit(page, "/login", username="gulbahar")
    page = traveller.submit(page, "/login/password", password=PASSWORD)
    assert "Region West" in page.text

    page = traveller.submit(page, "/consent", "consent-allow")

    assert page.url == f"{WEST}/account"
    assert "Region East" in page.text


def test_a_region_that_is_away_is_left_alone_and_disturbs_nobody(regions: Federation) -> None:
    regions.west.person("bo")
    regions.network.away.add(EAST)
    health = regions.health()

    for _ in range(5):
        visit = regions.leave(health, regions.east)
        assert visit.page.status == 400
        assert "Region East does not answer" in visit.page.text
    asked = len(regions.network.calls)
    regions.leave(health, regions.east)

    assert len(regions.network.calls) == asked
    assert regions.west.arrive(regions.west.browser(), health, username="bo").code
    regions.network.away.clear()
    regions.clock.advance(seconds=6)
    regions.east.person("gulbahar")
    assert "code" in regions.visit(health, regions.east).answer


def test_changing_ones_mind_at_home_leads_back_to_the_ways(regions: Federation) -> None:
    visit = regions.leave(regions.health(), regions.east)

    page = visit.traveller.submit(visit.page, "/login/cancel")

    assert page.url.startswith(f"{WEST}/login")


def test_a_suspended_region_is_refused_before_anybody_goes_there(regions: Federation) -> None:
    regions.trust.suspend(EAST)

    visit = regions.leave(regions.health(), regions.east)

    assert "is suspended" in visit.page.text
    assert regions.network.calls == []


def test_a_region_that_is_removed_while_the_person_is_there_signs_nobody_in(regions: Federation) -> None:
    regions.east.person("gulbahar")
    visit = regions.leave(regions.health(), regions.east)
    before = len(regions.network.calls)
    regions.trust.remove(EAST)

    regions.finish(visit)

    assert visit.page.url.startswith(WEST)
    assert "was removed from the list" in visit.page.text
    assert len(regions.network.calls) == before


def test_the_session_of_a_removed_region_is_worth_nothing_at_once(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    regions.trust.change(EAST, status=RegionStatus.REMOVED)

    visit = regions.leave(health, regions.east, traveller, prompt="none")

    assert visit.answer["error"] == "login_required"


def test_a_lower_ceiling_counts_for_sessions_that_are_there_already(regions: Federation) -> None:
    account = regions.east.person("gulbahar")
    app = regions.east.enrol_totp(account)
    health, traveller = regions.health(), regions.traveller()
    first, _ = tokens(health, regions.visit(health, regions.east, traveller, totp=app.code()))
    regions.trust.change(EAST, acr_ceiling=LADDER[0])

    again, _ = tokens(health, regions.visit(health, regions.east, traveller))

    assert (first["acr"], again["acr"]) == (LADDER[1], LADDER[0])


def test_people_see_at_home_for_which_app_elsewhere_they_agreed_and_take_it_back(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    east = traveller.at(EAST)
    page = east.get(f"{EAST}/account/apps")
    assert "Health" in page.text
    assert "Region West" in page.text

    east.submit(page, "/account/apps/withdraw", "app-withdraw-1")

    visit = regions.leave(health, regions.east, traveller, prompt="login")
    page = east.sign_in(visit.page, "gulbahar", PASSWORD)
    assert page.path == "/consent"
