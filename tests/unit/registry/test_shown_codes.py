"""Who may be registered to redeem what citizens show."""

from __future__ import annotations

from typing import Any

import pytest

from idp.foundation.entropy import SystemEntropy
from idp.oidc.scopes import for_machines
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import application_of
from idp.registry.registration import RefusedClient, changed_client, new_client
from tests.unit.registry.applications import PRODUCTION, tax

COUNTER = ("openid", "profile", "show_code")
MACHINE = {
    "grant_types": frozenset({GrantType.CLIENT_CREDENTIALS}),
    "redirect_uris": (),
    "resources": ("https://api.tax.example",),
    "scopes": ("profile", "show_code", "tax.read"),
}


def problems(**changes: Any) -> tuple[str, ...]:
    try:
        new_client(tax(**changes), PRODUCTION, entropy=SystemEntropy())
    except RefusedClient as refused:
        return tuple(map(str, refused.problems))
    return ()


def test_an_app_with_claims_and_a_secret_may() -> None:
    assert problems(scopes=COUNTER) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": COUNTER, "auth_method": ClientAuthMethod.NONE},
        {"scopes": ("openid", "show_code")},
        MACHINE,
    ],
    ids=["public", "without claims", "without a sector"],
)
def test_what_would_be_of_no_use_or_of_harm_is_refused(changes: dict[str, Any]) -> None:
    assert len(problems(**changes)) == 1


def test_a_back_end_names_its_sector_once_and_keeps_it() -> None:
    """Without one, all back ends together would know a person by the same subject."""
    sector = "https://tax.example/"
    registered = new_client(
        tax(**MACHINE, sector_identifier_uri=sector), PRODUCTION, entropy=SystemEntropy()
    ).client

    again = changed_client(registered, application_of(registered), PRODUCTION, entropy=SystemEntropy())

    assert again.client.sector == "tax.example"


def test_a_back_end_does_not_come_to_it_later_without_a_sector() -> None:
    scopes = ("profile", "tax.read")
    registered = new_client(tax(**{**MACHINE, "scopes": scopes}), PRODUCTION, entropy=SystemEntropy()).client
    wider = tax(**MACHINE)

    with pytest.raises(RefusedClient):
        changed_client(registered, wider, PRODUCTION, entropy=SystemEntropy())


def test_it_is_no_permission_that_a_token_carries() -> None:
    assert for_machines(("show_code", "tax.read")) == ("tax.read",)
