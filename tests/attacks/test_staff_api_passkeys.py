"""Somebody decides by API what takes a passkey: without one, or with one that was unlocked for something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from idp.governance.change_request import LIFETIME
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import CONFIRMATION_LIFETIME
from idp.storage.statement import Statement
from tests.contract.region import at_once
from tests.support.provider import Provider
from tests.support.software_authenticator import Lies
from tests.support.staff import joined_pair
from tests.support.staff_api import Program, program

ROTATE = {"kind": "keys.rotate", "payload": {"purpose": "protocol"}, "why": "It is time."}
SUSPEND = {"kind": "client.suspend", "payload": {"client_id": "tax"}}
ELSEWHERE = "http://west.id.localhost:8002"
"""Another region: where all share one RP ID, its pages may ask for the same passkeys."""
Answer = dict[str, Any]


@pytest.fixture
def admin(provider: Provider) -> Program:
    return program(joined_pair(provider)[0])


@pytest.fixture
def pair(provider: Provider) -> tuple[Program, Program]:
    ada, bo = joined_pair(provider)
    return program(ada), program(bo)


def proposed(by: Program) -> Any:
    return by.post("/changes", ROTATE, 201)


def approve(by: Program, change: Any, confirmation: Answer, **headers: str) -> int:
    body = {"content_hash": change["content_hash"], "confirmation": confirmation}
    return by.call("POST", f"/changes/{change['id']}/approval", body, headers=headers).status_code


def asked(by: Program, change: Any, step: str = "approval") -> Answer:
    return by.ask(f"/changes/{change['id']}/{step}-question")


def by_another_token(bo: Program, ada: Program, change: Any) -> Answer:
    return bo.show(asked(program(bo.member), change))


def of_somebody_else(bo: Program, ada: Program, change: Any) -> Answer:
    return ada.show(asked(ada, change))


def with_somebody_elses_key(bo: Program, ada: Program, change: Any) -> Answer:
    question = asked(bo, change)
    question["options"].pop("allowCredentials")
    return {"id": question["id"], "answer": ada.member.passkey.get(question["options"], origin=issuer(ada))}


def for_another_change(bo: Program, ada: Program, change: Any) -> Answer:
    return bo.show(asked(bo, proposed(ada)))


def at_another_origin(bo: Program, ada: Program, change: Any) -> Answer:
    return bo.show(asked(bo, change), origin=ELSEWHERE)


def in_a_frame(bo: Program, ada: Program, change: Any) -> Answer:
    return bo.show(asked(bo, change), says=Lies(cross_origin=True))


def without_the_owner(bo: Program, ada: Program, change: Any) -> Answer:
    return bo.show(asked(bo, change), says=Lies(user_verified=False))


def asked_at_a_page(bo: Program, ada: Program, change: Any) -> Answer:
    page = bo.member.get(f"/console/changes/{change['id']}")
    question = bo.member.ask(page, f"/console/changes/{change['id']}/approve", "/console/confirm")
    return bo.show({"id": question["challenge"], "options": question["options"]})


def to_sign_in(bo: Program, ada: Program, change: Any) -> Answer:
    staff, now = bo.member.installation.services.staff, bo.member.installation.clock.now()
    ceremony = staff.sessions.begin_sign_in("br_x", "192.0.2.1", now=now)
    return bo.show({"id": ceremony.challenge_id, "options": ceremony.options})


def made_up(bo: Program, ada: Program, change: Any) -> Answer:
    return {"id": "ch_made-up", "answer": {}}


def issuer(one: Program) -> str:
    return one.member.installation.settings.issuer


@pytest.mark.parametrize(
    "confirmation",
    [
        by_another_token,
        of_somebody_else,
        with_somebody_elses_key,
        for_another_change,
        at_another_origin,
        in_a_frame,
        without_the_owner,
        asked_at_a_page,
        to_sign_in,
        made_up,
    ],
    ids=lambda one: one.__name__,
)
def test_a_token_approves_only_with_its_owners_passkey_for_just_this(
    pair: tuple[Program, Program], confirmation: Callable[[Program, Program, Any], Answer]
) -> None:
    ada, bo = pair
    change = proposed(ada)

    assert approve(bo, change, confirmation(bo, ada, change)) == 403
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"
    assert approve(bo, change, bo.show(asked(bo, change))) == 200


def test_a_token_alone_decides_nothing(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    change = proposed(ada)

    for step in ("approval", "review"):
        assert bo.call("POST", f"/changes/{change['id']}/{step}", {}).status_code == 422
    assert bo.call("POST", "/suspensions", {**SUSPEND, "why": "x"}).status_code == 422
    assert bo.call("POST", "/me/tokens", {"label": "x", "actions": ["self"], "days": 1}).status_code == 422
    assert bo.call("POST", "/me/passkey-creations", {}).status_code == 422
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_a_confirmation_by_api_counts_once_and_for_two_minutes(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    ada, bo = pair
    first, second = proposed(ada), proposed(ada)
    confirmation = bo.show(asked(bo, first))
    late = bo.show(asked(bo, second))

    assert approve(bo, first, confirmation) == 200
    assert approve(bo, first, confirmation) == 403
    provider.clock.advance(seconds=CONFIRMATION_LIFETIME.total_seconds())
    assert approve(bo, second, late) == 403
    assert ada.get(f"/changes/{second['id']}")["state"] == "proposed"


def test_of_many_decisions_at_once_with_one_confirmation_one_counts(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    wish: dict[str, Any] = {"label": "robot", "actions": ["key.read"], "days": 1}
    sent = {**wish, "confirmation": ada.show(ada.ask("/me/token-questions", wish))}

    statuses = at_once(6, lambda _: ada.call("POST", "/me/tokens", sent).status_code)

    assert sorted(statuses) == [201, *[403] * 5]
    assert len(ada.get("/me/tokens")["items"]) == 2


def test_two_answers_in_the_other_order_leave_the_key_in_use(pair: tuple[Program, Program]) -> None:
    """A program asks twice and sends the second answer first: the late one is refused, and nothing else happens."""
    ada, bo = pair
    first, second = proposed(ada), proposed(ada)
    questions = [asked(bo, change) for change in (first, second)]
    early, late = (bo.show(question) for question in questions)

    assert approve(bo, second, late) == 200
    assert approve(bo, first, early) == 403

    assert ada.get(f"/changes/{first['id']}")["state"] == "proposed"
    assert is_in_use(bo)
    assert approve(bo, first, bo.show(asked(bo, first))) == 200


def test_an_answer_that_was_kept_does_not_lock_its_owner_out(pair: tuple[Program, Program]) -> None:
    """Whoever holds the token sends it once the owner has signed in since."""
    ada, bo = pair
    change = proposed(ada)
    kept = bo.show(asked(bo, change))
    bo.member.post("/console/sign-out")
    bo.member.sign_in()

    assert approve(bo, change, kept) == 403

    bo.member.post("/console/sign-out")
    assert bo.member.sign_in().path == "/console"


def test_answers_of_one_key_at_once_leave_it_in_use(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    changes = [proposed(ada) for _ in range(4)]
    questions = [asked(bo, change) for change in changes]
    answers = [bo.show(question) for question in questions]

    statuses = at_once(4, lambda index: approve(bo, changes[index], answers[index]))

    assert set(statuses) <= {200, 403}
    assert 200 in statuses
    assert is_in_use(bo)


def test_a_lower_count_to_a_question_asked_since_is_a_copy(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    ada, bo = pair
    change = proposed(ada)
    bo.member.post("/console/sign-out")
    bo.member.sign_in()
    provider.clock.advance(seconds=1)

    assert approve(bo, change, bo.show(asked(bo, change), says=Lies(sign_count=1))) == 403

    assert not is_in_use(bo)


def test_an_equal_count_is_a_copy_whenever_it_was_asked(pair: tuple[Program, Program]) -> None:
    """One device never says the same number twice."""
    ada, bo = pair
    change = proposed(ada)
    question = asked(bo, change)
    bo.member.post("/console/sign-out")
    bo.member.sign_in()
    (key,) = bo.member.passkey.credentials.values()

    assert approve(bo, change, bo.show(question, says=Lies(sign_count=key.sign_count))) == 403

    assert not is_in_use(bo)


def is_in_use(by: Program) -> bool:
    (key,) = by.get("/me/passkeys")["items"]
    return bool(key["is_active"])


def test_a_confirmation_is_not_the_pages(pair: tuple[Program, Program]) -> None:
    """What a program of mine asked for does not count in my browser: another session asked."""
    ada, bo = pair
    change = proposed(ada)
    shown = bo.show(asked(bo, change))
    address = f"/console/changes/{change['id']}"

    page = bo.member.answer(
        bo.member.get(address), f"{address}/approve", {"challenge": shown["id"]}, shown["answer"]
    )

    assert page.status == 400
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_nobody_approves_their_own_by_api(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    change = proposed(ada)
    sent = {"content_hash": change["content_hash"], "confirmation": ada.show(asked(ada, change))}

    answer = ada.call("POST", f"/changes/{change['id']}/approval", sent).json

    assert answer is not None
    assert (answer["status"], answer["code"]) == (409, "same-person")
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_what_was_looked_at_is_what_is_approved(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    change, other = proposed(ada), ada.post("/changes", {**ROTATE, "payload": {"purpose": "federation"}}, 201)
    swapped = {**change, "content_hash": other["content_hash"]}

    assert approve(bo, swapped, bo.show(asked(bo, change))) == 409
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_what_changed_since_is_approved_no_more(pair: tuple[Program, Program], provider: Provider) -> None:
    ada, bo = pair
    provider.client("tax")
    first, second = (ada.post("/changes", {**SUSPEND, "why": "It leaks."}, 201) for _ in range(2))
    question = asked(bo, second)
    assert approve(bo, first, bo.show(asked(bo, first))) == 200

    assert approve(bo, second, bo.show(question)) == 409
    assert ada.get(f"/changes/{second['id']}")["state"] == "stale"


def test_what_somebody_edited_after_the_question_is_not_applied(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    """By whoever owns the database, past the trigger that keeps contents as they are."""
    ada, bo = pair
    change = proposed(ada)
    confirmation = bo.show(asked(bo, change))
    database = provider.services.database
    database.run(Statement(text("DROP TRIGGER change_requests_are_kept")))
    database.run(
        Statement(text("UPDATE change_requests SET payload = replace(payload, 'protocol', 'bundle')"))
    )

    keys = ada.get("/keys")

    assert approve(bo, change, confirmation) == 409
    assert ada.get(f"/changes/{change['id']}")["state"] == "stale"
    assert ada.get("/keys") == keys


def test_what_nobody_approved_in_time_is_approved_no_more(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    ada, bo = pair
    change = proposed(ada)
    provider.clock.advance(seconds=LIFETIME.total_seconds() - 60)
    confirmation = bo.show(asked(bo, change))
    provider.clock.advance(seconds=60)

    assert approve(bo, change, confirmation) == 409
    assert ada.get(f"/changes/{change['id']}")["state"] == "expired"


def test_a_token_revoked_meanwhile_decides_nothing(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    change = proposed(ada)
    confirmation = bo.show(asked(bo, change))
    assert bo.call("DELETE", "/me/token").status_code == 200

    assert approve(bo, change, confirmation) == 401
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_a_token_that_may_not_decide_is_not_even_asked(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    change = proposed(ada)
    reading = program(bo.member, {Action.CHANGE_READ, Action.KEY_READ, Action.APP_READ, Action.STAFF_READ})
    elsewhere = program(bo.member, {Action.CHANGE_APPROVE})

    for step in ("approval", "review"):
        path = f"/changes/{change['id']}/{step}-question"
        assert reading.call("POST", path).status_code == 403
        # It may approve, but not what it may not read.
        assert elsewhere.call("POST", path).status_code == 403
    assert reading.call("POST", "/suspension-questions", SUSPEND).status_code == 403
    assert reading.call("POST", f"/staff/{bo.member.id}/link-question").status_code == 403
    assert reading.call("POST", "/me/token-questions", {}).status_code == 403


@pytest.mark.parametrize("headers", [{"Origin": ELSEWHERE}, {"Sec-Fetch-Site": "same-site"}])
def test_a_page_of_another_site_decides_nothing(
    pair: tuple[Program, Program], headers: dict[str, str]
) -> None:
    """Even if it got hold of a token, and of an answer that somebody made for us."""
    ada, bo = pair
    change = proposed(ada)
    confirmation = bo.show(asked(bo, change))

    assert approve(bo, change, confirmation, **headers) == 403
    assert bo.call("POST", f"/changes/{change['id']}/approval-question", headers=headers).status_code == 403
    assert ada.get(f"/changes/{change['id']}")["state"] == "proposed"


def test_a_suspension_by_api_is_the_one_that_was_confirmed(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    ada, _ = pair
    provider.client("tax")
    provider.client("health")
    confirmation = ada.show(ada.ask("/suspension-questions", SUSPEND))
    other = {"kind": "client.suspend", "payload": {"client_id": "health"}, "why": "It leaks."}

    assert ada.call("POST", "/suspensions", {**other, "confirmation": confirmation}).status_code == 403
    assert ada.call("POST", "/suspension-questions", {**ROTATE}).status_code == 422
    widening = {"kind": "client.restore", "payload": {"client_id": "tax"}}
    assert ada.call("POST", "/suspension-questions", widening).status_code == 409
    assert ada.get("/changes")["items"] == []


def test_a_token_makes_no_other_that_reaches_further(pair: tuple[Program, Program]) -> None:
    ada, _ = pair
    narrow = program(ada.member, {Action.SELF, Action.KEY_READ})
    wish: dict[str, Any] = {"label": "more", "actions": ["key.propose"], "days": 1}

    answer = narrow.confirm("/me/token-questions", "/me/tokens", wish, asks=wish)

    assert answer.status_code == 422
    assert [one["label"] for one in ada.get("/me/tokens")["items"]] == ["test", "test"]


@pytest.mark.parametrize(
    "change", [{"actions": ["key.read", "self"]}, {"days": 7}, {"label": "other"}], ids=str
)
def test_the_token_that_is_made_is_the_one_that_was_confirmed(admin: Program, change: dict[str, Any]) -> None:
    wish: dict[str, Any] = {"label": "robot", "actions": ["key.read"], "days": 1}

    answer = admin.confirm("/me/token-questions", "/me/tokens", {**wish, **change}, asks=wish)

    assert answer.status_code == 403
    assert len(admin.get("/me/tokens")["items"]) == 1


def test_a_link_by_api_is_for_whom_it_was_confirmed(admin: Program, provider: Provider) -> None:
    first, second = (invited(provider, name) for name in ("Cy", "Di"))

    answer = admin.confirm(f"/staff/{first}/link-question", f"/staff/{second}/link")

    assert answer.status_code == 403
    assert admin.confirm(f"/staff/{first}/link-question", f"/staff/{first}/link").status_code == 201


def test_a_passkey_is_added_by_api_only_with_another_one(
    pair: tuple[Program, Program], provider: Provider
) -> None:
    ada, bo = pair
    other = program(ada.member)
    asked = ada.confirm("/me/passkey-questions", "/me/passkey-creations").json
    made = ada.member.passkey.create(asked["options"], origin=issuer(ada))
    sent = {"label": "mine", "created": {"id": asked["id"], "answer": made}}

    for stranger in (bo, other):
        assert stranger.call("POST", "/me/passkeys", sent).status_code == 403
    assert ada.call("POST", "/me/passkeys", sent).status_code == 201
    assert ada.call("POST", "/me/passkeys", sent).status_code == 403
    assert len(ada.get("/me/passkeys")["items"]) == 2
    assert len(bo.get("/me/passkeys")["items"]) == 1


def test_nobody_touches_somebody_elses_passkeys_and_sessions_by_api(pair: tuple[Program, Program]) -> None:
    ada, bo = pair
    (passkey,), (session,) = bo.get("/me/passkeys")["items"], bo.get("/me/sessions")["items"]

    (token,) = bo.get("/me/tokens")["items"]

    assert ada.call("POST", f"/me/sessions/{session['id']}/sign-out-question").status_code == 404
    assert ada.call("POST", f"/me/tokens/{token['id']}/revocation-question").status_code == 404
    assert ada.call("POST", f"/me/passkeys/{passkey['id']}/name", {"label": "x"}).status_code == 404
    assert ada.call("POST", f"/me/passkeys/{passkey['id']}/removal-question").status_code == 404
    assert bo.get("/me/passkeys")["items"] == [passkey]
    assert bo.member.get("/console").path == "/console"


def invited(provider: Provider, name: str) -> str:
    now = provider.clock.now()
    return provider.services.staff.invite(name, {StaffRole.AUDITOR}, None, by="a-change", now=now).id
