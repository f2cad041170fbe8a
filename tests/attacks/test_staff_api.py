"""Somebody calls the staff's API who may not, or sends what nobody should."""

from __future__ import annotations

import pytest

from idp.foundation.events import Event, EventKind
from idp.governance.roles import Action, StaffRole
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair
from tests.support.staff_api import Program, program


@pytest.fixture
def admin(provider: Provider) -> Program:
    return program(joined_pair(provider)[0])


@pytest.fixture
def pair(provider: Provider) -> tuple[Program, Program]:
    ada, bo = joined_pair(provider)
    return program(ada), program(bo)


def test_a_token_counts_in_the_header_and_nowhere_else(provider: Provider, admin: Program) -> None:
    in_address = admin.call("GET", f"/me?access_token={admin.token}", token="")
    in_cookie = admin.call("GET", "/me", token="", headers={"Cookie": f"__Host-staff={admin.token}"})
    no_scheme = admin.call("GET", "/me", headers={"Authorization": admin.token})
    session = admin.member.browser.get("/api/v1/me")

    assert [one.status_code for one in (in_address, in_cookie, no_scheme)] == [401, 401, 401]
    assert session.status == 401, "a console session is none here: another site could use it"


def test_a_token_that_was_revoked_or_is_over_opens_nothing(provider: Provider, admin: Program) -> None:
    short = program(admin.member, days=1)
    assert admin.call("DELETE", "/me/token").status_code == 200

    assert admin.call("GET", "/me").status_code == 401
    provider.clock.advance(days=1, seconds=1)
    assert short.call("GET", "/me").status_code == 401


def test_a_token_of_somebody_who_left_opens_nothing(provider: Provider, admin: Program) -> None:
    helper = joined(provider, "Bao", {StaffRole.AUDITOR})
    held = program(helper)
    provider.services.staff.deactivate(helper.id, now=provider.clock.now())

    assert held.call("GET", "/me").status_code == 401


def test_nobody_revokes_the_token_of_somebody_else(provider: Provider, admin: Program) -> None:
    other = program(joined(provider, "Bao", {StaffRole.AUDITOR}))
    (token,) = other.get("/me/tokens")["items"]

    here = f"/me/tokens/{token['id']}"
    assert admin.call("POST", f"{here}/revocation-question").status_code == 404
    made_up = {"confirmation": {"id": "ch_made-up", "answer": {}}}
    assert admin.call("POST", f"{here}/revocation", made_up).status_code == 404
    assert other.call("GET", "/me").status_code == 200


def test_a_token_does_what_it_was_made_for_and_no_more(provider: Provider, admin: Program) -> None:
    narrow = program(admin.member, {Action.KEY_READ})

    assert narrow.call("GET", "/keys").status_code == 200
    assert narrow.call("GET", "/staff").status_code == 403
    change = {"kind": "keys.rotate", "payload": {"purpose": "protocol"}, "why": "x"}
    assert narrow.call("POST", "/changes", change).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"why":"a","why":"b"}', 400),
        (b'{"why":NaN}', 400),
        (b'{"why":"\xff"}', 400),
        (b'{"why":"a","proposer":"st_other"}', 422),
        (b'{"why":' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
        (b'{"why":"' + b"a" * 200_000 + b'"}', 413),
    ],
    ids=["cut", "list", "twice", "nan", "bytes", "unknown", "deep", "huge"],
)
def test_a_body_that_is_not_what_it_should_be_is_refused(admin: Program, body: bytes, status: int) -> None:
    answer = admin.call(
        "POST", "/changes/chg_none/refusal", headers={"Content-Type": "application/json"}, data=body
    )

    assert answer.status_code == status, answer.text


def test_a_form_of_another_site_is_no_request(admin: Program) -> None:
    answer = admin.call("POST", "/changes/chg_none/refusal", data={"why": "a"})

    assert answer.status_code == 415


@pytest.mark.parametrize("words", ["' OR 1=1 --", "%", "\x00", "a" * 600, "../../etc/passwd", "${7*7}"])
def test_a_filter_is_a_value_and_nothing_else(admin: Program, words: str) -> None:
    answers = [
        admin.call("GET", path, query_string={name: words})
        for path, name in (
            ("/audit-events", "subject"),
            ("/changes", "subject"),
            ("/apps", "organisation"),
            ("/apps", "after"),
            ("/streams", "after"),
        )
    ]

    assert {one.status_code for one in answers} <= {200, 400}
    for one in answers:
        if one.status_code == 200:
            assert one.json is not None
            assert one.json["items"] == []


def test_no_other_site_may_read_an_answer(admin: Program) -> None:
    answer = admin.call("GET", "/me", headers={"Origin": "https://elsewhere.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_is_no_auditor_sees_no_whole_account_and_no_address(provider: Provider, admin: Program) -> None:
    auditor = program(joined(provider, "Chen", {StaffRole.AUDITOR}))
    events, now = provider.services.stores.events, provider.clock.now()
    events.record(Event(EventKind.SIGNED_IN, now, account_id="acc-0123456789abcdef", subject="session-of-it"))
    events.record(Event(EventKind.SIGN_IN_REFUSED, now, subject="203.0.113.9"))

    seen_by_admin = admin.call("GET", "/audit-events").text + admin.member.get("/console/audit").text
    seen_by_auditor = auditor.call("GET", "/audit-events").text

    for personal in ("acc-0123456789abcdef", "session-of-it", "203.0.113.9"):
        assert personal not in seen_by_admin
        assert personal in seen_by_auditor


def test_taking_the_trail_away_is_in_the_trail(provider: Provider, admin: Program) -> None:
    member = joined(provider, "Chen", {StaffRole.AUDITOR})

    program(member).get("/audit-export")

    (told,) = admin.get("/audit-events?kind=audit_exported")["items"]
    assert told["subject"] == member.id


@pytest.mark.parametrize("place", ["9" * 23 + ".1", "1." + "9" * 23, "1", "x.y"])
def test_a_place_in_a_list_that_is_none_is_refused(admin: Program, place: str) -> None:
    assert admin.call("GET", f"/audit-events?after={place}").status_code == 400


def test_a_fault_of_ours_is_a_problem_with_its_id(
    admin: Program, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr("idp.web.api.keys._key", broken)

    answer = admin.call("GET", "/keys")

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["request_id"]


# Calls without end


def test_a_token_that_calls_without_end_waits_and_no_other_does(
    provider: Provider, pair: tuple[Program, Program]
) -> None:
    ada, bo = pair

    answers = [ada.call("GET", "/me") for _ in range(601)]

    assert {one.status_code for one in answers[:600]} == {200}
    assert answers[600].status_code == 429
    assert answers[600].mimetype == "application/problem+json"
    assert answers[600].headers["Retry-After"] == "1"
    assert bo.call("GET", "/me").status_code == 200
    assert ada.member.get("/console").status == 200
    provider.clock.advance(seconds=1)
    assert ada.call("GET", "/me").status_code == 200


def test_a_token_does_not_call_more_often_by_asking_another_process(
    provider: Provider, pair: tuple[Program, Program]
) -> None:
    """But for what one process took and did not use yet: a sixtieth."""
    ada, _ = pair
    with provider.twin() as twin:
        beside = Program(Member(twin, ada.member.id, "Ada", ada.member.browser), ada.token)

        statuses = [one.call("GET", "/me").status_code for _ in range(350) for one in (ada, beside)]

    assert 570 <= statuses.count(200) <= 600
    assert set(statuses) == {200, 429}


def test_a_call_that_may_not_counts_too(provider: Provider, pair: tuple[Program, Program]) -> None:
    narrow = program(pair[0].member, {Action.KEY_READ})

    statuses = [narrow.call("GET", "/staff").status_code for _ in range(601)]

    assert (statuses.count(403), statuses[600]) == (600, 429)
