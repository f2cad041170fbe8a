"""Several windows, the Back button, a second person: what browsers do that a straight walk does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.browser.visitor import Visitor
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser


def begin(visitor: Visitor, tax: Site) -> None:
    visitor.open(tax.address)
    visitor.press("#sign-in")


def test_back_after_signing_in_shows_no_form_that_could_be_sent_again(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    visitor = visit()
    begin(visitor, tax)
    visitor.sign_in(citizen())
    visitor.press("#consent-allow")

    visitor.go_back()

    assert visitor.path == "/consent"
    assert visitor.heading == "This page has expired"
    assert visitor.find("form[action='/consent']").count() == 0


def test_back_from_the_password_leads_to_the_name_and_on_again(
    visit: Visit, tax: Site, citizen: MakeCitizen
) -> None:
    visitor, person = visit(), citizen()
    begin(visitor, tax)
    visitor.give_name("somebody-else")

    visitor.go_back()
    visitor.give_name(person.username)

    assert person.username in visitor.find(".who__name").inner_text()
    visitor.give_password(person.password)
    assert visitor.path == "/consent"


def test_a_form_pressed_twice_is_sent_once(visit: Visit, tax: Site, citizen: MakeCitizen) -> None:
    visitor, person, sent = visit(), citizen(), list[Route]()
    begin(visitor, tax)
    visitor.fill("#username", person.username)

    # The answer waits until both presses have been made: the second one must not meet the next page.
    visitor.page.route("**/login", lambda route: sent.append(route))
    visitor.find("#login-submit").dblclick()
    visitor.wait_until(lambda: len(sent) > 0)
    with visitor.page.expect_navigation():
        sent[0].continue_()

    assert len(sent) == 1
    assert len([url for url in visitor.requested if "/login/password?" in url]) == 1


def test_two_windows_sign_in_at_once(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    """Each window has a sign-in of its own: one for an app, one for the account pages."""
    visitor, person = visit(), citizen()
    other = visitor.another_window()
    begin(visitor, tax)
    other.open(f"{region.issuer}/account/apps")
    visitor.give_name(person.username)
    other.sign_in(person)

    visitor.give_password(person.password)
    visitor.press("#consent-allow")

    assert visitor.origin == tax.address
    other.open(f"{region.issuer}/account/apps")
    assert "Tax" in other.text


def test_the_second_person_at_a_browser_gets_nothing_of_the_first(
    visit: Visit, tax: Site, region: RunningProvider, citizen: MakeCitizen
) -> None:
    first, second, visitor = citizen(name="甲"), citizen(name="乙"), visit()
    begin(visitor, tax)
    visitor.sign_in(first)
    visitor.press("#consent-allow")
    visitor.context.clear_cookies(name="__Host-mini-app")

    visitor.open(tax.client.begin(prompt="login").url)
    visitor.sign_in(second)

    assert visitor.path == "/consent"
    assert visitor.find(".who__name").inner_text() == "乙"
    assert "甲" not in visitor.text
