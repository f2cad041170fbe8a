"""Mini-apps in the console and in the public directory, through a browser without scripts."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.datastructures import FileStorage

from idp.governance.roles import StaffRole
from idp.registry.life_cycle import Stage, Standing
from idp.registry.submission_text import EXAMPLE
from tests.support.browser import Page
from tests.support.mini_apps import handed_in
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair
from tests.unit.registry.submissions import png

APP = "/console/apps/tax"


class Office:
    """Everybody at their browsers."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.ada, self.ben = joined_pair(provider, guard=provider.guard)
        self.rita = joined(provider, "Rita", {StaffRole.REVIEWER}, guard=provider.guard)
        self.dev = joined(provider, "Dev", {StaffRole.DEVELOPER}, "East Tax Service", guard=provider.guard)

    def write(
        self, text: str, *, by: Member | None = None, path: str = "/console/new-app", **more: str
    ) -> Page:
        """Fill in the form of a submission, with its picture."""
        member = by or self.dev
        return member.browser.post(
            path,
            {
                "csrf_token": member.csrf_token(),
                "text": text,
                "logo": FileStorage(io.BytesIO(png()), "logo.png", content_type="image/png"),
                **more,
            },
        )

    def saved(self, **changes: Any) -> Page:
        return self.write(json.dumps(handed_in(**changes)))

    def press(self, member: Member, move: str, **typed: str) -> Page:
        """Open the app's page and send one of its forms."""
        page = member.get(APP)
        return member.browser.submit(page, f"{APP}/{move}", **typed)

    def accepted(self, **changes: Any) -> Page:
        self.saved(**changes)
        self.press(self.dev, "submit")
        self.press(self.rita, "take")
        return self.press(self.rita, "accept")

    def published(self, **changes: Any) -> None:
        self.accepted(**changes)
        services = self.provider.services
        page = self.press(self.ada, "propose", why="Tax time.")
        request = page.path.rpartition("/")[2]
        self.approve(request)
        self.provider.clock.advance(hours=25)
        services.changes.apply_due(now=self.provider.clock.now())
        for member in (self.ada, self.ben, self.rita, self.dev):
            member.sign_in()

    def approve(self, request: str) -> None:
        """By Ben, whose page is tested elsewhere."""
        from tests.support.two_people import Person

        services = self.provider.services
        member = services.staff.find(self.ben.id, now=self.provider.clock.now())
        assert member is not None
        Person(services, member).approve(services.changes.find(request))

    def app(self) -> Any:
        record = self.provider.services.stores.apps.find("tax")
        assert record is not None
        return record


@pytest.fixture
def office(provider: Provider) -> Office:
    return Office(provider)


def test_a_mini_app_walks_from_the_form_to_the_directory(office: Office) -> None:
    assert office.saved().path == APP
    assert office.press(office.dev, "submit").path == APP
    office.press(office.rita, "take")
    assert "Accept" in office.rita.get(APP).text or "接受" in office.rita.get(APP).text
    office.press(office.rita, "accept")
    assert office.app().stage is Stage.APPROVED

    page = office.press(office.ada, "propose", why="Tax time.")
    assert page.path.startswith("/console/changes/")
    office.approve(page.path.rpartition("/")[2])
    assert office.provider.browser().get("/apps/tax").status == 404
    office.provider.clock.advance(hours=25)
    office.provider.services.changes.apply_due(now=office.provider.clock.now())

    shown = office.provider.browser().get("/apps/tax")
    assert shown.status == 200
    assert "Individual Income Tax Law, Article 9" in shown.text


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(office: Office) -> None:
    page = office.write('client_id = "tax"\nredirect_uri = "x"\n')

    assert page.status == 400
    for words in ("unknown-field", "redirect_uri", "missing-field", "privacy_summary"):
        assert words in page.text
    assert "client_id = &#34;tax&#34;" in page.text
    assert office.provider.services.stores.apps.find("tax") is None


def test_only_checking_keeps_nothing(office: Office) -> None:
    page = office.write(json.dumps(handed_in(homepage="ftp://x")), check="1")

    assert page.status == 200
    assert "address" in page.text
    assert office.provider.services.stores.apps.find("tax") is None


def test_the_example_of_the_form_is_sound(office: Office) -> None:
    example = office.dev.get("/console/new-app").text
    assert "income-tax" in example

    page = office.write(EXAMPLE.replace('logo = "logo.png"\n', ""), check="1")

    assert page.status == 200
    assert "finding" not in page.text.replace("console_apps", "")


def test_errors_are_shown_where_the_app_is_submitted(office: Office) -> None:
    office.saved(name={"en": "Tax"})

    page = office.press(office.dev, "submit")

    assert page.status == 409
    assert "name.zh-CN" in page.text
    assert office.app().stage is Stage.DRAFT


def test_what_the_reviewer_wants_is_read_by_the_developer(office: Office) -> None:
    office.saved()
    office.press(office.dev, "submit")
    office.press(office.rita, "take")
    office.rita.post(
        f"{APP}/return", revision=str(office.app().revision), field="logo", what_to_do="It is too dark."
    )

    page = office.dev.get(APP)

    assert "It is too dark." in page.text
    edited = office.write(json.dumps(handed_in(contact="By post")), path=f"{APP}/edit")
    assert edited.path == APP
    assert office.press(office.dev, "submit").path == APP
    assert office.app().stage is Stage.SUBMITTED


def test_one_person_suspends_with_a_passkey_and_the_owner_appeals(office: Office) -> None:
    office.published()

    page = office.ada.get(APP)
    done = office.ada.confirm(
        page, f"{APP}/suspend", f"{APP}/suspend/options", reason="It sells what it learns."
    )

    assert done.path.startswith("/console/changes/")
    assert office.app().standing is Standing.SUSPENDED
    assert "It sells what it learns." in office.dev.get(APP).text
    office.press(office.dev, "appeal", text="We do not.")
    assert f"{APP}/answer" not in office.ada.get(APP).text
    office.press(office.ben, "answer", text="You do.")
    assert "You do." in office.dev.get(APP).text


def test_a_suspension_needs_the_passkey_for_exactly_its_reason(office: Office) -> None:
    office.published()
    page = office.ada.get(APP)
    action = f"{APP}/suspend"
    asked = office.ada.ask(page, action, f"{action}/options", reason="It sells what it learns.")
    shown = office.ada.passkey.get(asked["options"], origin=office.ada.browser.origin)

    refused = office.ada.answer(page, action, asked, shown, reason="Something else.")

    assert refused.status == 409
    assert office.app().standing is Standing.PUBLISHED


def test_the_secret_is_shown_once(office: Office) -> None:
    office.published()

    page = office.dev.browser.submit(office.dev.get(APP), "/console/app-secret")

    # As long as a secret is: the random part of one may hold the first three of these characters.
    assert len(re.findall(r"cs_[\w-]{43}", page.text)) == 1
    assert "/console/app-secret" not in office.dev.get(APP).text
    assert office.dev.post("/console/app-secret", app="tax").status == 409


def test_the_owner_retires_their_app(office: Office) -> None:
    office.published()

    office.press(office.dev, "retire", days="10", why="We close.")

    assert office.app().standing is Standing.RETIRING
    assert office.provider.browser().get("/apps/tax").status == 404


def test_a_page_that_is_out_of_date_changes_nothing(office: Office) -> None:
    office.saved()
    old = office.dev.get(APP)
    office.press(office.dev, "submit")
    office.press(office.dev, "withdraw")

    page = office.dev.browser.submit(old, f"{APP}/submit")

    assert page.status == 409
    assert office.app().stage is Stage.DRAFT


def test_the_list_goes_by_key_and_narrows(office: Office) -> None:
    for number in range(52):
        office.provider.services.stores.apps.add(record(f"app-{number:02}"))

    first = office.ada.get("/console/apps")
    assert "app-00" in first.text
    assert "app-50" not in first.text
    second = office.ada.get("/console/apps?after=app-49")
    assert "app-50" in second.text
    assert "app-00" not in office.ada.get("/console/apps?state=published").text
    assert "app-00" in office.ada.get("/console/apps?state=draft&organisation=Elsewhere").text
    assert "app-00" not in office.ada.get("/console/apps?organisation=East+Tax+Service").text
    assert "app-00" not in office.dev.get("/console/apps").text


def record(client_id: str) -> Any:
    from idp.registry.life_cycle import AppRecord
    from tests.contract.region import NOW
    from tests.unit.registry.submissions import submission

    version = submission(client_id=client_id, organisation="Elsewhere")
    return AppRecord(client_id=client_id, organisation="Elsewhere", candidate=version, since=NOW)


def test_the_directory_is_searched_in_both_scripts_and_by_category(office: Office) -> None:
    office.published()
    browser = office.provider.browser()

    for found in (
        "/apps",
        "/apps?q=所得税",
        "/apps?q=inc",
        "/apps?q=tax&category=tax",
        "/apps?q=EAST+service",
    ):
        assert 'href="/apps/tax"' in browser.get(quote(found, safe="/?=&+")).text, found
    for missed in ("/apps?q=医保", "/apps?q=tax&category=health", "/apps?q=tax+医", "/apps?before=0"):
        assert 'href="/apps/tax"' not in browser.get(quote(missed, safe="/?=&+")).text, missed


def test_the_directory_may_be_kept_for_a_minute_and_its_pictures_for_ever(office: Office) -> None:
    office.published()

    page = office.provider.send("GET", "/apps/tax")
    logo = office.app().in_force.logo
    picture = office.provider.send("GET", f"/apps/logos/{logo}.png")

    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert page.headers["Vary"] == "Accept-Language, Cookie"
    assert "Set-Cookie" not in page.headers
    assert picture.headers["Cache-Control"].endswith("immutable")
    assert (picture.content_type, picture.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert picture.data.startswith(b"\x89PNG")
    assert office.provider.send("GET", f"/apps/logos/{'0' * 64}.png").status_code == 404
