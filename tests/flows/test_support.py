"""Support looks at an account: masked, with a reason, and its owner is told."""

from __future__ import annotations

from idp.foundation.events import EventKind
from idp.governance.roles import Action, StaffRole
from tests.support.provider import Provider
from tests.support.staff import joined, joined_pair
from tests.support.staff_api import program

PATH = "/console/support"
REASON = "She cannot find her passkey."


def test_a_look_shows_how_the_account_stands_and_no_more(provider: Provider) -> None:
    joined_pair(provider)
    helper = joined(provider, "Bao", {StaffRole.SUPPORT})
    provider.person("gulbahar", claims={"name": "Gulbahar Abdurehim", "email": "gulbahar@example.org"})

    page = helper.post(PATH, identifier="gulbahar", reason=REASON)

    assert page.status == 200
    assert "G… A…" in page.text
    for secret in ("Abdurehim", "gulbahar@example.org"):
        assert secret not in page.text


def test_the_owner_reads_in_the_history_that_somebody_looked(provider: Provider) -> None:
    joined_pair(provider)
    helper = joined(provider, "Bao", {StaffRole.SUPPORT})
    account = provider.person("gulbahar")

    helper.post(PATH, identifier="gulbahar", reason=REASON)

    (told,) = [
        one.event
        for one in provider.services.stores.history.of(account.id, before=None, limit=10)
        if one.event.kind is EventKind.ACCOUNT_LOOKED_AT
    ]
    assert told.subject == f"{helper.id} {REASON}"


def test_without_a_reason_nothing_is_shown(provider: Provider) -> None:
    joined_pair(provider)
    helper = joined(provider, "Bao", {StaffRole.SUPPORT})
    account = provider.person("gulbahar")

    silent = helper.post(PATH, identifier="gulbahar", reason="  ")
    nobody = helper.post(PATH, identifier="nobody", reason=REASON)

    assert (silent.status, nobody.status) == (400, 404)
    assert not [
        one
        for one in provider.services.stores.history.of(account.id, before=None, limit=10)
        if one.event.kind is EventKind.ACCOUNT_LOOKED_AT
    ]


def test_a_program_looks_only_with_the_action(provider: Provider) -> None:
    admin, _ = joined_pair(provider)
    helper = joined(provider, "Bao", {StaffRole.SUPPORT})
    provider.person("gulbahar")
    asked = {"identifier": "gulbahar", "reason": REASON}

    seen = program(helper).post("/account-looks", asked)

    assert seen["username"] == "g…"
    assert seen["is_active"] is True
    program(admin).post("/account-looks", asked, 403)
    program(helper, {Action.SELF}).post("/account-looks", asked, 403)


def test_nobody_walks_through_the_citizens(provider: Provider) -> None:
    joined_pair(provider)
    caller = program(joined(provider, "Bao", {StaffRole.SUPPORT}))

    answers = [
        caller.call(
            "POST", "/account-looks", {"identifier": f"citizen{number}", "reason": REASON}
        ).status_code
        for number in range(32)
    ]

    assert answers[:30] == [404] * 30
    assert answers[-1] == 429
