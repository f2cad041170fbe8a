"""`idp app`: a mini-app's whole life from the command line, by its developer, a reviewer and an administrator."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from idp.foundation.clock import SystemClock
from idp.governance.roles import StaffRole
from idp.governance.staff import Acting, FreshPasskey, Via, token_context
from idp.registry.life_cycle import Stage, Standing
from tests.flows.cli_region import CliRegion
from tests.support.at_page import meanwhile
from tests.support.mini_apps import ORGANISATION
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair
from tests.support.two_people import Person
from tests.unit.registry.submissions import png


class Desk:
    """The commands on the database of the provider under test, each by somebody's token."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self.provider, self.folder = provider, folder
        # Commands live by the clock on the wall.
        behind = SystemClock().now() - provider.clock.now()
        provider.clock.advance(seconds=behind.total_seconds())
        self.ada, self.ben = joined_pair(provider)
        self.rita = joined(provider, "Rita", {StaffRole.REVIEWER})
        self.dev = joined(provider, "Dev", {StaffRole.DEVELOPER}, ORGANISATION)
        self.region = CliRegion(
            folder,
            {
                "IDP_ISSUER": provider.issuer,
                "IDP_DATABASE_URL": provider.settings.database_url,
                "IDP_SECRET_KEY": provider.settings.secret_key.reveal(),
            },
        )

    def token(self, member: Member) -> str:
        """A file with an API token for everything that one may be for."""
        file = self.folder / f"{member.id}.token"
        if not file.exists():
            services, now = self.provider.services, self.provider.clock.now()
            found = services.staff.find(member.id, now=now)
            assert found is not None
            acting = Acting(found, Via.PAGE, "session")
            wanted = services.staff.tokens.offered(acting)
            proof = FreshPasskey(member.id, token_context("commands", wanted, 30), now)
            file.write_text(
                services.staff.tokens.make(acting, "commands", wanted, timedelta(days=30), proof, now=now)
            )
        return str(file)

    def done(self, member: Member, *arguments: str) -> str:
        return self.region.done("app", *arguments, "--token-file", self.token(member))

    def refused(self, member: Member, *arguments: str) -> str:
        result = self.region.idp("app", *arguments, "--token-file", self.token(member))
        assert result.exit_code == 1, result.output
        return result.stderr

    def file(self, **changes: str) -> str:
        """The example, as a developer has it on disk."""
        file = self.folder / "app.toml"
        if not file.exists():
            self.region.done("app", "init", str(file))
            (self.folder / "logo.png").write_bytes(png())
        text = file.read_text(encoding="utf-8")
        for before, after in changes.items():
            text = text.replace(f'{before} = "', f'{before} = "{after}')
        file.write_text(text, encoding="utf-8")
        return str(file)

    def revision(self) -> str:
        return str(json.loads(self.done(self.ada, "status", "income-tax", "--json"))["revision"])

    def approve(self, request_id: str) -> None:
        services, now = self.provider.services, self.provider.clock.now()
        member = services.staff.find(self.ben.id, now=now)
        assert member is not None
        Person(services, member).approve(services.changes.find(request_id))
        self.provider.clock.advance(hours=25)
        services.changes.apply_due(now=self.provider.clock.now())

    def published(self) -> None:
        self.done(self.dev, "submit", self.file())
        self.done(self.rita, "take", "income-tax")
        self.done(self.rita, "accept", "income-tax", "--revision", self.revision())
        proposed = json.loads(self.done(self.ada, "propose", "income-tax", "--why", "Tax time.", "--json"))
        assert proposed["kind"] == "app.publish"
        self.approve(proposed["change"])


@pytest.fixture
def desk(provider: Provider, tmp_path: Path) -> Desk:
    return Desk(provider, tmp_path)


def test_the_example_is_sound_and_walks_to_publication(desk: Desk) -> None:
    assert "Nothing stands in the way" in desk.done(desk.dev, "validate", desk.file())

    desk.published()

    record = desk.provider.services.stores.apps.find("income-tax")
    assert record is not None
    assert (record.standing, record.organisation) == (Standing.PUBLISHED, ORGANISATION)
    listed = json.loads(desk.done(desk.ada, "list", "--state", "published", "--json"))
    assert [one["client_id"] for one in listed] == ["income-tax"]
    assert "client_secret  cs_" in desk.done(desk.dev, "secret", "income-tax")
    assert "not possible" in desk.refused(desk.dev, "secret", "income-tax")


def test_what_is_wrong_is_said_as_the_page_says_it(desk: Desk) -> None:
    file = desk.file(homepage="ftp://")

    said = desk.region.idp("app", "validate", file, "--token-file", desk.token(desk.dev))

    assert said.exit_code == 1
    assert "error address homepage: ftp://https://tax.example/" in said.stdout
    assert "Give a whole address that begins with https://." in said.stdout
    assert "homepage" in desk.refused(desk.dev, "submit", file)


def test_a_returned_version_names_the_field(desk: Desk) -> None:
    desk.done(desk.dev, "submit", desk.file())
    revision = desk.revision()

    assert "the field of each reason" in desk.refused(
        desk.rita, "return", "income-tax", "--revision", revision, "--reason", "It is bad"
    )
    desk.done(desk.rita, "return", "income-tax", "--revision", revision, "--reason", "logo=Too dark.")

    assert "logo: Too dark." in desk.done(desk.dev, "status", "income-tax")


def test_a_version_that_moved_on_is_not_accepted(desk: Desk) -> None:
    desk.done(desk.dev, "submit", desk.file())
    desk.done(desk.rita, "take", "income-tax")
    seen = desk.revision()
    desk.done(desk.dev, "withdraw", "income-tax")
    desk.done(desk.dev, "submit", desk.file())
    desk.done(desk.rita, "take", "income-tax")

    assert "moved on" in desk.refused(desk.rita, "accept", "income-tax", "--revision", seen)


def test_a_role_reaches_as_far_as_on_the_page(desk: Desk) -> None:
    desk.done(desk.dev, "submit", desk.file())

    assert "app.review" in desk.refused(desk.dev, "take", "income-tax")
    assert "app.submit" in desk.refused(desk.rita, "submit", desk.file())
    assert "app.propose" in desk.refused(desk.rita, "propose", "income-tax", "--retire-in", "3", "--why", "x")


def test_a_suspended_app_is_appealed_for_answered_and_retired(desk: Desk) -> None:
    desk.published()
    services, now = desk.provider.services, desk.provider.clock.now()
    member = services.staff.find(desk.ada.id, now=now)
    assert member is not None
    wish = {"client_id": "income-tax", "reason": "It lies."}
    assert "#suspend-form" in desk.refused(desk.ada, "suspend", "income-tax", "--timeout", "0")
    assert "app.suspend" in desk.refused(desk.rita, "suspend", "income-tax")
    with meanwhile(lambda: Person(services, member).suspend_now("app.suspend", wish)):
        assert "Somebody else reviews it" in desk.done(desk.ada, "suspend", "income-tax")

    desk.done(desk.dev, "appeal", "income-tax", "--text", "It does not.")
    assert "somebody else" in desk.refused(desk.ada, "answer", "income-tax", "--text", "It does.")
    desk.done(desk.ben, "answer", "income-tax", "--text", "It does.")
    assert "It does." in desk.done(desk.dev, "status", "income-tax")

    restoring = json.loads(desk.done(desk.ada, "propose", "income-tax", "--why", "Mended.", "--json"))
    assert restoring["kind"] == "app.restore"
    desk.approve(restoring["change"])
    desk.done(desk.dev, "retire", "income-tax", "--days", "0", "--why", "We close.", "--yes")
    record = services.stores.apps.find("income-tax")
    assert record is not None
    assert (record.standing, record.stage) == (Standing.RETIRING, Stage.NONE)


def test_a_file_that_is_no_submission_is_refused_in_words(desk: Desk) -> None:
    file = desk.folder / "broken.toml"
    for content, says in (
        (b"client_id = ", "TOML"),
        (b'{"client_id": ', "JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"x = " + b"[" * 400 + b"]" * 400, "brackets"),
        (b"# " + b"x" * 70_000, "64 kB"),
        (b"logo = 7", "is the name of a file"),
        (b'logo = "missing.png"', "cannot be read"),
    ):
        file.write_bytes(content)
        assert says in desk.refused(desk.dev, "validate", str(file))


def test_an_example_never_overwrites_a_file(desk: Desk) -> None:
    file = desk.folder / "mine.toml"
    file.write_text("mine")

    assert desk.region.idp("app", "init", str(file)).exit_code == 1
    assert file.read_text() == "mine"


def test_without_a_token_nobody_does_anything(desk: Desk) -> None:
    result = desk.region.idp("app", "list")

    assert result.exit_code == 1
    assert "say who you are" in result.stderr.lower()
