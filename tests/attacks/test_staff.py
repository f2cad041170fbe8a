"""Attacks on how the staff come in: links used twice, sessions planted, forms of other sites, cookies of others."""

from __future__ import annotations

import json
import re
import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.authn.factors.passkey_values import ChallengeOver, PasskeyRefused
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import (
    CONFIRMATION_LIFETIME,
    LINK_LIFETIME,
    BadMember,
    LastAdmins,
    LinkOver,
    NotStaff,
    Via,
    token_context,
)
from idp.web.access import Policy, policy_of
from idp.wiring.governing.staff_desk import AlreadyGoverned
from tests.support.clock import FakeClock
from tests.support.hub import build_nation, hub_settings
from tests.support.passkeys import enrol
from tests.support.passkeys import sign_in as citizen_sign_in
from tests.support.provider import PASSWORD, Provider
from tests.support.software_authenticator import Lies, SoftwareAuthenticator
from tests.support.staff import JOIN, SIGN_IN, Member, join, joined, joined_pair, opened, use_link

COOKIE = "__Host-staff"
ME = "/console/me"


def newcomer(provider: Provider, name: str = "Mallory") -> Member:
    """Somebody with a browser and an authenticator who is nobody yet."""
    return Member(provider, "", name, provider.browser())


def invited(provider: Provider, *roles: StaffRole) -> str:
    """The secret of a one-time link."""
    now = provider.clock.now()
    member = provider.services.staff.invite("Cy", roles or {StaffRole.REVIEWER}, None, by="cr_1", now=now)
    return provider.services.staff.renew_link(member.id, by="cr_1", now=now).address.partition("#")[2]


def begun(member: Member, link: str) -> dict[str, Any]:
    """A passkey made for a link, ready to be sent."""
    page = member.browser.get(JOIN)
    asked = member.ask(page, JOIN, f"{JOIN}/options", link=link)
    made = member.passkey.create(asked["options"], origin=member.browser.origin)
    fields = page.form(JOIN).fields
    return {**fields, "link": link, "challenge": asked["challenge"], "answer": json.dumps(made)}


# One-time links


def test_the_first_administrator_does_not_take_the_seat_of_the_second(provider: Provider) -> None:
    """A link for the other one, made anew by whoever came first, would be two seats for one person."""
    services, now = provider.services, provider.clock.now()
    first, second = services.staff.bootstrap(("Ada", "Bo"), now=now)
    ada = use_link(provider, first.address, guard=provider.guard)

    page = ada.get(f"/console/staff/{second.member.id}")
    with pytest.raises(BadMember):
        services.staff.renew_link(second.member.id, by=ada.id, now=now)

    assert "/console/staff/link" not in page.text
    assert not services.governed()
    use_link(provider, second.address, guard=provider.guard)
    assert services.governed()


def test_a_used_link_is_worth_nothing(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    link = invited(provider)
    cy = newcomer(provider, "Cy")
    join(cy, link)

    mallory = newcomer(provider)
    asked = mallory.ask(mallory.browser.get(JOIN), JOIN, f"{JOIN}/options", link=link)

    assert "options" not in asked
    assert "was used" in asked["problem"]


def test_of_two_people_with_one_link_exactly_one_joins(provider: Provider) -> None:
    """Both have their passkey made before either sends it, and then both send at the same moment."""
    joined_pair(provider, guard=provider.guard)
    link = invited(provider)
    people = [newcomer(provider, name) for name in ("Cy", "Mallory")]
    ready = [begun(person, link) for person in people]
    start, statuses = threading.Barrier(2), [0, 0]

    def send(number: int) -> None:
        start.wait()
        statuses[number] = people[number].browser.post(JOIN, ready[number], follow=False).status

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 410]
    winner, loser = (people[statuses.index(status)] for status in (303, 410))
    assert winner.sign_in().path == "/console"
    assert loser.sign_in().status == 400


def test_a_link_is_over_after_a_day_and_a_failed_attempt_does_not_use_it_up(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    link = invited(provider)
    cy = newcomer(provider, "Cy")
    sent = begun(cy, link)
    lie = SoftwareAuthenticator()
    page = cy.browser.get(JOIN)
    asked = cy.ask(page, JOIN, f"{JOIN}/options", link=link)
    wrong = lie.create(asked["options"], origin="https://evil.example")
    refused = cy.browser.post(JOIN, {**sent, "challenge": asked["challenge"], "answer": json.dumps(wrong)})
    assert refused.status == 400

    provider.clock.advance(seconds=LINK_LIFETIME.total_seconds() - 1)
    late = newcomer(provider, "Cy")
    ready = begun(late, link)
    provider.clock.advance(seconds=1)

    assert late.browser.post(JOIN, ready).status == 410


def test_a_passkey_made_for_one_link_does_not_join_by_another(provider: Provider) -> None:
    """The question is bound to the link and the browser it was asked in."""
    joined_pair(provider, guard=provider.guard)
    first, second = invited(provider), invited(provider)
    cy = newcomer(provider, "Cy")
    sent = begun(cy, first)

    assert cy.browser.post(JOIN, {**sent, "link": second}).status == 400
    assert newcomer(provider).browser.post(JOIN, sent).status == 403


def test_a_passkey_without_its_owner_is_not_enough_to_join(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    link = invited(provider)
    cy = newcomer(provider, "Cy")
    cy.passkey.user_verifies = False

    assert cy.browser.post(JOIN, begun(cy, link)).status == 400


def test_the_secret_of_a_link_is_in_no_address_and_no_row(provider: Provider) -> None:
    """Behind the #: neither a server's log nor a proxy's ever has it. We keep its digest."""
    link, _ = provider.services.staff.bootstrap(("Ada", "Bo"), now=provider.clock.now())
    address, _, secret = link.address.partition("#")

    assert address == f"{provider.issuer}/console/join"
    content = Path(provider.settings.database_url.removeprefix("sqlite:///")).read_bytes()
    assert secret.encode() not in content


def test_a_governed_installation_is_never_set_up_again(provider: Provider) -> None:
    """Whoever has the machine cannot put two administrators of their own in the place of those there are."""
    ada, bo = joined_pair(provider, guard=provider.guard)

    with pytest.raises(AlreadyGoverned):
        provider.services.staff.bootstrap(("Mallory", "Mallet"), now=provider.clock.now())

    assert ada.get("/console").path == bo.get("/console").path == "/console"


def test_the_last_two_administrators_cannot_be_taken_away(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()

    with pytest.raises(LastAdmins):
        desk.deactivate(ada.id, now=now)
    with pytest.raises(LastAdmins):
        desk.set_roles(bo.id, {StaffRole.REVIEWER}, None, by="cr_1", now=now)
    with pytest.raises(BadMember):
        desk.set_roles(bo.id, {StaffRole.BREAK_GLASS}, None, by="cr_1", now=now)


# Signing in


def test_the_question_is_the_same_for_staff_and_for_strangers(provider: Provider) -> None:
    """Nobody finds out who is of the staff: no name is asked, no passkey is named."""
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")
    stranger = newcomer(provider)

    questions = [one.ask(one.browser.get(SIGN_IN), SIGN_IN, f"{SIGN_IN}/options") for one in (ada, stranger)]

    for question in questions:
        question["options"].pop("challenge")
        question.pop("challenge")
    assert questions[0] == questions[1]
    assert questions[0]["options"]["allowCredentials"] == []
    assert questions[0]["options"]["userVerification"] == "required"


def test_known_and_unknown_passkeys_are_refused_alike(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    cy = joined(provider, "Cy", {StaffRole.REVIEWER}, guard=provider.guard)
    provider.services.staff.deactivate(cy.id, now=provider.clock.now())
    stranger = newcomer(provider)
    stranger.passkey = ada.passkey.copy()
    (credential,) = stranger.passkey.credentials.values()
    credential.id = b"a credential that nobody has...."
    stranger.passkey.credentials = {credential.id: credential}

    known, unknown = cy.sign_in(), stranger.sign_in()

    assert known.status == unknown.status == 400
    assert _without_tokens(known.text) == _without_tokens(unknown.text)


def _without_tokens(text: str) -> str:
    return re.sub(r'name="step_token" value="\w+"', "", text)


@pytest.mark.parametrize(
    "lies",
    [
        Lies(user_verified=False),
        Lies(rp_id="evil.example"),
        Lies(cross_origin=True),
        Lies(challenge=b"another challenge than the one we asked"),
        Lies(signature=b"nothing"),
        Lies(user_handle=b"somebody else"),
        Lies(no_user_handle=True),
    ],
)
def test_an_answer_that_lies_opens_nothing(provider: Provider, lies: Lies) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")

    assert ada.sign_in(says=lies).status == 400
    assert ada.get("/console").path == SIGN_IN


def test_a_copied_passkey_is_suspended_even_if_it_is_the_only_one(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    thief = newcomer(provider)
    thief.passkey = ada.passkey.copy()
    ada.post("/console/sign-out")
    ada.sign_in()
    provider.clock.advance(seconds=1)

    assert thief.sign_in().status == 400

    (line,) = provider.services.staff.passkeys.of(ada.id)
    assert not line.is_active
    ada.post("/console/sign-out")
    assert ada.sign_in().status == 400


def test_an_answer_counts_once(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")
    page = ada.browser.get(SIGN_IN)
    asked = ada.ask(page, SIGN_IN, f"{SIGN_IN}/options")
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)
    sent = {**page.form(SIGN_IN).fields, "challenge": asked["challenge"], "answer": json.dumps(shown)}
    assert ada.browser.post(SIGN_IN, sent).path == "/console"
    ada.post("/console/sign-out")

    assert ada.browser.post(SIGN_IN, sent).status == 400


def test_an_answer_made_in_one_browser_signs_nobody_in_in_another(provider: Provider) -> None:
    """Whoever gets a member to answer a question of theirs, or plants an answer of their own, gains nothing."""
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")
    page = ada.browser.get(SIGN_IN)
    asked = ada.ask(page, SIGN_IN, f"{SIGN_IN}/options")
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)
    victim = newcomer(provider)
    fields = victim.browser.get(SIGN_IN).form(SIGN_IN).fields

    planted = victim.browser.post(
        SIGN_IN, {**fields, "challenge": asked["challenge"], "answer": json.dumps(shown)}
    )

    assert planted.status == 400


def test_questions_without_answers_wear_patience_out_by_network(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    stranger = newcomer(provider)
    page = stranger.browser.get(SIGN_IN)

    said = [stranger.ask(page, SIGN_IN, f"{SIGN_IN}/options") for _ in range(30)]

    assert "options" in said[0]
    assert "too many attempts" in said[-1]["problem"]
    provider.clock.advance(hours=2)
    assert "options" in stranger.ask(page, SIGN_IN, f"{SIGN_IN}/options")


# Sessions


def test_a_planted_cookie_is_not_the_session_after_signing_in(provider: Provider) -> None:
    """Session fixation: the value is made when a passkey was shown, and the one before is dead."""
    ada, _ = joined_pair(provider, guard=provider.guard)
    before = ada.browser.cookie(COOKIE)
    assert before is not None
    victim = Member(provider, ada.id, ada.name, provider.browser(), ada.passkey)
    victim.browser.set_cookie(COOKIE, "ss_planted")

    victim.sign_in()

    after = victim.browser.cookie(COOKIE)
    assert after not in (None, "ss_planted", before)


def test_signing_in_again_ends_the_session_before(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    before = ada.browser.cookie(COOKIE)
    assert before is not None
    page = ada.browser.get(ME)
    assert page.status == 200
    thief = newcomer(provider)
    thief.browser.set_cookie(COOKIE, before)

    fields = _sign_in_form(ada)
    asked = json.loads(ada.browser.post(f"{SIGN_IN}/options", fields).text)
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)
    ada.browser.post(SIGN_IN, {**fields, "challenge": asked["challenge"], "answer": json.dumps(shown)})

    assert ada.browser.cookie(COOKIE) != before
    assert thief.get("/console").path == SIGN_IN


def _sign_in_form(member: Member) -> dict[str, str]:
    """The sign-in form, as it looks in this browser without its session."""
    kept = member.browser.cookie(COOKIE)
    member.browser.set_cookie(COOKIE, "")
    fields = member.browser.get(SIGN_IN).form(SIGN_IN).fields
    member.browser.set_cookie(COOKIE, kept or "")
    return fields


def test_the_cookie_is_bound_to_the_host_and_to_our_own_pages(provider: Provider) -> None:
    first, _ = provider.services.staff.bootstrap(("Ada", "Bo"), now=provider.clock.now())
    ada = opened(provider, first.address, guard=provider.guard)
    page = ada.browser.get(SIGN_IN)
    asked = ada.ask(page, SIGN_IN, f"{SIGN_IN}/options")
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)
    sent = {**page.form(SIGN_IN).fields, "challenge": asked["challenge"], "answer": json.dumps(shown)}

    answer = ada.browser.post(SIGN_IN, sent, follow=False)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-staff=ss_")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_citizens_session_opens_nothing_here_and_a_staff_session_nothing_there(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    provider.person()
    citizen = provider.browser()
    citizen.sign_in(citizen.get("/account"), "gulbahar", PASSWORD)
    session = citizen.cookie("__Host-idp_session")
    assert session is not None

    citizen.set_cookie(COOKIE, session)
    assert citizen.get("/console").path == SIGN_IN
    citizen.set_cookie(COOKIE, f"ss_{session.removeprefix('se_')}")
    assert citizen.get("/console").path == SIGN_IN

    value = ada.browser.cookie(COOKIE) or ""
    ada.browser.set_cookie("__Host-idp_session", value)
    assert ada.get("/account").path == "/login"
    ada.browser.set_cookie("__Host-idp_session", f"se_{value.removeprefix('ss_')}")
    assert ada.get("/account").path == "/login"


def test_a_citizens_passkey_opens_no_console_and_a_members_no_account(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    account = provider.person()
    phone = SoftwareAuthenticator()
    enrol(provider, account.id, phone)
    citizen = Member(provider, "", "citizen", provider.browser(), phone)
    assert citizen.sign_in().status == 400

    browser = provider.browser()
    page = citizen_sign_in(browser, browser.get("/account"), ada.passkey)

    assert page.path == "/login/passkey"
    # Nor is its keeper told that we do not know it, and may forget it.
    assert "data-passkey-forget" not in page.text


def test_somebody_put_out_of_office_is_out_at_the_next_request(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    cy = joined(provider, "Cy", {StaffRole.REVIEWER}, guard=provider.guard)
    assert cy.get("/console").path == "/console"

    provider.services.staff.deactivate(cy.id, now=provider.clock.now())

    assert cy.get("/console").path == SIGN_IN
    assert cy.sign_in().status == 400


def test_a_role_taken_away_is_gone_at_the_next_request(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    cy = joined(provider, "Cy", {StaffRole.REVIEWER}, guard=provider.guard)
    assert cy.get("/console/staff").status == 200

    provider.services.staff.set_roles(cy.id, {StaffRole.SUPPORT}, None, by="cr_1", now=provider.clock.now())

    assert cy.get("/console/staff").status == 403


@pytest.mark.parametrize(
    "next_address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/consoles",
        "/account",
        "/console/\nx",
        "",
    ],
)
def test_signing_in_leads_nowhere_but_into_the_console(provider: Provider, next_address: str) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    ada.post("/console/sign-out")
    page = ada.browser.get(SIGN_IN)
    asked = ada.ask(page, SIGN_IN, f"{SIGN_IN}/options")
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)

    answer = ada.browser.post(
        SIGN_IN,
        {
            **page.form(SIGN_IN).fields,
            "next": next_address,
            "challenge": asked["challenge"],
            "answer": json.dumps(shown),
        },
        follow=False,
    )

    assert answer.headers["Location"] == "/console"


# Forms


def test_every_form_of_the_console_needs_this_sessions_token(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    views = provider.app.view_functions
    changing = [
        re.sub(r"<[^>]+>", "x", rule.rule)
        for rule in provider.app.url_map.iter_rules()
        if policy_of(views[rule.endpoint]) is Policy.STAFF and "POST" in (rule.methods or ())
    ]
    assert len(changing) > 5

    for path in changing:
        for token in ("", "x" * 64, bo.csrf_token()):
            assert ada.browser.post(path, {"csrf_token": token}).status == 403, path
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            fields = {"csrf_token": ada.csrf_token()}
            assert ada.browser.post(path, fields, headers=headers).status == 403, path


@pytest.mark.parametrize("path", [SIGN_IN, f"{SIGN_IN}/options", JOIN, f"{JOIN}/options"])
def test_signing_in_and_joining_take_forms_of_our_own_pages_alone(provider: Provider, path: str) -> None:
    browser = provider.browser()
    token = browser.get(SIGN_IN if path.startswith(SIGN_IN) else JOIN).forms[-1].fields["step_token"]

    assert browser.post(path, {}).status == 403
    assert browser.post(path, {"step_token": token}, headers={"Origin": "https://evil.example"}).status == 403
    assert provider.browser().post(path, {"step_token": token}).status == 403


# Confirmations


def test_a_confirmation_counts_for_its_context_its_member_and_its_session(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()
    here, there = (desk.sessions.acting(one.browser.cookie(COOKIE), now=now) for one in (ada, bo))
    elsewhere = Member(provider, ada.id, ada.name, provider.browser(), ada.passkey)
    elsewhere.sign_in()
    other = desk.sessions.acting(elsewhere.browser.cookie(COOKIE), now=now)
    ceremony = desk.begin_confirmation(here, "change:1:abc:approve", now=now)
    answer = json.dumps(ada.passkey.get(ceremony.options, origin=provider.issuer))

    def complete(acting: Any, context: str) -> None:
        desk.complete_confirmation(acting, ceremony.challenge_id, answer, context, now=now)

    for acting, context in (
        (here, "change:2:abc:approve"),
        (here, "change:1:abd:approve"),
        (there, "change:1:abc:approve"),
        (other, "change:1:abc:approve"),
        (replace(here, via=Via.API), "change:1:abc:approve"),
    ):
        with pytest.raises(PasskeyRefused):
            complete(acting, context)
    complete(here, "change:1:abc:approve")
    with pytest.raises(ChallengeOver):
        complete(here, "change:1:abc:approve")


def test_a_confirmation_is_over_after_two_minutes(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()
    here = desk.sessions.acting(ada.browser.cookie(COOKIE), now=now)
    ceremony = desk.begin_confirmation(here, "change", now=now)
    answer = json.dumps(ada.passkey.get(ceremony.options, origin=provider.issuer))

    with pytest.raises(ChallengeOver):
        desk.complete_confirmation(
            here, ceremony.challenge_id, answer, "change", now=now + CONFIRMATION_LIFETIME
        )


def test_a_confirmation_takes_the_owner_and_not_only_the_key(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)

    page = ada.confirm(ada.get(ME), f"{ME}/passkeys/unlock", says=Lies(user_verified=False))

    assert page.status == 400


def test_an_answer_to_sign_in_confirms_nothing(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()
    here = desk.sessions.acting(ada.browser.cookie(COOKIE), now=now)
    ceremony = desk.sessions.begin_sign_in("br_x", "192.0.2.1", now=now)
    answer = json.dumps(ada.passkey.get(ceremony.options, origin=provider.issuer))

    with pytest.raises(ChallengeOver):
        desk.complete_confirmation(here, ceremony.challenge_id, answer, "change", now=now)


def test_a_passkey_is_added_only_right_after_another_one_was_unlocked(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    options = f"{ME}/passkeys/options"
    ticket = ada.confirm(ada.get(ME), f"{ME}/passkeys/unlock").form(f"{ME}/passkeys/add").fields["ticket"]

    for forged in ("", "1.x", "9999999999999." + ticket.partition(".")[2]):
        assert ada.post(options, ticket=forged).status == 400
    assert bo.post(options, ticket=ticket).status == 400
    assert "options" in json.loads(ada.post(options, ticket=ticket).text)
    provider.clock.advance(minutes=2)
    assert ada.post(options, ticket=ticket).status == 400


def test_nobody_touches_somebody_elses_passkeys_sessions_and_tokens(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    (passkey,) = provider.services.staff.passkeys.of(bo.id)
    now = provider.clock.now()
    theirs = provider.services.staff.sessions.acting(bo.browser.cookie(COOKIE), now=now)

    ada.post(f"{ME}/passkeys/rename", passkey=passkey.id, label="mine now")
    ada.post(f"{ME}/passkeys/remove", passkey=passkey.id)
    ada.post(f"{ME}/sessions/end", session=theirs.session)

    (after,) = provider.services.staff.passkeys.of(bo.id)
    assert after.label != "mine now"
    assert bo.get("/console").path == "/console"


# Tokens


def test_a_token_cannot_make_tokens_nor_unlock_anything(provider: Provider) -> None:
    ada, _ = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()
    here = desk.sessions.acting(ada.browser.cookie(COOKIE), now=now)
    reach = {Action.SELF, Action.STAFF_READ}
    wish = token_context("x", reach, 1)
    proof = desk.complete_confirmation(here, *_confirmed(ada, here, wish), wish, now=now)
    with pytest.raises(BadMember):
        desk.tokens.make(here, "x", {Action.TRUST_PROPOSE}, timedelta(days=1), proof, now=now)
    with pytest.raises(PasskeyRefused):
        desk.tokens.make(here, "x", {Action.STAFF_READ, Action.KEY_READ}, timedelta(days=1), proof, now=now)

    token = desk.tokens.make(here, "x", reach, timedelta(days=1), proof, now=now)

    acting = desk.acting_of_token(token, now=now, via=Via.COMMAND)
    with pytest.raises(NotStaff):
        desk.begin_confirmation(acting, "change:1:abc:approve", now=now)
    with pytest.raises(NotStaff):
        desk.acting_of_token(token.replace("tk_", "ss_"), now=now)
    # Nor does a page take it in place of a session.
    program = provider.browser()
    program.set_cookie(COOKIE, token)
    program.headers["Authorization"] = f"Bearer {token}"
    assert program.get(ME).path == SIGN_IN


def _confirmed(member: Member, acting: Any, context: str) -> tuple[str, str]:
    provider = member.installation
    ceremony = provider.services.staff.begin_confirmation(acting, context, now=provider.clock.now())
    shown = member.passkey.get(ceremony.options, origin=provider.settings.issuer)
    return ceremony.challenge_id, json.dumps(shown)


def test_a_proof_of_somebody_else_makes_no_token(provider: Provider) -> None:
    ada, bo = joined_pair(provider, guard=provider.guard)
    desk, now = provider.services.staff, provider.clock.now()
    here, there = (desk.sessions.acting(one.browser.cookie(COOKIE), now=now) for one in (ada, bo))
    wish = token_context("x", {Action.STAFF_READ}, 1)
    proof = desk.complete_confirmation(there, *_confirmed(bo, there, wish), wish, now=now)

    with pytest.raises(PasskeyRefused):
        desk.tokens.make(here, "x", {Action.STAFF_READ}, timedelta(days=1), proof, now=now)


def test_what_a_passkey_confirmed_is_the_token_that_is_made(provider: Provider) -> None:
    """The form is changed after the passkey was unlocked: more actions than its owner saw."""
    ada, _ = joined_pair(provider, guard=provider.guard)
    tokens = f"{ME}/tokens"
    fields = {**ada.get(tokens).form(tokens).fields, "label": "x", "days": "1", "actions": "staff.read"}
    asked = json.loads(ada.browser.post(f"{tokens}/options", fields).text)
    shown = ada.passkey.get(asked["options"], origin=ada.browser.origin)
    sent = {**fields, "challenge": asked["challenge"], "answer": json.dumps(shown)}

    assert ada.browser.post(tokens, {**sent, "actions": "staff.propose"}).status == 400
    assert ada.browser.post(tokens, {**sent, "days": "90"}).status == 400


def test_a_member_of_the_hub_is_nobody_in_a_region(
    provider: Provider, tmp_path: Path, sqlite_template: Path, clock: FakeClock
) -> None:
    """One RP ID for all: a passkey could be shown everywhere, and counts where its owner is of the staff."""
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    nation = build_nation(hub_settings(f"sqlite:///{path}", rp_id="id.localhost"), clock)
    ada, _ = joined_pair(nation)
    stranger = newcomer(provider)
    stranger.passkey = ada.passkey
    stranger.browser.set_cookie(COOKIE, ada.browser.cookie(COOKIE) or "")

    assert stranger.get("/console").path == SIGN_IN
    with pytest.raises(LinkOver):
        provider.services.staff.passkeys.invited_by("sl_made-up", now=clock.now())
    nation.services.close()
