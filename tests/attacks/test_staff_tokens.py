"""A stolen API token of the staff: it becomes no more than it is, and keeps its owner out of nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.foundation.identifiers import digest
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import FreshPasskey, NotAllowed, Via, revocation_context
from idp.governance.staff_sessions import ApiToken
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair
from tests.support.staff_api import Program, program

TOKENS = "/console/me/tokens"
ROTATE = {"kind": "keys.rotate", "payload": {"purpose": "protocol"}, "why": "It is time."}


@pytest.fixture
def ada(provider: Provider) -> Member:
    return joined_pair(provider)[0]


@pytest.fixture
def auditor(provider: Provider, ada: Member) -> Member:
    """In the hour of break-glass."""
    cy = joined(provider, "Cy", {StaffRole.AUDITOR})
    in_the_hour(provider, cy)
    return cy


def in_the_hour(provider: Provider, member: Member) -> None:
    provider.services.staff.break_glass(member.id, by="a-change", now=provider.clock.now())


# More than it is


def test_a_token_that_reaches_less_far_than_its_owner_is_not_even_asked_for_a_passkey(ada: Member) -> None:
    whole, narrow = program(ada), program(ada, {Action.SELF, Action.CHANGE_READ})
    (passkey,) = whole.get("/me/passkeys")["items"]
    here = f"/me/passkeys/{passkey['id']}"

    assert narrow.call("POST", "/me/passkey-questions").status_code == 403
    assert narrow.call("POST", f"{here}/removal-question").status_code == 403
    assert whole.call("POST", "/me/passkey-questions").status_code == 201
    assert whole.call("POST", f"{here}/removal-question").status_code == 201


def test_one_touch_makes_no_narrow_token_its_owner(provider: Provider, ada: Member) -> None:
    """A passkey added, or the last but one removed, past the question: what decides refuses too."""
    narrow, made_up = program(ada, {Action.SELF}), {"id": "ch_made-up", "answer": {}}
    (passkey,) = narrow.get("/me/passkeys")["items"]

    for path, body in (
        ("/me/passkey-creations", {"confirmation": made_up}),
        ("/me/passkeys", {"label": "", "created": made_up}),
        (f"/me/passkeys/{passkey['id']}/removal", {"confirmation": made_up}),
    ):
        answer = narrow.call("POST", path, body)
        assert answer.status_code == 403
        assert "this token reaches" in answer.json["detail"]  # type: ignore[index]

    desk, now = provider.services.staff, provider.clock.now()
    acting = desk.acting_of_token(narrow.token, now=now, via=Via.API)
    with pytest.raises(NotAllowed):
        desk.passkeys.begin_adding(acting, now=now)
    with pytest.raises(NotAllowed):
        desk.passkeys.add(acting, "ch_x", "{}", "", now=now)
    with pytest.raises(NotAllowed):
        desk.passkeys.remove(acting, passkey["id"], now=now)


def test_a_token_of_the_usual_days_adds_no_passkey_in_the_hour_of_break_glass(
    provider: Provider, ada: Member
) -> None:
    cy = joined(provider, "Cy", {StaffRole.AUDITOR})
    usual = program(cy)
    assert usual.call("POST", "/me/passkey-questions").status_code == 201

    in_the_hour(provider, cy)

    assert usual.call("POST", "/me/passkey-questions").status_code == 403


# Keeping its owner out


@pytest.mark.parametrize("actions", [{Action.SELF}, None], ids=["narrow", "whole"])
def test_a_stolen_token_keeps_its_owner_out_of_no_page(ada: Member, actions: set[Action] | None) -> None:
    owners, thief = program(ada), program(ada, actions)
    (session,) = thief.get("/me/sessions")["items"]
    made_up = {"confirmation": {"id": "ch_made-up", "answer": {}}}

    for one in thief.get("/me/tokens")["items"]:
        assert thief.call("DELETE", f"/me/tokens/{one['id']}").status_code == 404
        assert thief.call("POST", f"/me/tokens/{one['id']}/revocation", {}).status_code == 422
        assert thief.call("POST", f"/me/tokens/{one['id']}/revocation", made_up).status_code == 403
    assert thief.call("DELETE", f"/me/sessions/{session['id']}").status_code == 404
    assert thief.call("POST", f"/me/sessions/{session['id']}/sign-out", {}).status_code == 422
    assert thief.call("POST", f"/me/sessions/{session['id']}/sign-out", made_up).status_code == 403

    assert ada.get("/console").path == "/console"
    assert owners.get("/me")
    for one in owners.get("/me/tokens")["items"]:
        ada.post(f"{TOKENS}/revoke", token=one["id"])
    assert thief.call("GET", "/me").status_code == 401


def test_a_passkey_for_one_session_or_token_ends_no_other(provider: Provider, ada: Member) -> None:
    first = program(ada)
    program(ada, {Action.KEY_READ})
    ada.browser.set_cookie("__Host-staff", "")
    ada.sign_in()
    one, other = (f"/me/sessions/{found['id']}" for found in first.get("/me/sessions")["items"])
    token = next(
        f"/me/tokens/{found['id']}"
        for found in first.get("/me/tokens")["items"]
        if len(found["actions"]) == 1
    )

    assert first.confirm(f"{one}/sign-out-question", f"{other}/sign-out").status_code == 403
    assert first.confirm(f"{one}/sign-out-question", f"{token}/revocation").status_code == 403
    assert len(first.get("/me/sessions")["items"]) == len(first.get("/me/tokens")["items"]) == 2


@pytest.mark.parametrize("via", [Via.API, Via.COMMAND])
def test_no_way_in_by_a_token_ends_another_without_a_passkey_for_just_that(
    provider: Provider, ada: Member, via: Via
) -> None:
    thief, now = program(ada), provider.clock.now()
    other, desk = program(ada), provider.services.staff
    acting, owner = (desk.acting_of_token(one.token, now=now, via=via) for one in (thief, other))
    (session,) = desk.sessions.of(acting, now=now)
    for_another = FreshPasskey(ada.id, revocation_context("another"), now)
    of_bo = FreshPasskey("st_bo", revocation_context(owner.session), now)

    for proof in (None, for_another, of_bo):
        with pytest.raises(PasskeyRefused):
            desk.tokens.revoke(acting, owner.session, proof=proof, now=now)
        with pytest.raises(PasskeyRefused):
            desk.sessions.end(acting, session.id, proof=proof, now=now)

    assert desk.sessions.of(acting, now=now) == (session,)
    assert len(desk.tokens.of(acting, now=now)) == 2


# Lasting longer


def test_a_token_makes_none_that_lasts_longer_than_itself(provider: Provider, ada: Member) -> None:
    short = program(ada, {Action.SELF, Action.KEY_READ}, days=2)

    assert made_by(short, ["key.read"], 3).status_code == 422
    provider.clock.advance(seconds=60)
    answer = made_by(short, ["key.read"], 2)
    assert answer.status_code == 422
    assert answer.json["code"] == "token-outlives"
    assert made_by(short, ["key.read"], 1).status_code == 201


def made_by(maker: Program, actions: list[str], days: int) -> Any:
    wish = {"label": "next", "actions": actions, "days": days}
    return maker.confirm("/me/token-questions", "/me/tokens", wish, asks=wish)


# Break-glass


def test_no_token_is_made_with_what_break_glass_alone_allows(provider: Provider, auditor: Member) -> None:
    page, usual = auditor.get(TOKENS), program(auditor)

    assert ("change.cancel" in page.text, "audit.export" in page.text) == (False, True)
    refused = auditor.confirm(page, TOKENS, f"{TOKENS}/options", label="x", days="1", actions="change.cancel")
    assert (refused.status, "break-glass alone" in refused.text) == (400, True)
    assert made_by(usual, ["change.cancel"], 1).status_code == 422
    assert {one["label"] for one in usual.get("/me/tokens")["items"]} == {"test"}


def test_a_token_of_one_hour_of_break_glass_wakes_in_no_other(provider: Provider, auditor: Member) -> None:
    """Made while its owner had the role for good, or by an earlier release: it holds the action, and may not."""
    change = program(joined(provider, "Di", {StaffRole.REGIONAL_ADMIN})).post("/changes", ROTATE, 201)
    now = provider.clock.now()
    held = frozenset({Action.CHANGE_READ, Action.KEY_READ, Action.CHANGE_CANCEL})
    token = ApiToken("t1", auditor.id, "old", held, now, now + timedelta(days=90))
    provider.services.stores.staff.tokens.add(digest("tk_" + "x" * 43), token)
    old = Program(auditor, "tk_" + "x" * 43)

    for _ in range(2):
        assert old.call("GET", "/changes").status_code == 200
        assert old.call("POST", f"/changes/{change['id']}/cancellation", {"why": "x"}).status_code == 403
        provider.clock.advance(seconds=3_700)
        in_the_hour(provider, auditor)
