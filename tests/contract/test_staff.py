"""The staff as both databases keep them: roles, links that count once, and two administrators who always stay."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_values import Passkey, PasskeyTaken
from idp.foundation.identifiers import digest
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import (
    BREAK_GLASS_LIFETIME,
    LINK_LIFETIME,
    SESSION_IDLE,
    LastAdmins,
    LinkOver,
    StaffMember,
)
from idp.governance.staff_sessions import ApiToken, StaffSession
from idp.oidc.proofs import Method
from idp.storage.failures import RuleBroken
from idp.storage.staff import GIVE
from tests.contract.region import MINUTE, NOW, Region, race

ADMIN, REVIEWER, AUDITOR = StaffRole.REGIONAL_ADMIN, StaffRole.REVIEWER, StaffRole.AUDITOR


def invited(region: Region, name: str, *roles: StaffRole) -> StaffMember:
    member = StaffMember(f"st_{name}", name, frozenset(roles), None, is_active=False, created_at=NOW)
    region.stores.staff.members.add(member, by="bootstrap", now=NOW)
    region.stores.staff.links.renew(member.id, digest(name), by="bootstrap", now=NOW)
    return member


def joined(region: Region, name: str, *roles: StaffRole) -> str:
    member = invited(region, name, *roles)
    region.stores.staff.links.join(member.id, digest(name), now=NOW)
    return member.id


def roles_of(region: Region, staff_id: str) -> set[StaffRole]:
    found = region.stores.staff.members.find(staff_id, now=NOW)
    assert found is not None
    return set(found.roles)


def attempt(change: partial[object]) -> str:
    """What came of it, in a word."""
    try:
        change()
    except (LastAdmins, LinkOver) as refused:
        return type(refused).__name__
    return "done"


def meanwhile(region: Region, first: Callable[[], object], second: Callable[[], object]) -> object:
    """What `second` answers when it begins while `first` is done and not yet committed."""
    answers: list[object] = []
    other = threading.Thread(target=lambda: answers.append(second()))
    with region.database.transaction():
        first()
        other.start()
        # Long enough for the other to come as far as it can without us.
        other.join(0.5)
    other.join()
    (answer,) = answers
    return answer


def test_a_member_is_found_with_the_roles_in_force(region: Region) -> None:
    staff_id = joined(region, "ada", ADMIN, AUDITOR)

    member = region.stores.staff.members.find(staff_id, now=NOW)

    assert member is not None
    assert (member.name, member.roles, member.is_active) == ("ada", {ADMIN, AUDITOR}, True)
    assert [one.id for one in region.stores.staff.members.members(now=NOW)] == [staff_id]
    assert {(one.role, one.by) for one in region.stores.staff.members.grants_of(staff_id, now=NOW)} == {
        (ADMIN, "bootstrap"),
        (AUDITOR, "bootstrap"),
    }


def test_an_invited_member_is_not_active(region: Region) -> None:
    member = invited(region, "ada", ADMIN)

    found = region.stores.staff.members.find(member.id, now=NOW)

    assert found is not None
    assert not found.is_active
    assert region.stores.staff.members.find("st_nobody", now=NOW) is None


def test_a_link_counts_once(region: Region) -> None:
    member = invited(region, "ada", ADMIN)
    links = region.stores.staff.links

    assert links.invited_by(digest("ada"), now=NOW) is not None
    links.join(member.id, digest("ada"), now=NOW)

    assert links.invited_by(digest("ada"), now=NOW) is None
    with pytest.raises(LinkOver):
        links.join(member.id, digest("ada"), now=NOW)


def test_a_link_is_over_after_a_day(region: Region) -> None:
    member = invited(region, "ada", ADMIN)

    with pytest.raises(LinkOver):
        region.stores.staff.links.join(member.id, digest("ada"), now=NOW + LINK_LIFETIME)


def test_a_new_link_ends_those_before(region: Region) -> None:
    member = invited(region, "ada", ADMIN)
    links = region.stores.staff.links

    links.renew(member.id, digest("second"), by="bootstrap", now=NOW)

    with pytest.raises(LinkOver):
        links.join(member.id, digest("ada"), now=NOW)
    links.join(member.id, digest("second"), now=NOW)


def test_a_link_is_for_its_member_alone(region: Region) -> None:
    invited(region, "ada", ADMIN)
    bo = invited(region, "bo", ADMIN)

    with pytest.raises(LinkOver):
        region.stores.staff.links.join(bo.id, digest("ada"), now=NOW)


def test_of_two_who_come_with_one_link_at_once_one_joins(region: Region) -> None:
    member = invited(region, "ada", ADMIN)
    join = partial(region.stores.staff.links.join, member.id, digest("ada"), now=NOW)

    answers = race(partial(attempt, join), partial(attempt, join))

    assert sorted(answers) == ["LinkOver", "done"]


def test_the_installation_is_governed_once_two_administrators_have_joined(region: Region) -> None:
    links = region.stores.staff.links
    joined(region, "ada", ADMIN)
    joined(region, "cy", REVIEWER)
    assert links.governed_since() is None

    bo = invited(region, "bo", ADMIN)
    assert links.join(bo.id, digest("bo"), now=NOW + MINUTE) is True

    assert links.governed_since() == NOW + MINUTE


def test_two_administrators_who_join_at_once_see_each_other(region: Region) -> None:
    first, second = invited(region, "ada", ADMIN), invited(region, "bo", ADMIN)
    join = region.stores.staff.links.join

    governs = meanwhile(
        region,
        partial(join, first.id, digest("ada"), now=NOW),
        partial(join, second.id, digest("bo"), now=NOW),
    )

    assert governs is True
    assert region.stores.staff.links.governed_since() == NOW


def test_it_stays_governed_whatever_becomes_of_them(region: Region) -> None:
    joined(region, "ada", ADMIN)
    staff_id = joined(region, "bo", ADMIN)

    region.stores.staff.members.dismiss(staff_id, now=NOW + MINUTE)

    assert region.stores.staff.links.governed_since() == NOW


def test_the_last_two_administrators_stay(region: Region) -> None:
    members = region.stores.staff.members
    ada, bo = joined(region, "ada", ADMIN), joined(region, "bo", ADMIN)

    with pytest.raises(LastAdmins):
        members.deactivate(ada, now=NOW)
    with pytest.raises(LastAdmins):
        members.set_roles(bo, {REVIEWER}, None, by="change", now=NOW)

    assert roles_of(region, ada) == roles_of(region, bo) == {ADMIN}


def test_an_invited_administrator_does_not_count(region: Region) -> None:
    ada = joined(region, "ada", ADMIN)
    joined(region, "bo", ADMIN)
    invited(region, "cy", ADMIN)

    with pytest.raises(LastAdmins):
        region.stores.staff.members.deactivate(ada, now=NOW)


def test_a_third_administrator_lets_one_go(region: Region) -> None:
    members = region.stores.staff.members
    ada, bo = joined(region, "ada", ADMIN), joined(region, "bo", ADMIN)
    joined(region, "cy", ADMIN)

    assert members.deactivate(ada, now=NOW)
    assert not members.deactivate(ada, now=NOW)
    with pytest.raises(LastAdmins):
        members.deactivate(bo, now=NOW)

    found = members.find(ada, now=NOW)
    assert found is not None
    assert not found.is_active


def test_of_two_administrators_who_would_go_at_once_one_stays(region: Region) -> None:
    """One is put out of office and, before that is committed, another one lowered: together that would leave one."""
    members = region.stores.staff.members
    ada, bo = joined(region, "ada", ADMIN), joined(region, "bo", ADMIN)
    joined(region, "cy", ADMIN)

    outcome = meanwhile(
        region,
        partial(members.deactivate, ada, now=NOW),
        partial(attempt, partial(members.set_roles, bo, {REVIEWER}, None, by="change", now=NOW)),
    )

    assert outcome == "LastAdmins"
    assert roles_of(region, bo) == {ADMIN}


def test_roles_are_replaced_as_a_whole(region: Region) -> None:
    members = region.stores.staff.members
    staff_id = joined(region, "ada", REVIEWER, AUDITOR)

    assert members.set_roles(staff_id, {REVIEWER, StaffRole.SUPPORT}, None, by="cr_1", now=NOW + MINUTE)

    grants = {one.role: one for one in members.grants_of(staff_id, now=NOW + MINUTE)}
    assert set(grants) == {REVIEWER, StaffRole.SUPPORT}
    assert (grants[REVIEWER].by, grants[REVIEWER].granted_at) == ("bootstrap", NOW)
    assert (grants[StaffRole.SUPPORT].by, grants[StaffRole.SUPPORT].granted_at) == ("cr_1", NOW + MINUTE)


def test_nobody_out_of_office_gets_a_role(region: Region) -> None:
    staff_id = joined(region, "ada", REVIEWER)
    region.stores.staff.members.deactivate(staff_id, now=NOW)

    assert not region.stores.staff.members.set_roles(staff_id, {AUDITOR}, None, by="cr_1", now=NOW)


def test_break_glass_lasts_an_hour(region: Region) -> None:
    members = region.stores.staff.members
    staff_id = joined(region, "ada", REVIEWER)

    until = members.break_glass(staff_id, by="cr_1", now=NOW)

    assert until == NOW + BREAK_GLASS_LIFETIME
    during, after = (members.find(staff_id, now=at) for at in (until - MINUTE, until))
    assert during is not None
    assert after is not None
    assert (during.roles, during.break_glass_until) == ({REVIEWER, StaffRole.BREAK_GLASS}, until)
    assert (after.roles, after.break_glass_until) == ({REVIEWER}, None)


@pytest.mark.parametrize(
    ("role", "expires_at"),
    [
        (StaffRole.BREAK_GLASS, None),
        (StaffRole.BREAK_GLASS, 3_600_001),
        (StaffRole.REVIEWER, 1_000),
        ("king", None),
    ],
)
def test_the_database_refuses_a_role_that_lasts_as_it_must_not(
    region: Region, role: str, expires_at: int | None
) -> None:
    """Whatever writes to the table: break-glass ends within an hour, and there are no other roles than ours."""
    staff_id = joined(region, "ada", AUDITOR)

    with pytest.raises(RuleBroken):
        region.database.run(
            GIVE,
            staff_id=staff_id,
            role=str(role),
            granted_at=0,
            expires_at=expires_at,
            granted_by="somebody with the database's password",
        )


# Passkeys

KEY = Passkey(
    b"one",
    "st_ada",
    "passkey-one",
    b"key",
    sign_count=0,
    is_backup_eligible=False,
    is_backed_up=False,
    aaguid="",
    transports=("internal",),
)
LINE = Authenticator("st_ada", "passkey-one", Method.PASSKEY, frozenset(), "My phone", NOW)


def with_passkeys(region: Region, count: int) -> None:
    joined(region, "ada", AUDITOR)
    for number in range(count):
        name = f"passkey-{number}"
        key = replace(KEY, credential_id=name.encode(), authenticator_id=name)
        region.stores.staff.passkeys.add(key, replace(LINE, id=name, created_at=NOW + number * MINUTE))


def test_a_passkey_has_one_owner(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    joined(region, "bo", AUDITOR)
    region.stores.staff.passkeys.add(KEY, LINE)

    with pytest.raises(PasskeyTaken):
        region.stores.staff.passkeys.add(replace(KEY, account_id="st_bo"), replace(LINE, account_id="st_bo"))

    assert region.stores.staff.passkeys.find(b"one") == KEY


def test_the_last_passkey_is_not_removed(region: Region) -> None:
    with_passkeys(region, 2)
    lines = region.stores.staff.passkey_lines

    assert lines.remove("st_ada", "passkey-0")
    assert not lines.remove("st_ada", "passkey-1")
    assert [one.id for one in lines.of("st_ada")] == ["passkey-1"]


def test_a_suspended_passkey_is_none_that_remains(region: Region) -> None:
    with_passkeys(region, 2)
    lines = region.stores.staff.passkey_lines
    lines.suspend("st_ada", "passkey-0", now=NOW)

    assert not lines.remove("st_ada", "passkey-1")
    assert lines.remove("st_ada", "passkey-0")


def test_of_two_removals_at_once_one_passkey_remains(region: Region) -> None:
    with_passkeys(region, 2)
    remove = region.stores.staff.passkey_lines.remove

    answers = race(partial(remove, "st_ada", "passkey-0"), partial(remove, "st_ada", "passkey-1"))

    assert sorted(answers) == [False, True]


def test_somebody_elses_passkey_is_not_renamed_nor_removed(region: Region) -> None:
    with_passkeys(region, 2)
    joined(region, "bo", AUDITOR)
    lines = region.stores.staff.passkey_lines

    assert not lines.rename("st_bo", "passkey-0", "mine")
    assert not lines.remove("st_bo", "passkey-0")
    assert lines.rename("st_ada", "passkey-0", "𬭚的电话")


def test_a_counter_moves_on_once(region: Region) -> None:
    with_passkeys(region, 1)
    key = region.stores.staff.passkeys.find(b"passkey-0")
    assert key is not None
    use = partial(
        region.stores.staff.passkeys.use, key, sign_count=5, is_backed_up=False, now=NOW + 2 * MINUTE
    )

    assert sorted(race(use, use)) == [False, True]

    (line,) = region.stores.staff.passkey_lines.of("st_ada")
    assert line.last_used_at == NOW + 2 * MINUTE


def test_a_suspended_passkey_is_not_used(region: Region) -> None:
    with_passkeys(region, 1)
    store = region.stores.staff
    key = store.passkeys.find(b"passkey-0")
    assert key is not None
    store.passkey_lines.suspend("st_ada", "passkey-0", now=NOW)

    assert not store.passkeys.use(key, sign_count=5, is_backed_up=False, now=NOW)

    assert store.passkeys.find(b"passkey-0") == key


# Sessions and tokens

SESSION = StaffSession("s1", "st_ada", NOW, NOW, NOW + timedelta(hours=12), "a browser", "192.0.2.7")
TOKEN = ApiToken("t1", "st_ada", "report", frozenset({Action.TRUST_READ}), NOW, NOW + timedelta(days=30))


def test_a_session_lives_while_it_is_used(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    sessions = region.stores.staff.sessions
    sessions.add(digest("cookie"), SESSION)

    assert sessions.find(digest("cookie"), now=NOW + SESSION_IDLE - MINUTE) == SESSION
    assert sessions.find(digest("cookie"), now=NOW + SESSION_IDLE) is None
    sessions.touch("s1", now=NOW + SESSION_IDLE - MINUTE)
    assert sessions.find(digest("cookie"), now=NOW + SESSION_IDLE) is not None


def test_a_session_ends_after_twelve_hours_however_it_is_used(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    sessions = region.stores.staff.sessions
    sessions.add(digest("cookie"), SESSION)
    sessions.touch("s1", now=SESSION.expires_at - MINUTE)

    assert sessions.find(digest("cookie"), now=SESSION.expires_at - MINUTE) is not None
    assert sessions.find(digest("cookie"), now=SESSION.expires_at) is None


def test_a_member_out_of_office_has_no_session_and_no_token(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    region.stores.staff.sessions.add(digest("cookie"), SESSION)
    region.stores.staff.tokens.add(digest("token"), TOKEN)

    region.stores.staff.members.deactivate("st_ada", now=NOW)

    assert region.stores.staff.sessions.find(digest("cookie"), now=NOW) is None
    assert region.stores.staff.tokens.find(digest("token"), now=NOW) is None


def test_nobody_ends_somebody_elses_session_or_token(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    joined(region, "bo", AUDITOR)
    region.stores.staff.sessions.add(digest("cookie"), SESSION)
    region.stores.staff.tokens.add(digest("token"), TOKEN)

    assert not region.stores.staff.sessions.end("s1", "st_bo", now=NOW)
    assert not region.stores.staff.tokens.revoke("t1", "st_bo", now=NOW)
    assert region.stores.staff.sessions.end("s1", "st_ada", now=NOW)
    assert region.stores.staff.tokens.revoke("t1", "st_ada", now=NOW)
    assert region.stores.staff.sessions.of("st_ada", now=NOW) == ()
    assert region.stores.staff.tokens.of("st_ada", now=NOW) == ()


def test_signing_in_again_elsewhere_is_kept_and_the_others_end(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    sessions = region.stores.staff.sessions
    sessions.add(digest("one"), SESSION)
    sessions.add(digest("two"), replace(SESSION, id="s2"))

    sessions.end_others("st_ada", "s2", now=NOW)

    assert [one.id for one in sessions.of("st_ada", now=NOW)] == ["s2"]


def test_a_token_is_kept_as_it_was_made_and_expires(region: Region) -> None:
    joined(region, "ada", AUDITOR)
    tokens = region.stores.staff.tokens
    tokens.add(digest("token"), TOKEN)

    assert tokens.find(digest("token"), now=NOW) == TOKEN
    assert tokens.find(digest("token"), now=TOKEN.expires_at) is None
    tokens.used("t1", now=NOW + MINUTE)
    assert tokens.of("st_ada", now=NOW) == (replace(TOKEN, last_used_at=NOW + MINUTE),)
