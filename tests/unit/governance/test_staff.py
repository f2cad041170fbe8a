"""Who may be of the staff with which roles, and how far somebody who acts reaches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.governance.roles import MATRIX, OF_HUB, OF_REGION, Action, StaffRole, may
from idp.governance.staff import (
    Acting,
    BadMember,
    NotAllowed,
    StaffMember,
    Via,
    require_good_name,
    require_good_roles,
)

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def member(*roles: StaffRole) -> StaffMember:
    return StaffMember("st_ada", "Ada", frozenset(roles), None, is_active=True, created_at=NOW)


def test_every_role_is_in_the_matrix_and_belongs_to_an_installation() -> None:
    assert set(MATRIX) == set(StaffRole)
    assert set(StaffRole) == OF_HUB | OF_REGION
    assert not any(Action.SELF not in actions for actions in MATRIX.values())


def test_nobody_who_proposes_everywhere_reads_nothing() -> None:
    """What somebody may propose, they may see."""
    for role, actions in MATRIX.items():
        for action in actions:
            if action.endswith(".propose") and role is not StaffRole.DEVELOPER:
                assert Action(action.replace(".propose", ".read")) in actions


def test_an_auditor_and_support_change_nothing() -> None:
    changes = (".propose", ".approve", ".suspend", ".cancel", ".submit", ".retire", ".review")

    for role in (StaffRole.AUDITOR, StaffRole.SUPPORT):
        assert not [action for action in MATRIX[role] if action.endswith(changes)]


def test_no_role_but_break_glass_reaches_hub_and_region() -> None:
    assert not may({StaffRole.NATIONAL_OPERATOR}, Action.APP_PROPOSE)
    assert not may({StaffRole.REGIONAL_ADMIN}, Action.TRUST_PROPOSE)


def test_a_session_may_do_what_its_member_may() -> None:
    acting = Acting(member(StaffRole.AUDITOR), Via.PAGE, "session")

    acting.require(Action.AUDIT_EXPORT)
    with pytest.raises(NotAllowed) as refused:
        acting.require(Action.CHANGE_APPROVE)

    assert refused.value.action is Action.CHANGE_APPROVE


def test_a_token_may_do_what_it_was_made_for_and_never_more_than_its_owner() -> None:
    limit = frozenset({Action.TRUST_READ, Action.TRUST_PROPOSE})
    acting = Acting(member(StaffRole.AUDITOR), Via.COMMAND, "token", limit)

    assert acting.can(Action.TRUST_READ)
    assert not acting.can(Action.TRUST_PROPOSE)  # its owner may not
    assert not acting.can(Action.AUDIT_READ)  # it was not made for that


@pytest.mark.parametrize(
    ("roles", "organisation"),
    [
        ((), None),
        ((StaffRole.BREAK_GLASS,), None),
        ((StaffRole.REVIEWER, StaffRole.BREAK_GLASS), None),
        ((StaffRole.NATIONAL_OPERATOR,), None),
        ((StaffRole.DEVELOPER, StaffRole.REVIEWER), "East Tax Service"),
        ((StaffRole.DEVELOPER,), None),
        ((StaffRole.REVIEWER,), "East Tax Service"),
    ],
)
def test_roles_that_do_not_go_together_are_refused(
    roles: tuple[StaffRole, ...], organisation: str | None
) -> None:
    with pytest.raises(BadMember):
        require_good_roles(roles, organisation, there=OF_REGION)


def test_roles_that_go_together_are_taken() -> None:
    require_good_roles({StaffRole.REGIONAL_ADMIN, StaffRole.REVIEWER}, None, there=OF_REGION)
    require_good_roles({StaffRole.DEVELOPER}, "East Tax Service", there=OF_REGION)
    require_good_roles({StaffRole.NATIONAL_OPERATOR}, None, there=OF_HUB)


@pytest.mark.parametrize("name", ["", " ", "Ada ", "a\nb", "a\u202eb", "x" * 65])
def test_a_name_that_nobody_could_read_is_refused(name: str) -> None:
    with pytest.raises(BadMember):
        require_good_name(name)


@pytest.mark.parametrize("name", ["Ada", "古丽巴哈尔·阿卜杜热依木", "𬭚𠮷𫍯"])
def test_names_of_people_are_taken(name: str) -> None:
    require_good_name(name)
