"""What somebody of another region sees of their account here: where it is looked after, and nothing to guard it."""

from __future__ import annotations

from html import unescape

import pytest

from idp.web.access import Policy, lets_visitors_in, policy_of
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD
from tests.support.two_regions import EAST, WEST, Federation

NAME = "古丽巴哈尔·阿卜杜热依木"
FOR_VISITORS = {
    "/account",
    "/account/apps",
    "/account/apps/withdraw",
    "/account/sessions",
    "/account/sessions/end",
    "/account/sign-out",
}


def guest(regions: Federation) -> Browser:
    """The browser, at West, of somebody who came from East to Health."""
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    visit = regions.visit(regions.health(), regions.east, traveller)
    assert visit.page.is_outside
    return traveller.at(WEST)


def test_a_visitor_reads_where_their_account_is_and_what_is_known_here(regions: Federation) -> None:
    page = guest(regions).get("/account")

    assert "You are a guest from Region East" in page.text
    assert f'href="{EAST}/account"' in page.text
    assert "The address bar will show east.id.localhost:8001." in page.text
    assert NAME in page.text
    assert "1 app here gets details about you." in page.text


def test_a_visitor_sees_nothing_of_the_local_ways_to_guard_an_account(regions: Federation) -> None:
    page = guest(regions).get("/account")

    for local in ("/account/security", "/account/scan", "/account/code"):
        assert local not in page.text


def test_no_app_stays_connected_to_a_visitor(regions: Federation) -> None:
    """Their region tells when their session there ends, and not when their account does."""
    regions.east.person("gulbahar")
    health = regions.health()

    visit = regions.visit(health, regions.east, scope="openid profile offline_access")
    tokens = health.redeem(visit.answer["code"], visit.pending.verifier)

    assert tokens.scope == "openid profile"
    assert f"{WEST}/consent" not in " ".join(visit.traveller.visited)
    assert health.refresh(tokens.refresh_token).status == 200
    regions.clock.advance(hours=13)
    assert health.refresh(tokens.refresh_token).error == "invalid_grant"


def test_asking_for_more_a_visitor_is_not_told_of_what_no_app_gets(regions: Federation) -> None:
    regions.east.person("gulbahar")

    visit = regions.leave(regions.health(), regions.east, scope="openid profile tax.read offline_access")
    east = visit.traveller.at(EAST)
    page = visit.traveller.follow(east.allow(east.sign_in(visit.page, "gulbahar", PASSWORD)))

    assert (page.path, page.url.startswith(WEST)) == ("/consent", True)
    assert "tax.read" in page.text
    assert "Staying connected" not in page.text


def test_every_page_that_is_not_for_visitors_sends_them_to_their_own_region(regions: Federation) -> None:
    """Default deny: a new page of the account is closed to visitors until it says otherwise."""
    browser = guest(regions)
    csrf = browser.get("/account").form("/account/sign-out").fields["csrf_token"]
    views = regions.west.app.view_functions

    for rule in regions.west.app.url_map.iter_rules():
        if policy_of(views[rule.endpoint]) not in (Policy.SIGNED_IN, Policy.RECENTLY_SIGNED_IN):
            continue
        if rule.rule in FOR_VISITORS or "<" in rule.rule:
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = (
                browser.get(rule.rule, follow=False)
                if method == "GET"
                else browser.post(rule.rule, {"csrf_token": csrf}, follow=False)
            )
            assert (answer.status, answer.headers["Location"]) == (303, "/account?at-home"), rule.rule


def test_only_these_pages_are_for_visitors(regions: Federation) -> None:
    views = regions.west.app.view_functions

    open_to_them = {
        rule.rule for rule in regions.west.app.url_map.iter_rules() if lets_visitors_in(views[rule.endpoint])
    }

    assert open_to_them == FOR_VISITORS


def test_whoever_is_sent_back_reads_why(regions: Federation) -> None:
    page = guest(regions).get("/account/security/passkeys")

    assert "That is looked after by Region East, where your account is." in page.text


@pytest.mark.parametrize("path", ["/account/apps", "/account/sessions"])
def test_apps_and_devices_are_the_visitors_own(regions: Federation, path: str) -> None:
    page = guest(regions).get(path)

    assert page.status == 200
    assert "/account/security" not in page.text


def test_a_visitor_can_withdraw_what_they_agreed_to(regions: Federation) -> None:
    browser = guest(regions)

    page = browser.submit(browser.get("/account/apps"), "/account/apps/withdraw", "app-withdraw-1")

    assert "This app can no longer see your data." in page.text
    assert "You share nothing with any app at present." in page.text


def test_at_home_the_app_of_the_other_region_is_listed_with_its_region(regions: Federation) -> None:
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    regions.visit(regions.health(), regions.east, traveller)

    page = traveller.at(EAST).get("/account/apps")

    assert "Health" in page.text
    assert "An app in Region West" in page.text


def test_a_visitor_whose_region_said_no_name_is_a_guest_from_there(regions: Federation) -> None:
    regions.east.person("gulbahar")
    traveller = regions.traveller()
    regions.visit(regions.health(), regions.east, traveller, scope="openid")
    browser = traveller.at(WEST)

    texts = [browser.get("/").text, browser.get("/account").text, browser.get("/logout").text]

    assert all("A guest from Region East" in text for text in texts)
    assert all("visitor " not in text for text in texts)


def test_a_citizen_of_the_region_itself_is_nobodys_guest(regions: Federation) -> None:
    regions.west.person("bo")
    browser = regions.west.browser()

    page: Page = regions.west.walk(browser, "/account", username="bo")

    assert "guest" not in page.text
    assert "/account/security" in page.text


def test_whoever_was_here_when_their_region_was_removed_reads_what_happened(regions: Federation) -> None:
    browser = guest(regions)
    assert browser.get("/account").path == "/account"

    regions.trust.remove(EAST)
    page = browser.get("/account")
    explained = browser.get(
        unescape(page.text.partition('class="region-notice"')[2].split('href="')[1].split('"')[0])
    )

    assert page.path == "/login"
    assert "Region East was removed from the list. Whoever was signed in here from there" in page.text
    assert "Its keys may be in the wrong hands." in explained.text
    assert "Your account there is not touched by this." in explained.text


@pytest.mark.parametrize(("language", "why"), [("en", "To find your record"), ("zh-CN", "用于查找您的档案")])
def test_the_home_region_says_why_the_app_of_the_other_region_asks(
    regions: Federation, language: str, why: str
) -> None:
    regions.east.person("gulbahar")
    health = regions.health(purposes={"name": {"en": "To find your record", "zh-CN": "用于查找您的档案"}})
    traveller = regions.traveller()
    traveller.at(EAST).headers["Accept-Language"] = language
    traveller.at(WEST).headers["Accept-Language"] = language
    visit = regions.leave(health, regions.east, traveller)

    page = traveller.at(EAST).sign_in(visit.page, "gulbahar", PASSWORD)

    assert page.path == "/consent"
    assert why in page.text


def test_a_visitor_who_must_prove_it_again_finds_their_own_region_first(regions: Federation) -> None:
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)

    page = traveller.at(WEST).get(health.begin(prompt="login").url)

    assert page.path == "/login"
    assert 0 < page.text.index('id="login-home"') < page.text.index('id="username"')


def test_what_a_visitor_took_back_is_asked_again_here(regions: Federation) -> None:
    """Their region remembers that they agreed, and does not know that they changed their mind in this one."""
    regions.east.person("gulbahar")
    health, traveller = regions.health(), regions.traveller()
    regions.visit(health, regions.east, traveller)
    west = traveller.at(WEST)
    west.submit(west.get(f"{WEST}/account/apps"), "/account/apps/withdraw", "app-withdraw-1")

    silent = regions.visit(health, regions.east, traveller, prompt="none")
    visit = regions.leave(health, regions.east, traveller, prompt="login")
    visit.finish("gulbahar", PASSWORD)

    assert silent.answer["error"] == "consent_required"
    assert "code" in visit.answer
    assert any(url.startswith(f"{WEST}/consent") for url in traveller.visited)
