"""The promises of `FaceStore`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.face import AUTHENTICATOR_ID
from idp.authn.factors.face_values import FaceConsent, FaceRecord
from idp.authn.factors.vault import SealedTemplate, TemplateOwner
from idp.oidc.proofs import Method, Property
from idp.storage.failures import StorageError
from tests.contract.region import MINUTE, NOW, Region

LIVE = frozenset({Property.LIVE_FACE})


def record(account_id: str = "acct_ada", version: int = 1, sealed: bytes = b"template") -> FaceRecord:
    return FaceRecord(
        TemplateOwner(account_id, Method.FACE, "model-1", version),
        SealedTemplate(b"key " + sealed, sealed),
        FaceConsent("2026-11", "ab" * 32, NOW),
    )


def line(account_id: str = "acct_ada") -> Authenticator:
    return Authenticator(account_id, AUTHENTICATOR_ID, Method.FACE, LIVE, "", NOW)


def test_a_template_comes_back_as_it_was_kept(region: Region) -> None:
    region.add_account()

    region.stores.faces.add(record(), line())

    assert region.stores.faces.find("acct_ada") == record()
    assert region.stores.authenticators.find("acct_ada", AUTHENTICATOR_ID) == line()
    assert region.stores.faces.find("acct_nobody") is None


def test_a_new_template_takes_the_place_of_the_old(region: Region) -> None:
    region.add_account()
    region.stores.faces.add(record(), line())

    region.stores.faces.add(record(version=2, sealed=b"later"), replace(line(), created_at=NOW + MINUTE))

    assert region.stores.faces.find("acct_ada") == record(version=2, sealed=b"later")
    assert region.stores.faces.count() == 1


def test_a_suspended_face_keeps_its_template(region: Region) -> None:
    region.add_account()
    region.stores.faces.add(record(), line())

    assert region.stores.authenticators.suspend("acct_ada", AUTHENTICATOR_ID, now=NOW)

    assert region.stores.faces.find("acct_ada") == record()


def test_removing_the_line_removes_template_key_and_consent(region: Region) -> None:
    region.add_account()
    region.stores.faces.add(record(), line())

    assert region.stores.authenticators.remove("acct_ada", AUTHENTICATOR_ID, now=NOW)

    assert region.stores.faces.find("acct_ada") is None
    assert region.stores.faces.count() == 0


def test_a_template_is_not_kept_without_its_line(region: Region) -> None:
    """All or nothing: the line of an account that does not exist is refused, and the template with it."""
    with pytest.raises(StorageError):
        region.stores.faces.add(record("acct_nobody"), line("acct_nobody"))

    assert region.stores.faces.count() == 0


def test_people_are_counted(region: Region) -> None:
    for name in ("ada", "bo", "ci"):
        region.add_account(name)
        region.stores.faces.add(record(f"acct_{name}"), line(f"acct_{name}"))

    assert region.stores.faces.count() == 3


def test_what_faces_are_worth_is_said_of_all_at_once(region: Region) -> None:
    region.add_account()
    region.stores.faces.add(record(), line())
    declared = LIVE | {Property.DECLARED_ENGINE}

    assert region.stores.faces.set_worth(declared) == 1
    assert region.stores.faces.set_worth(declared) == 0

    found = region.stores.authenticators.find("acct_ada", AUTHENTICATOR_ID)
    assert found is not None
    assert found.properties == declared
