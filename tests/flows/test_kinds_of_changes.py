"""Every kind of change that a region knows: what it does when two agreed, and what it refuses to ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.authn.assurance_policy import text_of
from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import ChangeRequest, Direction, State
from idp.governance.kinds import BadPayload, CannotApply, Reach
from idp.governance.roles import StaffRole
from idp.oidc.keys import KeyPurpose
from idp.registry.application import application_of
from idp.registry.application_document import document_of
from tests.architecture.test_docs import page
from tests.support.federation import jwks_of, new_key
from tests.support.provider import Provider
from tests.support.published import claims_of
from tests.support.two_people import Person, person

DAY = timedelta(days=1)
GOOD = "https://m.example/good"
APP = "http://apps.east.id.localhost"


@pytest.fixture
def ada(provider: Provider) -> Person:
    return person(provider.services, "Ada")


@pytest.fixture
def ben(provider: Provider) -> Person:
    return person(provider.services, "Ben")


def agreed(provider: Provider, ada: Person, ben: Person, kind: str, payload: dict[str, Any]) -> ChangeRequest:
    """Proposed, approved, waited for."""
    request = ada.propose(kind, payload)
    ben.approve(request)
    if request.content.delay:
        provider.clock.advance(seconds=DAY.total_seconds())
        provider.services.changes.apply_due(now=provider.clock.now())
    found = provider.services.changes.find(request.id)
    assert found.state is State.APPLIED, found.closed_why
    return found


def rolled_back(provider: Provider, ada: Person, ben: Person, request: ChangeRequest) -> None:
    back = ada.roll_back(request)
    ben.approve(back)
    provider.clock.advance(seconds=DAY.total_seconds())
    provider.services.changes.apply_due(now=provider.clock.now())
    assert provider.services.changes.find(back.id).state is State.APPLIED


def document(provider: Provider, client_id: str = "tax", **changes: Any) -> dict[str, Any]:
    client = provider.services.stores.registry.find_by_id(client_id)
    assert client is not None
    return document_of(replace(application_of(client), **changes))


def test_an_app_is_registered_changed_and_changed_back(provider: Provider, ada: Person, ben: Person) -> None:
    provider.client()
    new = document(provider, redirect_uris=("https://new.example/callback",)) | {"client_id": "new"}
    agreed(provider, ada, ben, "client.create", new)
    registry = provider.services.stores.registry
    created = registry.find_by_id("new")
    assert created is not None
    assert (created.enabled, created.redirect_uris) == (True, ("https://new.example/callback",))

    changed = document(provider, "new", redirect_uris=("https://new.example/other",))
    request = agreed(provider, ada, ben, "client.change", changed)
    assert [(line.field, line.before, line.after) for line in request.diff] == [
        ("redirect_uris", "https://new.example/callback", "https://new.example/other")
    ]
    assert registry.find_by_id("new").redirect_uris == ("https://new.example/other",)  # type: ignore[union-attr]

    rolled_back(provider, ada, ben, request)
    assert registry.find_by_id("new").redirect_uris == ("https://new.example/callback",)  # type: ignore[union-attr]


def test_an_app_that_is_asked_for_has_no_secret_until_somebody_hands_it_over(
    provider: Provider, ada: Person, ben: Person
) -> None:
    """One that nobody ever saw would have to be cleared by two people before there is one that works."""
    provider.client()
    agreed(provider, ada, ben, "client.create", document(provider) | {"client_id": "new"})
    registry = provider.services.stores.registry

    created = registry.find_by_id("new")
    assert created is not None
    assert created.secret_hash is None
    agreed(provider, ada, ben, "client.change", document(provider, "new", organisation="Other"))
    assert registry.find_by_id("new").secret_hash is None  # type: ignore[union-attr]


def test_a_secret_is_cleared_by_two_people(provider: Provider, ada: Person, ben: Person) -> None:
    provider.client()
    registry = provider.services.stores.registry
    agreed(provider, ada, ben, "client.drop_secret", {"client_id": "tax"})

    assert registry.find_by_id("tax").secret_hash is None  # type: ignore[union-attr]
    with pytest.raises(CannotApply):
        ada.propose("client.drop_secret", {"client_id": "tax"})
    assert registry.give_first_secret("tax", b"x" * 32)


def test_a_change_of_an_app_keeps_its_secret(provider: Provider, ada: Person, ben: Person) -> None:
    app = provider.client()
    before = provider.services.stores.registry.find_by_id("tax")
    changed = document(provider, scopes=("openid", "profile", "tax.read", "offline_access"))

    agreed(provider, ada, ben, "client.change", changed)

    after = provider.services.stores.registry.find_by_id("tax")
    assert before is not None
    assert after is not None
    assert (after.secret_hash, after.scopes) == (before.secret_hash, tuple(changed["scopes"]))
    assert app.client_id == "tax"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["http://tax.example/callback"]},
        {"redirect_uris": ["https://tax.example/callback", "javascript:alert(1)"]},
        {"name": {}},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
    ],
    ids=str,
)
def test_an_app_that_could_not_be_registered_cannot_be_asked_for(
    provider: Provider, ada: Person, changes: dict[str, Any]
) -> None:
    provider.client()

    with pytest.raises(CannotApply):
        ada.propose("client.change", document(provider) | changes)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"client_id": "tax"},
        {"client_id": 7, "name": {"en": "Tax"}},
        {"client_id": "tax", "name": {"en": "Tax"}, "enabled": True},
        {"client_id": "tax", "name": {"en": "Tax"}, "secret_hash": "00"},
        {"client_id": "tax", "name": {"en": "Tax"}, "profile": "none"},
    ],
    ids=str,
)
def test_a_payload_that_is_no_application_is_refused(
    provider: Provider, ada: Person, payload: dict[str, Any]
) -> None:
    with pytest.raises(BadPayload):
        ada.propose("client.change", payload)


def test_an_app_that_was_changed_meanwhile_makes_the_request_stale(
    provider: Provider, ada: Person, ben: Person
) -> None:
    provider.client()
    first = ada.propose("client.change", document(provider, organisation="First"))
    second = ada.propose("client.change", document(provider, organisation="Second"))
    ben.approve(first)
    ben.approve(second)

    provider.clock.advance(seconds=DAY.total_seconds())
    provider.services.changes.apply_due(now=provider.clock.now())

    states = {provider.services.changes.find(one.id).state for one in (first, second)}
    assert states == {State.APPLIED, State.STALE}


def test_switching_an_app_off_says_how_many_it_reaches(provider: Provider, ada: Person, ben: Person) -> None:
    provider.person()
    app = provider.client()
    provider.tokens(provider.browser(), app, scope="openid profile")

    draft = ada.desk.draft(ada.acting, "client.suspend", {"client_id": "tax"}, now=provider.clock.now())
    agreed(provider, ada, ben, "client.suspend", {"client_id": "tax"})

    assert {line.reach: line.count for line in draft.effect} == {
        Reach.APPS_CUT_OFF: 1,
        Reach.GRANTS_ENDED: 1,
        Reach.SESSIONS_REACHED: 1,
        Reach.PEOPLE_REACHED: 1,
    }
    assert provider.services.stores.registry.find_by_id("tax").enabled is False  # type: ignore[union-attr]


def test_an_app_is_switched_off_by_one_person_and_on_by_two(
    provider: Provider, ada: Person, ben: Person
) -> None:
    provider.client()
    ada.suspend_now("client.suspend", {"client_id": "tax"})
    registry = provider.services.stores.registry
    assert registry.find_by_id("tax").enabled is False  # type: ignore[union-attr]

    agreed(provider, ada, ben, "client.restore", {"client_id": "tax"})

    assert registry.find_by_id("tax").enabled is True  # type: ignore[union-attr]


def test_keys_are_changed_and_withdrawn(provider: Provider, ada: Person, ben: Person) -> None:
    payload = {"purpose": "protocol", "algorithms": ["ES256"], "immediately": True}
    before = signing(provider, KeyPurpose.PROTOCOL)

    agreed(provider, ada, ben, "keys.rotate", payload)
    after = signing(provider, KeyPurpose.PROTOCOL)
    assert (len(before & after), len(before - after)) == (len(before) - 1, 1)

    (kid,) = after - before
    agreed(provider, ada, ben, "keys.revoke", {"kid": kid})
    assert kid not in signing(provider, KeyPurpose.PROTOCOL)
    assert kid not in provider.services.published_keys.jwks().body.decode()
    with pytest.raises(CannotApply):
        ada.propose("keys.revoke", {"kid": kid})


def signing(provider: Provider, purpose: KeyPurpose) -> set[str]:
    return {
        key.kid
        for key in provider.services.stores.keys.every()
        if key.purpose is purpose and key.state == "signing"
    }


def test_keys_are_not_changed_so_often_that_nobody_could_read_them(
    provider: Provider, ada: Person, ben: Person
) -> None:
    payload = {"purpose": "federation", "immediately": True}
    for _ in range(9):
        agreed(provider, ada, ben, "keys.rotate", payload)

    with pytest.raises(CannotApply, match="published keys"):
        ada.propose("keys.rotate", payload)


def test_a_key_that_nobody_has_and_a_purpose_that_is_none_are_refused(
    provider: Provider, ada: Person
) -> None:
    with pytest.raises(CannotApply):
        ada.propose("keys.revoke", {"kid": "nobody's"})
    with pytest.raises(BadPayload):
        ada.propose("keys.rotate", {"purpose": "bundle"})


def test_roles_are_given_and_taken(provider: Provider, ada: Person, ben: Person) -> None:
    cao = person(provider.services, "Cao", StaffRole.AUDITOR)
    more = ada.propose("staff.roles", {"staff": cao.id, "roles": ["auditor", "reviewer"]})
    assert (more.content.direction, more.content.delay) == (Direction.LOOSENS, DAY)
    ada.cancel(more)
    request = agreed(provider, ada, ben, "staff.roles", {"staff": cao.id, "roles": ["auditor", "reviewer"]})
    assert roles(provider, cao) == {StaffRole.AUDITOR, StaffRole.REVIEWER}

    less = ada.propose("staff.roles", {"staff": cao.id, "roles": ["auditor"]})
    assert less.content.direction is Direction.RESTRICTS
    ben.approve(less)
    assert roles(provider, cao) == {StaffRole.AUDITOR}
    assert provider.services.changes.inverse(request) is not None

    agreed(provider, ada, ben, "staff.deactivate", {"staff": cao.id})
    with pytest.raises(CannotApply):
        ada.propose("staff.roles", {"staff": cao.id, "roles": ["reviewer"]})


def roles(provider: Provider, somebody: Person) -> frozenset[StaffRole]:
    found = provider.services.staff.find(somebody.id, now=provider.clock.now())
    assert found is not None
    return found.roles


def test_another_organisation_is_more_and_waits(provider: Provider, ada: Person) -> None:
    dev = person(provider.services, "Dou", StaffRole.DEVELOPER)

    moved = ada.propose(
        "staff.roles", {"staff": dev.id, "roles": ["developer"], "organisation": "Health Office"}
    )

    assert moved.content.direction is Direction.LOOSENS


@pytest.mark.parametrize(
    "payload",
    [
        {"name": "Cao", "roles": ["break_glass"]},
        {"name": "Cao", "roles": []},
        {"name": "Cao", "roles": ["developer"]},
        {"name": "Cao", "roles": ["national_operator"]},
        {"name": "", "roles": ["reviewer"]},
    ],
    ids=str,
)
def test_nobody_is_invited_who_could_not_be_a_member(
    provider: Provider, ada: Person, payload: dict[str, Any]
) -> None:
    with pytest.raises((BadPayload, CannotApply)):
        ada.propose("staff.invite", payload)


def test_marks_are_defined_given_and_taken_back(provider: Provider, ada: Person, ben: Person) -> None:
    issuer = provider.services.own_entities.marks.issuer
    agreed(provider, ada, ben, "mark.define", {"type": GOOD, "issuers": [issuer]})
    now = provider.clock.now()
    (kind,) = provider.services.stores.federation_entities.roll(ended_before=now).mark_types
    assert kind.issuers == (issuer,)

    given = agreed(provider, ada, ben, "mark.issue", {"type": GOOD, "entity": APP, "days": 7})
    assert provider.services.own_entities.marks.stands(given.outcome, now=provider.clock.now())

    agreed(provider, ada, ben, "mark.revoke", {"type": GOOD, "entity": APP, "reason": "It lapsed."})
    provider.clock.advance(seconds=2)
    assert not provider.services.own_entities.marks.stands(given.outcome, now=provider.clock.now())
    with pytest.raises(CannotApply):
        ada.propose("mark.revoke", {"type": GOOD, "entity": APP})


def test_an_app_switched_off_wrongly_is_on_again_without_a_delay(
    provider: Provider, ada: Person, ben: Person
) -> None:
    """But for the first time: what is ended the second time was decided by two."""
    provider.client()
    first = ada.suspend_now("client.suspend", {"client_id": "tax"})
    ben.review(first, is_right=False)
    (back,) = provider.services.changes.page(ChangeFilters(state=State.PROPOSED)).requests
    assert back.content.delay == timedelta(0)
    assert ada.approve(back).state is State.APPLIED

    second = ada.suspend_now("client.suspend", {"client_id": "tax"})
    agreed(provider, ada, ben, "client.restore", {"client_id": "tax"})
    agreed(provider, ada, ben, "client.suspend", {"client_id": "tax"})
    ben.review(second, is_right=False)

    (back,) = provider.services.changes.page(ChangeFilters(state=State.PROPOSED)).requests
    assert back.content.delay == DAY


def test_leave_to_give_marks_of_ours_takes_two(provider: Provider, ada: Person, ben: Person) -> None:
    issuer, keys = provider.services.own_entities.marks.issuer, jwks_of(new_key())
    payload = {"type": GOOD, "entity": "https://other.example", "days": 30}
    ours = {"type": GOOD, "issuers": [issuer], "owner": issuer, "owner_jwks": keys}
    agreed(provider, ada, ben, "mark.define", ours)

    request = agreed(provider, ada, ben, "mark.delegate", payload)

    assert claims_of(request.outcome)["sub"] == "https://other.example"


@pytest.mark.parametrize("owner", ["", "https://another.example"])
def test_no_leave_is_given_for_marks_of_somebody_else(
    provider: Provider, ada: Person, ben: Person, owner: str
) -> None:
    payload = {"type": GOOD, "entity": "https://other.example", "days": 30}
    if owner:
        theirs = {"type": GOOD, "issuers": [owner], "owner": owner, "owner_jwks": jwks_of(new_key())}
        agreed(provider, ada, ben, "mark.define", theirs)

    with pytest.raises(CannotApply, match="not ours"):
        ada.propose("mark.delegate", payload)


def test_an_entity_is_enrolled_suspended_restored_and_removed(
    provider: Provider, ada: Person, ben: Person
) -> None:
    entity = {"entity": APP, "jwks": jwks_of(new_key()), "types": ["openid_relying_party"]}

    agreed(provider, ada, ben, "entity.enrol", entity)
    assert state(provider) == "active"
    agreed(provider, ada, ben, "entity.suspend", {"entity": APP})
    assert state(provider) == "suspended"
    agreed(provider, ada, ben, "entity.restore", {"entity": APP})
    assert state(provider) == "active"
    agreed(provider, ada, ben, "entity.remove", {"entity": APP})
    assert state(provider) == "removed"

    with pytest.raises(CannotApply, match="new keys"):
        ada.propose("entity.enrol", entity)
    with pytest.raises(CannotApply):
        ada.propose("entity.suspend", {"entity": APP})


def state(provider: Provider) -> str:
    roll = provider.services.stores.federation_entities.roll(ended_before=provider.clock.now())
    return str(roll.subordinates[APP].state)


def test_a_policy_is_in_force_when_processes_start_again(
    provider: Provider, ada: Person, ben: Person
) -> None:
    stricter = text_of("strict").replace('name = "strict"', 'name = "ours"')
    request = agreed(provider, ada, ben, "policy.assurance", {"policy": stricter})

    with provider.twin() as twin:
        assert twin.services.assurance.policy.name == "ours"
    assert provider.services.assurance.policy.name == "strict"

    rolled_back(provider, ada, ben, request)
    with provider.twin() as twin:
        assert twin.services.assurance.policy.name == "strict"


@pytest.mark.parametrize("policy", ["", "name = ", 'name = "x"', "x" * 40_000])
def test_what_is_no_policy_cannot_be_asked_for(provider: Provider, ada: Person, policy: str) -> None:
    with pytest.raises((BadPayload, CannotApply)):
        ada.propose("policy.assurance", {"policy": policy})


def test_every_kind_is_on_the_reference_page(provider: Provider) -> None:
    text = page("docs/reference/change-requests.md").text

    assert not [kind for kind in provider.services.changes.kinds if f"`{kind}`" not in text]
