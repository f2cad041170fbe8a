"""A mini-app's life cycle, attacked: somebody else's app, one's own review, a version swapped, a way around."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.foundation.event_search import EventFilter
from idp.foundation.events import EventKind
from idp.governance.change_request import IllegalMove, State
from idp.governance.kinds import CannotApply
from idp.governance.roles import StaffRole
from idp.governance.staff import NotAllowed
from idp.registry.app_store import (
    AppFilter,
    NeedsTwoPeople,
    OvertakenMove,
    OwnersOnly,
    SamePerson,
    UnknownApp,
)
from idp.registry.finding import BadSubmission, Rule
from idp.registry.life_cycle import AppRecord, Stage, Standing, WrongMove
from idp.registry.reasons import Reason
from idp.registry.submission import Submission
from idp.registry.submission_document import document_of
from idp.wiring.governing.app_desk import MOST_DRAFTS
from idp.wiring.governing.app_standing import card_of
from tests.attacks.test_markup import POLYGLOTS, bones
from tests.contract.region import at_once
from tests.support.mini_apps import KEY_ONE, Way, handed_in, version_of
from tests.support.provider import Provider
from tests.support.staff import joined, joined_pair
from tests.support.staff_api import program
from tests.support.two_people import Person, person
from tests.unit.registry.submissions import BOTH, LAW, png, submission

ALL_CLAIMS = {claim: {"purpose": BOTH, "legal_basis": LAW} for claim in ("birthdate", "name")}


@pytest.fixture
def way(provider: Provider) -> Way:
    return Way.of(provider)


def stranger(way: Way) -> Person:
    """A developer of another organisation."""
    services, now = way.provider.services, way.now
    member = services.staff.invite("Eve", {StaffRole.DEVELOPER}, "West Office", by="test", now=now)
    return Person(services, member)


def test_a_developer_neither_sees_nor_touches_what_belongs_to_another_organisation(way: Way) -> None:
    """Every function of the desk, with a developer whose role reaches all of them but whose organisation does not."""
    published, eve = way.published(), stranger(way)
    desk, here, now, seen = way.desk, eve.acting, way.now, published.revision

    attempts = (
        lambda: desk.find(here, "tax"),
        lambda: desk.history(here, "tax", now=now),
        lambda: desk.appeal_of(here, "tax"),
        lambda: desk.findings(here, "tax"),
        lambda: desk.submit(here, "tax", seen, now=now),
        lambda: desk.withdraw(here, "tax", seen, now=now),
        lambda: desk.new_secret(here, "tax", now=now),
        lambda: desk.appeal(here, "tax", "It is ours.", now=now),
        lambda: desk.retire(here, "tax", seen, timedelta(0), "It is ours.", now=now),
    )
    for attempt in attempts:
        with pytest.raises(UnknownApp):
            attempt()
    for change in (handed_in(), handed_in(organisation="Tax Office")):
        with pytest.raises(BadSubmission) as refused:
            desk.save(here, change, png(), now=now)
        assert {finding.rule for finding in refused.value.findings} <= {Rule.ID_TAKEN, Rule.ORGANISATION}
    assert desk.page(here, AppFilter(), "", 10) == ()
    assert desk.page(here, AppFilter(organisation="Tax Office"), "", 10) == ()
    assert way.app() == published


def test_an_app_that_was_registered_another_way_is_not_taken_over(way: Way) -> None:
    """By a submission that has its id: not even a draft can be kept."""
    way.provider.client("tax")

    with pytest.raises(BadSubmission) as refused:
        way.saved()

    assert [finding.rule for finding in refused.value.findings] == [Rule.ID_TAKEN]
    way.ada.suspend_now("client.suspend", {"client_id": "tax"})
    with pytest.raises(BadSubmission):
        # Switched off and of the same organisation, it is still not theirs.
        way.saved()


def test_a_draft_says_nothing_about_an_app_of_its_id(way: Way) -> None:
    """Begun with before the other was registered: that one is switched off like any other."""
    draft = way.saved()
    way.provider.client("tax")
    registry = way.provider.services.stores.registry
    before = registry.find_by_id("tax")
    assert before is not None

    with pytest.raises(BadSubmission) as refused:
        way.desk.submit(way.developer.acting, "tax", draft.revision, now=way.now)
    way.ada.suspend_now("client.suspend", {"client_id": "tax"})

    assert [finding.rule for finding in refused.value.findings] == [Rule.ID_TAKEN]
    with pytest.raises(BadSubmission):
        way.desk.submit(way.developer.acting, "tax", draft.revision, now=way.now)
    assert registry.find_by_id("tax") == replace(before, enabled=False)


def test_what_was_taken_back_before_its_review_is_not_switched_on(way: Way) -> None:
    """A draft again, but its id is in the registry since it was submitted."""
    submitted = way.submitted()
    way.desk.withdraw(way.developer.acting, "tax", submitted.revision, now=way.now)

    with pytest.raises(CannotApply):
        way.ada.propose("client.restore", {"client_id": "tax"})
    assert way.desk.submit(way.developer.acting, "tax", submitted.revision + 1, now=way.now)


def test_nobody_begins_with_every_id(way: Way) -> None:
    for number in range(MOST_DRAFTS):
        way.saved(client_id=f"app-{number}")

    with pytest.raises(BadSubmission) as refused:
        way.saved(client_id="one-more")

    assert [finding.rule for finding in refused.value.findings] == [Rule.TOO_MANY_DRAFTS]
    way.saved(client_id="app-0")
    way.submitted(client_id="app-1")
    way.saved(client_id="one-more")


def test_nobody_reviews_what_they_submitted(way: Way) -> None:
    """An administrator may do both, for different apps."""
    desk, ada = way.desk, way.ada.acting
    known = desk.save(ada, handed_in(organisation="Tax Office"), png(), now=way.now)
    record, _ = desk.submit(ada, "tax", known.revision, now=way.now)

    for attempt in (
        lambda: desk.take(ada, "tax", record.revision, now=way.now),
        lambda: desk.accept(ada, "tax", record.revision, now=way.now),
        lambda: desk.send_back(ada, "tax", record.revision, (Reason("logo", "Mine."),), now=way.now),
    ):
        with pytest.raises(SamePerson):
            attempt()
    assert way.app().stage is Stage.SUBMITTED


@pytest.mark.parametrize(
    "role", [StaffRole.REVIEWER, StaffRole.AUDITOR, StaffRole.SUPPORT, StaffRole.DEVELOPER]
)
def test_a_role_takes_no_step_that_is_not_its_own(way: Way, role: StaffRole) -> None:
    submitted = way.submitted()
    somebody = person(way.provider.services, "Sam", role).acting
    desk, now, seen = way.desk, way.now, submitted.revision
    reviews, submits = role is StaffRole.REVIEWER, role is StaffRole.DEVELOPER

    for allowed, attempt in (
        (submits, lambda: desk.save(somebody, handed_in(), png(), now=now)),
        (submits, lambda: desk.submit(somebody, "tax", seen, now=now)),
        (submits, lambda: desk.check(somebody, handed_in(), png())),
        (submits, lambda: desk.new_secret(somebody, "tax", now=now)),
        (submits, lambda: desk.retire(somebody, "tax", seen, timedelta(0), "Gone.", now=now)),
        (submits, lambda: desk.appeal(somebody, "tax", "No.", now=now)),
        (reviews, lambda: desk.take(somebody, "tax", seen, now=now)),
        (reviews, lambda: desk.accept(somebody, "tax", seen, now=now)),
        (reviews, lambda: desk.answer(somebody, "tax", "No.", now=now)),
    ):
        if not allowed:
            with pytest.raises(NotAllowed):
                attempt()
    with pytest.raises(NotAllowed):
        way.provider.services.changes.propose(
            somebody, "app.restore", {"client_id": "tax"}, "Please.", now=now
        )


def test_an_administrator_does_not_retire_somebody_elses_app_alone(way: Way) -> None:
    published = way.published()

    with pytest.raises(NeedsTwoPeople):
        way.desk.retire(way.ada.acting, "tax", published.revision, timedelta(0), "I want to.", now=way.now)


def test_the_version_that_is_put_in_force_is_the_one_that_was_approved(way: Way) -> None:
    """Withdrawn, edited and accepted again after the first approval: the old request does nothing."""
    accepted = way.accepted()
    request = way.ada.propose("app.publish", version_of(accepted))
    way.ben.approve(request)
    way.desk.withdraw(way.developer.acting, "tax", accepted.revision, now=way.now)
    swapped = way.accepted(redirect_uris=["https://tax.example/evil"])
    assert swapped.stage is Stage.APPROVED

    way.provider.clock.advance(hours=25)
    way.provider.services.changes.apply_due(now=way.now)

    assert way.provider.services.changes.find(request.id).state in (State.STALE, State.FAILED)
    assert way.app().standing is Standing.UNPUBLISHED
    client = way.provider.services.stores.registry.find_by_id("tax")
    assert client is not None
    assert not client.enabled


def test_a_request_that_names_another_version_is_not_even_made(way: Way) -> None:
    accepted = version_of(way.accepted())

    for payload in (
        {**accepted, "version": "0" * 64},
        {**accepted, "revision": accepted["revision"] - 1},
        {**accepted, "client_id": "health"},
    ):
        with pytest.raises(CannotApply):
            way.ada.propose("app.publish", payload)
    with pytest.raises(CannotApply):
        way.ada.propose("app.change", accepted)


def test_a_key_is_changed_by_two_people_or_not_at_all(way: Way) -> None:
    """Neither by its developer, nor by a reviewer, nor by a new secret; whoever has their session has no app."""
    way.published()
    secret = way.desk.new_secret(way.developer.acting, "tax", now=way.now)
    registry = way.provider.services.stores.registry
    before = registry.find_by_id("tax")

    with pytest.raises(WrongMove):
        way.desk.new_secret(way.developer.acting, "tax", now=way.now)
    accepted = way.accepted(auth_method="private_key_jwt", jwks={"keys": [KEY_ONE]})

    assert accepted.stage is Stage.APPROVED
    assert registry.find_by_id("tax") == before
    request = way.ada.propose("app.change", version_of(accepted))
    with pytest.raises(IllegalMove):
        way.ada.approve(request)
    assert secret.reveal().startswith("cs_")


def test_the_first_secret_is_made_by_its_own_developers(way: Way) -> None:
    """Not by whoever looks after the region: they would be the app from then on, alone."""
    way.published()

    with pytest.raises(OwnersOnly):
        way.desk.new_secret(way.ada.acting, "tax", now=way.now)

    assert way.desk.wants_secret(way.app())
    way.desk.new_secret(way.developer.acting, "tax", now=way.now)
    (made,) = way.provider.services.stores.event_search.page(
        EventFilter(kind=EventKind.CLIENT_CHANGED), None, 10
    )
    assert made.event.subject == f"secret {way.developer.member.id}"


def test_a_secret_is_replaced_by_two_people_and_its_own_developers(way: Way) -> None:
    way.published()
    way.desk.new_secret(way.developer.acting, "tax", now=way.now)
    request = way.ada.propose("client.drop_secret", {"client_id": "tax"})
    with pytest.raises(IllegalMove):
        way.ada.approve(request)
    way.ada.cancel(request)
    assert not way.desk.wants_secret(way.app())

    way.decide("client.drop_secret", {"client_id": "tax"})

    assert way.desk.wants_secret(way.app())
    with pytest.raises(OwnersOnly):
        way.desk.new_secret(way.ada.acting, "tax", now=way.now)
    way.desk.new_secret(way.developer.acting, "tax", now=way.now)


def test_going_back_leads_to_a_version_that_was_in_force(way: Way) -> None:
    """And to no other: what nobody reviewed is not put in force as an earlier version."""
    first = document_of(in_force(way.published()))
    second = document_of(in_force(way.published(homepage="https://tax.example/new")))
    for other in (
        {**first, "redirect_uris": ["https://tax.example/evil"]},
        {**second, "contact": "Somebody else"},
    ):
        with pytest.raises(CannotApply):
            way.ada.propose("app.revert", {"client_id": "tax", "submission": other})

    way.decide("app.revert", {"client_id": "tax", "submission": first})

    assert document_of(in_force(way.app())) == first


def in_force(record: AppRecord) -> Submission:
    assert record.in_force is not None
    return record.in_force


def test_developers_read_of_nobody_but_their_own(way: Way) -> None:
    """Neither by name nor by id: who reviewed and who suspended is not for those whom it concerns."""
    way.published()
    way.suspended()
    way.desk.appeal(way.developer.acting, "tax", "We do not.", now=way.now)
    way.desk.answer(way.ben.acting, "tax", "You do.", now=way.now)

    def who(member: Person) -> set[str | None]:
        return {done.staff_id for done in way.desk.history(member.acting, "tax", now=way.now)}

    assert who(way.developer) == {way.developer.member.id, None}
    assert {way.reviewer.member.id, way.ada.member.id, way.ben.member.id} <= who(way.ada)


def test_no_page_and_no_answer_names_a_reviewer_to_a_developer(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    dev = joined(provider, "Dev", {StaffRole.DEVELOPER}, "Tax Office", guard=provider.guard)
    way = Way.of(provider)
    way.published()
    way.suspended()
    way.desk.appeal(way.developer.acting, "tax", "We do not.", now=way.now)
    way.desk.answer(way.ben.acting, "tax", "You do.", now=way.now)
    hidden = [
        word for one in (way.reviewer, way.ada, way.ben) for word in (one.member.id, f">{one.member.name}<")
    ]

    dev.sign_in()
    page, answer = dev.get("/console/apps/tax"), program(dev).get("/apps/tax/history")

    assert page.status == 200
    assert "a reviewer" in page.text
    assert [word for word in hidden if word in page.text or word in json.dumps(answer)] == []
    assert (answer["appeal"]["suspended_by"], answer["appeal"]["answered_by"]) == (None, None)
    assert answer["appeal"]["appealed_by"] == way.developer.member.id
    assert way.reviewer.member.id in json.dumps(program(ada).get("/apps/tax/history"))


def test_a_claim_without_its_reason_is_not_told_whatever_is_asked(way: Way) -> None:
    """By scope, by the claims parameter, or by a wider scope at a refresh."""
    way.published(
        claims={"birthdate": ALL_CLAIMS["birthdate"]},
        scopes=["openid", "profile"],
        grant_types=["authorization_code", "refresh_token"],
    )
    app, browser = way.relying_party(), way.provider.browser()
    way.provider.person()
    asked = json.dumps({"userinfo": {"name": {"essential": True}, "email": None}})

    tokens = way.provider.tokens(browser, app, claims=asked)

    assert app.userinfo(tokens.access_token).members.keys() == {"sub", "birthdate"}
    assert app.refresh(tokens.refresh_token, scope="openid profile email").error == "invalid_scope"


def test_what_is_suspended_is_not_switched_on_behind_its_back(way: Way) -> None:
    """By the requests for mini-apps that were registered another way."""
    way.published()
    way.suspended()
    kinds = way.provider.services.changes.kinds

    for kind in [name for name in kinds if name.startswith("client.")]:
        with pytest.raises((CannotApply, ValueError)):
            way.ada.propose(kind, {"client_id": "tax"})
    with pytest.raises(CannotApply):
        way.ada.propose("client.restore", {"client_id": "tax"})


def test_a_request_to_restore_is_good_for_one_suspension(way: Way) -> None:
    """Made for the first, it does not end the second, which has another reason."""
    way.published()
    way.suspended()
    stale = way.ada.propose("app.restore", {"client_id": "tax"})
    way.decide("app.restore", {"client_id": "tax"})
    way.ben.suspend_now("app.suspend", {"client_id": "tax", "reason": "It did it again."})

    with pytest.raises(IllegalMove):
        way.ben.approve(stale)
    assert way.app().standing is Standing.SUSPENDED


def test_a_suspended_app_is_not_restored_by_a_new_version(way: Way) -> None:
    way.published()
    way.suspended()

    accepted = way.accepted(contact="By post")

    assert accepted.standing is Standing.SUSPENDED
    with pytest.raises(CannotApply):
        way.ada.propose("app.change", version_of(accepted))
    assert way.app().standing is Standing.SUSPENDED


def test_whoever_suspended_does_not_answer_the_appeal(way: Way) -> None:
    way.published()
    way.suspended()
    way.desk.appeal(way.developer.acting, "tax", "We do not.", now=way.now)

    with pytest.raises(SamePerson):
        way.desk.answer(way.ada.acting, "tax", "You do.", now=way.now)


def test_of_two_decisions_about_one_version_one_counts(way: Way) -> None:
    """Accepted and withdrawn at the same moment: whatever wins, the other finds the app moved on."""
    submitted = way.submitted()
    taken = way.desk.take(way.reviewer.acting, "tax", submitted.revision, now=way.now)

    def decide(number: int) -> str:
        try:
            if number % 2:
                way.desk.accept(way.reviewer.acting, "tax", taken.revision, now=way.now)
            else:
                way.desk.withdraw(way.developer.acting, "tax", taken.revision, now=way.now)
        except (OvertakenMove, WrongMove):
            return "late"
        return "done"

    assert sorted(at_once(6, decide)) == ["done", *["late"] * 5]


def test_no_member_of_a_submission_sets_what_its_page_does_not_show(way: Way) -> None:
    for member, value in {
        "enabled": True,
        "standing": "published",
        "secret_hash": "00",
        "sector": "elsewhere.example",
        "region": "west",
        "reviewed_by": "st_x",
        "__class__": "x",
        "retires_at": None,
    }.items():
        with pytest.raises(BadSubmission) as refused:
            way.saved(**{member: value}) if value is not None else way.desk.save(
                way.developer.acting, {**handed_in(), member: None}, png(), now=way.now
            )
        assert [finding.field for finding in refused.value.findings] == [member]


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "https://tax.example@evil.example/",
        "//evil.example/",
        "https:\\\\evil.example",
        "http://tax.example/",
        "https://tax.example/\u202e",
    ],
)
def test_no_address_of_a_submission_leads_where_its_text_does_not_say(way: Way, uri: str) -> None:
    for member in ("homepage", "policy_uri", "tos_uri"):
        found = way.desk.check(way.developer.acting, handed_in(**{member: uri}), png())
        assert member in {finding.field for finding in found}


@pytest.mark.parametrize("polyglot", POLYGLOTS[:11])
def test_what_a_developer_writes_is_text_on_every_page(provider: Provider, polyglot: str) -> None:
    """Draft, form, list and directory: each is built the same, whatever stands in it."""
    ada, _ = joined_pair(provider, guard=provider.guard)

    def built(client_id: str, before: str, text: str) -> list[list[tuple[str, ...]]]:
        version = written_by_somebody_hostile(client_id, text)
        show(provider, version)
        shown = [
            ada.get(f"/console/apps?after={before}"),
            ada.get(f"/console/apps/{client_id}"),
            ada.get(f"/console/apps/{client_id}/edit"),
            provider.browser().get("/apps"),
            provider.browser().get(f"/apps/{client_id}"),
        ]
        provider.services.stores.directory.remove(client_id)
        assert [page.status for page in shown] == [200] * len(shown)
        return [bones(page.text.replace(client_id, "app")) for page in shown]

    plain = built("app-1", "app-0", "x" * len(polyglot))

    assert built("app-2", "app-1", polyglot) == plain


def written_by_somebody_hostile(client_id: str, text: str) -> Submission:
    """Past the checks, as if the rules had a hole."""
    both = {"zh-CN": text, "en": text}
    return submission(
        client_id=client_id,
        organisation=text,
        name=both,
        description=both,
        privacy_summary=both,
        contact=text,
        claims={"birthdate": {"purpose": both, "legal_basis": both}},
        # One finding each, whatever the text: its own domain and picture are not what is looked at.
        homepage="http://tax.example",
    )


def show(provider: Provider, version: Submission) -> None:
    now, stores = provider.clock.now(), provider.services.stores
    record = AppRecord(
        client_id=version.client_id,
        organisation=version.application.organisation,
        candidate=version,
        returned_for=f"logo: {' '.join(version.contact.split())}",
        reason=version.contact,
        since=now,
    )
    assert stores.apps.add(record)
    stores.directory.put(version.client_id, card_of(version), ("x",), since=now)


def test_a_picture_is_never_fetched_and_never_served_as_it_came(way: Way) -> None:
    """No address of a picture is asked for, by us or by a browser; what is served was made here."""
    script = b"<svg onload=alert(1)>"
    with pytest.raises(BadSubmission) as refused:
        way.desk.save(way.developer.acting, handed_in(), script, now=way.now)
    assert [finding.rule for finding in refused.value.findings] == [Rule.LOGO]

    with pytest.raises(BadSubmission):
        way.saved(logo_uri="http://169.254.169.254/logo.png")

    published = way.published()
    client = way.provider.services.stores.registry.find_by_id("tax")
    assert client is not None
    assert client.logo_uri is None
    page = way.provider.browser().get("/apps/tax")
    assert published.in_force is not None
    assert f'src="/apps/logos/{published.in_force.logo}.png"' in page.text
    assert page.text.count("<img") == 1


def test_a_submission_that_names_a_picture_nobody_uploaded_is_refused(way: Way) -> None:
    saved = way.desk.save(way.developer.acting, handed_in(logo="ab" * 32), None, now=way.now)

    with pytest.raises(BadSubmission) as refused:
        way.desk.submit(way.developer.acting, "tax", saved.revision, now=way.now)

    assert [finding.rule for finding in refused.value.findings] == [Rule.LOGO]


@pytest.mark.parametrize(
    "path",
    [
        "/apps/logos/../../../etc/passwd.png",
        "/apps/logos/..%2f..%2fetc%2fpasswd.png",
        "/apps/logos/%00.png",
        "/apps/logos/" + "a" * 63 + ".png",
        "/apps/logos/" + "é" * 64 + ".png",
        "/apps/%00",
        "/apps/" + "a" * 9_000,
    ],
)
def test_no_address_of_the_directory_reaches_a_file(provider: Provider, path: str) -> None:
    assert provider.send("GET", path).status_code in (400, 404)


def test_an_upload_leaves_no_file_behind(way: Way, tmp_path: Path) -> None:
    """Pictures are rows: no name that somebody sends ever becomes a path."""
    before = {path for path in tmp_path.rglob("*") if not path.name.startswith("idp.db")}

    way.saved()

    assert {path for path in tmp_path.rglob("*") if not path.name.startswith("idp.db")} == before


@pytest.mark.parametrize("revision", [10**30, 2**40, -1, "1", True, None])
def test_a_revision_that_no_row_can_hold_is_refused(provider: Provider, revision: object) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    way = Way.of(provider)
    way.submitted()

    for step in ("taking", "submission", "withdrawal", "acceptance"):
        answer = program(ada).call("POST", f"/apps/tax/{step}", {"revision": revision})
        assert answer.status_code in (400, 422)
    assert way.app().stage is Stage.SUBMITTED


def test_a_form_that_is_too_large_is_not_read(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    dev = joined(provider, "Dev", {StaffRole.DEVELOPER}, "East", guard=provider.guard)

    page = dev.browser.post("/console/new-app", {"csrf_token": dev.csrf_token(), "text": "x = 1\n" * 200_000})

    assert page.status == 413
    assert ada.get("/console/apps").status == 200


def test_many_questions_to_the_directory_find_no_more_than_a_page(way: Way) -> None:
    """Whatever is asked: hostile patterns are words like others, and nothing is searched by pattern."""
    way.published()
    browser = way.provider.browser()

    for question in ("%25", "_", "%27%20OR%201%3D1--", "(a%2B)%2B%24", "%00", "tax%20" * 500, "%F0%A0%AE%B7"):
        page = browser.get(f"/apps?q={question}&before=99999999999999999999&category=%27")
        assert page.status == 200


def pressed(member: Any, path: str, **typed: str) -> int:
    return int(member.post(path, **typed).status)


def test_every_form_of_the_console_refuses_another_organisations_developer(provider: Provider) -> None:
    """Over HTTP too: to them the app is not there."""
    joined_pair(provider, guard=provider.guard)
    dev = joined(provider, "Dev", {StaffRole.DEVELOPER}, "East", guard=provider.guard)
    eve = joined(provider, "Eve", {StaffRole.DEVELOPER}, "West", guard=provider.guard)
    services, now = provider.services, provider.clock.now()
    owner = services.staff.find(dev.id, now=now)
    assert owner is not None
    assert services.apps is not None
    services.apps.save(Person(services, owner).acting, handed_in(), png(), now=now)

    assert eve.get("/console/apps/tax").status == 404
    assert eve.get("/console/apps/tax/edit").status == 404
    for move in ("submit", "withdraw", "appeal", "retire", "edit"):
        assert pressed(eve, f"/console/apps/tax/{move}", revision="0", text="x", why="x", days="1") == 404
    assert pressed(eve, "/console/app-secret", app="tax") == 404
    for move in ("take", "accept", "return", "answer", "propose", "suspend", "suspend/options"):
        assert pressed(eve, f"/console/apps/tax/{move}", revision="0") == 403
    assert 'href="/console/apps/tax"' not in eve.get("/console/apps").text
    record = services.stores.apps.find("tax")
    assert record is not None
    assert record.revision == 0
