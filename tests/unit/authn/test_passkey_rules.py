"""Small rules of passkeys: whose handle it is, what may be an RP ID, when an offer is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_offers import Offer, is_offer_due
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_providers import provider_name
from idp.foundation.secret import Secret
from idp.oidc.proofs import Method, Proof
from idp.settings import Mode, Settings, unsafe

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
EAST = RpIdentity("id.example", "East", "https://east.id.example")
WEST = RpIdentity("id.example", "West", "https://west.id.example")
BY_PASSWORD = (Proof(Method.PASSWORD, NOW, frozenset()),)


def problems(issuer: str, rp_id: str = "", origins: tuple[str, ...] = ()) -> list[str]:
    settings = Settings(
        issuer=issuer,
        secret_key=Secret("a secret for tests only: 0123456789 abcdefghij"),
        mode=Mode.PRODUCTION,
        rp_id=rp_id,
        passkey_origins=origins,
    )
    return unsafe(settings)


def test_a_user_handle_is_its_owners_and_says_which_region_made_it() -> None:
    handles = {rp.user_handle(account) for rp in (EAST, WEST) for account in ("acct_a", "acct_b")}

    assert len(handles) == 4
    assert all(len(handle) == 32 and b"acct" not in handle for handle in handles)
    assert EAST.user_handle("acct_a").startswith(EAST.mark)
    assert not EAST.user_handle("acct_a").startswith(WEST.mark)


@pytest.mark.parametrize(
    ("issuer", "rp_id", "origins"),
    [
        ("https://east.id.example", "", ()),
        ("https://east.id.example", "east.id.example", ()),
        ("https://east.id.example", "id.example", ()),
        ("https://login.test", "id.example", ("https://login.test",)),
    ],
)
def test_an_rp_id_is_the_host_or_above_it_or_the_host_is_related(
    issuer: str, rp_id: str, origins: tuple[str, ...]
) -> None:
    assert problems(issuer, rp_id, origins) == []


@pytest.mark.parametrize(
    ("rp_id", "origins"),
    [
        ("other.example", ()),
        ("d.example", ()),
        ("west.east.id.example", ()),
        ("id.example", ("https://login.test/path",)),
        ("id.example", ("login.test",)),
    ],
)
def test_any_other_rp_id_or_origin_is_refused_at_start(rp_id: str, origins: tuple[str, ...]) -> None:
    assert len(problems("https://east.id.example", rp_id, origins)) == 1


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (Offer(NOW - timedelta(days=30), 2), True),
        (Offer(NOW - timedelta(days=29), 0), False),
        (Offer(NOW - timedelta(days=400), 3), False),
    ],
)
def test_an_offer_is_due_seldom_and_not_for_ever(last: Offer | None, due: bool) -> None:
    assert is_offer_due(BY_PASSWORD, (), last, now=NOW) is due


def test_nobody_is_offered_what_they_have_or_did_not_come_for() -> None:
    has_one = (Authenticator("acct_a", "passkey-1", Method.PASSKEY, frozenset(), "", NOW),)

    assert not is_offer_due(BY_PASSWORD, has_one, None, now=NOW)
    assert not is_offer_due((Proof(Method.QR, NOW, frozenset()),), (), None, now=NOW)


def test_a_keeper_is_called_by_its_name_if_we_know_it() -> None:
    assert provider_name("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4") == "Google Password Manager"
    assert provider_name("00000000-0000-0000-0000-000000000000") == ""
