"""Whom a change reaches at a region itself is counted exactly, when somebody looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.authn.assurance_policy import text_of
from idp.foundation.identifiers import digest
from idp.governance.kinds import Reach
from idp.governance.roles import StaffRole
from idp.governance.staff_sessions import StaffSession
from idp.oidc.keys import KeyPurpose, KeyState
from tests.flows.test_kinds_of_changes import document
from tests.support.provider import Provider
from tests.support.two_people import Person, person

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(provider: Provider) -> Person:
    return person(provider.services, "Ada")


@pytest.fixture
def signed_in(provider: Provider) -> Provider:
    """One person, in two browsers, at one mini-app."""
    provider.person()
    app = provider.client()
    for _ in range(2):
        provider.tokens(provider.browser(), app, scope="openid profile")
    return provider


def reaches(ada: Person, kind: str, **payload: object) -> dict[Reach, int]:
    draft = ada.desk.draft(ada.acting, kind, payload, now=ada.services.clock.now())
    return {line.reach: line.count for line in draft.effect}


def test_who_would_notice_another_key_or_address_of_an_app(signed_in: Provider, ada: Person) -> None:
    changed = document(signed_in, redirect_uris=["https://tax.example/other"])

    assert reaches(ada, "client.change", **changed) == {Reach.SESSIONS_REACHED: 2, Reach.PEOPLE_REACHED: 1}


def test_how_many_sign_ins_a_withdrawn_signing_key_may_have_signed(signed_in: Provider, ada: Person) -> None:
    kids = {
        key.purpose: key.kid
        for key in signed_in.services.stores.keys.every()
        if key.state is KeyState.SIGNING
    }

    assert reaches(ada, "keys.revoke", kid=kids[KeyPurpose.PROTOCOL]) == {
        Reach.TOKENS_REFUSED: 1,
        Reach.GRANTS_IN_FORCE: 2,
    }
    assert reaches(ada, "keys.revoke", kid=kids[KeyPurpose.FEDERATION]) == {Reach.TOKENS_REFUSED: 1}
    at_once = reaches(ada, "keys.rotate", purpose="protocol", immediately=True)
    assert at_once[Reach.GRANTS_IN_FORCE] == 2


def test_how_many_sessions_are_open_when_another_policy_is_asked_for(
    signed_in: Provider, ada: Person
) -> None:
    policy = text_of("strict").replace('name = "strict"', 'name = "ours"')

    assert reaches(ada, "policy.assurance", policy=policy) == {
        Reach.NEEDS_RESTART: 1,
        Reach.SESSIONS_OPEN: 2,
    }

    signed_in.clock.advance(days=2)
    assert reaches(ada, "policy.assurance", policy=policy)[Reach.SESSIONS_OPEN] == 0


def test_which_access_of_a_member_ends(provider: Provider, ada: Person) -> None:
    cao = person(provider.services, "Cao", StaffRole.AUDITOR)
    now, sessions = provider.clock.now(), provider.services.stores.staff.sessions
    for name in ("one", "two"):
        sessions.add(digest(name), StaffSession(name, cao.id, now, now, now + HOUR, "a browser", "192.0.2.7"))

    assert reaches(ada, "staff.deactivate", staff=cao.id)[Reach.STAFF_ACCESS_ENDED] == 2
