"""The staff come in: two administrators join by one-time links, sign in with passkeys, and look after their access."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.governance.roles import Action, StaffRole
from idp.governance.staff import NotStaff, Via
from tests.support.browser import Page
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.software_authenticator import SoftwareAuthenticator
from tests.support.staff import SIGN_IN, Member, joined, joined_pair, opened

ME = "/console/me"
TOKENS = f"{ME}/tokens"
PASSKEYS = f"{ME}/passkeys"


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    import shutil

    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    yield built
    built.services.close()


def added_passkey(member: Member, label: str = "") -> SoftwareAuthenticator:
    """Walk the two steps that add a passkey."""
    page = member.confirm(member.get(ME), f"{PASSKEYS}/unlock")
    other = SoftwareAuthenticator()
    asked = member.ask(page, f"{PASSKEYS}/add", f"{PASSKEYS}/options")
    made = other.create(asked["options"], origin=member.browser.origin)
    page = member.answer(page, f"{PASSKEYS}/add", asked, made, label=label)
    assert page.path == ME, page.text
    return other


def made_token(member: Member, *actions: str, days: str = "30", label: str = "report") -> Page:
    """Make a token on its page; what the page says then."""
    page = member.get(TOKENS)
    typed = {"label": label, "days": days}
    fields = {**page.form(TOKENS).fields, **typed}
    fields.pop("actions", None)
    pairs = [*fields.items(), *(("actions", action) for action in actions)]
    asked = json.loads(member.browser.post(f"{TOKENS}/options", _multi(pairs)).text)
    shown = member.passkey.get(asked["options"], origin=member.browser.origin)
    sent = {"challenge": asked["challenge"], "answer": json.dumps(shown)}
    return member.browser.post(
        TOKENS, _multi([*(pair for pair in pairs if pair[0] not in sent), *sent.items()])
    )


def _multi(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields  # type: ignore[return-value]


# As long as a token is: the id of one may hold the first three of these characters.
A_TOKEN = re.compile(r"tk_[\w-]{43}")


def token_on(page: Page) -> str:
    found = A_TOKEN.search(page.text)
    assert found is not None, page.text
    return found.group()


def test_two_administrators_join_and_the_installation_is_governed(provider: Provider) -> None:
    assert not provider.services.governed()

    ada, _ = joined_pair(provider, guard=provider.guard)

    assert provider.services.governed()
    home = ada.get("/console")
    assert home.status == 200
    assert "Regional administrator" in home.text


def test_a_hub_has_national_operators(nation: Nation) -> None:
    ada, _ = joined_pair(nation)

    assert "National operator" in ada.get("/console").text
    assert nation.services.governed()


def test_one_administrator_alone_is_told_that_nobody_governs_yet(provider: Provider) -> None:
    first, _ = provider.services.staff.bootstrap(("Ada", "Bo"), now=provider.clock.now())

    ada = opened(provider, first.address, guard=provider.guard)

    assert not provider.services.governed()
    assert "is being set up" in ada.sign_in().text


def test_setting_up_again_ends_the_links_before(provider: Provider) -> None:
    first, _ = provider.services.staff.bootstrap(("Ada", "Bo"), now=provider.clock.now())
    ada = opened(provider, first.address, guard=provider.guard)
    ada.sign_in()

    joined_pair(provider, "Cy", "Di")

    assert ada.get("/console").path == SIGN_IN
    states = {one.name: one.is_active for one in provider.services.staff.members(now=provider.clock.now())}
    assert states == {"Ada": False, "Bo": False, "Cy": True, "Di": True}


def test_a_page_asks_to_sign_in_and_leads_back(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")

    page = ada.get("/console/staff")
    assert (page.path, page.url.partition("?")[2]) == (SIGN_IN, "next=%2Fconsole%2Fstaff")

    assert ada.sign_in("/console/staff").path == "/console/staff"


def test_a_session_ends_when_it_is_not_used(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    provider.clock.advance(minutes=14)
    assert ada.get("/console").path == "/console"
    provider.clock.advance(minutes=15)

    assert ada.get("/console").path == SIGN_IN


def test_a_session_ends_after_twelve_hours(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    for _ in range(12 * 60 // 10 - 1):
        provider.clock.advance(minutes=10)
        assert ada.get("/console").path == "/console"
    provider.clock.advance(minutes=10)

    assert ada.get("/console").path == SIGN_IN


def test_a_second_passkey_opens_the_console_too(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    assert "Add a second one" in ada.get("/console").text

    ada.passkey = added_passkey(ada, "𬭚的钥匙")
    ada.post("/console/sign-out")

    assert ada.sign_in().path == "/console"
    assert "𬭚的钥匙" in ada.get(ME).text
    assert "Add a second one" not in ada.get("/console").text


def test_a_removed_passkey_opens_nothing_and_other_places_are_signed_out(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    elsewhere = Member(provider, ada.id, ada.name, provider.browser(), ada.passkey)
    elsewhere.sign_in()
    provider.clock.advance(minutes=1)
    second = added_passkey(ada)
    (first, _) = provider.services.staff.passkeys.of(ada.id)

    # The second passkey confirms that the first one goes.
    lost, ada.passkey = ada.passkey, second
    page = ada.get(ME)
    forms = [form for form in page.forms if form.fields.get("context") == f"remove-passkey:{first.id}"]
    asked = json.loads(ada.browser.post("/console/confirm", forms[0].fields).text)
    shown = second.get(
        asked["options"], origin=ada.browser.origin, credential=next(iter(second.credentials.values()))
    )
    said = {**forms[0].fields, "challenge": asked["challenge"], "answer": json.dumps(shown)}
    page = ada.browser.post(f"{PASSKEYS}/remove", said)

    assert page.path == ME
    assert "The passkey was removed" in page.text
    assert elsewhere.get("/console").path == SIGN_IN
    elsewhere.passkey = lost
    assert elsewhere.sign_in().status == 400


def test_a_passkey_gets_another_name(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    page = ada.browser.submit(ada.get(ME), f"{PASSKEYS}/rename", label="Office key")
    assert "Office key" in page.text

    page = ada.browser.submit(ada.get(ME), f"{PASSKEYS}/rename", label="x" * 65)
    assert page.status == 400


def test_somebody_signs_out_another_device(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    elsewhere = Member(provider, ada.id, ada.name, provider.browser("192.0.2.9"), ada.passkey)
    elsewhere.sign_in()

    page = ada.browser.submit(ada.get(ME), f"{ME}/sessions/end")

    assert "Signed out there" in page.text
    assert elsewhere.get("/console").path == SIGN_IN
    assert ada.get("/console").path == "/console"


def test_a_token_is_shown_once_and_reaches_as_far_as_it_was_made_for(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    token = token_on(made_token(ada, "staff.read", "key.read"))

    acting = provider.services.staff.acting_of_token(token, now=provider.clock.now())
    assert (acting.member.id, acting.via) == (ada.id, Via.COMMAND)
    assert acting.can(Action.STAFF_READ)
    assert not acting.can(Action.STAFF_PROPOSE)
    assert A_TOKEN.search(ada.get(TOKENS).text) is None


def test_a_token_expires_and_can_be_revoked(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    desk = provider.services.staff
    short = token_on(made_token(ada, "staff.read", days="1", label="short"))
    long = token_on(made_token(ada, "staff.read", days="90", label="long"))

    page = ada.get(TOKENS)
    listed = {
        one.label: one.id
        for one in desk.tokens.of(
            desk.acting_of_token(long, now=provider.clock.now()), now=provider.clock.now()
        )
    }
    page = ada.post(f"{TOKENS}/revoke", token=listed["long"])

    assert "was revoked" in page.text
    with pytest.raises(NotStaff):
        desk.acting_of_token(long, now=provider.clock.now())
    desk.acting_of_token(short, now=provider.clock.now())
    with pytest.raises(NotStaff):
        desk.acting_of_token(short, now=provider.clock.now() + timedelta(days=1))


@pytest.mark.parametrize(
    ("actions", "days", "label"),
    [((), "30", "x"), (("staff.read",), "91", "x"), (("staff.read",), "0", "x"), (("staff.read",), "30", "")],
)
def test_a_token_that_asks_for_too_much_is_not_made(
    provider: Provider, actions: tuple[str, ...], days: str, label: str
) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    page = made_token(ada, *actions, days=days, label=label)

    assert page.status == 400
    assert A_TOKEN.search(page.text) is None


def test_the_staff_see_each_other_with_their_roles(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    joined(provider, "Cy", {StaffRole.DEVELOPER}, "East Tax Service", guard=provider.guard)

    page = ada.get("/console/staff")
    assert page.text.count("In office") == 3
    assert "East Tax Service" in page.text

    page = ada.get(f"/console/staff/{bo.id}")
    assert "Propose changes of the staff" in page.text
    assert ada.get("/console/staff/st_nobody").status == 404


def test_a_one_time_link_is_made_for_somebody_invited(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    now = provider.clock.now()
    invited = provider.services.staff.invite("Cy", {StaffRole.REVIEWER}, None, by="cr_1", now=now)
    assert "Cy was invited and has not joined yet" in ada.get("/console").text

    page = ada.confirm(ada.get(f"/console/staff/{invited.id}"), "/console/staff/link")
    found = re.search(r"http://[^\s<]+/console/join#sl_[\w-]+", page.text)
    assert found is not None, page.text
    cy = opened(provider, found.group(), guard=provider.guard)

    assert "Reviewer" in cy.sign_in().text
    assert provider.services.staff.grants_of(invited.id, now=now)[0].by == "cr_1"


def test_break_glass_is_loud_and_over_after_an_hour(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    cy = joined(provider, "Cy", {StaffRole.AUDITOR}, guard=provider.guard)

    provider.services.staff.break_glass(cy.id, by="cr_1", now=provider.clock.now())

    for member in (ada, bo, cy):
        for path in ("/console", ME):
            assert "Break-glass: Cy may do everything" in member.get(path).text
        assert "Cy was given break-glass" in member.get("/console").text
    during = provider.services.staff.find(cy.id, now=provider.clock.now())
    assert during is not None
    assert StaffRole.BREAK_GLASS in during.roles

    for _ in range(6):
        provider.clock.advance(minutes=10)
        page = ada.get("/console")
    assert "Break-glass" not in page.text
    assert "Break-glass" not in ada.get(f"/console/staff/{cy.id}").text


def test_the_navigation_shows_what_the_role_may(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    support = joined(provider, "Cy", {StaffRole.SUPPORT}, guard=provider.guard)

    page = support.get("/console")

    assert "/console/me" in page.text
    assert "/console/staff" not in page.text


def test_the_console_speaks_chinese(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.browser.headers["Accept-Language"] = "zh-CN"

    page = ada.get("/console")

    assert '<html lang="zh-CN"' in page.text
