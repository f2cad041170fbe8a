"""A mini-app from its first draft to its last token."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from idp.governance.change_request import State
from idp.governance.kinds import CannotApply
from idp.registry.app_store import AppFilter
from idp.registry.finding import BadSubmission, Rule
from idp.registry.life_cycle import Move, Stage, Standing, WrongMove
from idp.registry.reasons import Reason
from tests.support.mini_apps import KEY_ONE, Way, handed_in, version_of
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.unit.registry.submissions import BOTH, LAW, png

GRANTS = ["authorization_code", "refresh_token"]
ELSEWHERE = "https://pictures.example"
OFFLINE = ["openid", "profile", "offline_access"]


@pytest.fixture
def way(provider: Provider) -> Way:
    return Way.of(provider)


def test_a_mini_app_is_published_by_its_developer_a_reviewer_and_two_people(way: Way) -> None:
    registry = way.provider.services.stores.registry

    submitted = way.submitted()
    client = registry.find_by_id("tax")
    assert (submitted.standing, submitted.stage) == (Standing.UNPUBLISHED, Stage.SUBMITTED)
    assert client is not None
    assert not client.enabled

    taken = way.desk.take(way.reviewer.acting, "tax", submitted.revision, now=way.now)
    accepted = way.desk.accept(way.reviewer.acting, "tax", taken.revision, now=way.now)
    request = way.ada.propose("app.publish", version_of(accepted))
    way.ben.approve(request)
    waiting = registry.find_by_id("tax")
    assert waiting is not None
    assert not waiting.enabled

    way.provider.clock.advance(hours=25)
    way.provider.services.changes.apply_due(now=way.now)

    client = registry.find_by_id("tax")
    assert client is not None
    assert (client.enabled, client.claims, client.organisation) == (True, ("birthdate",), "Tax Office")
    assert way.app().standing is Standing.PUBLISHED
    assert [done.move for done in way.desk.history(way.ada.acting, "tax", now=way.now)] == [
        Move.PUBLISH,
        Move.ACCEPT,
        Move.TAKE,
        Move.SUBMIT,
    ]


def test_people_sign_in_to_it_and_it_learns_what_it_gave_reasons_for(way: Way) -> None:
    way.published()
    app, browser = way.relying_party(), way.provider.browser()
    way.provider.person()

    tokens = way.provider.tokens(browser, app)

    person = app.userinfo(tokens.access_token).members
    assert person.keys() == {"sub", "birthdate"}


def test_a_submission_with_errors_stays_a_draft_and_says_all_that_is_wrong(way: Way) -> None:
    saved = way.saved(
        homepage="http://tax.example", name={"en": "Tax"}, claims={"birthdate": {"purpose": BOTH}}
    )

    with pytest.raises(BadSubmission) as refused:
        way.desk.submit(way.developer.acting, "tax", saved.revision, now=way.now)

    found = {(finding.rule, finding.field) for finding in refused.value.findings}
    assert found == {
        (Rule.ADDRESS, "homepage"),
        (Rule.TWO_LANGUAGES, "name.zh-CN"),
        (Rule.CLAIM_REASON, "claims.birthdate.legal_basis.zh-CN"),
        (Rule.CLAIM_REASON, "claims.birthdate.legal_basis.en"),
    }
    assert way.app().stage is Stage.DRAFT
    assert way.provider.services.stores.registry.find_by_id("tax") is None
    assert {(each.rule, each.field) for each in way.desk.findings(way.developer.acting, "tax")} == found


def test_what_was_returned_with_reasons_is_put_right_and_accepted(way: Way) -> None:
    submitted = way.submitted()
    reasons = (Reason("claims.birthdate.purpose", "Say which allowance."),)
    way.desk.send_back(way.reviewer.acting, "tax", submitted.revision, reasons, now=way.now)
    assert way.app().returned_for == "claims.birthdate.purpose: Say which allowance."

    again = way.accepted(claims={"birthdate": {"purpose": LAW, "legal_basis": LAW}})

    assert (again.stage, again.returned_for) == (Stage.APPROVED, "")


def test_a_version_is_withdrawn_until_it_is_in_force(way: Way) -> None:
    accepted = way.accepted()
    request = way.ada.propose("app.publish", version_of(accepted))

    way.desk.withdraw(way.developer.acting, "tax", accepted.revision, now=way.now)

    assert way.app().stage is Stage.DRAFT
    assert {problem.field for problem in way.provider.services.changes.problems(request, now=way.now)}


def test_the_published_version_goes_on_until_the_next_one_is_in_force(way: Way) -> None:
    way.published()
    accepted = way.accepted(redirect_uris=["https://tax.example/new"])
    registry = way.provider.services.stores.registry
    before = registry.find_by_id("tax")

    way.decide("app.change", version_of(accepted))

    after = registry.find_by_id("tax")
    assert before is not None
    assert after is not None
    assert before.redirect_uris == ("https://tax.example/callback",)
    assert after.redirect_uris == ("https://tax.example/new",)
    assert after.sector == before.sector
    assert after.enabled


def test_words_that_nobody_relies_on_are_in_force_when_the_reviewer_accepts_them(way: Way) -> None:
    way.published()

    accepted = way.accepted(contact="By post")

    assert (accepted.standing, accepted.stage) == (Standing.PUBLISHED, Stage.NONE)
    listed = way.provider.services.stores.directory.find("tax")
    assert listed is not None
    assert listed.card["contact"] == "By post"


def test_a_change_is_rolled_back_by_two_people(way: Way) -> None:
    way.published()
    changed = way.decide("app.change", version_of(way.accepted(redirect_uris=["https://tax.example/new"])))
    assert changed.state is State.APPLIED

    request = way.ada.roll_back(changed)
    way.ben.approve(request)
    way.provider.clock.advance(hours=25)
    way.provider.services.changes.apply_due(now=way.now)

    client = way.provider.services.stores.registry.find_by_id("tax")
    assert client is not None
    assert client.redirect_uris == ("https://tax.example/callback",)


def test_a_claim_that_is_taken_off_is_told_no_more(way: Way) -> None:
    two = {claim: {"purpose": BOTH, "legal_basis": LAW} for claim in ("birthdate", "name")}
    way.published(claims=two)
    app, browser = way.relying_party(), way.provider.browser()
    way.provider.person()
    tokens = way.provider.tokens(browser, app)
    assert app.userinfo(tokens.access_token).members.keys() == {"sub", "birthdate", "name"}

    way.published(claims={"name": two["name"]})

    with way.provider.twin() as later:
        again = at(app, later)
        assert again.userinfo(tokens.access_token).status == 401


def test_a_suspended_mini_app_is_off_at_once_and_what_ended_stays_ended(way: Way) -> None:
    way.published(grant_types=GRANTS, scopes=OFFLINE)
    app, browser = way.relying_party(), way.provider.browser()
    way.provider.person()
    tokens = way.provider.tokens(browser, app, scope="openid offline_access", prompt="consent")

    suspended = way.suspended("It sells what it learns.")

    assert (suspended.standing, suspended.reason) == (Standing.SUSPENDED, "It sells what it learns.")
    with way.provider.twin() as later:
        off = at(app, later)
        assert off.refresh(tokens.refresh_token).error == "invalid_client"
        assert later.browser().get(off.begin().url).status == 400
    way.decide("app.restore", {"client_id": "tax"})
    with way.provider.twin() as later:
        on = at(app, later)
        assert on.refresh(tokens.refresh_token).error == "invalid_grant"
        assert on.userinfo(tokens.access_token).status == 401
        assert later.tokens(later.browser(), on).status == 200


def test_a_suspension_is_appealed_against_and_answered_by_somebody_else(way: Way) -> None:
    way.published()
    way.suspended()

    way.desk.appeal(way.developer.acting, "tax", "We asked for it by mistake.", now=way.now)
    way.desk.answer(way.ben.acting, "tax", "You asked for it twice.", now=way.now)

    appeal = way.desk.appeal_of(way.developer.acting, "tax")
    assert appeal is not None
    assert (appeal.text, appeal.answer) == ("We asked for it by mistake.", "You asked for it twice.")
    assert way.app().standing is Standing.SUSPENDED
    with pytest.raises(WrongMove):
        way.desk.appeal(way.developer.acting, "tax", "Once more.", now=way.now)


def test_a_retired_mini_app_takes_nobody_new_and_its_tokens_last_until_the_day(way: Way) -> None:
    way.published(grant_types=GRANTS, scopes=OFFLINE)
    app, browser = way.relying_party(), way.provider.browser()
    way.provider.person()
    tokens = way.provider.tokens(browser, app, scope="openid offline_access", prompt="consent")
    waiting = way.provider.arrive(browser, app)

    revision = way.app().revision
    way.desk.retire(way.developer.acting, "tax", revision, timedelta(days=10), "We close.", now=way.now)

    with way.provider.twin() as later:
        going = at(app, later)
        refused = later.browser().get(going.begin().url)
        assert "error=unauthorized_client" in refused.url
        assert going.redeem(waiting.code, waiting.pending.verifier).error == "invalid_grant"
        assert going.push()[1].error == "unauthorized_client"
        tokens = going.refresh(tokens.refresh_token)
        assert tokens.status == 200
        assert going.userinfo(tokens.access_token).status == 200

    way.provider.clock.advance(days=10)
    with way.provider.twin() as later:
        gone = at(app, later)
        assert gone.refresh(tokens.refresh_token).error == "invalid_grant"
        assert later.services.apps is not None
        assert later.services.apps.end_retired(now=way.now) == 1
        assert later.services.apps.end_retired(now=way.now) == 0
    with way.provider.twin() as later:
        gone = at(app, later)
        assert gone.refresh(tokens.refresh_token).error == "invalid_client"
    assert way.app().standing is Standing.RETIRED


def test_the_id_of_a_retired_mini_app_is_never_given_again(way: Way) -> None:
    way.published()
    way.decide("app.retire", {"client_id": "tax", "days": 0, "reason": "Its owner is gone."})
    way.provider.clock.advance(seconds=1)
    way.desk.end_retired(now=way.now)

    with pytest.raises(WrongMove):
        way.saved()
    with pytest.raises(CannotApply):
        way.ada.propose("app.restore", {"client_id": "tax"})


def test_people_see_the_picture_that_was_published_on_the_way_in(way: Way) -> None:
    published = way.published().in_force
    elsewhere = way.provider.client("other", logo_uri=f"{ELSEWHERE}/logo.png")
    assert published is not None

    here = way.provider.browser().get(way.relying_party().begin().url)
    there = way.provider.browser().get(elsewhere.begin().url)

    assert f'<img class="asker__tile" src="/apps/logos/{published.logo}.png"' in here.text
    assert '<span class="asker__tile" aria-hidden="true">T</span>' in there.text
    assert ELSEWHERE not in there.text


def test_the_directory_shows_a_mini_app_while_it_is_published(way: Way) -> None:
    directory = way.provider.services.stores.directory
    way.accepted()
    assert directory.find("tax") is None

    way.decide("app.publish", version_of(way.app()))
    shown = directory.find("tax")
    assert shown is not None
    assert shown.card["organisation"] == "Tax Office"

    way.suspended()
    assert directory.find("tax") is None
    way.decide("app.restore", {"client_id": "tax"})
    assert directory.find("tax") is not None


def test_the_same_submission_is_found_wanting_before_it_is_kept(way: Way) -> None:
    """`validate` says what `submit` would say, and keeps nothing."""
    found = way.desk.check(way.developer.acting, handed_in(homepage="ftp://tax.example"), png())

    assert [(finding.rule, finding.field) for finding in found] == [(Rule.ADDRESS, "homepage")]
    assert way.desk.page(way.ada.acting, AppFilter(), "", 10) == ()


def test_a_key_that_another_mini_app_handed_in_is_refused(way: Way) -> None:
    with_key = {"auth_method": "private_key_jwt", "jwks": {"keys": [KEY_ONE]}}
    way.submitted(**with_key)
    way.saved(client_id="tax-2", **with_key)

    with pytest.raises(BadSubmission) as refused:
        way.desk.submit(way.developer.acting, "tax-2", 0, now=way.now)

    assert [(each.rule, each.value) for each in refused.value.findings] == [(Rule.KEY_SHARED, "tax")]


def test_a_name_like_that_of_a_published_one_is_shown_to_the_reviewer(way: Way) -> None:
    way.published()

    way.saved(client_id="tax-2", name={"zh-CN": "个人所得稅局", "en": "lncome Tax"})

    found = way.desk.findings(way.reviewer.acting, "tax-2")
    assert [(each.rule, each.value, str(each.detail)) for each in found] == [
        (Rule.NAME_ALIKE, "Income Tax", "It is the name of “tax”.")
    ]


def at(app: RelyingParty, provider: Provider) -> RelyingParty:
    """The same mini-app before another process, which remembers nothing."""
    return dataclasses.replace(app, app=provider.app)
